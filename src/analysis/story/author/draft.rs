//! `Draft`: the turns that could come next, each with its weight. Pure.

use std::time::Duration;

use fastrand::Rng;

use crate::analysis::story::author::plot::{MOST_STREAMS, Plot};
use crate::analysis::story::rules::next_label;
use crate::analysis::story::turn::{AppCall, PeerFrame, Turn, WireFault};
use crate::model::{Snapshot, StreamSnapshot};
use crate::scenario::{Actor, Label};

/// What a story may still use, and what the snapshot does not show.
#[derive(Clone, Debug)]
pub(super) struct Reserve {
    /// Bytes that may still be written and sent.
    pub(super) bytes: u64,
    /// Time that may still pass.
    pub(super) time: Duration,
    /// How many labels have been given to streams.
    pub(super) named: u32,
    /// The ends to which the wire is stalled.
    pub(super) stalled: Vec<Actor>,
}

/// The turns that could come next.
pub(super) struct Draft<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) plot: &'a Plot,
    pub(super) reserve: &'a Reserve,
    pub(super) rng: &'a mut Rng,
    /// Whether the story is in its last quarter.
    pub(super) is_late: bool,
    /// Whether a turn must break the protocol.
    pub(super) is_unlawful: bool,
    turns: Vec<(u32, Turn)>,
}

impl<'a> Draft<'a> {
    pub(super) const fn new(
        (snapshot, plot): (&'a Snapshot, &'a Plot),
        reserve: &'a Reserve,
        rng: &'a mut Rng,
        is_late: bool,
    ) -> Self {
        Self { snapshot, plot, reserve, rng, is_late, is_unlawful: false, turns: Vec::new() }
    }

    /// Adds a turn if it is possible, and lawful or unlawful as it must be.
    pub(super) fn push(&mut self, weight: u32, turn: Turn) {
        if weight > 0
            && turn.is_possible(self.snapshot)
            && turn.is_lawful(self.snapshot) != self.is_unlawful
        {
            self.turns.push((weight, turn));
        }
    }

    pub(super) fn call(&mut self, weight: u32, actor: Actor, call: AppCall) {
        self.push(weight, Turn::Call(actor, call));
    }

    pub(super) fn frame(&mut self, weight: u32, frame: PeerFrame) {
        self.push(weight, Turn::Frame(frame));
    }

    pub(super) fn fault(&mut self, weight: u32, fault: WireFault) {
        self.push(weight, Turn::Fault(fault));
    }

    /// Draws one of the turns.
    pub(super) fn pick(self) -> Option<Turn> {
        let sum: u32 = self.turns.iter().map(|(weight, _)| weight).sum();
        let mut at = if sum == 0 { 0 } else { self.rng.u32(0..sum) };
        for (weight, turn) in self.turns {
            if at < weight {
                return Some(turn);
            }
            at -= weight;
        }
        None
    }

    /// The label of the next stream that `opener` opens; `None` if there are enough.
    pub(super) fn new_label(&self, opener: Actor) -> Option<Label> {
        let most = if self.has_live_stream() { self.plot.streams } else { MOST_STREAMS };
        let label = next_label(self.snapshot, opener, self.reserve.named);
        (self.reserve.named < most).then_some(label)
    }

    /// Whether there is a stream on which something can happen.
    pub(super) fn has_live_stream(&self) -> bool {
        has_live_stream(self.snapshot)
    }

    /// A few streams on which something can happen: mostly the newest, and others at random.
    pub(super) fn focus(&mut self) -> Vec<&'a StreamSnapshot> {
        let streams = self.snapshot.streams.iter();
        let live: Vec<_> = streams.filter(|stream| is_live(stream)).collect();
        let Some(newest) = live.len().checked_sub(1) else { return Vec::new() };
        let mut chosen = vec![newest];
        for _ in 0..2 {
            let other = self.rng.u32(0..live.len() as u32) as usize;
            if !chosen.contains(&other) {
                chosen.push(other);
            }
        }
        chosen.into_iter().map(|at| live[at]).collect()
    }

    /// This weight in a long transfer, the other one elsewhere.
    pub(super) const fn if_long(&self, long: u32, other: u32) -> u32 {
        if self.plot.is_long { long } else { other }
    }

    /// This weight where streams end in the middle or the story is late, the other one elsewhere.
    pub(super) const fn if_closing(&self, closing: u32, other: u32) -> u32 {
        if self.plot.has_closes || self.is_late { closing } else { other }
    }
}

/// Whether there is a stream on which something can happen.
pub(super) fn has_live_stream(snapshot: &Snapshot) -> bool {
    snapshot.streams.iter().any(is_live)
}

/// Whether a stream has data to read, or an end that may still send.
fn is_live(stream: &StreamSnapshot) -> bool {
    !stream.is_reset && (stream.is_finished != [true; 2] || stream.unread != [0; 2])
}
