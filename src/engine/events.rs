//! Takes in wire observations and reports from the ends as they arrive. Pure.

use crate::endpoint::{CallId, CallResult, EndpointEvent};
use crate::engine::rules::referee::{self, Sender};
use crate::engine::wire::ends::{sender, way_of};
use crate::engine::{Actual, Breach, Death, Engine, Expected, Outcome};
use crate::scenario::{Action, Actor, ErrorClass, Label};
use crate::trace::{Observed, Seen};
use crate::yamux::frame::StreamId;
use crate::yamux::time::Time;

impl Engine {
    pub(super) fn take(&mut self, seen: &Observed) {
        if let Seen::BarrierAnswer(value) = seen.seen {
            self.barriers.take_answer(seen.time, value);
            return;
        }
        if !matches!(seen.seen, Seen::Barrier(_)) {
            self.rig.last_moved = seen.time;
        }
        let sender = sender(seen.direction);
        if let Err(breach) = self.judge(sender, seen) {
            self.fail_rule(sender, breach);
        }
        let body_of = self.rig.observer.take(seen);
        if let Seen::Header(header) = &seen.seen
            && self.rules.judges_peer()
        {
            self.watch_credit(sender, header);
        }
        if let (Some(header), Seen::Body(body)) = (body_of, &seen.seen)
            && self.rules.of(sender).is_some()
        {
            self.check_payload(sender, header.stream, body);
        }
    }

    /// Checks frames of an end under test against the passive rules.
    fn judge(&self, sender: Actor, seen: &Observed) -> Result<(), Breach> {
        let Some(rules) = self.rules.of(sender) else { return Ok(()) };
        match &seen.seen {
            Seen::Header(header) => {
                let own = self.rules.side;
                let side = if sender == Actor::Subject { own } else { own.other() };
                let settings = self.rules.settings_of(sender);
                let (max_window, max_frame) =
                    (rules.max_window(settings), rules.max_frame(settings));
                let sender = Sender { direction: seen.direction, side, max_window, max_frame };
                referee::judge(&self.rig.observer, header, sender)
            }
            // An end that gives up a stalled transport may do so inside a frame.
            Seen::End(_)
                if !self.rig.wire.is_cut() && !self.rig.wire.has_taken_nothing_from(sender) =>
            {
                referee::judge_end(self.rig.recorder.is_at_boundary(seen.direction))
            }
            _ => Ok(()),
        }
    }

    /// Checks payload against the pattern its application wrote.
    fn check_payload(&mut self, sender: Actor, stream: StreamId, body: &[u8]) {
        let Some(view) = self.rig.observer.streams.get(&stream.0) else { return };
        let Some(label) = view.label.clone() else { return };
        let (lane, _) = view.lanes(way_of(sender));
        let offset = lane.payload - body.len() as u64;
        let written = self.rules.pattern(sender, &label).skip(offset);
        if let Some(at) = written.first_difference(body) {
            let observed = Actual::OtherByte(Label::clone(&label), offset + at as u64);
            self.fail((sender, None), Expected::Payload(label), observed);
        }
    }

    pub(super) fn take_event(&mut self, now: Time, actor: Actor, event: EndpointEvent) {
        match event {
            EndpointEvent::Progress { call, bytes } => self.rig.calls.progress(call, bytes),
            EndpointEvent::Finished { call, result } => self.take_result(now, call, result),
            EndpointEvent::BarrierAnswered(value) => return self.barriers.take_answer(now, value),
            EndpointEvent::SessionEnded { class: ErrorClass::Unclassified, native }
                if self.rules.of(actor).is_some() =>
            {
                self.die(actor, Death::Crashed, native);
            }
            EndpointEvent::Died(death, message) if self.rules.of(actor).is_some() => {
                self.die(actor, death, message);
            }
            EndpointEvent::Died(death, message) => {
                let message = format!("the peer {}: {message}", death.words());
                self.ruling.done = Some(Outcome::Broken { message, stderr: Vec::new() });
            }
            EndpointEvent::SessionEnded { class, native } => {
                self.rig.has_ended[actor as usize] = true;
                self.rig.note(now, actor, format!("session ended: {class} ({native})"));
            }
            EndpointEvent::Broken(message) => {
                self.ruling.done = Some(Outcome::Broken { message, stderr: Vec::new() });
            }
        }
        self.rig.last_moved = now;
    }

    fn take_result(&mut self, now: Time, id: CallId, result: CallResult) {
        let Some(call) = self.rig.calls.find(id) else { return };
        let (actor, words) = (call.actor, call.named().to_string());
        let (ending, number) = match &result {
            CallResult::Done(done) => (call.end(None, done).to_string(), done.stream_number),
            CallResult::Failed { class, done, .. } => {
                (call.end(Some(*class), done).to_string(), None)
            }
            CallResult::Unsupported { reason } => (format!("unsupported: {reason}"), None),
            CallResult::Fault { message } => (format!("fault: {message}"), None),
        };
        if let (Some(number), Action::Open { stream, .. } | Action::Accept { stream, .. }) =
            (number, &call.action)
        {
            let label = Label::clone(stream);
            self.rig.observer.bind(&label, number);
        }
        self.rig.note(now, actor, format!("{words} -> {ending}"));
        self.rig.calls.finish(now, id, result);
    }
}
