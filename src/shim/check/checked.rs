//! `Check`: one thing a shim must do, and how looking for it ended.

use std::pin::Pin;

use crate::shim::check::bench::Bench;

/// One thing a shim must do.
pub(super) struct Check {
    /// What it is called.
    pub(super) name: &'static str,
    /// What a right shim does, in plain words.
    pub(super) promise: &'static str,
    /// What to do where it does not.
    pub(super) next: &'static str,
    /// Looks whether it does.
    pub(super) run: fn(Bench) -> Checking,
}

/// A check under way.
pub(super) type Checking = Pin<Box<dyn Future<Output = Checked>>>;

/// How a check ended; `Ok` is: the shim does what it must.
pub(super) type Checked = Result<(), Stop>;

/// Why a check did not come to a good end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The shim does something else.
    Failed {
        /// What it should have done.
        expected: String,
        /// What it did.
        observed: String,
    },
    /// There is nothing to look at, and why.
    Skipped(String),
}

impl Stop {
    /// The shim does something else.
    pub(super) fn failed(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self::Failed { expected: expected.into(), observed: observed.into() }
    }

    /// The same, found while `what` was looked at.
    #[must_use]
    pub(super) fn about(self, what: &str) -> Self {
        match self {
            Self::Failed { expected, observed } => {
                Self::Failed { expected: format!("{what}: {expected}"), observed }
            }
            Self::Skipped(reason) => Self::Skipped(reason),
        }
    }
}

/// Fails unless the two are equal.
pub(super) fn equal<T: PartialEq + std::fmt::Display>(
    what: &str,
    expected: &T,
    found: &T,
) -> Checked {
    if expected == found {
        return Ok(());
    }
    Err(Stop::failed(format!("{what} {expected}"), format!("{what} {found}")))
}
