//! The words of a comparison in every format: headings, counts, and the result of a run in one line.

use crate::analysis::compare::{ChangeKind, ClauseTurn, Grade, Sighting, Upgrade};
use crate::report::{FailureRecord, VerdictRecord};

/// The heading of the list of this kind.
pub(crate) const fn heading(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::NewFailure => "new failures",
        ChangeKind::Worse => "fail in a worse way",
        ChangeKind::FailsOtherwise => "still fail, but otherwise",
        ChangeKind::Fixed => "fixed",
        ChangeKind::Difference => "differences",
        ChangeKind::TraceChanged => "traces that mean something else",
        ChangeKind::Unsteady => "not the same in each run, and not counted",
        ChangeKind::New => "only in the second report",
        ChangeKind::Vanished => "only in the first report",
        ChangeKind::Same => "the same",
    }
}

/// `worse: 1 new failure, 3 fixed, 1020 the same`.
pub(crate) fn sentence(upgrade: &Upgrade) -> String {
    let verdict = if upgrade.is_worse() { "worse" } else { "not worse" };
    let counts: Vec<String> = ChangeKind::TOLD
        .into_iter()
        .chain([ChangeKind::Same])
        .map(|kind| (kind, upgrade.count(kind)))
        .filter(|(kind, count)| {
            *count > 0 || matches!(kind, ChangeKind::NewFailure | ChangeKind::Same)
        })
        .map(|(kind, count)| format!("{count} {}", counted(kind, count)))
        .collect();
    format!("{verdict}: {}", counts.join(", "))
}

const fn counted(kind: ChangeKind, count: usize) -> &'static str {
    let is_one = count == 1;
    match kind {
        ChangeKind::NewFailure if is_one => "new failure",
        ChangeKind::NewFailure => "new failures",
        ChangeKind::Worse if is_one => "fails in a worse way",
        ChangeKind::Worse => "fail in a worse way",
        ChangeKind::FailsOtherwise if is_one => "fails otherwise",
        ChangeKind::FailsOtherwise => "fail otherwise",
        ChangeKind::Fixed => "fixed",
        ChangeKind::Difference if is_one => "difference",
        ChangeKind::Difference => "differences",
        ChangeKind::TraceChanged if is_one => "other trace",
        ChangeKind::TraceChanged => "other traces",
        ChangeKind::Unsteady => "unsteady",
        ChangeKind::New => "new",
        ChangeKind::Vanished => "vanished",
        ChangeKind::Same => "the same",
    }
}

/// The ids of the clauses that changed in this way.
pub(crate) fn turned(upgrade: &Upgrade, turn: ClauseTurn) -> Vec<&str> {
    let clauses = upgrade.clauses.iter().filter(|clause| clause.turn == turn);
    clauses.map(|clause| &*clause.id).collect()
}

/// `, newly broken` or `, repaired` for a clause that is.
pub(crate) fn turn_of(upgrade: &Upgrade, id: &str) -> &'static str {
    match upgrade.clauses.iter().find(|clause| clause.id == id).map(|clause| clause.turn) {
        Some(ClauseTurn::NewlyBroken) => ", newly broken",
        Some(ClauseTurn::Repaired) => ", repaired",
        None => "",
    }
}

/// Its notes, first that traces were not compared.
pub(crate) fn notes(upgrade: &Upgrade) -> impl Iterator<Item = &str> {
    let untraced = "a report has no traces, so that none are compared";
    let untraced = (!upgrade.has_traces).then_some(untraced).into_iter();
    untraced.chain(upgrade.notes.iter().map(String::as_str))
}

/// The result of a run in one line; a pass needs no words.
pub(crate) fn what_happened(run: &Sighting) -> Option<String> {
    match &run.case.verdict {
        VerdictRecord::WeakPass { because } => Some(because.join("; ")),
        VerdictRecord::Skip { reason } => Some(reason.clone()),
        VerdictRecord::Broken { message, .. } => Some(message.clone()),
        _ => {
            let failure = run.failure()?;
            let happened = match run.grade() {
                Grade::Crashed | Grade::Stuck => last_words(failure),
                _ => failure.fingerprint.clone(),
            };
            let runs = failure.runs.map(|(bad, all)| format!(" (in {bad} of {all} runs)"));
            Some(happened + &runs.unwrap_or_default())
        }
    }
}

/// The message of a panic if stderr has one, else how the end was noticed.
pub(crate) fn last_words(failure: &FailureRecord) -> String {
    let lines = &failure.stderr;
    let begins = |line: &&String| {
        ["panic: ", "fatal error: "].iter().any(|begin| line.trim_start().starts_with(begin))
    };
    if let Some(at) = lines.iter().position(|line| line.contains(PANICKED)) {
        let (_, place) = lines[at].split_once(PANICKED).unwrap_or_default();
        let file = place.trim_end_matches(':').rsplit('/').next().unwrap_or_default();
        let message = lines.get(at + 1).map_or("", |line| line.trim());
        return format!("panic: {message} ({file})");
    }
    if let Some(line) = lines.iter().find(begins) {
        return line.trim().to_owned();
    }
    failure.observed.clone()
}

/// `text` in lines of at most `WIDTH` characters where its words allow that: `first` before the first one, `rest` spaces
/// before each other.
pub(crate) fn wrapped(first: &str, rest: usize, text: &str) -> String {
    let mut lines = String::new();
    let (mut line, mut is_empty) = (first.to_owned(), true);
    for word in text.split_whitespace() {
        let width = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && width > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            (line, is_empty) = (" ".repeat(rest), true);
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}

/// The default width of a terminal.
const WIDTH: usize = 80;

/// Rust's text before the place of a panic.
const PANICKED: &str = "panicked at ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::sample;

    fn words_of(stderr: &[&str]) -> String {
        let mut failure = sample::failure("PING-01", "pong/7", "crashed");
        failure.stderr = stderr.iter().map(|line| (*line).to_owned()).collect();
        last_words(&failure)
    }

    #[test]
    fn a_panic_is_told_by_its_message() {
        let rust = [
            "thread 'main' (7) panicked at registry/yamux-0.1.0/src/header.rs:12:5:",
            "attempt to subtract with overflow",
            "stack backtrace:",
        ];
        assert_eq!(words_of(&rust), "panic: attempt to subtract with overflow (header.rs:12:5)");
        let go = ["a line", "panic: runtime error: index out of range", "", "goroutine 7"];
        assert_eq!(words_of(&go), "panic: runtime error: index out of range");
        assert_eq!(words_of(&["bye"]), "crashed, in words");
    }

    #[test]
    fn a_line_is_as_wide_as_a_terminal_and_no_word_is_cut() {
        let text = wrapped("  before  ", 10, &"word ".repeat(20));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().nth(1).unwrap().starts_with("          word"));
        assert_eq!(wrapped("a ", 2, &"x".repeat(100)), format!("a {}\n", "x".repeat(100)));
        assert_eq!(wrapped("a ", 2, ""), "a\n");
    }
}
