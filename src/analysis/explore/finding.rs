//! `StoryFinding`: a surprise as it is reported: where it comes from, whether a ledger knows it, where it was saved. Pure.

use std::path::PathBuf;

use crate::analysis::explore::surprise::Surprise;
use crate::runner::verdict::QuotedClause;

/// A surprise, shrunk, with everything that is reported about it.
#[derive(Debug)]
pub(crate) struct StoryFinding {
    /// The surprise.
    pub(crate) surprise: Surprise,
    /// Its name in reports and as a file.
    pub(crate) name: String,
    /// The clause that was broken.
    pub(crate) clause: QuotedClause,
    /// Where the story comes from.
    pub(crate) origin: StoryOrigin,
    /// How many other stories failed alike.
    pub(crate) more: u64,
    /// The entry that accepts it in the ledger of its implementation, if there is one.
    pub(crate) known: Option<Accepted>,
    /// What its scenario shows when it runs alone, if that is another failure or none.
    pub(crate) alone: Option<String>,
    /// The text of its scenario.
    pub(crate) scenario: String,
    /// The file of its scenario.
    pub(crate) saved: Option<PathBuf>,
}

/// Where a story comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoryOrigin {
    /// It is one of all short stories.
    Short,
    /// It was drawn.
    Drawn {
        /// From this seed.
        seed: u64,
        /// Its number.
        number: u64,
        /// How many turns it had before it was shrunk.
        turns: usize,
    },
}

/// What a ledger says about a deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Why it is accepted.
    pub(crate) reason: String,
    /// Where it is discussed.
    pub(crate) link: Option<String>,
    /// The entry's place.
    pub(crate) place: String,
    /// Whether the entry is for a failure that is alike, not just for the clause.
    pub(crate) is_alike: bool,
}

impl StoryFinding {
    /// Whether it counts as a failure: no ledger accepts it.
    pub(crate) const fn is_negative(&self) -> bool {
        self.known.is_none()
    }

    /// `story 17 of seed 0, 23 turns, shrunk to 3`.
    pub(crate) fn provenance(&self) -> String {
        let length = self.surprise.story.turns.len();
        match self.origin {
            StoryOrigin::Short => format!("one of all stories of {length} turns"),
            StoryOrigin::Drawn { seed, number, turns } => {
                format!("story {number} of seed {seed}, {turns} turns, shrunk to {length}")
            }
        }
    }
}
