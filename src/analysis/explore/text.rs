//! Surprises, and the totals of stories, as text for people. Pure.

use crate::analysis::explore::finding::StoryFinding;
use crate::analysis::explore::surprise::Kind;
use crate::analysis::explore::totals::Totals;
use crate::report::{TargetInfo, seconds};
use crate::runner::verdict::shell_word;
use crate::scenario::Clauses;
use crate::system::sink::path_name;

/// A surprise: what was expected and found, its story as a scenario, and the file of the scenario.
pub(crate) fn surprise(finding: &StoryFinding, info: &TargetInfo) -> String {
    let surprise = &finding.surprise;
    let mut text = headline(finding) + "\n";
    text += &format!("  expected  {}\n  found     {}\n", surprise.expected, surprise.observed);
    text += &format!(
        "  on        {} ({} clock) as {}; {}{}\n",
        info.name,
        info.clock,
        surprise.side,
        finding.provenance(),
        and_more(finding.more)
    );
    if let Some(known) = &finding.known {
        let doubt = if known.is_alike { "" } else { "by its clause alone: " };
        text += &format!("  known     {doubt}{} ({})\n", known.reason, known.place);
    }
    if let Some(alone) = &finding.alone {
        text += &format!("  alone     its scenario shows something else: {alone}\n");
    }
    for line in finding.scenario.lines() {
        text += &format!("    {line}\n");
    }
    if let Some(path) = &finding.saved {
        text += &format!("  saved     {}\n", path_name(path));
    }
    text
}

/// `broke FIN-01: An endpoint that will send no more on a stream says so with FIN`.
fn headline(finding: &StoryFinding) -> String {
    let (id, statement, _) = &finding.clause;
    let statement = statement.trim_end_matches('.');
    let kind = finding.surprise.kind;
    if kind == Kind::Differed {
        // It is not known which of the two is wrong, if either is.
        return format!("{kind} from {}", finding.surprise.expected);
    }
    let known = if finding.is_negative() { "" } else { "known: " };
    if statement.is_empty() {
        format!("{known}{kind} {id}")
    } else {
        format!("{known}{kind} {id}: {statement}")
    }
}

fn and_more(more: u64) -> String {
    match more {
        0 => String::new(),
        1 => "; 1 more story is like it".to_owned(),
        more => format!("; {} more stories are like it", grouped(more)),
    }
}

/// The totals of all stories on an implementation; with `clauses`, also which of them were put to the test.
pub(crate) fn totals(totals: &Totals, info: &TargetInfo, clauses: Option<&Clauses>) -> String {
    let mut text = line(totals, info) + "\n";
    if let Some(why) = &totals.tally.why_unplayed {
        text += &format!("  unplayed: the first because {why}\n");
    }
    if !totals.lengths.is_empty() {
        text += "  length     stories  new states\n";
        for (length, (stories, states)) in (1..).zip(&totals.lengths) {
            let (stories, states) = (grouped(*stories), grouped(*states));
            text += &format!("  {length:>6}  {stories:>10}  {states:>10}\n");
        }
    }
    for (clause, stories) in &totals.tally.differs {
        let plural = if *stories == 1 { "story" } else { "stories" };
        text += &format!(
            "  differs   {clause}, which does not bind it, in {} {plural}\n",
            grouped(*stories)
        );
    }
    if let Some(clauses) = clauses {
        for id in &totals.tally.reached {
            let statement = clauses.find(id).map_or("", |clause| &*clause.statement);
            text += &format!("  reached   {id}: {statement}\n");
        }
    }
    text
}

/// `go-hashicorp (virtual): 12,345 stories, 402,113 turns, 51 clauses reached, 2 surprises, 0 unplayed in 60.0 s`.
fn line(totals: &Totals, info: &TargetInfo) -> String {
    let extent: Vec<String> =
        totals.extent.iter().map(|(count, what)| format!("{} {what}", grouped(*count))).collect();
    let plural = |count: usize, one: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
    };
    let (news, all) = (totals.news(), totals.findings.len());
    let known = if news == all { String::new() } else { format!(", {} known", all - news) };
    format!(
        "{} ({}): {}, {} reached, {}{known}, {} unplayed in {}",
        info.name,
        info.clock,
        extent.join(", "),
        plural(totals.tally.reached.len(), "clause"),
        plural(news, "surprise"),
        grouped(totals.tally.unplayed),
        seconds(totals.elapsed)
    )
}

/// What to do next about the surprises; empty if there are none.
pub(crate) fn next(totals: &Totals, info: &TargetInfo) -> String {
    let Some(first) = totals.findings.iter().find(|finding| finding.is_negative()) else {
        return String::new();
    };
    let mut text = "next:\n".to_owned();
    match &first.saved {
        Some(path) => {
            let target = shell_word(&info.asked);
            text += &format!(
                "  yamux-conform run {} --target {target}\n",
                shell_word(&path.display().to_string())
            );
            text += "  copy it to scenarios/regressions/ once it is understood\n";
        }
        None => {
            text += "  --save DIR saves each of them as a scenario, for run and for scenarios/regressions/\n";
        }
    }
    text
}

/// `12,345`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn large_numbers_are_in_groups_of_three() {
        let texts = [0, 999, 1000, 123_456, 12_345_678].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "123,456", "12,345,678"]);
    }
}
