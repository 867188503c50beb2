//! The end of a case: the subject must still be alive, and must have done nothing nobody asked for. Pure.

use crate::engine::step::expect;
use crate::engine::step::settle::BarrierRound;
use crate::engine::{Actual, Engine, Expected, Flow, Instead, Outcome, Phase, Shortfall};
use crate::scenario::{Actor, PeerKind};
use crate::yamux::time::Time;

impl Engine {
    /// All steps are done. Unless the script ended the session, the subject must answer one more ping: no case
    /// passes only because its subject has died.
    pub(super) fn finish(&mut self, now: Time) -> Flow {
        // A go-away closes the session, at the latest when its sender closes the transport.
        let peer_is_free = self.peer_judged_by.as_ref().is_some_and(|rules| !rules.is_exact());
        let may_be_over = self.observer.peer_said_go_away && !self.judged_by.is_exact()
            || self.observer.subject_said_go_away && peer_is_free;
        if self.end_is_expected || may_be_over {
            return self.conclude();
        }
        match self.send_barrier(now) {
            Some(asked) => {
                self.phase = Phase::Probe { asked, since: now };
                Flow::Again
            }
            None if self.judges_peer() => {
                self.fail_end(Actor::Peer, Expected::AliveAtEnd, Actual::NoPing)
            }
            None => self.fail(Expected::AliveAtEnd, Actual::NoPing),
        }
    }

    /// Waits for the pong of the last ping.
    pub(super) fn probe(&mut self, now: Time, asked: BarrierRound, since: Time) -> Flow {
        if self.is_answered(asked) {
            return self.conclude();
        }
        // Whoever has ended the transport owes the pong, else the first that has not answered.
        let is_subjects = !self.answered.contains(&asked.first);
        let silent = if is_subjects { Actor::Subject } else { Actor::Peer };
        let end = self.first_to_end().filter(|_| self.judges_peer()).unwrap_or(silent);
        let peer_ended = self.observer.peer_ended.filter(|_| self.judges_peer());
        let deadline = since + self.rules.patience();
        let observed = match self.observer.ended.or(peer_ended) {
            Some((time, _)) => Actual::Instead(Instead::End(time)),
            None if now >= deadline || self.is_hurried => Actual::NotYet(Shortfall::Pong, now),
            None => return Flow::Wait(deadline),
        };
        self.fail_end(end, Expected::LastPong, observed)
    }

    fn conclude(&mut self) -> Flow {
        // Before its end a session may finish or reset its streams and say go away, in any order.
        let may_be_over = self.end_is_expected || self.observer.peer_said_go_away;
        let is_free = may_be_over && !self.judged_by.is_exact();
        if self.script.peer == PeerKind::Wire
            && !is_free
            && let Some((unwanted, time)) = expect::leftovers(&self.observer)
        {
            return self.fail(Expected::NothingMore, Actual::Unwanted(unwanted, time));
        }
        if let Some(failure) = self.tolerated.take() {
            return Flow::Done(Outcome::Failed(failure));
        }
        if self.weaker.is_empty() {
            return Flow::Done(Outcome::Passed);
        }
        Flow::Done(Outcome::PassedWeaker { because: std::mem::take(&mut self.weaker) })
    }
}
