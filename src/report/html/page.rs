//! `HtmlPage`: takes cases, returns the page. The browser may run the page's own script and load nothing; text of others is
//! in JSON, or escaped by the template.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::report::TargetInfo;
use crate::report::html::data::{HtmlCase, KeptCase, PageIndex, PageKey};
use crate::system::sink::{escape, json_line};

/// A page under construction.
#[derive(Debug, Default)]
pub struct HtmlPage {
    cases: BTreeMap<PageKey, KeptCase>,
}

/// The part of the page above its cases.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HtmlHead {
    /// The version of this program.
    pub version: String,
    /// The counts of verdicts.
    pub counts: String,
    /// Whether the result is negative.
    pub is_negative: bool,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// What ran.
    pub targets: Vec<HtmlTarget>,
    /// Notes.
    pub notes: Vec<String>,
    /// Problems beside the cases.
    pub problems: Vec<String>,
    /// The implementations, if each met each.
    pub players: Vec<String>,
}

/// An implementation in the head of the page.
#[derive(Clone, Debug, Serialize)]
pub struct HtmlTarget {
    /// Its name.
    pub name: String,
    /// Its clock, or the dialect it is judged by.
    pub kind: String,
    /// Its description, with versions.
    pub description: String,
}

impl From<&TargetInfo> for HtmlTarget {
    fn from(target: &TargetInfo) -> Self {
        let TargetInfo { name, clock, description, ran, note, .. } = target;
        let kind = if *ran { format!("{clock} clock") } else { "not run".to_owned() };
        let note = note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
        Self { name: name.clone(), kind, description: format!("{description}{note}") }
    }
}

/// A piece of JSON in the page, by the number of its case.
#[derive(Serialize)]
struct EmbeddedCase {
    number: usize,
    detail: String,
    sequence: Option<String>,
}

/// The values of the template.
#[derive(Serialize)]
struct Values {
    policy: String,
    style: &'static str,
    script: String,
    head: HtmlHead,
    count: u32,
    negative: u32,
    index: String,
    pieces: Vec<EmbeddedCase>,
}

impl HtmlPage {
    /// Takes a case, in any order.
    pub fn take(&mut self, case: HtmlCase<'_>) {
        let key = PageKey::of(&case);
        let kept = KeptCase::of(case);
        match self.cases.entry(key) {
            Entry::Vacant(place) => _ = place.insert(kept),
            Entry::Occupied(mut place) => place.get_mut().join(kept),
        }
    }

    /// The page.
    pub fn write(self, head: &HtmlHead) -> io::Result<String> {
        self.write_within(head, MAX_SEQUENCES)
    }

    /// The page, with at most `most` bytes for all sequences together.
    fn write_within(self, head: &HtmlHead, most: usize) -> io::Result<String> {
        let index = PageIndex::of(&self.cases, head.players.clone());
        let (pieces, left_out) = pieces(&self.cases, most)?;
        let head = harmless(head, left_out);
        let mut environment = Environment::new();
        environment.add_template("page.html", TEMPLATE).map_err(io::Error::other)?;
        let (script, count) = (script(), self.cases.values().map(|case| case.times).sum::<u32>());
        let negative: u32 =
            self.cases.values().filter(|case| case.is_negative).map(|case| case.times).sum();
        let (policy, index) = (policy(&script), embedded(&index)?);
        let values = Values { policy, style: STYLE, script, head, count, negative, index, pieces };
        let template = environment.get_template("page.html").map_err(io::Error::other)?;
        template.render(Serde(values)).map_err(io::Error::other)
    }
}

/// The JSON of each case, and how many sequences are left out: first of cases that passed, then of others, the longest
/// first.
fn pieces(
    cases: &BTreeMap<PageKey, KeptCase>,
    most: usize,
) -> io::Result<(Vec<EmbeddedCase>, usize)> {
    let mut pieces = Vec::with_capacity(cases.len());
    let mut order = Vec::new();
    for (number, case) in cases.values().enumerate() {
        let sequence = case.sequence.as_ref().map(embedded).transpose()?;
        if let Some(sequence) = &sequence {
            let rank = (!case.is_negative, !case.is_of_interest);
            order.push((rank, sequence.len(), number));
        }
        pieces.push(EmbeddedCase { number, detail: embedded(&case.detail)?, sequence });
    }
    order.sort_unstable();
    let (mut total, mut left_out) = (0, 0);
    for (_, size, number) in order {
        if total + size > most {
            pieces[number].sequence = None;
            left_out += 1;
        } else {
            total += size;
        }
    }
    Ok((pieces, left_out))
}

