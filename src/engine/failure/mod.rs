//! What a failure tells its reader: the step, what was expected and observed, and what happened before. Pure.

pub(crate) mod actual;
pub(crate) mod breach;
pub(crate) mod call;
pub(crate) mod expected;
#[cfg(test)]
mod rules;
mod token;

use crate::engine::{Actual, Alternative, Breach, Engine, Expected, Failure, Flow, Limit, Outcome};
use crate::scenario::{Actor, Label, StepKind};
use crate::trace::Rung;

impl Engine {
    /// The current step failed.
    pub(super) fn fail(&self, expected: Expected, observed: Actual) -> Flow {
        let (end, clause) = self.blame(&expected, &observed);
        let mut failure = self.failure(end, expected, observed);
        if let Some(clause) = clause {
            failure.clause = clause.into();
        }
        Flow::Done(Outcome::Failed(Box::new(failure)))
    }

    /// The current step failed, and this end is to blame.
    pub(super) fn fail_end(&self, end: Actor, expected: Expected, observed: Actual) -> Flow {
        Flow::Done(Outcome::Failed(Box::new(self.failure(end, expected, observed))))
    }

    /// A frame of this end broke a passive rule.
    pub(super) fn fail_rule(&mut self, end: Actor, breach: Breach) {
        let (clause, expected) = (breach.clause(), Expected::Rule(breach.rule()));
        if self.rules_of(end).is_some_and(|rules| rules.tolerates(clause)) {
            if self.tolerated.is_none() {
                self.tolerated =
                    Some(Box::new(self.failure(end, expected, Actual::Breach(breach))));
            }
            return;
        }
        self.decide_by(end, expected, Actual::Breach(breach));
    }

    /// Payload of this end is not what its application wrote.
    pub(super) fn fail_payload(&mut self, end: Actor, label: &Label, offset: u64) {
        let observed = Actual::OtherByte(Label::clone(label), offset);
        self.decide_by(end, Expected::Payload(Label::clone(label)), observed);
    }

    /// The case costs more than any may.
    pub(super) fn fail_overrun(&mut self, limit: Limit) {
        self.decide_by(Actor::Subject, Expected::AtMost(limit), Actual::NoEnd);
    }

    /// The case has failed, whatever its steps do. The first breach decides; those that follow it, which may be
    /// millions, cost nothing.
    fn decide_by(&mut self, end: Actor, expected: Expected, observed: Actual) {
        if self.done.is_none() {
            let failure = self.failure(end, expected, observed);
            self.done = Some(Outcome::Failed(Box::new(failure)));
        }
    }

    pub(super) fn failure(&self, end: Actor, expected: Expected, observed: Actual) -> Failure {
        let index = self.at.min(self.script.steps.len() - 1);
        let step = &self.script.steps[index];
        let is_over = self.at >= self.script.steps.len();
        Failure {
            position: Some(step.position),
            step: (!is_over).then(|| u32::try_from(index + 1).unwrap_or(u32::MAX)),
            round: step.round.filter(|_| !is_over),
            name: step.name.clone().filter(|_| !is_over),
            clause: self.clause(&expected, &observed),
            end,
            expected,
            observed,
            alternatives: alternatives(&step.kind),
            rungs: self.rungs(),
            runs: None,
            stderr: Vec::new(),
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

fn alternatives(kind: &StepKind) -> Vec<Alternative> {
    let ends = match kind {
        StepKind::Call(call) => &call.result.weaker,
        StepKind::Join(join) => &join.result.weaker,
        StepKind::Expect(expect) => {
            let events = expect.weaker.iter();
            return events
                .map(|(event, because)| Alternative::Event(event.clone(), because.clone()))
                .collect();
        }
        _ => return Vec::new(),
    };
    ends.iter().cloned().map(Alternative::End).collect()
}

/// Far more than a report shows.
const MAX_RUNGS: usize = 1000;
