//! Takes in wire observations and reports from the ends as they arrive. Pure.

use crate::endpoint::{CallId, CallResult, EndpointEvent};
use crate::engine::step::calls::RunningCall;
use crate::engine::wire::ends::sender;
use crate::engine::{Actual, Death, Engine, Expected, Outcome};
use crate::model::{Breach, CallEnding, Sender, judge_end};
use crate::scenario::{Action, Actor, ErrorClass, Label};
use crate::trace::{Observed, Seen};
use crate::yamux::frame::{Flags, FrameType, StreamId};
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
        if self.is_judged_by_model() {
            self.name_opened(sender, seen);
        }
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

    /// Fails the case if the model is its judge.
    pub(super) fn fail_or_remark(&mut self, end: Actor, breach: Breach) {
        if self.is_judged_by_model() {
            self.fail_rule(end, breach);
        } else {
            self.rig.observer.model.remark(breach);
        }
    }

    /// Gives a stream that an end has announced the name under which its application opened it.
    fn name_opened(&mut self, opener: Actor, seen: &Observed) {
        let Seen::Header(header) = &seen.seen else { return };
        let model = &mut self.rig.observer.model;
        let is_unnamed = model.stream(header.stream.0).is_some_and(|one| one.label.is_none());
        if header.flags.contains(Flags::SYN)
            && is_unnamed
            && let Some(label) = model.unannounced(opener)
        {
            self.rig.observer.bind(&label, header.stream.0);
        }
    }

    /// Judges what an end under test does by the model; notes how any other end breaks the protocol.
    fn judge(&mut self, end: Actor, seen: &Observed) -> Result<(), Breach> {
        let own = self.rules.side;
        let side = if end == Actor::Subject { own } else { own.other() };
        let is_judge = self.is_judged_by_model();
        let mut sender = Sender { end, side, max_window: None, max_frame: None };
        let model = &mut self.rig.observer.model;
        let Some(rules) = self.rules.of(end) else {
            match &seen.seen {
                Seen::Header(header) => model.note_violations(header, sender),
                Seen::Garbage(_) => model.take_garbage(end),
                _ => {}
            }
            return Ok(());
        };
        match &seen.seen {
            Seen::Header(header) => {
                let settings = self.rules.settings_of(end);
                sender.max_window = rules.max_window(settings);
                sender.max_frame = rules.max_frame(settings);
                model.judge_form(header, sender)?;
                let is_asked = match header.lawful_type() {
                    Some(FrameType::GoAway) if is_judge => model.judge_leaving(seen.time, end),
                    _ => model.judge_purpose(seen.time, header, sender),
                };
                match is_asked {
                    Err(breach) if !is_judge => {
                        model.remark(breach);
                        Ok(())
                    }
                    judged => judged,
                }
            }
            Seen::End(_) => {
                let wire = &self.rig.wire;
                let mut may_end_in_frame = wire.is_cut() || wire.has_taken_nothing_from(end);
                if is_judge {
                    model.judge_leaving(seen.time, end)?;
                    may_end_in_frame |= model.is_slow() || model.is_free(end);
                }
                // An end that gives up a transport that does not take its bytes may do so inside a frame, and so may one
                // whose session is about to end anyway.
                if may_end_in_frame {
                    return Ok(());
                }
                judge_end(self.rig.recorder.is_at_boundary(seen.direction))
            }
            _ => Ok(()),
        }
    }

    /// Whether the bytes that this end wrote to the stream cannot be told apart. In a script of expectations they can: its
    /// author knows which write fails.
    fn has_mixed_writes(&self, end: Actor, label: &Label) -> bool {
        let handle = self.rig.observer.model.handle(end, label);
        self.is_judged_by_model() && handle.is_some_and(|handle| handle.has_mixed_writes)
    }

    /// Checks payload against the pattern its application wrote.
    fn check_payload(&mut self, sender: Actor, stream: StreamId, body: &[u8]) {
        let Some(view) = self.rig.observer.model.stream(stream.0) else { return };
        let Some(label) = view.label.clone() else { return };
        if self.has_mixed_writes(sender, &label) {
            return;
        }
        let offset = view.sent_by(sender).payload - body.len() as u64;
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
            if self.is_judged_by_model() && self.has_another_label(&label, number) {
                let reason = "an accept got another stream than the one of its label";
                self.ruling.done = Some(Outcome::Skipped { reason: reason.to_owned() });
            }
            self.rig.observer.bind(&label, number);
        }
        self.rig.note(now, actor, format!("{words} -> {ending}"));
        self.judge_result(now, actor, id, &result);
        self.check_read(now, id, &result);
        self.rig.calls.finish(now, id, result);
    }

    /// Whether the stream with this number is known under another label.
    fn has_another_label(&self, label: &Label, number: u32) -> bool {
        let stream = self.rig.observer.model.stream(number);
        stream.and_then(|stream| stream.label.as_ref()).is_some_and(|other| other != label)
    }

    /// Checks what a call has read, where no step does.
    fn check_read(&mut self, now: Time, id: CallId, result: &CallResult) {
        let Some(call) = self.rig.calls.find(id).filter(|_| self.is_judged_by_model()) else {
            return;
        };
        let (CallResult::Done(done) | CallResult::Failed { done, .. }) = result else { return };
        let (end, stream) = (call.actor, call.action.stream());
        // What a stream is worth whose writer has broken the protocol is anybody's guess.
        if self.rig.observer.model.is_unlawful(end.other())
            || stream.is_some_and(|stream| self.has_mixed_writes(end.other(), stream))
        {
            return;
        }
        // A read that was cancelled, and moved nothing, has begun before this one.
        let read = stream.and_then(|stream| self.rig.observer.model.handle(end, stream));
        let before = read.map_or(0, |handle| handle.read.saturating_sub(done.bytes));
        let written = stream.map(|stream| self.rules.pattern(end.other(), stream).skip(before));
        let call = RunningCall { pattern: written.unwrap_or(call.pattern), ..call.clone() };
        let stream = call.action.stream();
        if let (Some(stream), Some(corruption)) = (stream, call.corruption(done))
            && self.rules.of(end).is_some()
        {
            let expected = Expected::Payload(Label::clone(stream));
            self.fail((end, None), expected, Actual::Corrupt(corruption, now));
        }
    }

    /// Holds the end of a call against the model. How often a call is told to have ended is the shim's affair.
    fn judge_result(&mut self, now: Time, actor: Actor, id: CallId, result: &CallResult) {
        let model = &mut self.rig.observer.model;
        let ending = match result {
            CallResult::Done(done) => CallEnding { class: None, bytes: done.bytes },
            CallResult::Failed { class, done, .. } => {
                CallEnding { class: Some(*class), bytes: done.bytes }
            }
            CallResult::Unsupported { .. } | CallResult::Fault { .. } => {
                return model.forget_call(id.0);
            }
        };
        let judged = model.judge_result(now, id.0, ending);
        model.end_call(now, id.0, ending);
        if let Err(breach) = judged
            && self.rules.of(actor).is_some()
        {
            self.fail_or_remark(actor, breach);
        }
    }
}
