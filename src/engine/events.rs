//! What was seen on the wire and what the ends report, taken in as it comes. Pure.

use crate::endpoint::{CallId, CallResult, EndpointEvent};
use crate::engine::rules::referee::{self, Sender};
use crate::engine::wire::ends::{sender, way_of};
use crate::engine::{Breach, Death, Engine, Note, Outcome};
use crate::scenario::{Action, Actor, ErrorClass, Label};
use crate::trace::{LadderColumn, Observed, Rung, Seen};
use crate::yamux::frame::StreamId;
use crate::yamux::time::Time;

impl Engine {
    pub(super) fn take(&mut self, seen: &Observed) {
        if let Seen::BarrierAnswer(value) = seen.seen {
            self.take_answer(seen.time, value);
            return;
        }
        if !matches!(seen.seen, Seen::Barrier(_)) {
            self.last_moved = seen.time;
        }
        let sender = sender(seen.direction);
        if let Err(breach) = self.judge(sender, seen) {
            self.fail_rule(sender, breach);
        }
        let body_of = self.observer.take(seen);
        if let Seen::Header(header) = &seen.seen
            && self.judges_peer()
        {
            self.watch_credit(sender, header);
        }
        let Some(header) = body_of else { return };
        if self.rules_of(sender).is_some()
            && let Seen::Body(body) = &seen.seen
        {
            self.check_payload(sender, header.stream, body);
        }
    }

    /// Holds what an end has sent against the passive rules, if it is under test.
    fn judge(&self, sender: Actor, seen: &Observed) -> Result<(), Breach> {
        let Some(rules) = self.rules_of(sender) else { return Ok(()) };
        match &seen.seen {
            Seen::Header(header) => {
                let side = if sender == Actor::Subject { self.side } else { self.side.other() };
                let max_window = rules.max_window(self.settings_of(sender));
                let max_frame = rules.max_frame(self.settings_of(sender));
                let sender = Sender { direction: seen.direction, side, max_window, max_frame };
                referee::judge(&self.observer, header, sender)
            }
            // Whoever gives up a transport that took nothing may do so inside a frame.
            Seen::End(_) if !self.wire.is_cut() && !self.wire.has_taken_nothing_from(sender) => {
                referee::judge_end(self.recorder.is_at_boundary(seen.direction))
            }
            _ => Ok(()),
        }
    }

    /// Holds payload of an end against the pattern its application wrote.
    fn check_payload(&mut self, sender: Actor, stream: StreamId, body: &[u8]) {
        let Some(view) = self.observer.streams.get(&stream.0) else { return };
        let Some(label) = view.label.clone() else { return };
        let (lane, _) = view.lanes(way_of(sender));
        let offset = lane.payload - body.len() as u64;
        let written = self.pattern(sender, &label).skip(offset);
        if let Some(at) = written.first_difference(body) {
            self.fail_payload(sender, &label, offset + at as u64);
        }
    }

    pub(super) fn take_event(&mut self, now: Time, actor: Actor, event: EndpointEvent) {
        match event {
            EndpointEvent::Progress { call, bytes } => self.calls.progress(call, bytes),
            EndpointEvent::Finished { call, result } => self.take_result(now, call, result),
            EndpointEvent::BarrierAnswered(value) => return self.take_answer(now, value),
            EndpointEvent::SessionEnded { class: ErrorClass::Unclassified, native }
                if self.rules_of(actor).is_some() =>
            {
                self.die(actor, Death::Crashed, native);
            }
            EndpointEvent::Died(death, message) if self.rules_of(actor).is_some() => {
                self.die(actor, death, message);
            }
            EndpointEvent::Died(death, message) => {
                let message = format!("the peer {}: {message}", death.words());
                self.done = Some(Outcome::Broken { message, stderr: Vec::new() });
            }
            EndpointEvent::SessionEnded { class, native } => {
                self.subject_has_ended |= actor == Actor::Subject;
                self.peer_has_ended |= actor == Actor::Peer;
                self.note(now, actor, format!("session ended: {class} ({native})"));
            }
            EndpointEvent::Broken(message) => {
                self.done = Some(Outcome::Broken { message, stderr: Vec::new() });
            }
        }
        self.last_moved = now;
    }

    fn take_answer(&mut self, now: Time, barrier: u32) {
        if self.answered.insert(barrier) && barrier >= self.latest.first {
            self.slowest_pong = self.slowest_pong.max(now.since(self.barrier_sent));
        }
    }

    fn take_result(&mut self, now: Time, id: CallId, result: CallResult) {
        let Some(call) = self.calls.find(id) else { return };
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
            self.observer.bind(&label, number);
        }
        self.note(now, actor, format!("{words} -> {ending}"));
        self.calls.finish(now, id, result);
    }

    pub(super) fn note(&mut self, now: Time, actor: Actor, text: String) {
        let place = match actor {
            Actor::Subject => LadderColumn::Subject,
            Actor::Peer => LadderColumn::Peer,
        };
        let frames_before = self.recorder.trace().entries.len();
        self.notes.push(Note { frames_before, rung: Rung { time: now, place, text } });
    }
}
