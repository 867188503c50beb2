//! Reports a subject that crashed or got stuck: a verdict, not an error of the harness. Pure.

use std::sync::Arc;

use crate::endpoint::Death;
use crate::engine::{Actual, Due, Engine, Expected, Failure, Outcome};
use crate::scenario::{Actor, Call, Join, StepKind};

impl Engine {
    /// Records that this end died during the current step.
    pub(crate) fn die(&mut self, end: Actor, death: Death, message: String) {
        if !matches!(self.ruling.done, Some(Outcome::Died(..))) {
            self.ruling.done = Some(Outcome::Died(death, self.death(end, death, message)));
        }
    }

    /// The failure of an end that died during the current step, or after the last one.
    pub(crate) fn death(&self, end: Actor, death: Death, message: String) -> Box<Failure> {
        let mut failure = self.failure(end, self.awaited(), Actual::Died(death, message));
        // What keeps a session from its end is a call that does not end with it.
        if death == Death::Stuck && self.is_judged_by_model() && self.cursor.step().is_none() {
            failure.clause = Arc::from("SES-01");
        }
        Box::new(failure)
    }

    /// The expectation of the current step.
    fn awaited(&self) -> Expected {
        let Some(step) = self.cursor.step() else { return Expected::AliveAtEnd };
        match (&step.kind, self.cursor.awaited_call(&self.rig.calls)) {
            (
                StepKind::Call(Call { result, .. }) | StepKind::Join(Join { result, .. }),
                Some(call),
            ) => Expected::CallEnd(call.named(), call.expected_end(result), Due::default()),
            (StepKind::StillBlocked { .. }, Some(call)) => Expected::CallRuns(call.named()),
            (StepKind::Expect(expect), _) => Expected::Event(expect.event.clone(), Due::default()),
            (StepKind::ExpectFrame(frame), _) => Expected::Frame(frame.clone()),
            (StepKind::ExpectNone(none), _) => Expected::Absence(none.event.clone()),
            _ => Expected::Alive,
        }
    }
}
