//! Checks the events that the peer must, or must not, see on the wire. Pure.

use std::time::Duration;

use crate::scenario::check::Script;
use crate::scenario::check::frames::{code, flags};
use crate::scenario::read::document::{
    EventBlock, EventName, ExpectBlock, ExpectFrameBlock, ExpectNoneBlock, FrameTypeName, NoneName,
};
use crate::scenario::read::place::Place;
use crate::scenario::read::written::LabelText;
use crate::scenario::{
    Amount, Expect, ExpectFrame, ExpectNone, ExpectedEvent, ForbiddenEvent, Label,
};
use crate::yamux::frame::FrameType;

impl Script<'_> {
    /// Checks an event that must have come.
    pub(super) fn expect(&mut self, block: &ExpectBlock, place: Place<'_>) -> Option<Expect> {
        let event = self.event(&block.event, place, true);
        let timing = self.timing(&block.timing, place);
        let mut weaker = Vec::new();
        for (i, other) in block.or.iter().enumerate() {
            let place = place.get("or").item(i);
            self.check_because(&other.because, place);
            let Some(other_event) = self.event(&other.event, place, false) else { continue };
            if Some(&other_event) == event.as_ref() {
                self.report(place.value(), "this is already the primary outcome");
            }
            weaker.push((other_event, other.because.clone()));
        }
        let behind = block.behind.map(|size| {
            let knows_its_place =
                matches!(event, None | Some(ExpectedEvent::Data(..) | ExpectedEvent::Pong(_)));
            if !knows_its_place {
                let message = "\"behind\" goes only with \"data\" or \"pong\"";
                self.report(place.get("behind").key(), message);
            }
            size.0
        });
        self.check_repeated(block, place);
        let (times, is_optional) = (block.times.unwrap_or(1), block.optional);
        self.expects |= !is_optional;
        Some(Expect { event: event?, timing, times, is_optional, behind, weaker })
    }

    /// Checks `times` and `optional`.
    fn check_repeated(&mut self, block: &ExpectBlock, place: Place<'_>) {
        let is_counted = matches!(
            block.event.name,
            EventName::Ping(_) | EventName::Pong(_) | EventName::GoAway(_)
        );
        if block.times.is_some() && !is_counted {
            let message = "\"times\" goes only with \"ping\", \"pong\" or \"go_away\"";
            self.report(place.get("times").key(), message);
        }
        if block.optional && !block.or.is_empty() {
            let message =
                "\"or\" does not go with \"optional\": what need not come has no second-best";
            self.report(place.get("or").key(), message);
        }
        if block.optional && matches!(block.event.name, EventName::Opened(_)) {
            let message = "\"optional\" does not go with \"opened\": later steps name the stream";
            self.report(place.get("optional").key(), message);
        }
    }

    /// Checks an event; a `primary` one may make a stream known to the peer.
    fn event(
        &mut self,
        block: &EventBlock,
        place: Place<'_>,
        primary: bool,
    ) -> Option<ExpectedEvent> {
        let has_amount = matches!(block.name, EventName::Data(_) | EventName::Credit(_));
        for key in ["bytes", "at_least"] {
            if place.has(key) && !has_amount {
                let message = format!("{key:?} goes only with \"data\" or \"credit\"");
                self.report(place.get(key).key(), message);
            }
        }
        if block.code.is_some() && !matches!(block.name, EventName::Reset(_)) {
            self.report(place.get("code").key(), "\"code\" goes only with \"reset\"");
        }
        let named = place.get(block.name.as_ref());
        Some(match &block.name {
            EventName::Opened(label) => {
                let label = self.label(label);
                match primary {
                    true => self.stream_seen_opened(&label, named.value()),
                    false => self.stream_watched(&label, named.value()),
                }
                ExpectedEvent::Opened(label)
            }
            EventName::Acked(label) => {
                let label = self.label(label);
                self.stream_acked(&label, named.value());
                ExpectedEvent::Acked(label)
            }
            EventName::Data(label) => {
                let label = self.watched(label, named);
                ExpectedEvent::Data(label, self.amount(block, place)?)
            }
            EventName::Credit(label) => {
                let label = self.watched(label, named);
                ExpectedEvent::Credit(label, self.amount(block, place)?)
            }
            EventName::Fin(label) => ExpectedEvent::Fin(self.watched(label, named)),
            EventName::Reset(label) => {
                let label = self.watched(label, named);
                match block.code {
                    Some(code) => ExpectedEvent::ResetWith(label, code),
                    None => ExpectedEvent::Reset(label),
                }
            }
            EventName::Pong(value) => ExpectedEvent::Pong(*value),
            EventName::Ping(_) => ExpectedEvent::Ping,
            EventName::GoAway(text) => ExpectedEvent::GoAway(code(*text)),
            EventName::SessionEnd(_) => ExpectedEvent::SessionEnd,
        })
    }

    /// Checks the amount of data or credit.
    fn amount(&mut self, block: &EventBlock, place: Place<'_>) -> Option<Amount> {
        match (block.bytes, block.at_least) {
            (Some(bytes), None) => {
                Some(Amount::Exactly(self.some_bytes(bytes, place.get("bytes"))))
            }
            (None, Some(bytes)) => {
                Some(Amount::AtLeast(self.some_bytes(bytes, place.get("at_least"))))
            }
            _ => {
                let key = block.name.as_ref();
                let message = format!("{key:?} needs exactly one of \"bytes\" and \"at_least\"");
                self.report(place.get(key).key(), message);
                None
            }
        }
    }

    fn watched(&mut self, label: &LabelText, place: Place<'_>) -> Label {
        let label = self.label(label);
        self.stream_watched(&label, place.value());
        label
    }

    /// Checks a frame that must have come.
    pub(super) fn expect_frame(
        &mut self,
        block: &ExpectFrameBlock,
        place: Place<'_>,
    ) -> Option<ExpectFrame> {
        let (frame_type, on_stream) = match block.frame_type {
            FrameTypeName::Data => (FrameType::Data, true),
            FrameTypeName::WindowUpdate => (FrameType::WindowUpdate, true),
            FrameTypeName::Ping => (FrameType::Ping, false),
            FrameTypeName::GoAway => (FrameType::GoAway, false),
        };
        if on_stream != block.stream.is_some() {
            let message = if on_stream {
                format!("a {frame_type} frame needs \"stream\"")
            } else {
                format!("a {frame_type} frame has no stream: take \"stream\" away")
            };
            let at = if on_stream { place.get("type").value() } else { place.get("stream").key() };
            self.report(at, message);
        }
        let stream = block.stream.as_ref().map(|label| self.watched(label, place.get("stream")));
        let length = match block.length {
            None => None,
            Some(size) => Some(self.u32_size(size, place.get("length"))?),
        };
        Some(ExpectFrame { stream, frame_type, flags: flags(&block.flags), length })
    }

    /// Checks an event that must not have come.
    pub(super) fn expect_none(&mut self, block: &ExpectNoneBlock, place: Place<'_>) -> ExpectNone {
        let named = place.get(block.event.as_ref());
        let event = match &block.event {
            NoneName::Acked(label) => ForbiddenEvent::Acked(self.watched(label, named)),
            NoneName::Anything(label) => ForbiddenEvent::Anything(self.watched(label, named)),
            NoneName::Credit(label) => ForbiddenEvent::Credit(self.watched(label, named)),
            NoneName::Data(label) => ForbiddenEvent::Data(self.watched(label, named)),
            NoneName::Fin(label) => ForbiddenEvent::Fin(self.watched(label, named)),
            NoneName::Reset(label) => ForbiddenEvent::Reset(self.watched(label, named)),
            NoneName::GoAway(_) => ForbiddenEvent::GoAway,
            NoneName::Opened(_) => ForbiddenEvent::Opened,
            NoneName::Pong(value) => ForbiddenEvent::Pong(*value),
            NoneName::SessionEnd(_) => ForbiddenEvent::SessionEnd,
        };
        let duration = block.duration.as_ref().map_or(Duration::ZERO, |span| span.0);
        if !duration.is_zero() {
            self.sum_time(duration, place.get("for").value());
        }
        ExpectNone { event, duration }
    }
}
