//! `TransferFigures`: what the trace of a transfer says about goodput, windows and stalls.

use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::profile::goodput::Transfer;
use crate::engine::{EndedBy, Measured};
use crate::trace::{Direction, Entry, Item, Trace};
use crate::yamux::frame::{Flags, FrameType, INITIAL_WINDOW};

/// What came of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct TransferFigures {
    /// From the first write to the last read, in nanoseconds.
    pub took_ns: u64,
    /// Bits of payload in a second; `null` where it took no time.
    pub goodput_bits: Option<u64>,
    /// The window that the first update of a stream made.
    pub first_window: u64,
    /// The largest window that a stream had.
    pub most_window: u64,
    /// The most payload that was under way on all streams at once.
    pub most_under_way: u64,
    /// The longest time in which nothing was on its way to the reader though not everything was sent, in nanoseconds.
    pub longest_stall_ns: u64,
    /// What ended it; `null` where there was none.
    pub stall_reason: Option<StallReason>,
}

/// What a sender waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StallReason {
    /// Credit: no stream with bytes left had any.
    NoCredit,
    /// The answer to its ping.
    Ping,
    /// Nothing that the wire shows: it had credit, and sent no bytes.
    NoBytes,
}

impl StallReason {
    /// In a word or two.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::NoCredit => "no credit",
            Self::Ping => "ping",
            Self::NoBytes => "no bytes",
        }
    }
}

/// Reads the figures off a trace; `None` if not everything arrived.
pub(crate) fn figures(
    link: &Transfer,
    trace: &Trace,
    answers: &[Measured],
) -> Option<TransferFigures> {
    let is_in = |one: &&Measured| one.by == Some(EndedBy::Success);
    if answers.iter().filter(is_in).count() != link.streams as usize {
        return None;
    }
    let took = answers.iter().map(|one| one.after).max()?.as_nanos();
    let took = u64::try_from(took).unwrap_or(u64::MAX);
    let mut view = SenderView::new(*link);
    for entry in &trace.entries {
        view.take(entry);
    }
    let bits = u128::from(link.bytes) * 8 * u128::from(NANOS);
    Some(TransferFigures {
        took_ns: took,
        goodput_bits: bits
            .checked_div(u128::from(took))
            .map(|bits| u64::try_from(bits).unwrap_or(u64::MAX)),
        first_window: view.first_window.unwrap_or(view.most_window),
        most_window: view.most_window,
        most_under_way: view.most_under_way,
        longest_stall_ns: view.longest.map_or(0, |(stall, _)| stall),
        stall_reason: view.longest.map(|(_, reason)| reason),
    })
}

/// How many bytes of payload the sender of a transfer put on the wire.
pub(crate) fn payload_sent(trace: &Trace) -> u64 {
    let length = |entry: &Entry| match entry.item {
        Item::Frame { header, body_len, .. }
            if entry.direction == Direction::PeerToSubject
                && header.lawful_type() == Some(FrameType::Data) =>
        {
            u64::from(body_len)
        }
        _ => 0,
    };
    trace.entries.iter().map(length).sum()
}

/// A stream as seen by its two ends.
#[derive(Default)]
struct StreamSums {
    sent: u64,
    arrived: u64,
    /// Credit that the reader has granted, and the part of it that the sender knows of.
    given: u64,
    known: u64,
}

/// An arrival: credit or a pong at the sender, payload at the reader.
enum Landing {
    Credit(u32, u64),
    Pong,
    Payload(u32, u64),
}

/// The transfer up to some moment. Arrival times are computed from the link.
#[derive(Default)]
struct SenderView {
    link: Transfer,
    streams: BTreeMap<u32, StreamSums>,
    /// Arrivals to come, in order for each direction.
    to_sender: VecDeque<(u64, Landing)>,
    to_reader: VecDeque<(u64, Landing)>,
    /// Until when the link to the reader is busy.
    busy_until: u64,
    has_begun: bool,
    first_window: Option<u64>,
    most_window: u64,
    most_under_way: u64,
    longest: Option<(u64, StallReason)>,
}

