//! Known deviations: one ledger per target of its expected failures. All of them still run.

mod files;
mod fingerprint;
mod index;
mod ledger;
mod propose;
mod read;
mod step;
mod versions;

pub(crate) use files::{misspelt, names};
pub use ledger::Known;
pub(crate) use ledger::{Match, Scope};
pub(crate) use propose::{Proposal, Sightings, UnknownFailure};
pub(crate) use read::{WrittenEntry, WrittenLedger, entries as read_ledger, schema};
pub(crate) use step::{FailedStep, StepName};

use glob::{MatchOptions, Pattern};

use crate::scenario::Position;
use crate::trace::Clock;
use crate::yamux::frame::Side;

/// One known deviation.
#[derive(Clone, Debug)]
pub struct KnownEntry {
    /// Where its object begins in the ledger.
    pub position: Position,
    /// The scenarios it names, as a glob over their ids.
    pub case: String,
    /// The glob, parsed.
    pattern: Pattern,
    /// The side it names; `None` is both.
    pub side: Option<Side>,
    /// The clock it shows on; `None` is both.
    pub clock: Option<Clock>,
    /// What deviates.
    pub what: Deviation,
    /// The step that fails; `None` is any.
    pub step: Option<StepName>,
    /// How it fails; `None` is for a trace in any way, for a race not at all.
    pub fingerprint: Option<String>,
    /// Why, for people.
    pub reason: String,
    /// An issue or a text about it.
    pub link: Option<String>,
    /// The versions of the implementation it is true for, and comparisons that mean several; empty is all.
    pub versions: Vec<String>,
}

/// What deviates from what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deviation {
    /// The case passes fully in some runs and weakly in others: a race inside the implementation. It counts as a weak
    /// pass either way, so that two runs say the same. With a fingerprint it fails so in others, which is then known.
    Race,
    /// The case fails.
    Verdict,
    /// The trace differs from the reference's.
    Trace,
}

impl KnownEntry {
    /// Whether it names this case.
    pub fn names(&self, id: &str, side: Side) -> bool {
        self.side.is_none_or(|named| named == side) && self.pattern.matches_with(id, IN_A_FOLDER)
    }

    /// Whether it names scenarios by a pattern.
    pub fn is_wildcard(&self) -> bool {
        is_pattern(&self.case)
    }

    /// Whether its fingerprint can be none of a failure.
    pub fn is_outdated(&self) -> bool {
        let fingerprint = self.fingerprint.as_deref();
        match self.what {
            Deviation::Verdict => !fingerprint.is_some_and(fingerprint::is_tokens),
            Deviation::Race => {
                fingerprint.is_some_and(|text| !fingerprint::is_tokens_of_race(text))
            }
            Deviation::Trace => false,
        }
    }

    /// Whether it means what deviated so.
    fn is_so(&self, fingerprint: &str) -> bool {
        self.fingerprint.as_deref().is_none_or(|text| match self.what {
            Deviation::Race => fingerprint::is_like(text, fingerprint),
            Deviation::Verdict | Deviation::Trace => text == fingerprint,
        })
    }

    /// Whether it says how something like this deviates. A race that may fail says how.
    fn tells(&self, what: Deviation) -> bool {
        self.what == what
            || (what, self.what) == (Deviation::Verdict, Deviation::Race)
                && self.fingerprint.is_some()
    }

    /// Whether it shows on this clock.
    fn is_on(&self, clock: Clock) -> bool {
        self.clock.is_none_or(|named| named == clock)
    }

    /// Whether it is true for this version; where the version is not known, every entry is.
    fn is_for(&self, version: Option<&str>) -> bool {
        self.versions.is_empty() || is_for(&self.versions, version)
    }
}

/// Whether one of these versions and ranges means this version; where it is not known, each does.
fn is_for(versions: &[String], version: Option<&str>) -> bool {
    version.is_none_or(|version| versions::mean(versions, version))
}

/// Whether a glob may name more than one scenario.
fn is_pattern(glob: &str) -> bool {
    glob.contains(['*', '?', '['])
}

/// `*` stays inside a folder.
const IN_A_FOLDER: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};
