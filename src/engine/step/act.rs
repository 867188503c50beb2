//! Beginning a step: calls are handed to an end, frames to the wire. Pure.

use bytes::Bytes;

use crate::endpoint::{Body, Burst, Request};
use crate::engine::step::calls::RunningCall;
use crate::engine::{Actual, Engine, Expected, Flow};
use crate::scenario::{
    Action, Actor, Call, Label, PingValue, RawBody, Send, SendFrame, StepKind, StreamRef,
};
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

impl Engine {
    /// Does what the current step says.
    pub(crate) fn act(&mut self, now: Time) -> Flow {
        let script = std::sync::Arc::clone(&self.script);
        match &script.steps[self.at].kind {
            StepKind::Call(call) => self.begin_call(now, call),
            StepKind::Send(send) => self.send(now, send),
            StepKind::SendBytes(bytes) => {
                self.send_raw(now, Burst::bytes(Bytes::copy_from_slice(bytes)))
            }
            StepKind::Wire(control) => {
                self.wire.control(now, control, &mut self.ends, &mut self.recorder);
                self.end_is_expected |= self.wire.is_cut();
                Flow::Again
            }
            StepKind::Expect(_)
            | StepKind::ExpectFrame(_)
            | StepKind::ExpectNone(_)
            | StepKind::Join(_)
            | StepKind::StillBlocked { .. }
            | StepKind::Measure(_)
            | StepKind::Wait(_) => Flow::Again,
        }
    }

    fn begin_call(&mut self, now: Time, call: &Call) -> Flow {
        let id = self.calls.next_id();
        let stream = call.action.stream().cloned();
        let pattern = stream.as_ref().map_or_else(Pattern::default, |stream| {
            self.pattern_of(call.actor, &call.action, stream)
        });
        let carried_before = stream
            .as_ref()
            .and_then(|stream| self.observer.labelled(stream))
            .map_or(0, |view| match call.actor {
                Actor::Subject => view.sent.payload,
                Actor::Peer => view.received.payload,
            });
        let running = RunningCall {
            actor: call.actor,
            action: call.action.clone(),
            label: call.label.clone(),
            is_optional: self.script.steps[self.at].is_optional,
            started: now,
            pattern,
            carried_before,
            progress: 0,
            before: self.calls.remembered(call.actor, &call.action),
            finished: None,
        };
        self.note(now, call.actor, running.named().to_string());
        self.calls.push(running);
        self.end_is_expected |= matches!(call.action, Action::CloseSession { .. });
        let of = match &call.action {
            Action::Cancel { label } => self.calls.id_of(label),
            _ => None,
        };
        let request = Request { action: call.action.clone(), pattern, of };
        self.ends.of(call.actor).perform(now, id, &request);
        Flow::Again
    }

    /// The pattern a call writes or reads, from where the calls before it left off.
    fn pattern_of(&self, actor: Actor, action: &Action, stream: &Label) -> Pattern {
        let is_write = matches!(action, Action::Write { .. });
        let writer = match (is_write, actor) {
            (true, actor) => actor,
            (false, Actor::Subject) => Actor::Peer,
            (false, Actor::Peer) => Actor::Subject,
        };
        self.pattern(writer, stream).skip(self.calls.moved(actor, action, stream))
    }

    fn send(&mut self, now: Time, send: &Send) -> Flow {
        match self.burst(send) {
            Ok(burst) => self.send_raw(now, burst),
            Err(label) => self.fail(Expected::Stream(label), Actual::NoStream),
        }
    }

    fn send_raw(&mut self, now: Time, burst: Burst) -> Flow {
        let is_sent = self.ends.peer.send_raw(now, burst);
        debug_assert!(is_sent, "the checker lets only wire peers send frames");
        Flow::Again
    }

