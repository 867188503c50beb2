//! The end of a case: the subject must still be alive, and must have done nothing nobody asked for. Pure.

use crate::engine::{Engine, Flow, Outcome, Phase, expect};
use crate::scenario::PeerKind;
use crate::time::Time;

impl Engine {
    /// All steps are done. Unless the script ended the session, the subject must answer one more ping: no case
    /// passes only because its subject has died.
    pub(super) fn finish(&mut self, now: Time) -> Flow {
        if self.end_is_expected {
            return self.conclude();
        }
        match self.send_barrier(now) {
            Some(barrier) => {
                self.phase = Phase::Probe { barrier, since: now };
                Flow::Again
            }
            None => self.fail(
                "a session that is alive once the script is over".to_owned(),
                "the peer can send no ping: its session is over, or the script ends inside a frame"
                    .to_owned(),
            ),
        }
    }

    /// Waits for the pong of the last ping.
    pub(super) fn probe(&mut self, now: Time, barrier: u32, since: Time) -> Flow {
        if self.answered.contains(&barrier) {
            return self.conclude();
        }
        let deadline = since + self.rules.patience();
        let observed = match self.observer.ended {
            Some((time, _)) => format!("the subject ended the transport at {time}"),
            None if now >= deadline => format!("no pong by {now}"),
            None => return Flow::Wait(deadline),
        };
        self.fail("the subject answers a ping once the script is over".to_owned(), observed)
    }

    fn conclude(&mut self) -> Flow {
        if self.script.peer == PeerKind::Wire
            && let Some(observed) = expect::leftovers(&self.observer)
        {
            return self.fail("nothing beyond what the script expects".to_owned(), observed);
        }
        if self.weaker.is_empty() {
            return Flow::Done(Outcome::Passed);
        }
        Flow::Done(Outcome::PassedWeaker { because: std::mem::take(&mut self.weaker) })
    }
}
