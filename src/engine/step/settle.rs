//! Coming to rest on the live clock: a step is over only once the subject has handled what it was sent. Pure.
//!
//! A barrier ping shows that; running calls are followed by what the wire says must still happen. Nothing sleeps.

use std::time::Duration;

use crate::engine::rig::Rig;
use crate::engine::rules::case::CaseRules;
use crate::engine::step::barriers::BarrierRound;
use crate::engine::wire::ends::way_of;
use crate::engine::{Engine, Flow, Phase};
use crate::scenario::{Action, Actor};
use crate::yamux::time::Time;

/// A step that is done but not at rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settling {
    since: Time,
    barrier: Option<Barrier>,
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
    pub(crate) fn settle(&mut self, now: Time, settling: Settling) -> Flow {
        let is_blind = self.rig.wire.is_held_up() || self.rig.has_lost_an_end(&self.rules);
        // Who has not answered a barrier in that time is not waited for again before it does.
        let patience = if self.barriers.is_deaf() { GRACE } else { self.rules.clock.settling() };
        let deadline = settling.since + patience;
        if self.rig.wire.is_cut() && !self.rig.has_ended[Actor::Subject as usize] && now < deadline
        {
            // Nothing crosses any more, but the subject has yet to find that out.
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
            // A call that the wire lets go on and that does not: what holds it up is not seen here.
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
                // Inside a frame nothing can be asked, and the subject cannot act on half a frame.
                None => Flow::Next,
            },
        }
    }
}

/// Whether no running call of an end under test can move any further by itself, as far as the wire tells.
fn calls_are_at_rest(rig: &Rig, rules: &CaseRules) -> bool {
    rig.calls.running().filter(|call| rules.of(call.actor).is_some()).all(|call| {
        let (own, other) = (way_of(call.actor), way_of(call.actor.other()));
        match (&call.action, rig.view_of(call)) {
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
                rig.observer.pings_seen >= rig.calls.pings()
            }
            _ => true,
        }
    })
}

/// How long a step may take to come to rest where the subject answers no barrier.
const GRACE: Duration = Duration::from_millis(100);
