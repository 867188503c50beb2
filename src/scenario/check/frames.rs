//! Checks frames and bytes that a wire peer sends. Pure.

use std::sync::Arc;

use crate::scenario::check::Script;
use crate::scenario::read::document::{
    BytesBlock, FlagName, FlagText, FrameBlock, GoAwayName, GoAwayText, IdText, PingText,
    PingValueText, RawBlock, RawStreamText, SendBlock,
};
use crate::scenario::read::place::Place;
use crate::scenario::read::written::Size;
use crate::scenario::{
    Actor, Label, PingValue, Position, RawBody, Send, SendFrame, StepKind, StreamRef,
};
use crate::yamux::frame::{Flags, GoAwayCode};

impl Script<'_> {
    /// Checks frames to send.
    pub(super) fn send(&mut self, block: &SendBlock, place: Place<'_>) -> Option<Send> {
        self.check_misplaced(place);
        let times = block.times.unwrap_or(1);
        let cut_short = self.cut_short.take();
        let frame = match &block.frame {
            FrameBlock::Data(label) => self.data(&self.label(label), block, place)?,
            FrameBlock::Rest(label) => self.rest(&self.label(label), block, cut_short, place)?,
            FrameBlock::WindowUpdate(label) => {
                let at = place.get("window_update").value();
                let (stream, flags) = self.stream_ref(&self.label(label), block, place, at);
                let credit = block.credit.unwrap_or(Size(0));
                let credit = self.u32_size(credit, place.get("credit"))?;
                SendFrame::WindowUpdate { stream, flags, credit }
            }
            FrameBlock::Ping(ping) => self.ping_frame(ping, place.get("ping")),
            FrameBlock::GoAway(text) => SendFrame::GoAway { code: code(*text) },
            FrameBlock::Raw(block) => self.raw_frame(block, place.get("raw"))?,
        };
        self.sum_bytes(frame.wire_len(), times, place);
        Some(Send { frame, times })
    }

    fn data(&mut self, label: &Label, block: &SendBlock, place: Place<'_>) -> Option<SendFrame> {
        let at = place.get("data");
        if let Some(beyond) = block.beyond_window {
            for key in ["bytes", "length", "times"] {
                if place.has(key) {
                    let message = format!("{key:?} does not go with \"beyond_window\"");
                    self.report(place.get(key).key(), message);
                }
            }
            let (stream, flags) = self.stream_ref(label, block, place, at.value());
            let bytes = self.u32_size(beyond, place.get("beyond_window"))?;
            return Some(SendFrame::BeyondWindow { stream, flags, bytes });
        }
        let Some(bytes) = block.bytes else {
            let message = "\"data\" needs \"bytes\": 0 for a frame without a body";
            self.report(at.key(), message);
            return None;
        };
        let (stream, flags) = self.stream_ref(label, block, place, at.value());
        let length = self.u32_size(block.length.unwrap_or(bytes), place.get("length"))?;
        let bytes = self.u32_size(bytes, place.get("bytes"))?;
        if bytes < length && block.times.is_none_or(|times| times == 1) {
            self.cut_short = Some((Arc::clone(label), length - bytes));
        }
        Some(SendFrame::Data { stream, flags, bytes, length })
    }

    /// Checks the rest of a body that the frame before cut short.
    fn rest(
        &mut self,
        label: &Label,
        block: &SendBlock,
        cut_short: Option<(Label, u32)>,
        place: Place<'_>,
    ) -> Option<SendFrame> {
        if place.has("times") {
            self.report(place.get("times").key(), "\"times\" does not go with \"rest\"");
        }
        let Some((_, left)) = cut_short.filter(|(stream, _)| stream == label) else {
            let message = format!(
                "no body on {label:?} is cut short by the frame before: send \"data\" with a \"length\" beyond its \"bytes\""
            );
            self.report(place.get("rest").value(), message);
            return None;
        };
        let bytes = match block.bytes {
            None => left,
            Some(size) => {
                let place = place.get("bytes");
                if size.0 > u64::from(left) {
                    let message =
                        format!("expected at most {left} bytes, which are left, found {}", size.0);
                    self.report(place.value(), message);
                    return None;
                }
                self.some_bytes(size, place) as u32
            }
        };
        if bytes < left {
            self.cut_short = Some((Arc::clone(label), left - bytes));
        }
        Some(SendFrame::Rest { stream: Arc::clone(label), bytes })
    }

    fn check_misplaced(&mut self, place: Place<'_>) {
        let rules: [(&str, &[&str], &str); 6] = [
            ("beyond_window", &["data"], "\"beyond_window\" goes only with \"data\""),
            ("bytes", &["data", "rest"], "\"bytes\" goes only with \"data\" or \"rest\""),
            ("length", &["data"], "\"length\" goes only with \"data\": \"raw\" has one of its own"),
            ("credit", &["window_update"], "\"credit\" goes only with \"window_update\""),
            ("flags", &["data", "window_update"], FLAGS_ONLY),
            (
                "id",
                &["data", "window_update"],
                "\"id\" goes only with \"data\" or \"window_update\"",
            ),
        ];
        for (key, with, message) in rules {
            if place.has(key) && !with.iter().any(|other| place.has(other)) {
                self.report(place.get(key).key(), message);
            }
        }
    }

    /// Checks the stream of a frame and its flags.
    fn stream_ref(
        &mut self,
        label: &Label,
        block: &SendBlock,
        place: Place<'_>,
        position: Position,
    ) -> (StreamRef, Flags) {
        let flags = flags(&block.flags);
        let stream = match block.id {
            None => {
                self.sent_on(label, flags, position);
                StreamRef::Label(Arc::clone(label))
            }
            Some(IdText::WrongParity(_)) => {
                self.new_number(label, position);
                StreamRef::WrongParity(Arc::clone(label))
            }
            Some(IdText::Number(number)) => {
                if number == 0 {
                    self.report(
                        place.get("id").value(),
                        "stream 0 is the session: send it with \"raw\"",
                    );
                }
                self.new_number(label, position);
                StreamRef::Number { number, label: Some(Arc::clone(label)) }
            }
        };
        (stream, flags)
    }

    /// Checks that a label with its own number is free.
    fn new_number(&mut self, label: &Label, position: Position) {
        self.stream_opened(Actor::Peer, label, position);
    }

    fn sent_on(&mut self, label: &Label, flags: Flags, position: Position) {
        if flags.contains(Flags::SYN) {
            self.stream_syn_sent(label, position);
        } else {
            self.stream_used(Actor::Peer, label, position);
        }
    }

    fn ping_frame(&mut self, ping: &PingText, place: Place<'_>) -> SendFrame {
        let (value, flags, place) = match ping {
            PingText::Number(number) => (PingValueText::Number(*number), Flags::SYN, place),
            PingText::Block(block) => (
                block.value,
                if block.answer { Flags::ACK } else { Flags::SYN },
                place.get("value"),
            ),
        };
        let value = match value {
            PingValueText::Latest(_) => PingValue::Latest,
            PingValueText::Number(number) => {
                if PROBE_PINGS.contains(&number) && flags == Flags::SYN {
                    let message = format!(
                        "ping values from {} to {} are for probes: take another, found {number}",
                        PROBE_PINGS.start(),
                        PROBE_PINGS.end()
                    );
                    self.report(place.value(), message);
                }
                PingValue::Number(number)
            }
        };
        SendFrame::Ping { flags, value }
    }

    fn raw_frame(&mut self, block: &RawBlock, place: Place<'_>) -> Option<SendFrame> {
        let flags = flags(&block.flags);
        let stream = match &block.stream {
            RawStreamText::Number(number) => {
                self.sent_unnamed = true;
                StreamRef::Number { number: *number, label: None }
            }
            RawStreamText::Label(label) => {
                let label = self.label(label);
                self.sent_on(&label, flags, place.get("stream").value());
                StreamRef::Label(label)
            }
        };
        let body = match (&block.body_hex, block.body_bytes) {
            (Some(_), Some(_)) => {
                let message = "expected one of \"body_hex\" and \"body_bytes\", found both";
                self.report(place.get("body_bytes").key(), message);
                return None;
            }
            (Some(hex), None) => RawBody::Bytes(hex.0.clone()),
            (None, Some(size)) if size.0 > u64::from(MAX_BODY) => {
                let message =
                    format!("expected a body of at most {MAX_BODY} bytes, found {}", size.0);
                self.report(place.get("body_bytes").value(), message);
                return None;
            }
            (None, size) => RawBody::Zeros(size.map_or(0, |size| size.0 as u32)),
        };
        let length = self.u32_size(block.length, place.get("length"))?;
        let RawBlock { version, frame_type, .. } = *block;
        Some(SendFrame::Raw { version, frame_type, flags, stream, length, body })
    }

    /// Checks bytes to send.
    pub(super) fn send_bytes(&mut self, block: &BytesBlock, place: Place<'_>) -> Option<StepKind> {
        self.sent_unnamed = true;
        self.cut_short = None;
        let (hex, place) = match block {
            BytesBlock::Text(hex) => (hex, place),
            BytesBlock::Block(block) => (&block.hex, place.get("hex")),
        };
        if hex.0.is_empty() {
            self.report(place.value(), "expected at least 1 byte, found 0");
        }
        self.sum_bytes(hex.0.len() as u64, 1, place);
        Some(StepKind::SendBytes(hex.0.clone()))
    }

    /// Checks that a size fits a length field.
    pub(super) fn u32_size(&mut self, size: Size, place: Place<'_>) -> Option<u32> {
        let fits = u32::try_from(size.0).ok();
        if fits.is_none() {
            let message = format!("expected at most {} bytes, found {}", u32::MAX, size.0);
            self.report(place.value(), message);
        }
        fits
    }
}

