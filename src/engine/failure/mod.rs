//! The contents of a failure: the step, what was expected and observed, and the events before it. Pure.

pub(crate) mod actual;
pub(crate) mod call;
pub(crate) mod expected;
#[cfg(test)]
mod rules;

use crate::engine::rules::blame::Blame;
use crate::engine::{Actual, Alternative, Engine, Expected, Failure, Outcome};
use crate::model::Breach;
use crate::scenario::{Actor, StepKind};
use crate::trace::Rung;

impl Engine {
    /// Records that a frame of this end broke a passive rule.
    pub(super) fn fail_rule(&mut self, end: Actor, breach: Breach) {
        let (clause, expected) = (breach.clause(), Expected::Rule(breach.rule()));
        if !self.rules.of(end).is_some_and(|rules| rules.tolerates(clause)) {
            self.fail((end, None), expected, Actual::Breach(breach));
        } else if self.ruling.tolerated.is_none() {
            let failure = self.failure(end, expected, Actual::Breach(breach));
            self.ruling.tolerated = Some(Box::new(failure));
        }
    }

    /// Fails the case whatever its steps do, and blames this end. The first failure counts; later ones,
    /// possibly millions, cost nothing.
    pub(super) fn fail(&mut self, (end, clause): Blame, expected: Expected, observed: Actual) {
        if self.ruling.done.is_none() {
            let mut failure = self.failure(end, expected, observed);
            if let Some(clause) = clause {
                failure.clause = clause.into();
            }
            self.ruling.done = Some(Outcome::Failed(Box::new(failure)));
        }
    }

    pub(super) fn failure(&self, end: Actor, expected: Expected, observed: Actual) -> Failure {
        let index = self.cursor.at.min(self.cursor.scenario.steps.len().saturating_sub(1));
        let step = self.cursor.scenario.steps.get(index);
        let is_over = self.cursor.at >= self.cursor.scenario.steps.len();
        Failure {
            position: step.map(|step| step.position),
            step: (!is_over).then(|| u32::try_from(index + 1).unwrap_or(u32::MAX)),
            round: step.and_then(|step| step.round).filter(|_| !is_over),
            name: step.and_then(|step| step.name.clone()).filter(|_| !is_over),
            clause: self.clause(&expected, &observed),
            end,
            expected,
            observed,
            alternatives: step.map_or_else(Vec::new, |step| alternatives(&step.kind)),
            rungs: self.rungs(),
            runs: None,
            stderr: Vec::new(),
        }
    }

    /// The latest calls and frames, in order.
    fn rungs(&self) -> Vec<Rung> {
        let entries = &self.rig.recorder.trace().entries;
        let first = entries.len().saturating_sub(MAX_RUNGS);
        let mut notes =
            self.rig.notes.iter().skip_while(|note| note.frames_before < first).peekable();
        let mut rungs = Vec::new();
        for (index, entry) in entries.iter().enumerate().skip(first) {
            while let Some(note) = notes.next_if(|note| note.frames_before <= index) {
                rungs.push(note.rung.clone());
            }
            rungs.push(Rung::from(entry));
        }
        rungs.extend(notes.map(|note| note.rung.clone()));
        for rung in &mut rungs {
            rung.time = self.rules.clock.shown(rung.time);
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
