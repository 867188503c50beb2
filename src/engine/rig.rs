//! `Rig`: the two ends of a case, the wire between them, and the observations of both. Pure.

use crate::engine::Note;
use crate::engine::observe::Observer;
use crate::engine::rules::case::CaseRules;
use crate::engine::step::calls::RunningCall;
use crate::engine::step::register::Register;
use crate::engine::wire::{Ends, Wire};
use crate::model::Stream;
use crate::scenario::{Actor, WireControl};
use crate::trace::{LadderColumn, Recorder, Rung};
use crate::yamux::time::Time;

/// The objects that the steps of a case act on.
pub(crate) struct Rig {
    pub(crate) ends: Ends,
    pub(crate) wire: Wire,
    pub(crate) recorder: Recorder,
    pub(crate) observer: Observer,
    pub(crate) calls: Register,
    /// When bytes last crossed the wire or arrived, an end last reported something (barriers aside), or the step began.
    pub(crate) last_moved: Time,
    /// Whether the subject and the peer have reported the end of their sessions.
    pub(crate) has_ended: [bool; 2],
    /// The actions of the applications, for the report of a failure.
    pub(crate) notes: Vec<Note>,
}

impl Rig {
    /// Whether an end under test has ended the transport.
    pub(crate) fn has_lost_an_end(&self, rules: &CaseRules) -> bool {
        self.observer.ended.is_some() || rules.judges_peer() && self.observer.peer_ended.is_some()
    }

    /// The stream of a call, as the wire shows it.
    pub(crate) fn view_of(&self, call: &RunningCall) -> Option<&Stream> {
        self.observer.model.labelled(call.action.stream()?)
    }

    /// Tells the model of a change of the wire.
    pub(crate) const fn note_fault(&mut self, control: &WireControl) {
        self.observer.model.take_fault(control);
    }

    pub(crate) fn note(&mut self, now: Time, actor: Actor, text: String) {
        let place = match actor {
            Actor::Subject => LadderColumn::Subject,
            Actor::Peer => LadderColumn::Peer,
        };
        let frames_before = self.recorder.trace().entries.len();
        self.notes.push(Note { frames_before, rung: Rung { time: now, place, text } });
    }

    pub(crate) fn fire_timers(&mut self, now: Time) {
        for actor in self.wire.next_order() {
            let end = self.ends.of(actor);
            for _ in 0..MAX_TIMERS_AT_ONCE {
                if end.poll_timeout().is_none_or(|due| due > now) {
                    break;
                }
                end.handle_timeout(now);
            }
        }
    }

    /// The next timer or arrival, but no later than `deadline`.
    pub(crate) fn next_moment(&self, deadline: Time) -> Time {
        let timers = [
            self.ends.subject.poll_timeout(),
            self.ends.peer.poll_timeout(),
            self.wire.next_arrival(),
        ];
        timers.into_iter().flatten().fold(deadline, Time::min)
    }
}

/// A timer that keeps firing at the same moment is a defect of the end that owns it.
const MAX_TIMERS_AT_ONCE: u32 = 100_000;
