//! `Totals`: the results of all stories on one implementation. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::explore::breadth::Exploration;
use crate::analysis::explore::finding::StoryFinding;
use crate::analysis::explore::fuzz::Fuzzed;

/// The results of all stories on one implementation.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// How many stories were played, and how many turns or states they had: `12345 stories, 402113 turns`.
    pub(crate) extent: Vec<(u64, &'static str)>,
    /// The stories and the new states of each length from 1, if all short stories were played.
    pub(crate) lengths: Vec<(u64, u64)>,
    /// The clauses that were put to the test.
    pub(crate) reached: BTreeSet<&'static str>,
    /// The surprises.
    pub(crate) findings: Vec<StoryFinding>,
    /// The clauses that were broken and do not bind it, each with the number of stories.
    pub(crate) differs: BTreeMap<Arc<str>, u64>,
    /// How many stories could not be played.
    pub(crate) unplayed: u64,
    /// Why the first of them could not.
    pub(crate) why_unplayed: Option<String>,
    /// How long it took, in real time.
    pub(crate) elapsed: Duration,
}

impl Totals {
    /// Of stories that were drawn.
    pub(crate) fn of_drawn(
        fuzzed: Fuzzed,
        mut findings: Vec<StoryFinding>,
        elapsed: Duration,
    ) -> Self {
        for (finding, found) in findings.iter_mut().zip(&fuzzed.found) {
            finding.more = found.more;
        }
        Self {
            extent: vec![(fuzzed.stories, "stories"), (fuzzed.turns, "turns")],
            lengths: Vec::new(),
            reached: fuzzed.reached,
            findings,
            differs: fuzzed.differs,
            unplayed: fuzzed.unplayed,
            why_unplayed: fuzzed.why_unplayed,
            elapsed,
        }
    }

    /// Of all short stories.
    pub(crate) fn of_short(
        exploration: Exploration,
        findings: Vec<StoryFinding>,
        elapsed: Duration,
    ) -> Self {
        let Exploration { stories, states, reached, differs, unplayed, why_unplayed, .. } =
            exploration;
        Self {
            extent: vec![(stories.iter().sum(), "stories"), (states.iter().sum(), "states")],
            lengths: stories.into_iter().zip(states).collect(),
            reached,
            findings,
            differs,
            unplayed,
            why_unplayed,
            elapsed,
        }
    }

    /// How many stories were played to their end.
    pub(crate) fn played(&self) -> u64 {
        self.extent.first().map_or(0, |(stories, _)| stories - self.unplayed)
    }

    /// How many surprises no ledger accepts.
    pub(crate) fn news(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_negative()).count()
    }
}
