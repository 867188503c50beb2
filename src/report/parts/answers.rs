//! The measured answers: how and when a call ended, one line for each implementation.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::engine::Measured;
use crate::report::terminal::table::HEAD;
use crate::runner::verdict::CaseReport;
use crate::system::sink::{MAX_PADDING, Terminal, columns_of, wrapped};

/// Writes each question, and below it a line for each implementation, in lines of at most `width` columns.
pub(crate) fn write(
    out: &mut Terminal<impl io::Write>,
    reports: &[CaseReport],
    place: impl Fn(&CaseReport) -> String,
    width: usize,
) -> io::Result<()> {
    let answered = reports.iter().map(|report| (place(report), &*report.answers));
    for (question, lines) in by_question(answered) {
        out.line("")?;
        out.wrapped(HEAD, question, width, 2)?;
        let widest = lines.keys().map(|place| columns_of(place)).max().unwrap_or(0);
        let widest = widest.min(MAX_PADDING);
        for (place, told) in lines {
            let gap = widest.saturating_sub(columns_of(&place));
            let first = format!("  {place}{:gap$}  ", "");
            let rest = " ".repeat(columns_of(&first).min(width / 2));
            let lines = wrapped(&told, width, &first, &rest);
            lines.into_iter().try_for_each(|line| out.line(line))?;
        }
    }
    Ok(())
}

/// Each question, and each implementation's answer; if its cases do not agree, every answer once.
pub(crate) fn by_question<'a>(
    answered: impl Iterator<Item = (String, &'a [Measured])>,
) -> BTreeMap<&'a str, BTreeMap<String, String>> {
    let mut questions: BTreeMap<&str, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (place, answers) in answered {
        for answer in answers {
            let lines = questions.entry(&answer.question).or_default();
            lines.entry(place.clone()).or_default().insert(answer.to_string());
        }
    }
    let joined = |told: BTreeSet<String>| told.into_iter().collect::<Vec<_>>().join("; or ");
    questions
        .into_iter()
        .map(|(question, lines)| {
            let lines = lines.into_iter().map(|(place, told)| (place, joined(told)));
            (question, lines.collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use std::time::Duration;

    use super::*;
    use crate::engine::EndedBy;
    use crate::scenario::ErrorClass;

    #[test]
    fn each_implementation_has_a_line() {
        let answer = |by, seconds: u64| Measured {
            question: "who?".to_owned(),
            by,
            after: Duration::from_millis(1000 * seconds + 12),
        };
        let reset = Some(EndedBy::Error(ErrorClass::StreamReset));
        let (go, rust) = ([answer(reset, 300)], [answer(None, 3600)]);
        let (again, odd) = ([answer(reset, 300)], [answer(Some(EndedBy::Success), 0)]);
        let answered = [("go", &go), ("rust", &rust), ("go", &again), ("rust", &odd)];
        let answered = answered.map(|(place, answers)| (place.to_owned(), &answers[..]));
        let questions = by_question(answered.into_iter());
        let lines: Vec<_> = questions["who?"].iter().map(|(a, b)| format!("{a}: {b}")).collect();
        assert_eq!(
            lines,
            [
                "go: released by reset after 5m",
                "rust: not within 1h; or released by credit after 0s"
            ]
        );
    }
}
