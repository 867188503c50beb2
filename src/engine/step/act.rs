//! Beginning a step: passes calls to an end, and frames to the wire. Pure.

use std::collections::HashMap;

use bytes::Bytes;

use crate::endpoint::{Body, Burst, Habit, Request};
use crate::engine::observe::Observer;
use crate::engine::rules::case::CaseRules;
use crate::engine::step::calls::RunningCall;
use crate::engine::step::register::Register;
use crate::engine::{Actual, Engine, Expected, Flow, SubjectRules};
use crate::model;
use crate::scenario::{
    Action, Actor, Call, Label, PingValue, RawBody, Send, SendFrame, StepKind, StreamRef,
};
use crate::yamux::frame::{Flags, FrameType, RawHeader, Side, StreamId};
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

impl Engine {
    /// Carries out the current step.
    pub(crate) fn act(&mut self, now: Time) -> Flow {
        let script = std::sync::Arc::clone(&self.cursor.scenario);
        let step = &script.steps[self.cursor.at];
        if self.is_judged_by_model() && !self.is_possible(&step.kind) {
            return Flow::Rest;
        }
        match &step.kind {
            StepKind::Call(call) => self.begin_call(now, call, step.is_optional),
            StepKind::Send(send) => self.send(now, send),
            StepKind::SendBytes(bytes) => {
                self.send_raw(now, Burst::bytes(Bytes::copy_from_slice(bytes)))
            }
            StepKind::Wire(control) => {
                self.rig.wire.control(now, control, &mut self.rig.ends, &mut self.rig.recorder);
                self.rig.note_fault(control);
                self.ruling.end_is_expected |= self.rig.wire.is_cut();
                Flow::Again
            }
            _ => Flow::Again,
        }
    }

