//! Measuring: how and when a call ends, reported without judgement. Pure.

use std::fmt;
use std::time::Duration;

use crate::endpoint::CallResult;
use crate::engine::{Actual, Engine, Expected, Flow};
use crate::scenario::{ErrorClass, Label, Measure};
use crate::yamux::time::Time;

/// The answer to a scenario's question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The question.
    pub question: String,
    /// What ended the call; `None` if nothing did.
    pub by: Option<EndedBy>,
    /// How long that took; if nothing ended it, how long the engine waited.
    pub after: Duration,
}

/// What ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// Success: there was credit, or data.
    Success,
    /// An error.
    Error(ErrorClass),
}

impl fmt::Display for Measured {
    /// `released by reset after 5m`, `not within 1h`; in tenths of a second, since real time varies between runs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = u64::try_from(self.after.as_millis() / 100).unwrap_or(u64::MAX);
        let after = Duration::from_millis(tenths.saturating_mul(100));
        let after = humantime::format_duration(after);
        match self.by {
            None => write!(f, "not within {after}"),
            Some(EndedBy::Success) => write!(f, "released by credit after {after}"),
            Some(EndedBy::Error(ErrorClass::StreamReset)) => {
                write!(f, "released by reset after {after}")
            }
            Some(EndedBy::Error(class)) => write!(f, "released by {class} after {after}"),
        }
    }
}

impl Engine {
    /// Waits for the end of a call, as long as the step allows.
    pub(crate) fn measure(&mut self, now: Time, measure: &Measure) -> Flow {
        let Some(call) = self.rig.calls.labelled(&measure.label) else {
            return Flow::failed(Expected::Call(Label::clone(&measure.label)), Actual::NoCall);
        };
        let since = self.cursor.origin(&measure.from, call.started);
        let (by, at) = match &call.finished {
            Some((at, CallResult::Done(_))) => (Some(EndedBy::Success), *at),
            Some((at, CallResult::Failed { class, .. })) => (Some(EndedBy::Error(*class)), *at),
            Some((at, result)) => match call.told(result, *at) {
                Err(broken) => return Flow::Done(broken),
                Ok(_) => (None, *at),
            },
            None => match self.cursor.wait_until(now, self.rules.clock.measuring(measure.duration))
            {
                Some(moment) => return Flow::Wait(moment),
                None => (None, now),
            },
        };
        let question = measure.question.clone();
        self.ruling.answers.push(Measured { question, by, after: at.since(since) });
        Flow::Next
    }
}
