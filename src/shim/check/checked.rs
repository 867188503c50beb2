//! `Checked`: the result of one check of a shim.

/// How a check ended; `Ok` means that the shim does what it must.
pub(crate) type Checked = Result<(), Stop>;

/// Why a check was not passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The shim does something else.
    Failed(Evidence),
    /// The same, for a reason for which an earlier check may have failed already.
    Caused(Cause, Evidence),
    /// Something else happens, and as far as visible from outside the shim is right: it is the library's doing.
    Library {
        /// What was found.
        evidence: Evidence,
        /// What the library does, as the end of a sentence that begins with "the library".
        does: &'static str,
    },
    /// There is nothing to check, and why.
    Skipped(String),
}

/// What was expected and what was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) expected: String,
    pub(crate) observed: String,
}

/// A reason that may fail every check in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// `end` is not answered, though nothing of the session waits.
    EndUnanswered,
    /// No other process can be started beside the first.
    NoOtherProcess,
}

impl Cause {
    /// The reason in words, as explanation for an unfinished check.
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

    /// The same, found while checking `what`.
    #[must_use]
    pub(crate) fn about(mut self, what: &str) -> Self {
        if let Self::Failed(evidence) | Self::Caused(_, evidence) | Self::Library { evidence, .. } =
            &mut self
        {
            evidence.expected = format!("{what}: {}", evidence.expected);
        }
        self
    }

    /// The same, where no fault of the shim can be the reason.
    #[must_use]
    pub(crate) fn by_library(self, does: &'static str) -> Self {
        match self {
            Self::Failed(evidence) => Self::Library { evidence, does },
            other => other,
        }
    }

    /// The same, with a reason that may have failed an earlier check.
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
