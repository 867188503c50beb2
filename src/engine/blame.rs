//! Which end is to blame where both are implementations under test, and by what each of them is judged. Pure.

use crate::engine::calls::RunningCall;
use crate::engine::{Actual, Engine, SubjectRules};
use crate::scenario::{Action, Actor, ReadAmount, Settings, StepKind};
use crate::trace::Direction;

impl Actor {
    /// The other end.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Subject => Self::Peer,
            Self::Peer => Self::Subject,
        }
    }
}

/// The end that sends this way.
pub(super) const fn sender(direction: Direction) -> Actor {
    match direction {
        Direction::SubjectToPeer => Actor::Subject,
        Direction::PeerToSubject => Actor::Peer,
    }
}

/// The way in which this end sends.
pub(super) const fn way_of(sender: Actor) -> Direction {
    match sender {
        Actor::Subject => Direction::SubjectToPeer,
        Actor::Peer => Direction::PeerToSubject,
    }
}

impl Engine {
    /// What an end is judged by; `None` for a peer that is the harness's own.
    pub(super) fn rules_of(&self, end: Actor) -> Option<&SubjectRules> {
        match end {
            Actor::Subject => Some(&self.judged_by),
            Actor::Peer => self.peer_judged_by.as_deref(),
        }
    }

    /// Whether the peer is an implementation under test too.
    pub(super) const fn judges_peer(&self) -> bool {
        self.peer_judged_by.is_some()
    }

    pub(super) const fn settings_of(&self, end: Actor) -> &Settings {
        match end {
            Actor::Subject => &self.settings.subject,
            Actor::Peer => &self.settings.peer,
        }
    }

    /// Whether an end under test has ended the transport.
    pub(super) fn has_lost_an_end(&self) -> bool {
        self.observer.ended.is_some() || self.judges_peer() && self.observer.peer_ended.is_some()
    }

    /// The end that is to blame for what the current step has come to: that of the step, but for what the other one has
    /// kept it waiting for. A script speaks of the subject where it speaks of no call.
    pub(super) fn blamed(&self, observed: &Actual) -> Actor {
        if !self.judges_peer() {
            return Actor::Subject;
        }
        if let Some(first) = self.observer.first_to_end()
            && !self.end_is_expected
        {
            return first;
        }
        match (self.awaited_call(), observed) {
            (Some(call), Actual::StillRunning(_)) => self.who_holds_up(call),
            (Some(call), _) => call.actor,
            (None, _) => Actor::Subject,
        }
    }

    /// The call whose end the current step is about.
    pub(super) fn awaited_call(&self) -> Option<&RunningCall> {
        match &self.script.steps.get(self.at)?.kind {
            StepKind::Call(call) if call.label.is_none() => self.calls.last(),
            StepKind::Join(join) => self.calls.labelled(&join.label),
            StepKind::StillBlocked { label, .. } => self.calls.labelled(label),
            StepKind::Measure(measure) => self.calls.labelled(&measure.label),
            _ => None,
        }
    }

    /// The end that a call waits for, as far as the wire tells: its own, or the one that has not sent what it waits for.
    fn who_holds_up(&self, call: &RunningCall) -> Actor {
        let (own, other) = (call.actor, call.actor.other());
        let view = call
            .action
            .stream()
            .and_then(|stream| self.observer.number_of(stream))
            .and_then(|number| self.observer.streams.get(&number));
        let is_others = match (&call.action, view) {
            (Action::Accept { .. }, _) => {
                self.observer.count_opened_by(other) <= self.calls.count_accepted_by(own)
            }
            (Action::Read { amount, .. }, Some(view)) => {
                let (from, back) = view.lanes(way_of(other));
                let is_over = from.fin > 0 || from.rst > 0 || back.rst > 0;
                let has_arrived = match amount {
                    ReadAmount::Exactly { .. } => call
                        .requested()
                        .is_some_and(|wanted| from.payload >= call.pattern.1 + wanted),
                    ReadAmount::ToEnd { .. } => false,
                };
                !is_over && !has_arrived && from.payload < from.allowed
            }
            (Action::Write { .. }, Some(view)) => {
                let (to, _) = view.lanes(way_of(own));
                to.payload >= to.allowed
            }
            _ => false,
        };
        if is_others { other } else { own }
    }
}