/// The union of the flags.
pub(super) fn flags(written: &[FlagText]) -> Flags {
    let bits = written.iter().map(|flag| match flag {
        FlagText::Bits(bits) => Flags::from_bits(*bits),
        FlagText::Name(FlagName::Syn) => Flags::SYN,
        FlagText::Name(FlagName::Ack) => Flags::ACK,
        FlagText::Name(FlagName::Fin) => Flags::FIN,
        FlagText::Name(FlagName::Rst) => Flags::RST,
    });
    bits.fold(Flags::NONE, |sum, flag| sum | flag)
}

/// The go-away code.
pub(super) const fn code(written: GoAwayText) -> GoAwayCode {
    match written {
        GoAwayText::Name(GoAwayName::Normal) => GoAwayCode::Normal,
        GoAwayText::Name(GoAwayName::ProtocolError) => GoAwayCode::ProtocolError,
        GoAwayText::Name(GoAwayName::InternalError) => GoAwayCode::InternalError,
        GoAwayText::Number(number) => GoAwayCode::from_number(number),
    }
}

/// The values of probes' pings ("PR" in ASCII, then a number), so that no author's ping is mistaken for one.
pub(super) const PROBE_PINGS: std::ops::RangeInclusive<u32> = 0x5052_0000..=0x5052_FFFF;

/// 16 MiB: larger than any body a peer must refuse, small enough to hold.
const MAX_BODY: u32 = 16 * 1024 * 1024;

const FLAGS_ONLY: &str = "\"flags\" goes only with \"data\" or \"window_update\": a ping has \"answer\", and \"raw\" has flags of its own";
