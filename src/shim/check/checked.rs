//! `Checked`: how looking for one thing that a shim must do has ended.

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
