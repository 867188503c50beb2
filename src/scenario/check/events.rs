//! What the peer must, or must not, see on the wire. Pure.

use std::sync::Arc;
use std::time::Duration;

use crate::scenario::check::Script;
use crate::scenario::check::frames::{code, flags};
use crate::scenario::read::document::{
    EventBlock, ExpectBlock, ExpectFrameBlock, ExpectNoneBlock, FrameTypeName,
};
use crate::scenario::read::syntax::Place;
use crate::scenario::read::written::LabelText;
use crate::scenario::{
    Amount, Expect, ExpectFrame, ExpectNone, ExpectedEvent, ForbiddenEvent, Label,
};
use crate::yamux::frame::FrameType;

impl Script<'_> {
    /// An event that must have come.
    pub(super) fn expect(&mut self, block: &ExpectBlock, place: Place<'_>) -> Option<Expect> {
        let event = self.event(block.event(), place, true);
        let timing = self.timing(block.timing(), place);
        let mut weaker = Vec::new();
        for (i, other) in block.or.iter().enumerate() {
            let place = place.get("or").item(i);
            self.check_because(&other.because, place);
            let Some(other_event) = self.event(other.event(), place, false) else { continue };
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

    /// What may come several times, or need not come.
    fn check_repeated(&mut self, block: &ExpectBlock, place: Place<'_>) {
        if block.times.is_some() && !["ping", "pong", "go_away"].iter().any(|key| place.has(key)) {
            let message = "\"times\" goes only with \"ping\", \"pong\" or \"go_away\"";
            self.report(place.get("times").key(), message);
        }
        if block.optional && !block.or.is_empty() {
            let message =
                "\"or\" does not go with \"optional\": what need not come has no second-best";
            self.report(place.get("or").key(), message);
        }
        if block.optional && block.opened.is_some() {
            let message = "\"optional\" does not go with \"opened\": later steps name the stream";
            self.report(place.get("optional").key(), message);
        }
    }

    /// The event; a `primary` one may be what makes a stream known to the peer.
    fn event(
        &mut self,
        block: EventBlock<'_>,
        place: Place<'_>,
        primary: bool,
    ) -> Option<ExpectedEvent> {
        if block.data.is_none() && block.credit.is_none() && place.has("bytes") {
            self.report(
                place.get("bytes").key(),
                "\"bytes\" goes only with \"data\" or \"credit\"",
            );
        }
        if block.reset.is_none() && place.has("code") {
            self.report(place.get("code").key(), "\"code\" goes only with \"reset\"");
        }
        if block.data.is_none() && block.credit.is_none() && place.has("at_least") {
            self.report(
                place.get("at_least").key(),
                "\"at_least\" goes only with \"data\" or \"credit\"",
            );
        }
        if let Some(LabelText(label)) = block.opened {
            let position = place.get("opened").value();
            match primary {
                true => self.stream_seen_opened(label, position),
                false => self.stream_watched(label, position),
            }
            return Some(ExpectedEvent::Opened(Arc::clone(label)));
        }
        if let Some(LabelText(label)) = block.acked {
            self.stream_acked(label, place.get("acked").value());
            return Some(ExpectedEvent::Acked(Arc::clone(label)));
        }
        if let Some(label) = block.data {
            return self.data_event(label, block, place);
        }
        if let Some(label) = block.credit {
            return self.credit_event(label, block, place);
        }
        if let Some(label) = block.fin {
            return Some(ExpectedEvent::Fin(self.watched(label, place.get("fin"))));
        }
        if let Some(label) = block.reset {
            let label = self.watched(label, place.get("reset"));
            return Some(match block.code {
                Some(code) => ExpectedEvent::ResetWith(label, code),
                None => ExpectedEvent::Reset(label),
            });
        }
        if let Some(value) = block.pong {
            return Some(ExpectedEvent::Pong(value));
        }
        if block.ping {
            return Some(ExpectedEvent::Ping);
        }
        // Of the keys, exactly one is there: what is left is the end of the session.
        Some(
            block
                .go_away
                .map_or(ExpectedEvent::SessionEnd, |text| ExpectedEvent::GoAway(code(text))),
        )
    }

    fn data_event(
        &mut self,
        label: &LabelText,
        block: EventBlock<'_>,
        place: Place<'_>,
    ) -> Option<ExpectedEvent> {
        let label = self.watched(label, place.get("data"));
        Some(ExpectedEvent::Data(label, self.amount("data", block, place)?))
    }

    fn credit_event(
        &mut self,
        label: &LabelText,
        block: EventBlock<'_>,
        place: Place<'_>,
    ) -> Option<ExpectedEvent> {
        let label = self.watched(label, place.get("credit"));
        Some(ExpectedEvent::Credit(label, self.amount("credit", block, place)?))
    }

    /// How much of what `key` names.
    fn amount(&mut self, key: &str, block: EventBlock<'_>, place: Place<'_>) -> Option<Amount> {
        match (block.bytes, block.at_least) {
            (Some(bytes), None) => {
                Some(Amount::Exactly(self.some_bytes(bytes, place.get("bytes"))))
            }
            (None, Some(bytes)) => {
                Some(Amount::AtLeast(self.some_bytes(bytes, place.get("at_least"))))
            }
            _ => {
                let message = format!("{key:?} needs exactly one of \"bytes\" and \"at_least\"");
                self.report(place.get(key).key(), message);
                None
            }
        }
    }

    fn watched(&mut self, label: &LabelText, place: Place<'_>) -> Label {
        self.stream_watched(&label.0, place.value());
        Arc::clone(&label.0)
    }

    /// A frame that must have come.
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

    /// An event that must not have come.
    pub(super) fn expect_none(&mut self, block: &ExpectNoneBlock, place: Place<'_>) -> ExpectNone {
        let named = [
            ("acked", &block.acked, ForbiddenEvent::Acked as fn(Label) -> ForbiddenEvent),
            ("anything", &block.anything, ForbiddenEvent::Anything),
            ("credit", &block.credit, ForbiddenEvent::Credit),
            ("data", &block.data, ForbiddenEvent::Data),
            ("fin", &block.fin, ForbiddenEvent::Fin),
            ("reset", &block.reset, ForbiddenEvent::Reset),
        ];
        let on_stream = named.into_iter().find_map(|(key, label, event)| {
            label.as_ref().map(|label| event(self.watched(label, place.get(key))))
        });
        let otherwise = match (block.pong, block.go_away, block.opened) {
            (Some(value), _, _) => ForbiddenEvent::Pong(value),
            (_, Some(_), _) => ForbiddenEvent::GoAway,
            (_, _, Some(_)) => ForbiddenEvent::Opened,
            _ => ForbiddenEvent::SessionEnd,
        };
        let event = on_stream.unwrap_or(otherwise);
        let duration = block.duration.as_ref().map_or(Duration::ZERO, |span| span.0);
        if !duration.is_zero() {
            self.sum_time(duration, place.get("for").value());
        }
        ExpectNone { event, duration }
    }
}
