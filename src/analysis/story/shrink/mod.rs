//! `shrink`: a smaller story that still fails alike. Pure.

mod sizes;
mod sweep;

#[cfg(test)]
mod rules;

use std::collections::HashSet;

use crate::analysis::story::Story;
use crate::analysis::story::shrink::sizes::{landmarks, plainer, resized, size};
use crate::analysis::story::shrink::sweep::{merged, openers, relabelled, streams, sweep};
use crate::analysis::story::turn::Turn;
use crate::scenario::Label;

/// Makes a story smaller as long as `is_same` accepts the smaller one, until nothing can be left out or `is_same` was called
/// `budget` times. It is never called twice with one story, nor with the given one.
///
/// The stories that it gets name streams and calls only after they have begun; whether each turn is possible shows when
/// the story is played. The kind of the peer and the side stay. Equal arguments give equal stories.
pub(crate) fn shrink(
    story: &Story,
    is_same: &mut dyn FnMut(&Story) -> bool,
    budget: usize,
) -> Story {
    let opened = openers(&story.turns);
    let named = streams(&story.turns).into_iter();
    let unopened = named.filter(|stream| !opened.contains_key(stream)).collect();
    let tried = HashSet::from([story.clone()]);
    let mut shrinking = Shrinking { best: story.clone(), unopened, tried, is_same, left: budget };
    loop {
        let before = shrinking.best.clone();
        shrinking.remove_turns();
        shrinking.remove_settings();
        shrinking.merge_streams();
        shrinking.simplify_turns();
        shrinking.reduce_sizes();
        if shrinking.best == before || shrinking.left == 0 {
            break;
        }
    }
    shrinking.relabel();
    shrinking.best
}

struct Shrinking<'a> {
    best: Story,
    /// Streams that are waited for and never opened.
    unopened: HashSet<Label>,
    tried: HashSet<Story>,
    is_same: &'a mut dyn FnMut(&Story) -> bool,
    /// How often `is_same` may still be called.
    left: usize,
}

impl Shrinking<'_> {
    /// Takes these turns, without those that have lost their stream or call, if the story remains the same.
    fn take(&mut self, turns: &[Turn]) -> bool {
        let turns = sweep(turns, &self.unopened);
        let story = Story { turns, ..self.best.clone() };
        self.take_story(story)
    }

    fn take_story(&mut self, story: Story) -> bool {
        if self.left == 0 || !self.tried.insert(story.clone()) {
            return false;
        }
        self.left -= 1;
        let is_same = (self.is_same)(&story);
        if is_same {
            self.best = story;
        }
        is_same
    }

    /// Removes turns: the later half, the earlier half, then ever smaller parts, down to single turns.
    fn remove_turns(&mut self) {
        let mut part = self.best.turns.len().div_ceil(2);
        while part > 0 && self.left > 0 {
            let mut end = self.best.turns.len();
            while end > 0 {
                let from = end.saturating_sub(part);
                let turns = &self.best.turns;
                let shorter = [&turns[..from], &turns[end.min(turns.len())..]].concat();
                self.take(&shorter);
                // Turns that refer to a removed one are removed with it.
                end = from.min(self.best.turns.len());
            }
            part /= 2;
        }
    }

    fn remove_settings(&mut self) {
        for at in (0..self.best.settings.len()).rev() {
            let mut story = self.best.clone();
            story.settings.remove(at);
            self.take_story(story);
        }
    }

    /// Moves the turns of later streams to earlier ones.
    fn merge_streams(&mut self) {
        let all = streams(&self.best.turns);
        for from in all.iter().rev() {
            for to in all.iter().take_while(|to| *to != from) {
                let turns = merged(&self.best.turns, from, to);
                if self.take(&turns) {
                    break;
                }
            }
        }
    }

    /// Replaces turns by plainer ones.
    fn simplify_turns(&mut self) {
        let mut at = 0;
        while at < self.best.turns.len() {
            for turn in plainer(&self.best.turns[at]) {
                if self.take_instead(at, turn) {
                    break;
                }
            }
            at += 1;
        }
    }

    /// Makes sizes and times as small as possible: the smallest landmark that will do, then a binary search below it.
    fn reduce_sizes(&mut self) {
        let mut at = 0;
        while at < self.best.turns.len() && self.left > 0 {
            let turn = self.best.turns[at].clone();
            if let Some(size) = size(&turn) {
                self.reduce_size(at, &turn, size);
            }
            at += 1;
        }
    }

    fn reduce_size(&mut self, at: usize, turn: &Turn, size: u64) {
        let mut too_small = None;
        for landmark in landmarks(turn).iter().filter(|landmark| **landmark < size) {
            if self.take_instead(at, resized(turn, *landmark)) {
                return self.search(at, turn, (too_small, *landmark));
            }
            too_small = Some(*landmark);
        }
        self.search(at, turn, (too_small, size));
    }

    /// Looks for the smallest size above one that is too small, and below one that is not.
    fn search(&mut self, at: usize, turn: &Turn, (too_small, mut size): (Option<u64>, u64)) {
        let Some(mut too_small) = too_small else { return };
        while size - too_small > 1 && self.left > 0 {
            let middle = too_small + (size - too_small) / 2;
            if self.take_instead(at, resized(turn, middle)) {
                size = middle;
            } else {
                too_small = middle;
            }
        }
    }

    /// Takes another turn in the place of one.
    fn take_instead(&mut self, at: usize, turn: Turn) -> bool {
        let mut turns = self.best.turns.clone();
        let Some(place) = turns.get_mut(at) else { return false };
        *place = turn;
        self.take(&turns)
    }

    /// Renames the streams in the order in which they appear.
    fn relabel(&mut self) {
        let turns = relabelled(&self.best.turns);
        let named = streams(&turns).into_iter();
        let opened = openers(&turns);
        self.unopened = named.filter(|stream| !opened.contains_key(stream)).collect();
        self.take(&turns);
    }
}
