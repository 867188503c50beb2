//! The answers to what scenarios ask: how and when a call ended, one line for each implementation.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::engine::{EndedBy, Measured};
use crate::scenario::ErrorClass;

/// Each question, and what each implementation answers; where its cases do not agree, every answer once.
pub(super) fn by_question<'a>(
    answered: impl Iterator<Item = (String, &'a [Measured])>,
) -> BTreeMap<&'a str, BTreeMap<String, String>> {
    let mut questions: BTreeMap<&str, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (place, answers) in answered {
        for answer in answers {
            let lines = questions.entry(&answer.question).or_default();
            lines.entry(place.clone()).or_default().insert(told(answer));
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

/// `released by reset after 300s`, `not within 1h`.
fn told(answer: &Measured) -> String {
    let after = humantime::format_duration(rounded(answer.after));
    match answer.by {
        None => format!("not within {after}"),
        Some(EndedBy::Success) => format!("released by credit after {after}"),
        Some(EndedBy::Error(ErrorClass::StreamReset)) => format!("released by reset after {after}"),
        Some(EndedBy::Error(class)) => format!("released by {class} after {after}"),
    }
}

/// Tenths of a second: real time is never the same twice.
fn rounded(duration: Duration) -> Duration {
    let tenths = u64::try_from(duration.as_millis() / 100).unwrap_or(u64::MAX);
    Duration::from_millis(tenths.saturating_mul(100))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

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
