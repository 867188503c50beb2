//! Settling on the live clock: a step is over only once the subject has handled everything it received. Pure.
//!
//! A barrier ping shows that; running calls are tracked by what the wire shows they can still move. Nothing sleeps.

use std::time::Duration;

use crate::engine::rig::Rig;
use crate::engine::rules::case::CaseRules;
use crate::engine::step::barriers::BarrierRound;
use crate::engine::{Engine, Flow, Phase};
use crate::scenario::{Action, Actor};
use crate::yamux::time::Time;

/// A step that is done but not settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settling {
    since: Time,
    barrier: Option<Barrier>,
}

/// Barriers in flight.
#[derive(Clone, Copy, Debug)]
struct Barrier {
    asked: BarrierRound,
    /// The number of trace entries when it was sent.
    entries: usize,
    /// Whether running calls were at rest when it was sent: bytes a call moves later may cross after the pong.
    is_at_rest: bool,
}

impl Settling {
    pub(crate) const fn new(now: Time) -> Self {
        Self { since: now, barrier: None }
    }
}

impl Engine {
    /// Checks whether everything has settled: no running call could move by itself when a barrier was sent, and
    /// nothing else crossed before its answer.
    pub(crate) fn settle(&mut self, now: Time, settling: Settling) -> Flow {
        let is_blind = self.rig.wire.is_held_up() || self.rig.has_lost_an_end(&self.rules);
        // An end that left a barrier unanswered gets no long wait again until it answers.
        let patience = if self.barriers.is_deaf() { GRACE } else { self.rules.clock.settling() };
        let deadline = settling.since + patience;
        if self.rig.wire.is_cut() && !self.rig.has_ended[Actor::Subject as usize] && now < deadline
        {
            // Nothing crosses any more, but the subject has yet to notice.
            return Flow::Wait(deadline);
        }
        let is_late = now >= deadline || self.cursor.is_hurried;
        if is_blind || self.rig.wire.is_cut() || is_late {
            if is_late && self.barriers.is_under_way() {
                self.barriers.note_deaf_end();
            }
            return Flow::Next;
        }
        let entries = self.rig.recorder.trace().entries.len();
        match settling.barrier {
            Some(barrier) if !self.barriers.is_answered(barrier.asked) => Flow::Wait(deadline),
            Some(barrier) if barrier.is_at_rest && barrier.entries == entries => Flow::Next,
            // A call could continue, as far as the wire shows, but does not: the cause is not visible here.
            Some(_) if !calls_are_at_rest(&self.rig, &self.rules) => {
                self.wait_on(now, settling.since, deadline).unwrap_or(Flow::Next)
            }
            _ => match self.barriers.send(now, &mut self.rig, &self.rules) {
                Some(asked) => {
                    let is_at_rest = calls_are_at_rest(&self.rig, &self.rules);
                    let barrier = Some(Barrier { asked, entries, is_at_rest });
                    self.cursor.phase = Phase::Settle(Settling { barrier, ..settling });
                    Flow::Again
                }
                // No ping can be sent inside a frame, and the subject cannot act on half a frame.
                None => Flow::Next,
            },
        }
    }
}

/// Whether no running call of an end under test can continue by itself, as far as the wire shows.
fn calls_are_at_rest(rig: &Rig, rules: &CaseRules) -> bool {
    rig.calls.running().filter(|call| rules.of(call.actor).is_some()).all(|call| {
        let (own, other) = (call.actor, call.actor.other());
        match (&call.action, rig.view_of(call)) {
            (Action::Write { .. }, Some(view)) => {
                let sent = view.sent_by(own).payload;
                let moved = sent - call.carried_before.min(sent);
                view.writer_is_at_rest(own) || call.requested() == Some(moved)
            }
            (Action::Read { .. }, Some(view)) => {
                let arrived = view.sent_by(other).payload.saturating_sub(call.pattern.offset);
                call.progress >= call.requested().map_or(arrived, |wanted| wanted.min(arrived))
            }
            // Each ping call sends one frame; without this check two of them could go out in either order.
            (Action::Ping, _) if call.actor == Actor::Subject => {
                rig.observer.pings_seen >= rig.calls.pings()
            }
            _ => true,
        }
    })
}

/// How long a step may take to settle if the subject does not answer barriers.
const GRACE: Duration = Duration::from_millis(100);