/// The head as harmless text, with a note on what the page leaves out.
fn harmless(head: &HtmlHead, left_out: usize) -> HtmlHead {
    let text = |text: &String| escape(text).into_owned();
    let texts = |all: &[String]| all.iter().map(text).collect::<Vec<_>>();
    let target = |target: &HtmlTarget| HtmlTarget {
        name: text(&target.name),
        kind: text(&target.kind),
        description: text(&target.description),
    };
    let mut notes = texts(&head.notes);
    if left_out > 0 {
        notes.push(format!(
            "the calls and frames of {left_out} cases are left out, which would make this file too large"
        ));
    }
    HtmlHead {
        notes,
        problems: texts(&head.problems),
        targets: head.targets.iter().map(target).collect(),
        players: texts(&head.players),
        ..head.clone()
    }
}

/// JSON that is safe in a `script` element, whatever its strings contain.
fn embedded(value: &impl Serialize) -> io::Result<String> {
    let json = json_line(value).map_err(io::Error::other)?;
    // Only strings contain these; without them no tag, comment or entity begins.
    Ok(json.replace('<', r"\u003c").replace('>', r"\u003e").replace('&', r"\u0026"))
}

/// The browser's permissions: run this script, use this style, and nothing else.
fn policy(script: &str) -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        hash(script),
        hash(STYLE)
    )
}

/// The name of an inline script or style in a policy.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn script() -> String {
    SCRIPTS.join("\n")
}

/// In bytes. A browser opens such a file without delay, and most servers accept it as an artefact.
const MAX_SEQUENCES: usize = 20_000_000;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// Each uses only those above it.
const SCRIPTS: [&str; 8] = [
    include_str!("dom.js"),
    include_str!("data.js"),
    include_str!("windows.js"),
    include_str!("sequence.js"),
    include_str!("case.js"),
    include_str!("matrix.js"),
    include_str!("filters.js"),
    include_str!("main.js"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::{HtmlColumn, Sequence};
    use crate::report::{CaseEvidence, sample};
    use crate::runner::verdict::{CaseReport, RunId};
    use crate::trace::samples::{Builder, TO_PEER};
    use crate::yamux::frame::Flags;

    fn page(reports: &[CaseReport]) -> HtmlPage {
        let mut page = HtmlPage::default();
        for report in reports {
            let trace = Builder::default().ping(TO_PEER, Flags::SYN, 7).build();
            let evidence = CaseEvidence { trace: &trace, notes: &[], expected: None };
            let sequence = Some(Sequence::of(report.run.clock, &evidence));
            let column = HtmlColumn::of(report, 0);
            page.take(HtmlCase { report, column, sequence, end: None });
        }
        page
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_failures_last() {
        let head = HtmlHead::default();
        let cases = [sample::passed("ping/a", sample::CLIENT, "built-in"), sample::failed()];
        let sequences = |most| page(&cases).write_within(&head, most).unwrap();
        let count = |page: &str| page.matches("id=\"sequence-").count();
        let whole = sequences(usize::MAX);
        assert_eq!(count(&whole), 2);
        assert!(!whole.contains("cases are left out"));
        let one = sequences(60);
        assert_eq!(count(&one), 1);
        // Cases are in the order of their names: this is the one that failed.
        assert!(
            one.contains("id=\"sequence-0\"") && one.contains("frames of 1 cases are left out")
        );
        assert_eq!(count(&sequences(0)), 0);
    }

    #[test]
    fn the_page_is_the_same_in_whatever_order_the_cases_end() {
        let head = HtmlHead::default();
        let mut cases = sample::cases();
        let first = page(&cases).write(&head).unwrap();
        cases.reverse();
        assert_eq!(page(&cases).write(&head).unwrap(), first);
    }

    #[test]
    fn repetitions_that_came_to_the_same_are_one_case() {
        let again = |repeat| {
            let failed = sample::failed();
            CaseReport { run: RunId { repeat, ..failed.run }, ..failed }
        };
        let text = page(&[again(3), again(1), again(2)]).write(&HtmlHead::default()).unwrap();
        assert_eq!(text.matches("id=\"case-").count(), 1);
        assert!(text.contains(r#""repeat":1,"#) && text.contains(r#""times":3"#));
        assert!(text.contains("3 of 3 cases negative"), "{text}");
    }

    #[test]
    fn the_policy_names_what_stands_in_the_page() {
        let text = page(&[]).write(&HtmlHead::default()).unwrap();
        let script = text.rsplit_once("<script type=\"module\">").unwrap().1;
        let (script, _) = script.split_once("</script>").unwrap();
        let (_, style) = text.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        for part in [script, style] {
            let named = hash(part).replace('/', "&#x2f;");
            assert!(text.contains(&named), "{named}");
        }
    }
}
