//! `Memory`: what is remembered of all processes of a shim, whichever is being checked.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use crate::shim::check::checked::Cause;

/// A line that should not have been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stray {
    /// It is not of the protocol.
    Noise,
    /// It answers no request, or one that is answered already.
    Answer,
    /// It is about a session that had ended.
    AfterEnd,
}

/// The findings. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Memory(Rc<RefCell<Remembered>>);

#[derive(Default)]
struct Remembered {
    /// The lines that should not have been sent.
    strays: Vec<(Stray, String)>,
    /// The operations that were ever answered with ok or err.
    answered: BTreeSet<String>,
    /// The reasons that have failed a check.
    causes: HashSet<Cause>,
}

impl Memory {
    /// Records a line that should not have been sent.
    pub(crate) fn push(&self, stray: Stray, line: String) {
        let strays = &mut self.0.borrow_mut().strays;
        if strays.len() < MAX_STRAYS {
            strays.push((stray, line));
        }
    }

    /// The lines of one kind that should not have been sent.
    pub(crate) fn of(&self, kind: Stray) -> Vec<String> {
        let strays = &self.0.borrow().strays;
        strays.iter().filter(|(stray, _)| *stray == kind).map(|(_, line)| line.clone()).collect()
    }

    /// Records a reason that has failed a check.
    pub(crate) fn note(&self, cause: Cause) {
        self.0.borrow_mut().causes.insert(cause);
    }

    /// Whether it has failed a check.
    pub(crate) fn knows(&self, cause: Cause) -> bool {
        self.0.borrow().causes.contains(&cause)
    }

    /// Records that a request was answered with ok or err.
    pub(crate) fn answered(&self, op: &str) {
        self.0.borrow_mut().answered.insert(op.to_owned());
    }

    /// Whether the shim has shown that it answers such a request.
    pub(crate) fn has_answered(&self, op: &str) -> bool {
        self.0.borrow().answered.contains(op)
    }
}

/// The first ones are shown, and more than these are a flood.
const MAX_STRAYS: usize = 10_000;
