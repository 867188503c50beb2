//! `RunId`: one run of a case, as reports name it.

use std::fmt;

use crate::runner::verdict::Clock;
use crate::scenario::CaseId;

/// One run of a case: on which target and clock, and which repetition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// The case.
    pub case: CaseId,
    /// What the subject is called.
    pub target: String,
    /// The clock it runs on.
    pub clock: Clock,
    /// Which repetition of the case this is, from 1.
    pub repeat: u32,
}

impl RunId {
    /// The case, with the repetition behind it from the second on: `ping/burst/client#2`.
    pub fn name(&self) -> String {
        match self.repeat {
            0 | 1 => self.case.to_string(),
            repeat => format!("{}#{repeat}", self.case),
        }
    }
}

impl fmt::Display for RunId {
    /// `ping/burst/client#2 (go-hashicorp, live clock)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} clock)", self.name(), self.target, self.clock)
    }
}
