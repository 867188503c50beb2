//! A ledger file: its JSON Schema, and reading it with every problem at its place.

use std::path::Path;
use std::sync::LazyLock;

use glob::Pattern;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::runner::known::fingerprint::ANY;
use crate::runner::known::{Deviation, KnownEntry, StepName, is_pattern, versions};
use crate::scenario::{Finding, Place, Problem, generate, read_file, read_text};
use crate::trace::Clock;
use crate::yamux::frame::Side;

/// A ledger of known deviations, as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenLedger {
    /// The schema, for editors.
    #[serde(default, rename = "$schema", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The deviations.
    pub entries: Vec<WrittenEntry>,
}

/// A known deviation, as it is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenEntry {
    /// The scenarios it names: a glob over their ids, in which `*` stays inside a folder and `**` does not. Each of them
    /// must deviate so. A race names one scenario.
    pub case: String,
    /// The side the subject plays; both if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Side")]
    pub side: Option<Side>,
    /// The clock it shows on; both if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Clock")]
    pub clock: Option<Clock>,
    /// What deviates.
    pub what: Deviation,
    /// The step that fails; any if it is missing. Only for what fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "StepName")]
    pub step: Option<StepName>,
    /// How it fails, exactly as the report says it; for a verdict two rows of tokens, `fin/s | no-fin`. Needed for a verdict; a trace without one may differ in any way, and a race with one may fail so, where `*` is a token that is another one in each run, and `*` alone, on the live clock, is any failure but a crash or a subject that is stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub fingerprint: Option<String>,
    /// Why it deviates, for people.
    pub reason: String,
    /// An issue or a text about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub link: Option<String>,
    /// The versions of the implementation it is true for; all if it is missing. A version is one as the report shows it, or
    /// comparisons that must all hold, such as `>=0.13.8, <0.13.10`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub versions: Option<Vec<String>>,
}

impl WrittenLedger {
    /// Reads a ledger file; `None` if there is none. Its content is not checked.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>, Vec<Problem>> {
        read_file(path, |text| read_text(text, &SCHEMA).map(|(ledger, _)| ledger))
    }

    /// The text of its file.
    pub(crate) fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("its keys are strings");
        text.push('\n');
        text
    }
}

/// The JSON Schema of a ledger, as it stands in `schema/known.schema.json`.
pub(crate) fn schema() -> String {
    format!("{:#}\n", &*SCHEMA)
}

static SCHEMA: LazyLock<Value> = LazyLock::new(generate::<WrittenLedger>);

/// The entries of a ledger, or everything that is wrong with it, in the order of the file.
pub(crate) fn entries(path: &Path, text: &str) -> Result<Vec<KnownEntry>, Vec<Problem>> {
    let told = |findings| Problem::of_file(path, findings);
    let (ledger, node) = read_text::<WrittenLedger>(text, &SCHEMA).map_err(told)?;
    let place = Place::root(&node, &SCHEMA).get("entries");
    let mut findings = Vec::new();
    let written = ledger.entries.into_iter().enumerate();
    let entries =
        written.filter_map(|(i, entry)| check(entry, place.item(i), &mut findings)).collect();
    if findings.is_empty() { Ok(entries) } else { Err(told(findings)) }
}

