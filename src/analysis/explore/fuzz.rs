//! Long stories, drawn from a seed: written on the built-in yamux, played on an implementation, and shrunk if they have a
//! surprise.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::analysis::explore::player::{Played, Player, StoryTally};
use crate::analysis::explore::surprise::{Kind, Likeness, Surprise};
use crate::analysis::story::{Author, CallLabels, Story, shrink};
use crate::report::Shard;
use crate::runner::virtual_time;
use crate::yamux::frame::Side;

/// Which stories are drawn, and how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    /// The seed of all of them.
    pub(crate) seed: u64,
    /// Which share of them is drawn.
    pub(crate) shard: Option<Shard>,
    /// The only one that is drawn.
    pub(crate) only: Option<u64>,
    /// How many at most, in this shard.
    pub(crate) runs: Option<u64>,
    /// When to begin no more.
    pub(crate) until: Option<Instant>,
}

/// The results of the stories so far.
#[derive(Default)]
pub(crate) struct Fuzzed {
    /// How many stories were played.
    pub(crate) stories: u64,
    /// How many turns they had.
    pub(crate) turns: u64,
    /// The surprises, shrunk, in the order in which they came.
    pub(crate) found: Vec<Found>,
    /// What else they have shown.
    pub(crate) tally: StoryTally,
}

/// A surprise and its origin.
pub(crate) struct Found {
    /// The surprise, shrunk.
    pub(crate) surprise: Surprise,
    /// The number of the story that showed it first.
    pub(crate) number: u64,
    /// How many turns that story had.
    pub(crate) turns: usize,
    /// How many other stories failed alike.
    pub(crate) more: u64,
}

/// Draws stories and plays them until there are enough; `report` is called after each batch, and with every new surprise.
pub(crate) fn fuzz(
    player: &mut Player<'_>,
    draw: Draw,
    report: &mut dyn FnMut(&Fuzzed, Option<&Found>),
) -> Fuzzed {
    let mut fuzzed = Fuzzed::default();
    let mut places: BTreeMap<Likeness, usize> = BTreeMap::new();
    let mut numbers = numbers(draw);
    loop {
        let is_late = draw.until.is_some_and(|until| Instant::now() >= until);
        let batch: Vec<u64> = numbers.by_ref().take(batch_of(player)).collect();
        if batch.is_empty() || is_late || player.is_interrupted() {
            break;
        }
        let stories = written(draw.seed, &batch);
        let refs: Vec<(&Story, Side)> =
            stories.iter().map(|story| (story, side_of(story))).collect();
        for (at, played) in player.play(&refs).into_iter().enumerate() {
            fuzzed.take(&played, &stories[at]);
            let Some(surprise) = played.surprise else { continue };
            let likeness = surprise.likeness();
            if let Some(place) = places.get(&likeness) {
                fuzzed.found[*place].more += 1;
                continue;
            }
            let turns = surprise.story.turns.len();
            let surprise = smallest(player, surprise, draw.until);
            player.tolerate(&surprise.clause);
            places.insert(likeness, fuzzed.found.len());
            let found = Found { surprise, number: batch[at], turns, more: 0 };
            report(&fuzzed, Some(&found));
            fuzzed.found.push(found);
        }
        report(&fuzzed, None);
    }
    fuzzed
}

/// How many stories are played at once: few enough to end in time, and the same on every machine, because the clauses that
/// one batch has broken are tolerated in the next.
const BATCH: usize = 64;

/// The same on the live clock, where a story takes seconds if a call in it waits.
const LIVE_BATCH: usize = 16;

fn batch_of(player: &Player<'_>) -> usize {
    if player.is_live() { LIVE_BATCH } else { BATCH }
}

/// The numbers of the stories.
fn numbers(draw: Draw) -> Box<dyn Iterator<Item = u64>> {
    if let Some(only) = draw.only {
        return Box::new(std::iter::once(only));
    }
    let (first, step) = match draw.shard {
        Some(shard) => (u64::from(shard.number) - 1, u64::from(shard.of)),
        None => (0, 1),
    };
    let all = (0..).map(move |at| first + at * step);
    match draw.runs {
        Some(runs) => Box::new(all.take(usize::try_from(runs).unwrap_or(usize::MAX))),
        None => Box::new(all),
    }
}

/// The stories with these numbers, each written by its author while the built-in yamux plays it.
fn written(seed: u64, numbers: &[u64]) -> Vec<Story> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = numbers.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let writers: Vec<_> = numbers
            .chunks(share)
            .map(|part| {
                scope.spawn(move || {
                    part.iter().map(|number| write(seed, *number)).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("no author panics")).collect()
    })
}

/// The story with this number.
pub(crate) fn write(seed: u64, number: u64) -> Story {
    let mut author = Author::new(seed, number);
    let mut labels = CallLabels::default();
    let script = Arc::new(author.story().script());
    let setup = virtual_time::built_in(&script, side_of(author.story()), 0);
    virtual_time::run_written(setup, &mut |snapshot| {
        author.next(snapshot).map(|turn| turn.steps(&mut labels)).unwrap_or_default()
    });
    author.story().clone()
}

/// The side that the subject of a drawn story plays.
pub(super) fn side_of(story: &Story) -> Side {
    story.side.unwrap_or(Side::Client)
}

/// The surprise with the smallest story that fails alike, or the smallest that was found by the given time or a little later.
pub(crate) fn smallest(
    player: &Player<'_>,
    surprise: Surprise,
    until: Option<Instant>,
) -> Surprise {
    if surprise.kind == Kind::Differed {
        // One implementation alone shows no difference.
        return surprise;
    }
    let until = until.map(|until| until.max(Instant::now() + LEAST_TO_SHRINK));
    let (likeness, side) = (surprise.likeness(), surprise.side);
    let mut best = surprise.clone();
    let mut is_same = |story: &Story| {
        if until.is_some_and(|until| Instant::now() >= until) {
            return false;
        }
        let played = player.play(&[(story, side)]).pop();
        match played.and_then(|played| played.surprise) {
            Some(found) if found.likeness() == likeness => {
                best = found;
                true
            }
            _ => false,
        }
    };
    let story = shrink(&surprise.story, &mut is_same, player.patience());
    // Its streams may have other labels by now.
    let played = player.play(&[(&story, side)]).pop();
    match played.and_then(|played| played.surprise) {
        Some(found) if found.likeness() == likeness => found,
        _ => best,
    }
}

/// The time that every surprise gets, even one that is found last.
const LEAST_TO_SHRINK: Duration = Duration::from_secs(5);

impl Fuzzed {
    fn take(&mut self, played: &Played, story: &Story) {
        self.stories += 1;
        self.turns += story.turns.len() as u64;
        self.tally.take(played);
    }
}
