//! Coming to rest on the live clock: a step is over only once the subject has handled what it was sent. Pure.
//!
//! A barrier ping shows that; running calls are followed by what the wire says must still happen. Nothing sleeps.

use std::ops::Range;
use std::time::Duration;

use crate::engine::wire::ends::way_of;
use crate::engine::{Engine, FIRST_BARRIER, Flow, Phase};
use crate::scenario::{Action, Actor};
use crate::trace::Direction;
use crate::yamux::time::Time;

/// A step that is done but not at rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settling {
    since: Time,
    barrier: Option<Barrier>,
}

/// The values of barriers that were sent together, one to each end that is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BarrierRound {
    pub(crate) first: u32,
    end: u32,
}

impl BarrierRound {
    /// None was sent yet.
    pub(crate) const NONE: Self = Self { first: FIRST_BARRIER, end: FIRST_BARRIER };

    /// The values, of which the first is that of the subject.
    pub(crate) const fn values(self) -> Range<u32> {
        self.first..self.end
    }
}

/// Barriers under way.
#[derive(Clone, Copy, Debug)]
struct Barrier {
    asked: BarrierRound,
    /// How many entries the trace had when it was sent.
    entries: usize,
    /// Whether the running calls were at rest when it was sent: what a call moves later may cross behind its pong.
    is_at_rest: bool,
}

impl Settling {
    pub(crate) const fn new(now: Time) -> Self {
        Self { since: now, barrier: None }
    }
}

impl Engine {
    /// Looks whether everything has come to rest: no running call could move by itself when a barrier was sent, and
    /// nothing else crossed before it came back.
    pub(crate) fn settle(&mut self, now: Time) -> Flow {
        let Phase::Settle(settling) = self.phase else { return Flow::Again };
        let is_blind = self.wire.is_held_up() || self.has_lost_an_end();
        // Who has not answered a barrier in that time is not waited for again before it does.
        let patience = if self.is_deaf() { GRACE } else { self.rules.settling() };
        let deadline = settling.since + patience;
        if self.wire.is_cut() && !self.subject_has_ended && now < deadline {
            // Nothing crosses any more, but the subject has yet to find that out.
            return Flow::Wait(deadline);
        }
        let is_late = now >= deadline || self.is_hurried;
        if is_blind || self.wire.is_cut() || is_late {
            if is_late && self.barrier_is_under_way() {
                self.was_deaf = true;
                self.note_deaf_end();
            }
            return self.next_step(now);
        }
        let entries = self.recorder.trace().entries.len();
        match settling.barrier {
            Some(barrier) if !self.is_answered(barrier.asked) => Flow::Wait(deadline),
            Some(barrier) if barrier.is_at_rest && barrier.entries == entries => {
                self.next_step(now)
            }
            // A call that the wire lets go on and that does not: what holds it up is not seen here.
            Some(_) if !self.calls_are_at_rest() => {
                match self.wait_on(now, settling.since, deadline) {
                    Some(flow) => flow,
                    None => self.next_step(now),
                }
            }
            _ => match self.send_barrier(now) {
                Some(asked) => {
                    let is_at_rest = self.calls_are_at_rest();
                    let barrier = Some(Barrier { asked, entries, is_at_rest });
                    self.phase = Phase::Settle(Settling { barrier, ..settling });
                    Flow::Again
                }
                // Inside a frame nothing can be asked, and the subject cannot act on half a frame.
                None => self.next_step(now),
            },
        }
    }

    /// Sends a ping of the harness's own to the subject, and one to the peer if that is under test too; `None` if the
    /// subject cannot be asked.
    pub(crate) fn send_barrier(&mut self, now: Time) -> Option<BarrierRound> {
        let first = self.next_barrier;
        if !self.ends.peer.send_barrier(now, first) {
            return None;
        }
        self.next_barrier += 1;
        self.recorder.barrier(Direction::PeerToSubject, first);
        let second = self.next_barrier;
        if self.judges_peer() && self.ends.subject.send_barrier(now, second) {
            self.next_barrier += 1;
            self.recorder.barrier(Direction::SubjectToPeer, second);
        }
        self.barrier_sent = now;
        self.latest = BarrierRound { first, end: self.next_barrier };
        Some(self.latest)
    }

    /// Whether everyone who was asked has answered.
    pub(crate) fn is_answered(&self, asked: BarrierRound) -> bool {
        asked.values().all(|value| self.answered.contains(&value))
    }

    /// Whether a barrier was sent that the subject has not answered.
    pub(crate) fn barrier_is_under_way(&self) -> bool {
        self.answered.len() < (self.next_barrier - FIRST_BARRIER) as usize
    }

    /// Whether a barrier was waited for in vain, and none has been answered since.
    fn is_deaf(&mut self) -> bool {
        self.was_deaf &= self.barrier_is_under_way();
        self.was_deaf
    }

    /// Whether no running call of an end under test can move any further by itself, as far as the wire tells.
    fn calls_are_at_rest(&self) -> bool {
        self.calls.running().filter(|call| self.rules_of(call.actor).is_some()).all(|call| {
            let (own, other) = (way_of(call.actor), way_of(call.actor.other()));
            let view = call
                .action
                .stream()
                .and_then(|stream| self.observer.number_of(stream))
                .and_then(|number| self.observer.streams.get(&number));
            match (&call.action, view) {
                (Action::Write { .. }, Some(view)) => {
                    let sent = view.lanes(own).0.payload;
                    let moved = sent - call.carried_before.min(sent);
                    view.writer_is_at_rest(own) || call.requested() == Some(moved)
                }
                (Action::Read { .. }, Some(view)) => {
                    let arrived = view.lanes(other).0.payload.saturating_sub(call.pattern.offset);
                    call.progress >= call.requested().map_or(arrived, |wanted| wanted.min(arrived))
                }
                // Each ping call sends one frame; without this two of them could go out in either order.
                (Action::Ping, _) if call.actor == Actor::Subject => {
                    self.observer.pings_seen >= self.calls.pings()
                }
                _ => true,
            }
        })
    }
}

/// How long a step may take to come to rest where the subject answers no barrier.
const GRACE: Duration = Duration::from_millis(100);
