//! `Wire`: carries bytes between the two ends, past the recorder; the faults live here.

use crate::endpoint::Endpoint;
use crate::engine::budget::Budget;
use crate::engine::lane::Lane;
use crate::scenario::{Actor, WireControl};
use crate::time::Time;
use crate::trace::{Direction, Recorder, TransportEnd};

/// The transport between subject and peer: two lanes, each with its faults.
#[derive(Debug)]
pub(crate) struct Wire {
    to_peer: Lane,
    to_subject: Lane,
    cut: bool,
    /// Whether the subject and the peer have ever taken nothing.
    has_stalled: [bool; 2],
    budget: Budget,
}

impl Wire {
    /// A wire without faults; `seed` is what its jitter is drawn from.
    pub(crate) fn new(seed: u32) -> Self {
        Self {
            to_peer: Lane::new(u64::from(seed) << 1),
            to_subject: Lane::new(u64::from(seed) << 1 | 1),
            cut: false,
            has_stalled: [false; 2],
            budget: Budget::default(),
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
            WireControl::Cut(end) => self.cut(now, end, ends, recorder),
        }
    }

    /// Takes what both ends have to send, at most about `ROUND` bytes from each, and hands over what has arrived; false
    /// once nothing moves any more at this moment, or the budget is used up.
    pub(crate) fn round(&mut self, now: Time, ends: &mut Ends, recorder: &mut Recorder) -> bool {
        let Self { to_peer, to_subject, budget, .. } = self;
        let (subject, peer) = (&mut *ends.subject, &mut *ends.peer);
        let moved = to_peer.pull(now, (Direction::SubjectToPeer, subject), recorder, budget)
            | to_subject.pull(now, (Direction::PeerToSubject, peer), recorder, budget);
        let (subject, peer) = (&mut *ends.subject, &mut *ends.peer);
        let delivered =
            to_peer.deliver(now, peer, budget) | to_subject.deliver(now, subject, budget);
        (moved || delivered) && !budget.is_overrun(recorder.trace().entries.len())
    }

    /// What moving bytes has cost so far.
    pub(crate) const fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// When the next byte under way arrives.
    pub(crate) fn next_arrival(&self) -> Option<Time> {
        [&self.to_peer, &self.to_subject].into_iter().filter_map(Lane::next_arrival).min()
    }

    /// Whether something keeps bytes from crossing at once, so that silence means nothing.
    pub(crate) fn is_held_up(&self) -> bool {
        [&self.to_peer, &self.to_subject].iter().any(|lane| lane.is_held_up())
    }

    /// Whether the other end has ever taken nothing of what this one sends.
    pub(crate) const fn has_taken_nothing_from(&self, sender: Actor) -> bool {
        match sender {
            Actor::Subject => self.has_stalled[Actor::Peer as usize],
            Actor::Peer => self.has_stalled[Actor::Subject as usize],
        }
    }

    /// Whether the script has cut the transport.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    fn cut(&mut self, now: Time, end: TransportEnd, ends: &mut Ends, recorder: &mut Recorder) {
        while self.round(now, ends, recorder) {}
        self.cut = true;
        for (lane, direction) in [
            (&mut self.to_peer, Direction::SubjectToPeer),
            (&mut self.to_subject, Direction::PeerToSubject),
        ] {
            lane.under_way.clear();
            if !lane.ended {
                lane.ended = true;
                recorder.end(now, direction, end);
            }
        }
        ends.subject.receive_end(now, end);
        ends.peer.receive_end(now, end);
    }

    fn lane(&mut self, to: Actor) -> &mut Lane {
        match to {
            Actor::Subject => &mut self.to_subject,
            Actor::Peer => &mut self.to_peer,
        }
    }
}

/// The two ends of the session.
pub(crate) struct Ends {
    /// The implementation under test.
    pub(crate) subject: Box<dyn Endpoint>,
    /// What provokes it.
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