    /// The frames of a step; the error is a label that names no stream.
    fn burst(&mut self, send: &Send) -> Result<Burst, Label> {
        let (header, body) = match &send.frame {
            SendFrame::Data { stream, flags, bytes, length } => {
                let number = self.number_for(stream, *flags)?;
                let header = RawHeader::new(FrameType::Data, *flags, number, *length);
                let body = self.peer_payload(number, *flags, *bytes);
                if let Body::Pattern { from, len } = body {
                    self.goes_on_at = from.skip(u64::from(len));
                }
                (header, body)
            }
            SendFrame::BeyondWindow { stream, flags, bytes } => {
                let number = self.number_for(stream, *flags)?;
                let lane = &self.observer.stream(number.0).received;
                let left = lane.allowed.saturating_sub(lane.payload);
                let bytes = u32::try_from(left).unwrap_or(u32::MAX).saturating_add(*bytes);
                let header = RawHeader::new(FrameType::Data, *flags, number, bytes);
                (header, self.peer_payload(number, *flags, bytes))
            }
            SendFrame::Rest { bytes, .. } => {
                let from = self.goes_on_at;
                self.goes_on_at = from.skip(u64::from(*bytes));
                return Ok(Burst::rest(Body::Pattern { from, len: *bytes }));
            }
            SendFrame::WindowUpdate { stream, flags, credit } => {
                let number = self.number_for(stream, *flags)?;
                (RawHeader::new(FrameType::WindowUpdate, *flags, number, *credit), Body::NONE)
            }
            SendFrame::Ping { flags, value } => {
                let ping =
                    |value| RawHeader::new(FrameType::Ping, *flags, StreamId::SESSION, value);
                match value {
                    PingValue::Number(value) => {
                        return Ok(Burst::counting(ping(*value), send.times));
                    }
                    PingValue::Latest => {
                        (ping(self.observer.latest_ping.unwrap_or_default()), Body::NONE)
                    }
                }
            }
            SendFrame::GoAway { code } => {
                let stream = StreamId::SESSION;
                (RawHeader::new(FrameType::GoAway, Flags::NONE, stream, code.number()), Body::NONE)
            }
            SendFrame::Raw { version, frame_type, flags, stream, length, body } => {
                let header = RawHeader {
                    version: *version,
                    frame_type: *frame_type,
                    flags: *flags,
                    stream: self.number_for(stream, *flags)?,
                    length: *length,
                };
                let body = match body {
                    RawBody::Bytes(bytes) => Body::Bytes(Bytes::copy_from_slice(bytes)),
                    RawBody::Zeros(len) => Body::Zeros(*len),
                };
                (header, body)
            }
        };
        Ok(Burst::frames(header, body, send.times))
    }

    /// Payload a wire peer sends on a stream: the pattern, from where it stands.
    fn peer_payload(&mut self, number: StreamId, flags: Flags, len: u32) -> Body {
        let view = self.observer.stream(number.0);
        // A number used again is another stream, whose pattern begins anew.
        let is_fresh = flags.contains(Flags::SYN) && view.is_over();
        let offset = if is_fresh { 0 } else { view.received.payload };
        let label = view.label.clone().unwrap_or_else(|| Label::from(""));
        Body::Pattern { from: self.pattern(Actor::Peer, &label).skip(offset), len }
    }

    /// The number a wire peer's frame carries; a new label in a frame with SYN opens a new stream.
    fn number_for(&mut self, stream: &StreamRef, flags: Flags) -> Result<StreamId, Label> {
        match stream {
            StreamRef::Number { number, label } => {
                if let Some(label) = label {
                    self.observer.bind(label, *number);
                }
                Ok(StreamId(*number))
            }
            StreamRef::Label(label) => match self.observer.number_of(label) {
                Some(number) => Ok(StreamId(number)),
                None if flags.contains(Flags::SYN) => {
                    let number = self.next_number;
                    self.next_number = number.next().unwrap_or(number);
                    self.observer.bind(label, number.0);
                    Ok(number)
                }
                None => Err(Label::clone(label)),
            },
            StreamRef::WrongParity(label) => {
                let mut number = self.next_fresh;
                while self.observer.streams.contains_key(&number.0) {
                    number = number.next().unwrap_or(StreamId(u32::MAX));
                }
                self.next_fresh = number;
                self.observer.bind(label, number.0);
                Ok(number)
            }
        }
    }
}
