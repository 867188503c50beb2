//! `Wire`: carries bytes between the two ends, past the recorder; the faults live here.

pub(crate) mod budget;
pub(crate) mod ends;
#[cfg(test)]
mod faults;
pub(crate) mod lane;
#[cfg(test)]
mod piece_rules;
pub(crate) mod pieces;

use crate::endpoint::Endpoint;
use crate::engine::wire::budget::Budget;
use crate::engine::wire::ends::way_of;
use crate::engine::wire::lane::Lane;
use crate::engine::wire::pieces::{Cutter, TurnOrder};
use crate::scenario::{Actor, Pieces, WireControl};
use crate::trace::{Direction, Recorder, TransportEnd};
use crate::yamux::time::Time;

/// The transport between subject and peer: two lanes, each with its faults.
#[derive(Debug)]
pub(crate) struct Wire {
    to_peer: Lane,
    to_subject: Lane,
    cut: bool,
    /// Whether the subject and the peer have ever stalled as receivers.
    has_stalled: [bool; 2],
    budget: Budget,
    /// Which end goes first.
    order: TurnOrder,
}

impl Wire {
    /// A wire without faults; `seed` determines its jitter.
    pub(crate) fn new(seed: u32) -> Self {
        Self {
            to_peer: Lane::new(u64::from(seed) << 1),
            to_subject: Lane::new(u64::from(seed) << 1 | 1),
            cut: false,
            has_stalled: [false; 2],
            budget: Budget::default(),
            order: TurnOrder::default(),
        }
    }

    /// Changes the wire from now on.
    pub(crate) fn control(
        &mut self,
        now: Time,
        control: &WireControl,
        ends: &mut Ends,
        recorder: &mut Recorder,
    ) {
        match *control {
            WireControl::Segment(to, size) => self.lane(to).segment = size,
            WireControl::Stall(to) => {
                self.has_stalled[to as usize] = true;
                self.lane(to).stalled = true;
            }
            WireControl::Resume(to) => self.lane(to).stalled = false,
            WireControl::Delay { to, by, jitter } => self.lane(to).set_delay(by, jitter),
            WireControl::Rate(to, per_second) => self.lane(to).set_rate(per_second),
            WireControl::Buffer(to, bytes) => self.lane(to).capacity = bytes as usize,
            WireControl::Pieces(to, pieces) => {
                let lane = self.lane(to);
                lane.is_merged = pieces == Pieces::Merged;
                lane.cutter = Cutter::new(pieces);
            }
            WireControl::Order(seed) => self.order = TurnOrder::of(seed),
            WireControl::End(to) => self.end(now, to, ends, recorder),
            WireControl::Cut(end) => self.cut(now, end, ends, recorder),
        }
    }

    /// Takes up to about `ROUND` bytes from each end, and delivers arrived bytes; false once nothing moves any more at
    /// this moment, or the budget is used up.
    pub(crate) fn round(&mut self, now: Time, ends: &mut Ends, recorder: &mut Recorder) -> bool {
        let (mut moved, mut delivered) = (false, false);
        for sender in self.next_order() {
            let (lane, budget) = self.lane_and_budget(sender.other());
            moved |= lane.pull(now, (way_of(sender), ends.of(sender)), recorder, budget);
        }
        for to in self.next_order().map(Actor::other) {
            let (lane, budget) = self.lane_and_budget(to);
            delivered |= lane.deliver(now, ends.of(to), budget);
        }
        let budget = &self.budget;
        (moved || delivered) && !budget.is_overrun(recorder.trace().entries.len())
    }

    /// The order in which the ends act, which may vary from call to call.
    pub(crate) const fn next_order(&mut self) -> [Actor; 2] {
        if self.order.is_turned() {
            [Actor::Peer, Actor::Subject]
        } else {
            [Actor::Subject, Actor::Peer]
        }
    }

    /// Holds back bytes to the subject until the rest of their unit is sent too, if both arrive in one piece.
    pub(crate) const fn cork(&mut self, is_corked: bool) {
        let lane = &mut self.to_subject;
        lane.is_corked = is_corked && lane.is_merged;
    }

    /// The cost of moving bytes so far.
    pub(crate) const fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// When the next byte in flight arrives.
    pub(crate) fn next_arrival(&self) -> Option<Time> {
        [&self.to_peer, &self.to_subject].into_iter().filter_map(Lane::next_arrival).min()
    }

    /// Whether something keeps bytes from crossing at once, so that silence means nothing.
    pub(crate) fn is_held_up(&self) -> bool {
        [&self.to_peer, &self.to_subject].iter().any(|lane| lane.is_held_up())
    }

    /// Whether the receiver of this end's bytes has ever stalled.
    pub(crate) const fn has_taken_nothing_from(&self, sender: Actor) -> bool {
        self.has_stalled[sender.other() as usize]
    }

    /// Whether the script has cut the transport, or ended one direction of it.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Ends this direction: bytes sent earlier still arrive, bytes sent from now on are discarded.
    fn end(&mut self, now: Time, to: Actor, ends: &mut Ends, recorder: &mut Recorder) {
        while self.round(now, ends, recorder) {}
        self.cut = true;
        self.lane(to).end(now, (way_of(to.other()), TransportEnd::Eof), recorder);
    }

    fn cut(&mut self, now: Time, end: TransportEnd, ends: &mut Ends, recorder: &mut Recorder) {
        while self.round(now, ends, recorder) {}
        self.cut = true;
        let peer_hears = self.to_peer.cut(now, (Direction::SubjectToPeer, end), recorder);
        let subject_hears = self.to_subject.cut(now, (Direction::PeerToSubject, end), recorder);
        if subject_hears {
            ends.subject.receive_end(now, end);
        }
        if peer_hears {
            ends.peer.receive_end(now, end);
        }
    }

    const fn lane(&mut self, to: Actor) -> &mut Lane {
        self.lane_and_budget(to).0
    }

    const fn lane_and_budget(&mut self, to: Actor) -> (&mut Lane, &mut Budget) {
        let lane = match to {
            Actor::Subject => &mut self.to_subject,
            Actor::Peer => &mut self.to_peer,
        };
        (lane, &mut self.budget)
    }
}

/// The two ends of the session.
pub(crate) struct Ends {
    /// The implementation under test.
    pub(crate) subject: Box<dyn Endpoint>,
    /// The end that provokes it.
    pub(crate) peer: Box<dyn Endpoint>,
}

impl Ends {
    /// The end of that actor.
    pub(crate) fn of(&mut self, actor: Actor) -> &mut dyn Endpoint {
        match actor {
            Actor::Subject => &mut *self.subject,
            Actor::Peer => &mut *self.peer,
        }
    }
}
