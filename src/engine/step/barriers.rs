//! `Barriers`: pings of the harness itself, which show that an end has handled all it received. Pure.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use crate::engine::rig::Rig;
use crate::engine::rules::case::CaseRules;
use crate::scenario::Actor;
use crate::trace::Direction;
use crate::yamux::time::Time;

/// The barriers sent, and their answers.
#[derive(Default)]
pub(crate) struct Barriers {
    latest: BarrierRound,
    answered: BTreeSet<u32>,
    /// When the latest round was sent.
    sent: Time,
    /// The longest time a barrier took.
    pub(crate) slowest_pong: Duration,
    /// Whether a barrier went unanswered.
    pub(crate) was_deaf: bool,
    /// The first end that left a barrier unanswered when the other end answered.
    pub(crate) deaf_end: Option<Actor>,
    pub(crate) last_call: Option<LastCall>,
}

/// The values of a round of barriers: one for each end asked, the subject's first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BarrierRound {
    pub(crate) first: u32,
    end: u32,
}

impl Default for BarrierRound {
    fn default() -> Self {
        Self { first: FIRST_BARRIER, end: FIRST_BARRIER }
    }
}

impl BarrierRound {
    const fn values(self) -> Range<u32> {
        self.first..self.end
    }
}

/// A barrier that asks whether the subject has anything left to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastCall {
    pub(crate) asked: BarrierRound,
    /// When something last moved before it.
    pub(crate) after: Time,
}

impl Barriers {
    /// Sends one to the subject, and one to the peer if it is also under test; `None` if the subject cannot be asked.
    pub(crate) fn send(
        &mut self,
        now: Time,
        rig: &mut Rig,
        rules: &CaseRules,
    ) -> Option<BarrierRound> {
        let (first, second) = (self.latest.end, self.latest.end + 1);
        if !rig.ends.peer.send_barrier(now, first) {
            return None;
        }
        rig.recorder.barrier(Direction::PeerToSubject, first);
        self.latest = BarrierRound { first, end: second };
        if rules.judges_peer() && rig.ends.subject.send_barrier(now, second) {
            rig.recorder.barrier(Direction::SubjectToPeer, second);
            self.latest.end += 1;
        }
        self.sent = now;
        Some(self.latest)
    }

    pub(crate) fn take_answer(&mut self, now: Time, value: u32) {
        if self.answered.insert(value) && value >= self.latest.first {
            self.slowest_pong = self.slowest_pong.max(now.since(self.sent));
        }
    }

    /// Whether every end asked has answered.
    pub(crate) fn is_answered(&self, asked: BarrierRound) -> bool {
        asked.values().all(|value| self.answered.contains(&value))
    }

    /// The first end that has not answered.
    pub(crate) fn silent_end(&self, asked: BarrierRound) -> Actor {
        if self.answered.contains(&asked.first) { Actor::Peer } else { Actor::Subject }
    }

    /// Whether any barrier is unanswered.
    pub(crate) fn is_under_way(&self) -> bool {
        self.answered.len() < (self.latest.end - FIRST_BARRIER) as usize
    }

    /// Whether a barrier timed out and none has been answered since.
    pub(crate) fn is_deaf(&mut self) -> bool {
        self.was_deaf &= self.is_under_way();
        self.was_deaf
    }

    /// Records that a barrier timed out, and which end is to blame if only one left it unanswered.
    pub(crate) fn note_deaf_end(&mut self) {
        self.was_deaf = true;
        let ends = [Actor::Subject, Actor::Peer].into_iter().zip(self.latest.values());
        let mut silent = ends.filter(|(_, value)| !self.answered.contains(value));
        if let (Some((end, _)), None) = (silent.next(), silent.next()) {
            self.deaf_end.get_or_insert(end);
        }
    }
}

/// Barriers use values from here on, far from those that implementations count up from.
const FIRST_BARRIER: u32 = 0xC0DE_0001;
