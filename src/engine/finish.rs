//! The end of a case: the subject must still be alive, and must have done nothing beyond the script. Pure.

use crate::engine::step::barriers::BarrierRound;
use crate::engine::step::expect;
use crate::engine::{
    Actual, Engine, Expected, Failure, Flow, Instead, Measured, Outcome, Phase, Shortfall,
};
use crate::scenario::{Actor, Judge, PeerKind};
use crate::yamux::time::Time;

/// The results so far.
#[derive(Default)]
pub(crate) struct Ruling {
    /// Why each weaker outcome that was met is lawful.
    pub(crate) weaker: Vec<String>,
    /// The answers to the scenario's questions.
    pub(crate) answers: Vec<Measured>,
    /// The first breach of a rule that does not bind the subject.
    pub(crate) tolerated: Option<Box<Failure>>,
    /// Whether the script has brought the session to its end.
    pub(crate) end_is_expected: bool,
    /// Whether a decision was made that a patient run would have made later.
    pub(crate) was_hasty: bool,
    pub(crate) done: Option<Outcome>,
}

impl Engine {
    /// Runs after the last step. Unless the script ended the session, the subject must answer one more ping: no case
    /// passes only because its subject has died.
    pub(super) fn finish(&mut self, now: Time) -> Flow {
        // A go-away closes the session, at the latest when its sender closes the transport.
        let peer_is_free = self.rules.peer.as_ref().is_some_and(|rules| !rules.is_exact());
        let may_be_over = self.rig.observer.peer_said_go_away && !self.rules.subject.is_exact()
            || self.rig.observer.subject_said_go_away && peer_is_free;
        let is_free = self.is_judged_by_model() && self.rig.observer.model.is_free(Actor::Subject);
        if self.ruling.end_is_expected || may_be_over || is_free {
            return self.conclude(now);
        }
        match self.barriers.send(now, &mut self.rig, &self.rules) {
            Some(asked) => {
                self.cursor.phase = Phase::Probe { asked, since: now };
                Flow::Again
            }
            // It ends inside a frame.
            None if self.is_judged_by_model() => self.conclude(now),
            None => {
                let end = if self.rules.judges_peer() { Actor::Peer } else { Actor::Subject };
                self.fail((end, None), Expected::AliveAtEnd, Actual::NoPing);
                Flow::Again
            }
        }
    }

    /// Waits for the pong of the last ping.
    pub(super) fn probe(&mut self, now: Time, asked: BarrierRound, since: Time) -> Flow {
        let model = &self.rig.observer.model;
        let is_free = self.is_judged_by_model() && model.is_free(Actor::Subject);
        if self.barriers.is_answered(asked) || is_free {
            return self.conclude(now);
        }
        // The end that closed the transport is to blame for the missing pong, else the first that has not answered.
        let silent = self.barriers.silent_end(asked);
        let end = self.first_to_end().filter(|_| self.rules.judges_peer()).unwrap_or(silent);
        let peer_ended = self.rig.observer.peer_ended.filter(|_| self.rules.judges_peer());
        let deadline = since + self.rules.clock.patience();
        if self.is_judged_by_model()
            && let Some(arrival) = self.rig.wire.next_arrival().filter(|at| *at > now)
        {
            return self.wait_for(arrival);
        }
        let observed = match self.rig.observer.ended.or(peer_ended) {
            Some((time, _)) => Actual::Instead(Instead::End(time)),
            None if now >= deadline || self.cursor.is_hurried => {
                Actual::NotYet(Shortfall::Pong, now)
            }
            None => return Flow::Wait(deadline),
        };
        self.fail((end, None), Expected::LastPong, observed);
        Flow::Again
    }

    fn conclude(&mut self, now: Time) -> Flow {
        if let Some(wait) = self.settle_debts(now) {
            return wait;
        }
        // A session may finish or reset its streams and send a go-away, in any order, before it ends.
        let may_be_over = self.ruling.end_is_expected || self.rig.observer.peer_said_go_away;
        let is_free = may_be_over && !self.rules.subject.is_exact();
        if self.cursor.scenario.peer == PeerKind::Wire
            && !self.is_judged_by_model()
            && !is_free
            && let Some((unwanted, time)) = expect::leftovers(&self.rig.observer)
        {
            return Flow::failed(Expected::NothingMore, Actual::Unwanted(unwanted, time));
        }
        if let Some(failure) = self.ruling.tolerated.take() {
            return Flow::Done(Outcome::Failed(failure));
        }
        if self.ruling.weaker.is_empty() {
            return Flow::Done(Outcome::Passed);
        }
        Flow::Done(Outcome::PassedWeaker { because: std::mem::take(&mut self.ruling.weaker) })
    }

    /// Fails the case if an end under test owes something now that nothing moves; `Some` to wait, or to look again.
    fn settle_debts(&mut self, now: Time) -> Option<Flow> {
        if self.is_judged_by_model()
            && let Some(arrival) = self.rig.wire.next_arrival().filter(|at| *at > now)
        {
            return Some(self.wait_for(arrival));
        }
        let grace = if self.rules.clock.is_live() {
            self.rules.clock.patience()
        } else {
            self.rules.subject.polling()
        };
        let deadline = self.rig.last_moved + grace;
        for end in [Actor::Subject, Actor::Peer] {
            if self.rules.of(end).is_none() {
                continue;
            }
            if let Err(breach) = self.rig.observer.model.owed(now, end) {
                if now < deadline && !self.cursor.is_hurried && self.is_judged_by_model() {
                    return Some(Flow::Wait(deadline));
                }
                self.fail_or_remark(end, breach);
                if self.ruling.done.is_some() {
                    return Some(Flow::Again);
                }
            }
        }
        None
    }

    /// Waits for bytes that are under way: who polls looks for them a little later.
    pub(crate) const fn wait_for(&mut self, arrival: Time) -> Flow {
        self.rig.last_moved = arrival;
        Flow::Wait(arrival)
    }

    /// Whether the model judges everything that the subject does, and no step.
    pub(crate) fn is_judged_by_model(&self) -> bool {
        self.cursor.scenario.judge == Judge::Model
    }
}
