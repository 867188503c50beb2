//! How a call may end: a success must be true, and an error must have a cause. Pure.

use crate::model::apps::{Call, Handle};
use crate::model::debts::TIMER_TICK;
use crate::model::{Breach, CallEnding, Model, Stream};
use crate::scenario::{Action, Actor, ErrorClass, Label};
use crate::yamux::time::Time;

impl Model {
    /// Judges how the call with this number has ended, before that is taken in.
    pub(crate) fn judge_result(
        &mut self,
        now: Time,
        id: u32,
        ending: CallEnding,
    ) -> Result<(), Breach> {
        self.now = now;
        let Some(call) = self.apps.call(id) else { return Ok(()) };
        let clause = match ending.class {
            Some(class) => self.false_error(call, class, ending),
            None => self.false_success(call, ending),
        };
        clause.map_or(Ok(()), |clause| {
            Err(Breach::Result { action: call.action.clone(), ending, clause })
        })
    }

    /// The clause that a success breaks, if it cannot be true.
    fn false_success(&self, call: &Call, ending: CallEnding) -> Option<&'static str> {
        match &call.action {
            Action::Read { stream, .. } => {
                let (wire, handle) = self.stream_and_handle(call.actor, stream)?;
                let arrived = wire.sent_by(call.actor.other()).payload;
                (handle.read + ending.bytes > arrived).then_some("DATA-01")
            }
            Action::Accept { .. } => {
                let announced = self.end(call.actor.other()).syns;
                (self.apps.of(call.actor).accepts >= announced).then_some("ACC-19")
            }
            // Nobody can read what is written after the FIN.
            Action::Write { .. } if call.is_after_close && ending.bytes > 0 => Some("DATA-01"),
            // Several calls may share one ping.
            Action::Ping => self.end(call.actor).answered.is_empty().then_some("PING-13"),
            _ => None,
        }
    }

    /// The clause that an error breaks, if it has no cause.
    fn false_error(
        &self,
        call: &Call,
        class: ErrorClass,
        ending: CallEnding,
    ) -> Option<&'static str> {
        let end = call.actor;
        if let (Action::Read { stream, .. }, ErrorClass::Eof) = (&call.action, class) {
            return self.false_eof(end, stream, ending.bytes);
        }
        let asks_for_it = class == ErrorClass::Cancelled && self.apps.of(end).has_cancelled;
        if asks_for_it || self.may_leave(self.now, end) {
            return None;
        }
        match &call.action {
            Action::Open { stream, deadline } => {
                let is_in_time = deadline.is_none() || class != ErrorClass::Deadline;
                let is_bounded = self.has_unacknowledged(end);
                let is_spent = class == ErrorClass::StreamsExhausted;
                // It may wait for the answer to its SYN.
                let is_refused = self.labelled(stream).is_some_and(Stream::is_reset);
                (is_in_time && !is_bounded && !is_spent && !is_refused).then_some("OPEN-27")
            }
            Action::Accept { deadline, .. } => {
                (deadline.is_none() || class != ErrorClass::Deadline).then_some("ACC-19")
            }
            Action::Read { stream, .. } => {
                self.false_error_on(end, stream, class, Handle::is_ended, "DATA-01")
            }
            Action::Write { stream, .. } => {
                let (wire, _) = self.stream_and_handle(end, stream)?;
                let has_fin = wire.sent_by(end.other()).fin > 0;
                let clause = if has_fin { "FIN-06" } else { "DATA-01" };
                self.false_error_on(end, stream, class, Handle::is_ended, clause)
            }
            Action::HalfClose { stream } | Action::Close { stream } => {
                // Only the first close must succeed, and that may still run.
                let is_close = |call: &&Call| {
                    let closes =
                        matches!(call.action, Action::HalfClose { .. } | Action::Close { .. });
                    closes && call.action.stream() == Some(stream)
                };
                let is_second = self.apps.running(end).filter(is_close).count() > 1;
                let is_ended = |handle: &Handle| {
                    handle.has_closed
                        || is_second
                        || handle.is_reset
                        || handle.is_dropped
                        || handle.has_lost_count
                };
                self.false_error_on(end, stream, class, is_ended, "FIN-01")
            }
            _ => None,
        }
    }

    /// The clause that an error on a stream breaks, if nothing has ended the stream.
    fn false_error_on(
        &self,
        end: Actor,
        label: &Label,
        class: ErrorClass,
        is_ended: impl Fn(&Handle) -> bool,
        clause: &'static str,
    ) -> Option<&'static str> {
        let (wire, handle) = self.stream_and_handle(end, label)?;
        let is_late = class == ErrorClass::Deadline && handle.has_deadline;
        let has_passed = |at: &Time| *at <= self.now + TIMER_TICK;
        if is_late && handle.is_held && !handle.deadlines.iter().flatten().any(has_passed) {
            return Some("TMO-10");
        }
        let is_over = wire.is_reset() || is_ended(handle) || handle.reads_no_more;
        let is_ambiguous = self.number_of(label).is_some_and(|one| self.is_ambiguous(end, one));
        (!is_late && !is_over && !is_ambiguous && handle.is_held).then_some(clause)
    }

    /// The clause that an end of stream breaks, if the other end has not finished, or bytes are missing.
    fn false_eof(&self, end: Actor, label: &Label, bytes: u64) -> Option<&'static str> {
        let (wire, handle) = self.stream_and_handle(end, label)?;
        if handle.is_ended() || handle.reads_no_more {
            return None;
        }
        let is_ambiguous = self.number_of(label).is_some_and(|one| self.is_ambiguous(end, one));
        // An application knows that it closed the session itself.
        let has_left = self.apps.of(end).has_closed_session;
        if is_ambiguous || has_left || self.is_unlawful(end.other()) {
            return None;
        }
        let half = wire.sent_by(end.other());
        // Frames under way have not arrived.
        let has_arrived = !self.is_slow && !self.has_stalled && half.end_has_arrived;
        match half {
            half if half.fin > 0 && handle.read + bytes >= half.payload => None,
            half if half.has_begun_fin && half.fin == 0 && !self.is_over() => Some("FIN-08"),
            half if half.rst > 0 && has_arrived => Some("RST-07"),
            half if half.fin > 0 && has_arrived => Some("FIN-10"),
            // The peer has announced the end.
            _ if self.end(end.other()).has_said_go_away => None,
            _ if self.is_free(end) => Some("SES-07"),
            _ if self.is_slow => None,
            _ => Some("FIN-10"),
        }
    }

    /// The stream with this label, as the wire and as the application at this end know it.
    pub(crate) fn stream_and_handle(
        &self,
        end: Actor,
        label: &Label,
    ) -> Option<(&Stream, &Handle)> {
        let handle = self.handle(end, label).filter(|handle| !handle.is_stale)?;
        Some((self.labelled(label)?, handle))
    }

    /// Whether this end has opened a stream that is not acknowledged.
    pub(crate) fn has_unacknowledged(&self, end: Actor) -> bool {
        self.streams().any(|(_, stream)| {
            let (own, other) = (stream.sent_by(end), stream.sent_by(end.other()));
            own.syn > 0 && other.ack == 0 && !stream.is_over()
        })
    }
}