impl SenderView {
    fn new(link: Transfer) -> Self {
        Self { link, most_window: INITIAL_WINDOW.into(), ..Self::default() }
    }

    fn take(&mut self, entry: &Entry) {
        let Item::Frame { header, .. } = entry.item else { return };
        let now = entry.time.as_nanos();
        let stream = header.stream.0;
        let length = u64::from(header.length);
        match (entry.direction, header.lawful_type()) {
            (Direction::PeerToSubject, Some(FrameType::Data)) if length > 0 => {
                self.arrive(now, true);
                self.sends(now, stream, length);
            }
            (Direction::SubjectToPeer, Some(FrameType::WindowUpdate)) => {
                self.arrive(now, false);
                self.gives(now, stream, length);
            }
            (Direction::SubjectToPeer, Some(FrameType::Ping))
                if header.flags.contains(Flags::ACK) =>
            {
                self.to_sender.push_back((now + self.delay(), Landing::Pong));
            }
            _ => {}
        }
    }

    fn sends(&mut self, now: u64, stream: u32, length: u64) {
        let stall = now.saturating_sub(self.busy_until);
        self.learn(now.saturating_sub(HEADER_TIME));
        if self.has_begun && stall > self.longest.map_or(0, |(longest, _)| longest) {
            self.longest = Some((stall, self.reason(now)));
        }
        self.learn(now + HEADER_TIME);
        self.has_begun = true;
        let passing = self.link.bits_per_second.map_or(0, |bits| length * 8 * NANOS / bits);
        self.busy_until = self.busy_until.max(now) + passing;
        self.to_reader
            .push_back((self.busy_until + self.delay(), Landing::Payload(stream, length)));
        self.streams.entry(stream).or_default().sent += length;
        let under_way = self.streams.values().map(|one| one.sent - one.arrived).sum();
        self.most_under_way = self.most_under_way.max(under_way);
    }

    fn gives(&mut self, now: u64, stream: u32, credit: u64) {
        let view = self.streams.entry(stream).or_default();
        view.given += credit;
        let window = (u64::from(INITIAL_WINDOW) + view.given).saturating_sub(view.arrived);
        if credit > 0 {
            self.first_window.get_or_insert(window);
        }
        self.most_window = self.most_window.max(window);
        self.to_sender.push_back((now + self.delay(), Landing::Credit(stream, credit)));
    }

    /// Why nothing was sent until now. What the sender learns now is what it waited for.
    fn reason(&self, now: u64) -> StallReason {
        let left = self.link.bytes_of_stream();
        let has_credit =
            |one: &StreamSums| one.sent < left && u64::from(INITIAL_WINDOW) + one.known > one.sent;
        let pong = self
            .to_sender
            .iter()
            .any(|(at, what)| matches!(what, Landing::Pong) && at.abs_diff(now) <= HEADER_TIME);
        match () {
            () if !self.streams.values().any(has_credit) => StallReason::NoCredit,
            () if pong => StallReason::Ping,
            () => StallReason::NoBytes,
        }
    }

    /// Gives the sender everything that has arrived by then.
    fn learn(&mut self, limit: u64) {
        while self.to_sender.front().is_some_and(|(at, _)| *at <= limit) {
            if let Some((_, Landing::Credit(stream, credit))) = self.to_sender.pop_front() {
                self.streams.entry(stream).or_default().known += credit;
            }
        }
    }

    /// Gives the reader everything that has arrived; an arrival at this very moment counts for what the reader says then.
    fn arrive(&mut self, now: u64, is_before: bool) {
        let limit = if is_before { now } else { now + HEADER_TIME };
        while self.to_reader.front().is_some_and(|(at, _)| *at <= limit) {
            if let Some((_, Landing::Payload(stream, length))) = self.to_reader.pop_front() {
                self.streams.entry(stream).or_default().arrived += length;
            }
        }
    }

    const fn delay(&self) -> u64 {
        self.link.rtt_ms * 1_000_000 / 2
    }
}