/// Checks what the schema cannot express.
fn check(entry: WrittenEntry, place: Place<'_>, findings: &mut Vec<Finding>) -> Option<KnownEntry> {
    let before = findings.len();
    if entry.case.len() > MOST_BYTES {
        let found = entry.case.len();
        let message = format!("expected a glob of at most {MOST_BYTES} bytes, found {found}");
        findings.push(Finding::new(place.get("case").value(), message));
        return None;
    }
    let pattern = Pattern::new(&entry.case);
    if let Err(error) = &pattern {
        let message = format!("expected a glob over ids, found {:?}: {}", entry.case, error.msg);
        findings.push(Finding::new(place.get("case").value(), message));
    }
    check_fingerprint(&entry, place, findings);
    if entry.what == Deviation::Race && is_pattern(&entry.case) {
        // Nothing contradicts it: a race may well not show, so that a pattern would hide everything it matches.
        let message =
            format!("expected one scenario for a race, found the pattern {:?}", entry.case);
        findings.push(Finding::new(place.get("case").value(), message));
    }
    if entry.case.trim().is_empty() {
        let message = "expected text in \"case\", found none".to_owned();
        findings.push(Finding::new(place.get("case").value(), message));
    }
    if entry.reason.trim().is_empty() {
        let message = "expected text in \"reason\", found none; write what the implementation does, in one sentence";
        findings.push(Finding::new(place.get("reason").value(), message));
    }
    if entry.versions.as_ref().is_some_and(Vec::is_empty) {
        let message = "expected at least one version in \"versions\", found none";
        findings.push(Finding::new(place.get("versions").value(), message));
    }
    for (index, version) in entry.versions.iter().flatten().enumerate() {
        if let Some(message) = versions::complaint(version) {
            findings.push(Finding::new(place.get("versions").item(index).value(), message));
        }
    }
    if findings.len() > before {
        return None;
    }
    Some(KnownEntry {
        position: place.value(),
        pattern: pattern.ok()?,
        case: entry.case,
        side: entry.side,
        clock: entry.clock,
        what: entry.what,
        step: entry.step,
        fingerprint: entry.fingerprint,
        reason: entry.reason,
        link: entry.link,
        versions: entry.versions.unwrap_or_default(),
    })
}

/// Checks that fingerprint and step fit the kind of deviation.
fn check_fingerprint(entry: &WrittenEntry, place: Place<'_>, findings: &mut Vec<Finding>) {
    if entry.what == Deviation::Verdict && entry.fingerprint.is_none() {
        let message = "expected \"fingerprint\" for a verdict, found none; copy it from the report";
        findings.push(Finding::new(place.value(), message));
    }
    if entry.step.is_some() && (entry.what == Deviation::Trace || entry.fingerprint.is_none()) {
        let message =
            "expected no \"step\" here: only what fails, with a \"fingerprint\", fails in one";
        findings.push(Finding::new(place.get("step").key(), message));
    }
    if entry.fingerprint.as_deref() == Some(ANY)
        && (entry.what != Deviation::Race || entry.clock != Some(Clock::Live))
    {
        // On the virtual clock a race breaks the same thing each time, and has a fingerprint.
        let message = "expected the fingerprint \"*\" only for a race on the clock \"live\"; copy the one that the report gives";
        findings.push(Finding::new(place.get("fingerprint").value(), message));
    }
}

