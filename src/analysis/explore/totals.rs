//! `Totals`: the results of all stories on one implementation. Pure.

use std::time::Duration;

use crate::analysis::explore::breadth::Exploration;
use crate::analysis::explore::finding::StoryFinding;
use crate::analysis::explore::fuzz::Fuzzed;
use crate::analysis::explore::player::StoryTally;

/// The results of all stories on one implementation.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// How many stories were played, and how many turns or states they had: `12345 stories, 402113 turns`.
    pub(crate) extent: Vec<(u64, &'static str)>,
    /// The stories and the new states of each length from 1, if all short stories were played.
    pub(crate) lengths: Vec<(u64, u64)>,
    /// The surprises.
    pub(crate) findings: Vec<StoryFinding>,
    /// What else they have shown.
    pub(crate) tally: StoryTally,
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
            findings,
            tally: fuzzed.tally,
            elapsed,
        }
    }

    /// Of all short stories.
    pub(crate) fn of_short(
        exploration: Exploration,
        findings: Vec<StoryFinding>,
        elapsed: Duration,
    ) -> Self {
        let Exploration { stories, states, tally, .. } = exploration;
        Self {
            extent: vec![(stories.iter().sum(), "stories"), (states.iter().sum(), "states")],
            lengths: stories.into_iter().zip(states).collect(),
            findings,
            tally,
            elapsed,
        }
    }

    /// How many stories were played to their end.
    pub(crate) fn played(&self) -> u64 {
        self.extent.first().map_or(0, |(stories, _)| stories - self.tally.unplayed)
    }

    /// How many surprises no ledger accepts.
    pub(crate) fn news(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_negative()).count()
    }
}