const NANOS: u64 = 1_000_000_000;

/// Headers take time too, so moments closer than this count as one.
const HEADER_TIME: u64 = 100_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::trace::Direction::{PeerToSubject, SubjectToPeer};
    use crate::yamux::frame::{RawHeader, StreamId};
    use crate::yamux::time::Time;

    const KIB: u32 = 1 << 10;

    fn frame(millis: u64, direction: Direction, kind: FrameType, length: u32) -> Entry {
        let flags = if kind == FrameType::Ping { Flags::ACK } else { Flags::NONE };
        let header = RawHeader::new(kind, flags, StreamId(1), length);
        let time = Time::ZERO + Duration::from_millis(millis);
        Entry { time, direction, item: Item::Frame { header, body_len: length, crc: 0 } }
    }

    fn data(millis: u64, kib: u32) -> Entry {
        frame(millis, PeerToSubject, FrameType::Data, kib * KIB)
    }

    fn credit(millis: u64, kib: u32) -> Entry {
        frame(millis, SubjectToPeer, FrameType::WindowUpdate, kib * KIB)
    }

    /// One stream of 512 KiB over 40 ms there and back, in 100 ms.
    fn seen(entries: Vec<Entry>, bits_per_second: Option<u64>) -> TransferFigures {
        let link =
            Transfer { streams: 1, rtt_ms: 40, bits_per_second, window: None, bytes: 512 << 10 };
        let after = Duration::from_millis(100);
        let answer = Measured { question: String::new(), by: Some(EndedBy::Success), after };
        figures(&link, &Trace { entries }, &[answer]).unwrap()
    }

    #[test]
    fn a_sender_without_credit_waits_for_a_round_trip() {
        let seen = seen(vec![data(0, 256), credit(20, 256), data(40, 256)], None);
        assert_eq!((seen.first_window, seen.most_window), (256 << 10, 256 << 10));
        assert_eq!(seen.most_under_way, 256 << 10);
        assert_eq!(seen.stall_reason, Some(StallReason::NoCredit));
        assert_eq!(seen.longest_stall_ns, 40_000_000);
        assert_eq!(seen.goodput_bits, Some(41_943_040));
    }

    #[test]
    fn a_window_that_grows_is_seen_and_the_time_on_the_wire_is_no_stall() {
        // 256 KiB take 20.9 ms at 100 Mbit/s.
        let entries = vec![data(0, 256), credit(41, 512), data(61, 256)];
        let seen = seen(entries, Some(100_000_000));
        assert_eq!((seen.first_window, seen.most_window), (512 << 10, 512 << 10));
        assert_eq!(seen.longest_stall_ns / 100_000, 400);
        let entries = vec![data(0, 128), credit(31, 128), data(31, 128), credit(52, 512)];
        let seen = self::seen(entries, Some(100_000_000));
        assert_eq!((seen.first_window >> 10, seen.most_window >> 10), (256, 768));
    }

    #[test]
    fn a_sender_with_credit_waits_for_its_pong_or_for_nothing_that_is_seen() {
        let pong = frame(20, SubjectToPeer, FrameType::Ping, 7);
        let seen_with = seen(vec![data(0, 16), pong, data(40, 16)], None);
        assert_eq!(seen_with.stall_reason, Some(StallReason::Ping));
        let seen_without = seen(vec![data(0, 16), data(40, 16)], None);
        assert_eq!(seen_without.stall_reason, Some(StallReason::NoBytes));
        assert_eq!(seen(vec![data(0, 16), data(0, 16)], None).stall_reason, None);
    }

    #[test]
    fn what_did_not_arrive_has_no_figures() {
        let link = Transfer { streams: 1, bytes: 512 << 10, ..Transfer::default() };
        let trace = Trace { entries: vec![data(0, 256)] };
        let answer =
            Measured { question: String::new(), by: None, after: Duration::from_secs(3600) };
        assert_eq!(figures(&link, &trace, &[answer]), None);
        assert_eq!(payload_sent(&trace), 256 << 10);
    }
}