    /// Whether an application holds the stream of a call, and the wire has the stream of a frame.
    fn is_possible(&self, kind: &StepKind) -> bool {
        let model = &self.rig.observer.model;
        match kind {
            StepKind::Call(Call { action: Action::Open { .. }, .. }) => true,
            StepKind::Call(Call { actor, action: Action::Accept { stream, .. }, .. }) => {
                !model.was_held(*actor, stream)
            }
            StepKind::Call(Call { action: Action::Cancel { label }, .. }) => {
                self.rig.calls.labelled(label).is_some_and(|call| call.finished.is_none())
            }
            StepKind::Call(call) => {
                let stream = call.action.stream();
                stream.is_none_or(|stream| model.is_held(call.actor, stream))
            }
            StepKind::Send(send) => match send.frame.stream() {
                Some((StreamRef::Label(label), flags)) if !flags.contains(Flags::SYN) => {
                    model.number_of(label).is_some_and(|number| self.has_credit(send, number))
                }
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether the window has room for the data of a wire peer: how much credit it has by now is up to the subject.
    fn has_credit(&self, send: &Send, number: u32) -> bool {
        let SendFrame::Data { bytes, .. } = &send.frame else { return true };
        let Some(stream) = self.rig.observer.model.stream(number) else { return true };
        let queued = self.frames.queued.get(&number).copied().unwrap_or_default();
        let half = stream.sent_by(Actor::Peer);
        half.payload.max(queued) + u64::from(*bytes) <= half.allowed
    }

    fn begin_call(&mut self, now: Time, call: &Call, is_optional: bool) -> Flow {
        let Self { rig, rules, .. } = self;
        let id = rig.calls.next_id();
        let stream = call.action.stream();
        let carried_before = stream
            .and_then(|stream| rig.observer.model.labelled(stream))
            .map_or(0, |stream| stream.sent_by(call.actor).payload);
        let pattern = stream
            .map(|stream| pattern_of(call, stream, carried_before, rules, &rig.calls))
            .unwrap_or_default();
        let running = RunningCall {
            actor: call.actor,
            action: call.action.clone(),
            label: call.label.clone(),
            is_optional,
            started: now,
            pattern,
            carried_before,
            progress: 0,
            before: rig.calls.remembered(call.actor, &call.action),
            finished: None,
        };
        rig.note(now, call.actor, running.named().to_string());
        rig.calls.push(running);
        let begun = model::Call::new(call.actor, call.action.clone(), call.label.clone());
        rig.observer.model.begin_call(now, id.0, begun);
        let of = match &call.action {
            Action::Cancel { label } => rig.calls.id_of(label),
            _ => None,
        };
        let request = Request { action: call.action.clone(), pattern, of };
        rig.ends.of(call.actor).perform(now, id, &request);
        self.ruling.end_is_expected |= matches!(call.action, Action::CloseSession { .. });
        Flow::Again
    }

    fn send(&mut self, now: Time, send: &Send) -> Flow {
        match self.frames.burst(send, &mut self.rig.observer, &self.rules) {
            Ok(burst) => self.send_raw(now, burst),
            Err(label) => Flow::failed(Expected::Stream(label), Actual::NoStream),
        }
    }

    fn send_raw(&mut self, now: Time, burst: Burst) -> Flow {
        let is_sent = self.rig.ends.peer.send_raw(now, burst);
        debug_assert!(is_sent, "the checker lets only wire peers send frames");
        Flow::Again
    }
}

/// The pattern a call writes or reads, continuing after the calls before it.
fn pattern_of(
    call: &Call,
    stream: &Label,
    carried: u64,
    rules: &CaseRules,
    calls: &Register,
) -> Pattern {
    let is_write = matches!(call.action, Action::Write { .. });
    let writer = if is_write { call.actor } else { call.actor.other() };
    let moved = calls.moved(call.actor, &call.action, stream);
    let buffers = |rules: &SubjectRules| rules.habits.contains(&Habit::BufferedWrites);
    // Where writes are buffered, one that failed need not have told all that was sent.
    let counts_on_the_wire = is_write && rules.of(call.actor).is_some_and(buffers);
    let begin = if counts_on_the_wire { moved.max(carried) } else { moved };
    rules.pattern(writer, stream).skip(begin)
}

/// Builds the frames of a wire peer from the steps, and keeps the state that later frames continue from.
pub(crate) struct PeerFrames {
    /// The next stream number a wire peer opens.
    next_number: StreamId,
    /// All stream numbers of the subject's side below this one are taken.
    next_fresh: StreamId,
    /// Where the pattern of a truncated body continues.
    goes_on_at: Pattern,
    /// How much payload was queued on each stream; the wire need not have taken all of it.
    queued: HashMap<u32, u64>,
}

impl PeerFrames {
    /// The state for the peer of a subject on this side.
    pub(crate) fn new(subject: Side) -> Self {
        Self {
            next_number: subject.other().first_stream(),
            next_fresh: subject.first_stream(),
            goes_on_at: Pattern::default(),
            queued: HashMap::new(),
        }
    }

    /// The frames of a step; the error is a label that names no stream.
    pub(crate) fn burst(
        &mut self,
        send: &Send,
        observer: &mut Observer,
        rules: &CaseRules,
    ) -> Result<Burst, Label> {
        let (header, body) = match &send.frame {
            SendFrame::Data { stream, flags, bytes, length } => {
                let number = self.number_for(stream, *flags, observer)?;
                let header = RawHeader::new(FrameType::Data, *flags, number, *length);
                let body = self.payload(number, *flags, *bytes, observer, rules);
                if let Body::Pattern { from, len } = body {
                    self.goes_on_at = from.skip(u64::from(len));
                }
                (header, body)
            }
            SendFrame::BeyondWindow { stream, flags, bytes } => {
                let number = self.number_for(stream, *flags, observer)?;
                let allowed = observer.model.stream_mut(number.0).sent_by(Actor::Peer).allowed;
                let left = allowed.saturating_sub(self.offset(number, *flags, observer));
                let bytes = u32::try_from(left).unwrap_or(u32::MAX).saturating_add(*bytes);
                let header = RawHeader::new(FrameType::Data, *flags, number, bytes);
                (header, self.payload(number, *flags, bytes, observer, rules))
            }
            SendFrame::Rest { bytes, .. } => {
                let from = self.goes_on_at;
                self.goes_on_at = from.skip(u64::from(*bytes));
                return Ok(Burst::rest(Body::Pattern { from, len: *bytes }));
            }
            SendFrame::WindowUpdate { stream, flags, credit } => {
                let number = self.number_for(stream, *flags, observer)?;
                (RawHeader::new(FrameType::WindowUpdate, *flags, number, *credit), Body::NONE)
            }
            SendFrame::Ping { flags, value: PingValue::Number(value) } => {
                return Ok(Burst::counting(ping(*flags, *value), send.times));
            }
            SendFrame::Ping { flags, value: PingValue::Latest } => {
                (ping(*flags, observer.latest_ping.unwrap_or_default()), Body::NONE)
            }
            SendFrame::GoAway { code } => {
                let stream = StreamId::SESSION;
                (RawHeader::new(FrameType::GoAway, Flags::NONE, stream, code.number()), Body::NONE)
            }
            &SendFrame::Raw { version, frame_type, flags, ref stream, length, ref body } => {
                let stream = self.number_for(stream, flags, observer)?;
                let header = RawHeader { version, frame_type, flags, stream, length };
                let body = match body {
                    RawBody::Bytes(bytes) => Body::Bytes(Bytes::copy_from_slice(bytes)),
                    RawBody::Zeros(len) => Body::Zeros(*len),
                };
                (header, body)
            }
        };
        Ok(Burst::frames(header, body, send.times))
    }

    /// How much payload a stream has been given before this frame.
    fn offset(&self, number: StreamId, flags: Flags, observer: &mut Observer) -> u64 {
        let stream = observer.model.stream_mut(number.0);
        // A reused number is a new stream, whose pattern starts from the beginning.
        if stream.begins_anew(flags) {
            return 0;
        }
        let queued = self.queued.get(&number.0).copied().unwrap_or_default();
        stream.sent_by(Actor::Peer).payload.max(queued)
    }

    /// The next payload of the pattern that a wire peer sends on a stream.
    fn payload(
        &mut self,
        number: StreamId,
        flags: Flags,
        len: u32,
        observer: &mut Observer,
        rules: &CaseRules,
    ) -> Body {
        let offset = self.offset(number, flags, observer);
        self.queued.insert(number.0, offset + u64::from(len));
        let label = observer.model.stream(number.0).and_then(|stream| stream.label.clone());
        let label = label.unwrap_or_else(|| Label::from(""));
        Body::Pattern { from: rules.pattern(Actor::Peer, &label).skip(offset), len }
    }

    /// The stream number of a wire peer's frame; a new label in a frame with SYN opens a new stream.
    fn number_for(
        &mut self,
        stream: &StreamRef,
        flags: Flags,
        observer: &mut Observer,
    ) -> Result<StreamId, Label> {
        match stream {
            StreamRef::Number { number, label } => {
                if let Some(label) = label {
                    observer.bind(label, *number);
                }
                Ok(StreamId(*number))
            }
            StreamRef::Label(label) => match observer.number_of(label) {
                Some(number) => Ok(StreamId(number)),
                None if flags.contains(Flags::SYN) => {
                    let number = self.next_number;
                    self.next_number = number.next().unwrap_or(number);
                    observer.bind(label, number.0);
                    Ok(number)
                }
                None => Err(Label::clone(label)),
            },
            StreamRef::WrongParity(label) => {
                let mut number = self.next_fresh;
                while observer.model.stream(number.0).is_some() {
                    number = number.next().unwrap_or(StreamId(u32::MAX));
                }
                self.next_fresh = number;
                observer.bind(label, number.0);
                Ok(number)
            }
        }
    }
}

const fn ping(flags: Flags, value: u32) -> RawHeader {
    RawHeader::new(FrameType::Ping, flags, StreamId::SESSION, value)
}
