//! `Checked`: the result of one check of a shim.

/// How a check ended; `Ok` is: the shim does what it must.
pub(crate) type Checked = Result<(), Stop>;

/// Why a check did not come to a good end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The shim does something else.
    Failed(Evidence),
    /// The same, for a reason for which a check before this one may have failed already.
    Caused(Cause, Evidence),
    /// Something else happens, and all that can be seen from outside says that the shim is right: what the library does.
    Library {
        /// What was found.
        evidence: Evidence,
        /// What the library does, as the end of a sentence that begins with it.
        does: &'static str,
    },
    /// There is nothing to look at, and why.
    Skipped(String),
}

/// What should have been seen, and what was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) expected: String,
    pub(crate) observed: String,
}

/// What may fail every check in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// `end` is not answered, though nothing of the session waits.
    EndUnanswered,
    /// No other process can be started beside the first.
    NoOtherProcess,
}

impl Cause {
    /// It, for whoever looks why a check was not made to its end.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::EndUnanswered => "end is not answered",
            Self::NoOtherProcess => "no other process starts",
        }
    }
}

impl Stop {
    /// The shim does something else.
    pub(crate) fn failed(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self::Failed(Evidence { expected: expected.into(), observed: observed.into() })
    }

    /// The same, found while `what` was looked at.
    #[must_use]
    pub(crate) fn about(mut self, what: &str) -> Self {
        if let Self::Failed(evidence) | Self::Caused(_, evidence) | Self::Library { evidence, .. } =
            &mut self
        {
            evidence.expected = format!("{what}: {}", evidence.expected);
        }
        self
    }

    /// The same, where it is known that no fault of the shim can be the reason.
    #[must_use]
    pub(crate) fn by_library(self, does: &'static str) -> Self {
        match self {
            Self::Failed(evidence) => Self::Library { evidence, does },
            other => other,
        }
    }

    /// The same, of something that may have failed a check before.
    #[must_use]
    pub(crate) fn caused_by(self, cause: Cause) -> Self {
        match self {
            Self::Failed(evidence) => Self::Caused(cause, evidence),
            other => other,
        }
    }
}

/// Fails unless the two are equal.
pub(crate) fn equal<T: PartialEq + std::fmt::Display>(
    what: &str,
    expected: &T,
    found: &T,
) -> Checked {
    if expected == found {
        return Ok(());
    }
    Err(Stop::failed(format!("{what} {expected}"), format!("{what} {found}")))
}