/// Longer globs are not matched: no id is nearly as long.
const MOST_BYTES: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let found = entries(Path::new("k.json"), text).err().unwrap_or_default();
        found.iter().map(Problem::to_string).collect()
    }

    #[test]
    fn a_right_ledger_is_what_both_readers_read() {
        let text = r#"{ "$schema": "../schema/known.schema.json", "entries": [
  { "case": "reset/*", "side": "server", "what": "verdict", "step": 2, "fingerprint": "f",
    "reason": "r", "link": "https://example.org", "versions": ["v1", "v2"] }
] }"#;
        let read = entries(Path::new("k.json"), text).expect("a right ledger");
        let [entry] = &read[..] else { panic!("one entry, found {read:?}") };
        assert_eq!(entry.position.to_string(), "2:3");
        assert_eq!((entry.side, &entry.step), (Some(Side::Server), &Some(StepName::Number(2))));
        assert_eq!(entry.versions, ["v1", "v2"]);
        let written: WrittenLedger = serde_json::from_str(text).expect("the written form agrees");
        assert_eq!(written.entries[0].side, Some(Side::Server));
        assert_eq!(
            serde_json::to_value(&written).expect("JSON"),
            serde_json::from_str::<Value>(text).expect("JSON")
        );
    }

    /// Compares the problems with the expected places and messages.
    #[track_caller]
    fn assert_problems(text: &str, expected: &[(&str, &str)]) {
        let found = problems(text);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for ((place, message), problem) in expected.iter().zip(&found) {
            assert!(problem.starts_with(&format!("k.json:{place}: ")), "{place}: {problem}");
            assert!(problem.contains(message), "{message}: {problem}");
        }
    }

    #[test]
    fn all_mistakes_of_form_come_at_once_each_at_its_place() {
        assert_problems(
            r#"{ "entries": [
  { "case": "a", "wat": "verdict", "reason": "r" },
  { "case": "a", "side": "both", "what": "trace", "reason": "r" },
  { "case": 5, "what": "verdict", "step": 0, "fingerprint": "f", "reason": "r" },
  7
], "more": 1 }"#,
            &[
                ("2:18", "did you mean \"what\"?"),
                ("3:26", "\"client\""),
                ("4:13", "expected a string"),
                ("4:43", "expected"),
                ("5:3", "expected an object"),
                ("6:4", "\"more\""),
            ],
        );
    }

    #[test]
    fn all_mistakes_of_meaning_come_at_once_each_at_its_place() {
        assert_problems(
            r#"{ "entries": [
  { "case": "[", "what": "trace", "step": 1, "reason": "" },
  { "case": "a", "what": "race", "reason": "r", "versions": [] },
  { "case": "a", "what": "race", "reason": "r", "versions": ["1.0.0", ">=1.0"] },
  { "case": "a", "what": "verdict", "reason": "r" },
  { "case": "ping/*", "what": "race", "reason": "r" }
] }"#,
            &[
                ("2:13", "expected a glob over ids, found \"[\""),
                ("2:35", "expected no \"step\" here"),
                (
                    "2:56",
                    "expected text in \"reason\", found none; write what the implementation does",
                ),
                ("3:61", "expected at least one version"),
                ("4:71", "expected a version such as 0.13.8 or v0.1.2, found \"1.0\""),
                (
                    "5:3",
                    "expected \"fingerprint\" for a verdict, found none; copy it from the report",
                ),
                ("6:13", "expected one scenario for a race, found the pattern \"ping/*\""),
            ],
        );
    }

    #[test]
    fn a_glob_has_a_limit() {
        let text = |glob: &str| {
            format!(r#"{{ "entries": [{{ "case": "{glob}", "what": "trace", "reason": "r" }}] }}"#)
        };
        assert_eq!(problems(&text(&"*a".repeat(250))), [""; 0]);
        assert_eq!(
            problems(&text(&"*a".repeat(251))),
            ["k.json:1:25: expected a glob of at most 500 bytes, found 502"]
        );
    }

    #[test]
    fn any_failure_is_known_only_of_a_race_on_the_live_clock() {
        let text = |clock: &str, what: &str| {
            format!(
                r#"{{ "entries": [{{ "case": "a", "clock": "{clock}", "what": "{what}", "fingerprint": "*", "reason": "r" }}] }}"#
            )
        };
        assert_eq!(problems(&text("live", "race")), [""; 0]);
        for (clock, what) in [("virtual", "race"), ("live", "verdict"), ("live", "trace")] {
            let found = problems(&text(clock, what));
            assert!(found[0].contains("only for a race on the clock \"live\""), "{found:?}");
        }
    }

    #[test]
    fn the_schema_in_the_repository_is_the_one_the_types_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/known.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema is in the repository");
        assert!(text == schema(), "expected in {path}:\n{}", schema());
    }

    #[test]
    fn text_that_is_no_ledger_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            "{\n // no\n}",
            "{ \"entries\": [], }",
            "{ \"entries\": [], \"entries\": [] }",
        ] {
            assert_eq!(problems(text).len(), 1, "{text}: {:?}", problems(text));
        }
    }
}
