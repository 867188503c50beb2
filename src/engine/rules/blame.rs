//! Which end is to blame if both are under test. Pure.

use crate::engine::step::calls::RunningCall;
use crate::engine::{Actual, CallDone, CallEnd, Engine, Expected};
use crate::scenario::{Action, Actor, ErrorClass, ReadAmount, StepKind};
use crate::yamux::frame::{FrameType, INITIAL_WINDOW, RawHeader};

impl Engine {
    /// The end to blame for the failure of the current step, and the clause it broke if that differs from the step's.
    /// That is the end whose step it was, unless the wire shows that the other one prevented it. A step without a call
    /// is about the subject.
    pub(crate) fn blame(&self, expected: &Expected, observed: &Actual) -> Blame {
        if !self.rules.judges_peer() {
            return (Actor::Subject, None);
        }
        if let Some(first) = self.first_to_end()
            && !self.ruling.end_is_expected
        {
            return match self.gave_up_on_an_open(first) {
                true => (first.other(), Some(ACKNOWLEDGED)),
                false => (first, None),
            };
        }
        let is_missing = matches!(observed, Actual::StillRunning(_) | Actual::NotYet(..));
        let blame = match self.cursor.awaited_call(&self.rig.calls) {
            Some(call) if is_missing => self.who_holds_up(call, expected),
            Some(call) if has_gone_on(expected, observed) => self.who_lets_on(call),
            Some(call) => (call.actor, None),
            None => (Actor::Subject, None),
        };
        // The wait for the missing pong took time that the script does not account for.
        match self.barriers.deaf_end {
            Some(deaf) if is_missing && deaf != blame.0 => (deaf, Some(ANSWERED)),
            _ => blame,
        }
    }

    /// The end that ended the session first: by a go-away that no application asked for, or by closing the transport.
    pub(crate) fn first_to_end(&self) -> Option<Actor> {
        let is_asked = |end: &Actor| {
            let mut steps = self.cursor.scenario.steps.iter();
            steps.any(|step| {
                matches!(&step.kind, StepKind::Call(call)
                    if call.actor == *end && matches!(call.action, Action::GoAway { .. }))
            })
        };
        let said_go_away = self.rig.observer.first_to_say_go_away().filter(|end| !is_asked(end));
        said_go_away.or_else(|| self.rig.observer.first_to_end())
    }

    /// Whether an end closed its session while a stream it had opened was unacknowledged beyond its open timeout.
    fn gave_up_on_an_open(&self, end: Actor) -> bool {
        let limit = self.rules.settings_of(end).stream_open_timeout;
        let (Some(limit), Some((ended, _))) = (limit, self.rig.observer.ended_by(end)) else {
            return false;
        };
        self.rig.observer.model.streams().any(|(_, stream)| {
            let (own, other) = (stream.sent_by(end), stream.sent_by(end.other()));
            let is_late = own.announced.is_some_and(|announced| ended >= announced + limit);
            is_late && other.ack == 0 && other.rst == 0
        })
    }

    /// Records whether an end's credit exceeds what its application has read.
    pub(crate) fn watch_credit(&mut self, end: Actor, header: &RawHeader) {
        if header.lawful_type() != Some(FrameType::WindowUpdate) || header.length == 0 {
            return;
        }
        let window = u64::from(self.rules.settings_of(end).max_window.max(INITIAL_WINDOW));
        let stream = self.rig.observer.model.stream_mut(header.stream.0);
        let read = stream.label.as_ref().map_or(0, |label| self.rig.calls.read_by(end, label));
        let lane = stream.sent_by_mut(end.other());
        lane.is_over_credited |= lane.allowed > window + read;
    }

