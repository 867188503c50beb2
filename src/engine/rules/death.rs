//! What is said of a subject that crashed or got stuck: that is a verdict, and no trouble of the harness. Pure.

use crate::endpoint::Death;
use crate::engine::{Actual, Due, Engine, Expected, Failure, Outcome};
use crate::scenario::{Actor, StepKind};

impl Engine {
    /// This end came to its end during the current step.
    pub(crate) fn die(&mut self, end: Actor, death: Death, message: String) {
        if !matches!(self.done, Some(Outcome::Died(..))) {
            self.done = Some(Outcome::Died(death, self.death(end, death, message)));
        }
    }

    /// What is said of an end that came to its end during the current step, or after the last one.
    pub(crate) fn death(&self, end: Actor, death: Death, message: String) -> Box<Failure> {
        Box::new(self.failure(end, self.awaited(), Actual::Died(death, message)))
    }

    /// What the current step waits for.
    fn awaited(&self) -> Expected {
        let Some(step) = self.script.steps.get(self.at) else { return Expected::AliveAtEnd };
        match &step.kind {
            StepKind::Call(call) if call.label.is_none() => {
                self.calls.last().map_or(Expected::Alive, |begun| {
                    let end = begun.expected_end(&call.result);
                    Expected::CallEnd(begun.named(), end, Due::default())
                })
            }
            StepKind::Join(join) => {
                self.calls.labelled(&join.label).map_or(Expected::Alive, |call| {
                    Expected::CallEnd(call.named(), call.expected_end(&join.result), Due::default())
                })
            }
            StepKind::StillBlocked { label, .. } => self
                .calls
                .labelled(label)
                .map_or(Expected::Alive, |call| Expected::CallRuns(call.named())),
            StepKind::Expect(expect) => Expected::Event(expect.event.clone(), Due::default()),
            StepKind::ExpectFrame(frame) => Expected::Frame(frame.clone()),
            StepKind::ExpectNone(none) => Expected::Absence(none.event.clone()),
            StepKind::Call(_)
            | StepKind::Send(_)
            | StepKind::SendBytes(_)
            | StepKind::Measure(_)
            | StepKind::Wire(_)
            | StepKind::Wait(_) => Expected::Alive,
        }
    }
}
