//! `Reply`: the answer to a request, with checks on it.

use crate::endpoint::{CallResult, Done};
use crate::scenario::ErrorClass;
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::protocol::{ErrFields, Reason, ShimAnswer};

/// The answer to a request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// The operation it answers.
    pub(crate) op: String,
    /// The number of its line among all lines of the shim.
    pub(crate) order: usize,
    /// The line, shortened.
    pub(crate) text: String,
    /// The answer itself.
    pub(crate) answer: ShimAnswer,
}

impl Reply {
    /// The result; anything but `ok` fails.
    pub(crate) fn ok(&self) -> Result<Done, Stop> {
        match self.answer.clone().into_result() {
            Ok(CallResult::Done(done)) => Ok(done),
            Ok(_) => Err(self.instead_of("ok")),
            Err(error) => Err(self.instead_of(&format!("an ok whose fields are right ({error})"))),
        }
    }

    /// Anything but `unsupported` with a reason fails.
    pub(crate) fn unsupported(&self) -> Checked {
        match &self.answer {
            ShimAnswer::Unsupported(Reason { reason }) if !reason.is_empty() => Ok(()),
            _ => Err(self.instead_of("unsupported with a reason")),
        }
    }

    /// Anything but `fault` fails.
    pub(crate) fn fault(&self) -> Checked {
        match &self.answer {
            ShimAnswer::Fault(_) => Ok(()),
            _ => Err(self.instead_of("fault")),
        }
    }

    /// The class and what was done before; anything but an `err` with a class of the list fails.
    pub(crate) fn err(&self) -> Result<(ErrorClass, Done), Stop> {
        self.done_or_classified()?;
        match self.answer.clone().into_result() {
            Ok(CallResult::Failed { class, done, .. }) => Ok((class, done)),
            _ => Err(self.instead_of("err")),
        }
    }

    /// Anything but `ok`, or an `err` whose class is in the list and is not `unclassified`, fails.
    pub(crate) fn done_or_classified(&self) -> Checked {
        match &self.answer {
            ShimAnswer::Err(ErrFields { class: ErrorClass::Unclassified, .. }) => {
                Err(self.instead_of("a class of the list other than unclassified"))
            }
            ShimAnswer::Ok(_) | ShimAnswer::Err(_) => Ok(()),
            ShimAnswer::Unsupported(_) | ShimAnswer::Fault(_) => Err(self.instead_of("ok or err")),
        }
    }

    fn instead_of(&self, expected: &str) -> Stop {
        Stop::failed(format!("{} answered with {expected}", self.op), &self.text)
    }
}
