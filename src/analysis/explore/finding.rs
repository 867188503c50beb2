//! `StoryFinding`: a surprise as it is told: where it comes from, whether a ledger knows it, where it was saved.

use std::path::PathBuf;

use crate::analysis::explore::surprise::Surprise;
use crate::runner::verdict::QuotedClause;

/// A surprise, shrunk, with all that is told of it.
#[derive(Debug)]
pub(crate) struct StoryFinding {
    /// It.
    pub(crate) surprise: Surprise,
    /// Its name in reports and as a file, which it shares with all that are alike.
    pub(crate) name: String,
    /// The clause that was broken.
    pub(crate) clause: QuotedClause,
    /// Where the story comes from.
    pub(crate) origin: StoryOrigin,
    /// How many other stories showed the like.
    pub(crate) more: u64,
    /// Why it is accepted, if the ledger of its implementation says so.
    pub(crate) known: Option<Accepted>,
    /// What its scenario shows when it runs alone, if that is something else.
    pub(crate) alone: Option<String>,
    /// The text of its scenario.
    pub(crate) scenario: String,
    /// The file of its scenario.
    pub(crate) saved: Option<PathBuf>,
}

/// Where a story comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoryOrigin {
    /// It is one of all short ones.
    Short,
    /// It was drawn.
    Drawn {
        /// From this seed.
        seed: u64,
        /// Which one it was.
        number: u64,
        /// How many turns it had.
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
    /// Whether it is for such a failure, not just for the clause.
    pub(crate) is_alike: bool,
}

impl StoryFinding {
    /// Whether it is news.
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
