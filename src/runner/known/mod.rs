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
pub(crate) use index::RanCases;
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
    /// The side it names; `None` means both.
    pub side: Option<Side>,
    /// The clock it shows on; `None` means both.
    pub clock: Option<Clock>,
    /// What deviates.
    pub what: Deviation,
    /// The step that fails; `None` means any.
    pub step: Option<StepName>,
    /// How it fails; `None` means in any way for a trace, and not at all for a race.
    pub fingerprint: Option<String>,
    /// Why, for people.
    pub reason: String,
    /// An issue or a text about it.
    pub link: Option<String>,
    /// The versions of the implementation it is true for, exact or as comparisons; empty means all.
    pub versions: Vec<String>,
}

/// The kind of deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deviation {
    /// The case passes fully in some runs and weakly in others: a race inside the implementation. It counts as a weak pass
    /// either way, so that two runs have the same result. With a fingerprint it fails in this way in further runs, which is
    /// then known.
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

    /// Whether no failure can have its fingerprint.
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

    /// Whether it covers a deviation with this fingerprint.
    fn is_so(&self, fingerprint: &str) -> bool {
        self.fingerprint.as_deref().is_none_or(|text| match self.what {
            Deviation::Race => fingerprint::is_like(text, fingerprint),
            Deviation::Verdict | Deviation::Trace => text == fingerprint,
        })
    }

    /// Whether it declares a deviation of this kind. For a verdict, a race with a fingerprint counts too.
    fn tells(&self, what: Deviation) -> bool {
        self.what == what
            || (what, self.what) == (Deviation::Verdict, Deviation::Race)
                && self.fingerprint.is_some()
    }

    /// Whether it shows on this clock.
    fn is_on(&self, clock: Clock) -> bool {
        self.clock.is_none_or(|named| named == clock)
    }

    /// Whether it is true for this version; if the version is unknown, every entry is.
    fn is_for(&self, version: Option<&str>) -> bool {
        self.versions.is_empty() || is_for(&self.versions, version)
    }
}

/// Whether one of these versions and ranges includes this version; if that is unknown, each does.
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
