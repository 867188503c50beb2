//! All short stories: those of one symbol, then of two, and so on. A story is extended only if it led to a new state.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::analysis::explore::player::{Played, Player, StoryTally};
use crate::analysis::explore::surprise::{Kind, Likeness, Surprise};
use crate::analysis::story::{Story, Symbol};
use crate::model::Snapshot;
use crate::scenario::PeerKind;
use crate::trace::{canonical, diff_meaning};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// The results of all short stories.
#[derive(Default)]
pub(crate) struct Exploration {
    /// How many stories were played, for each length from 1.
    pub(crate) stories: Vec<u64>,
    /// How many of them led to a new state, for each length from 1.
    pub(crate) states: Vec<u64>,
    /// The first of all surprises that are alike, and how many more there were.
    pub(crate) surprises: BTreeMap<Likeness, (Surprise, u64)>,
    /// What else they have shown.
    pub(crate) tally: StoryTally,
}

/// Which short stories are played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Breadth<'a> {
    /// How many symbols the longest have.
    pub(crate) depth: usize,
    /// The sides that the subject plays.
    pub(crate) sides: &'a [Side],
    /// Whether it ends with the first broken clause.
    pub(crate) ends_at_first: bool,
}

/// Plays the stories on an implementation, and on another one beside it if there is one; `progress` gets a line after each
/// batch.
pub(crate) fn explore(
    player: &Player<'_>,
    beside: Option<&Player<'_>>,
    breadth: Breadth<'_>,
    progress: &mut dyn FnMut(&str),
) -> Exploration {
    let Breadth { depth, sides, ends_at_first } = breadth;
    let mut exploration = Exploration::default();
    let mut seen: HashSet<(Side, String)> = HashSet::new();
    let root = |side: &Side| (*side, Story::new(PeerKind::Wire), Snapshot::default());
    let mut open: Vec<(Side, Story, Snapshot)> = sides.iter().map(root).collect();
    for length in 1..=depth {
        let mut next = Vec::new();
        let (mut stories, mut states) = (0, 0);
        let mut candidates = open.iter().flat_map(|(side, story, snapshot)| {
            let turns = Symbol::ALL.iter().filter_map(|symbol| symbol.turn(snapshot));
            turns.map(move |turn| {
                let mut story = story.clone();
                story.turns.push(turn);
                (story, *side)
            })
        });
        loop {
            let batch: Vec<(Story, Side)> = candidates.by_ref().take(player.batch()).collect();
            let is_enough = ends_at_first && exploration.has_broken();
            if batch.is_empty() || is_enough || player.is_interrupted() {
                break;
            }
            let refs: Vec<(&Story, Side)> =
                batch.iter().map(|(story, side)| (story, *side)).collect();
            let played = player.play(&refs);
            let others = beside.map(|beside| beside.play(&refs));
            for (at, played) in played.iter().enumerate() {
                stories += 1;
                let (story, side) = &batch[at];
                let other = others.as_ref().and_then(|others| others.get(at));
                if !exploration.take(played, other, (story, *side)) {
                    continue;
                }
                let snapshot = played.run.model.snapshot();
                let state = (*side, state_of(&snapshot));
                if seen.insert(state) {
                    states += 1;
                    next.push((*side, story.clone(), snapshot));
                }
            }
            progress(&format!("length {length}: {stories} stories, {states} new states"));
        }
        exploration.stories.push(stories);
        exploration.states.push(states);
        open = next;
    }
    exploration
}

impl Exploration {
    /// Whether a clause was broken, or the implementation died.
    pub(crate) fn has_broken(&self) -> bool {
        self.surprises.values().any(|(surprise, _)| surprise.kind != Kind::Differed)
    }

    /// Takes in a story. Returns whether it can be extended.
    fn take(
        &mut self,
        played: &Played,
        other: Option<&Played>,
        (story, side): (&Story, Side),
    ) -> bool {
        let could_be_played = self.tally.take(played);
        if let Some(surprise) = &played.surprise {
            self.count(surprise.clone());
            return false;
        }
        if !could_be_played {
            return false;
        }
        if let Some(surprise) = other.and_then(|other| difference(played, other, (story, side))) {
            self.count(surprise);
        }
        !played.run.model.is_over()
    }

    fn count(&mut self, surprise: Surprise) {
        let known = self.surprises.entry(surprise.likeness());
        known.and_modify(|(_, more)| *more += 1).or_insert((surprise, 0));
    }
}

/// How the two runs of a story differ in meaning.
fn difference(played: &Played, other: &Played, (story, side): (&Story, Side)) -> Option<Surprise> {
    if other.surprise.is_some() || other.differs.is_some() || played.differs.is_some() {
        return None;
    }
    let (own, others) = (canonical(&played.run.trace), canonical(&other.run.trace));
    let difference = diff_meaning(&others, &own)?;
    Some(Surprise {
        kind: Kind::Differed,
        story: story.clone(),
        side,
        clause: Arc::from("SES-10"),
        expected: "the frames of the other one".to_owned(),
        observed: difference.sentence.clone(),
        fingerprint: difference.sentence,
        failure: None,
    })
}

/// The state of a session without what makes equal states differ: the time, and the values of pings.
fn state_of(snapshot: &Snapshot) -> String {
    let mut snapshot = snapshot.clone();
    snapshot.time = Time::ZERO;
    snapshot.unanswered_pings.iter_mut().for_each(|value| *value = 0);
    format!("{snapshot:?}")
}