    /// The end that a blocked call waits for, as far as the wire shows: its own, or the one whose frames are missing.
    fn who_holds_up(&self, call: &RunningCall, expected: &Expected) -> Blame {
        let (own, other) = (call.actor, call.actor.other());
        let error = match expected {
            Expected::CallEnd(_, CallEnd { error, .. }, _) => *error,
            _ => None,
        };
        let view = self.rig.view_of(call);
        let halves = view.map(|view| (view.sent_by(own), view.sent_by(other)));
        let is_others = match (&call.action, error, halves) {
            (Action::Accept { .. }, None, _) => {
                let announced = self.rig.observer.count_by(other, |lane| lane.syn > 0);
                if announced <= self.rig.calls.count_accepted_by(own) {
                    return (other, Some(ANNOUNCED));
                }
                false
            }
            (_, Some(ErrorClass::StreamReset), Some((_, from))) => from.rst == 0,
            (Action::Read { amount, .. }, None, Some((_, from))) => {
                let has_arrived = match amount {
                    ReadAmount::Exactly { .. } => call
                        .requested()
                        .is_some_and(|wanted| from.payload >= call.pattern.offset + wanted),
                    ReadAmount::ToEnd { .. } => from.fin > 0,
                };
                !has_arrived && from.rst == 0 && from.payload < from.allowed
            }
            (Action::Write { .. }, None, Some((to, from))) => {
                from.rst == 0 && to.payload >= to.allowed
            }
            (Action::Open { .. }, None, _) => {
                let acked = self.rig.observer.count_by(other, |lane| lane.ack > 0);
                if acked < self.rig.calls.count_accepted_by(other) {
                    return (other, Some(ACKNOWLEDGED));
                }
                false
            }
            (Action::Ping, None, _) => {
                self.rig.observer.pings_by(own) > self.rig.observer.pongs_by(other)
            }
            // It waits for the end of a session that the other application has closed.
            (_, Some(_), _) if self.rig.calls.has_closed_session(other) => {
                if self.rig.observer.ended_by(other).is_none() {
                    return (other, Some(ENDED));
                }
                false
            }
            _ => false,
        };
        (if is_others { other } else { own }, None)
    }

    /// The end that let a call continue that should have waited: its own, or the one that granted it credit.
    fn who_lets_on(&self, call: &RunningCall) -> Blame {
        let (own, other) = (call.actor, call.actor.other());
        let (sender, reader) = match &call.action {
            Action::Write { .. } => (own, other),
            Action::Read { .. } => (other, own),
            Action::Open { .. } => {
                let acked = self.rig.observer.count_by(other, |lane| lane.ack > 0);
                let is_others = acked > self.rig.calls.count_accepted_by(other);
                return if is_others { (other, Some(ACKNOWLEDGED)) } else { (own, None) };
            }
            _ => return (own, None),
        };
        match self.rig.view_of(call) {
            Some(view) if view.sent_by(sender).is_over_credited => (reader, Some(FOR_READ)),
            _ => (own, None),
        }
    }
}

/// Whether a call ended that should have waited, or moved more bytes than it should.
fn has_gone_on(expected: &Expected, observed: &Actual) -> bool {
    let Actual::CallEnd(end, ..) = observed else { return false };
    match expected {
        Expected::CallRuns(_) => end.error.is_none(),
        Expected::CallEnd(_, wanted, _) => match (end.done, wanted.done) {
            (CallDone::Written(bytes), CallDone::Written(wanted))
            | (CallDone::Read(bytes), CallDone::Read(wanted)) => bytes > wanted,
            _ => false,
        },
        _ => false,
    }
}

/// An end, and the clause it broke if that differs from the step's.
pub(crate) type Blame = (Actor, Option<&'static str>);

/// A stream is announced when it is opened, not with its first byte.
const ANNOUNCED: &str = "OPEN-21";

/// A stream is acknowledged when it is accepted.
const ACKNOWLEDGED: &str = "ACC-09";

/// Closing a session ends the transport.
const ENDED: &str = "SES-11";

/// Credit is only for bytes that were read.
const FOR_READ: &str = "FLOW-19";

/// Pings are answered while streams wait unread and unaccepted.
const ANSWERED: &str = "PING-12";
