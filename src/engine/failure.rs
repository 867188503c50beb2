//! What a failure tells its reader: the step, what was expected and observed, and what happened before. Pure.

use crate::engine::budget::Overrun;
use crate::engine::referee::Breach;
use crate::engine::{Engine, Failure, Flow, Outcome, expect};
use crate::scenario::{StepKind, WeakerResult};
use crate::time::Time;
use crate::trace::Rung;

impl Engine {
    /// The current step failed.
    pub(super) fn fail(&self, expected: String, observed: String) -> Flow {
        Flow::Done(Outcome::Failed(Box::new(self.failure(expected, observed, None))))
    }

    /// A frame of the subject broke a passive rule.
    pub(super) fn fail_rule(&mut self, breach: Breach) {
        self.decide_by(breach.expected.to_owned(), breach.observed, Some(breach.clause));
    }

    /// Payload of the subject is not what its application wrote.
    pub(super) fn fail_payload(&mut self, label: &str, offset: u64) {
        let expected = format!("the payload of {label} as it was written");
        let observed = format!("another byte at offset {offset} of {label}");
        self.decide_by(expected, observed, Some("DATA-01"));
    }

    /// The case costs more than any may.
    pub(super) fn fail_overrun(&mut self, overrun: Overrun) {
        self.decide_by(overrun.expected, overrun.observed, None);
    }

    /// The case has failed, whatever its steps do. The first breach decides; those that follow it, which may be
    /// millions, cost nothing.
    fn decide_by(&mut self, expected: String, observed: String, clause: Option<&str>) {
        if self.done.is_none() {
            let failure = self.failure(expected, observed, clause);
            self.done = Some(Outcome::Failed(Box::new(failure)));
        }
    }

    fn failure(&self, expected: String, observed: String, clause: Option<&str>) -> Failure {
        let index = self.at.min(self.script.steps.len() - 1);
        let step = &self.script.steps[index];
        let is_over = self.at >= self.script.steps.len();
        let place = if is_over { "end".to_owned() } else { format!("step {}", index + 1) };
        Failure {
            position: Some(step.position),
            step: (!is_over).then(|| u32::try_from(index + 1).unwrap_or(u32::MAX)),
            fingerprint: format!(
                "{place}: {} | {}",
                without_times(&expected),
                without_times(&observed)
            ),
            alternatives: alternatives(&step.kind),
            rungs: self.rungs(),
            clause: clause.map(Into::into),
            expected,
            observed,
        }
    }

    /// The last calls and frames, in the order they happened.
    fn rungs(&self) -> Vec<Rung> {
        let entries = &self.recorder.trace().entries;
        let first = entries.len().saturating_sub(MAX_RUNGS);
        let mut notes = self.notes.iter().skip_while(|note| note.frames_before < first).peekable();
        let mut rungs = Vec::new();
        for (index, entry) in entries.iter().enumerate().skip(first) {
            while let Some(note) = notes.next_if(|note| note.frames_before <= index) {
                rungs.push(note.rung.clone());
            }
            rungs.push(Rung::from(entry));
        }
        rungs.extend(notes.map(|note| note.rung.clone()));
        for rung in &mut rungs {
            rung.time = self.rules.shown(rung.time);
        }
        rungs.split_off(rungs.len().saturating_sub(MAX_RUNGS))
    }
}

fn alternatives(kind: &StepKind) -> Vec<String> {
    let of_result = |weaker: &[WeakerResult]| -> Vec<String> {
        weaker
            .iter()
            .map(|weaker| {
                let class = weaker
                    .error
                    .map_or_else(|| "success".to_owned(), |class| format!("error {class}"));
                let bytes =
                    weaker.bytes.map_or_else(String::new, |bytes| format!(", {bytes} bytes"));
                format!("{class}{bytes}: {}", weaker.because)
            })
            .collect()
    };
    match kind {
        StepKind::Call(call) => of_result(&call.result.weaker),
        StepKind::Join(join) => of_result(&join.result.weaker),
        StepKind::Expect(expect) => expect
            .weaker
            .iter()
            .map(|(event, because)| format!("{}: {because}", expect::describe(event)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The text without its moments, which differ from run to run on the live clock.
fn without_times(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut kept: Vec<&str> = Vec::new();
    for word in words {
        let is_moment = word.trim_end_matches([',', ')']).parse::<Time>().is_ok();
        if is_moment {
            if kept.last().is_some_and(|last| ["at", "by", "before", "from", "to"].contains(last)) {
                kept.pop();
            }
            continue;
        }
        kept.push(word);
    }
    kept.join(" ")
}

/// Far more than a report shows.
const MAX_RUNGS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_has_no_moments() {
        assert_eq!(without_times("error eof, 3 bytes read at 0.123"), "error eof, 3 bytes read");
        assert_eq!(without_times("reset of s, from 1.000 to 2.000"), "reset of s,");
        assert_eq!(without_times("read 5 x 65536 bytes"), "read 5 x 65536 bytes");
    }
}
