//! Traces for tests: builders that read like the wire, and a strategy for any trace.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::trace::{
    Direction, Entry, Item, Trace, TraceDiff, TransportEnd, canonical, diff_meaning,
};
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};
use crate::yamux::time::Time;

/// The first difference in the meaning of two traces.
pub(crate) fn diff_canonical(expected: &Trace, observed: &Trace) -> Option<TraceDiff> {
    diff_meaning(&canonical(expected), &canonical(observed))
}

/// Builds a trace frame by frame, one nanosecond apart.
#[derive(Default)]
pub(crate) struct Builder {
    trace: Trace,
}

pub(crate) const TO_PEER: Direction = Direction::SubjectToPeer;
pub(crate) const TO_SUBJECT: Direction = Direction::PeerToSubject;

impl Builder {
    pub(crate) fn item(mut self, direction: Direction, item: Item) -> Self {
        let time = Time::from_nanos(self.trace.entries.len() as u64);
        self.trace.entries.push(Entry { time, direction, item });
        self
    }

    pub(crate) fn data(self, direction: Direction, flags: Flags, stream: u32, body: &[u8]) -> Self {
        let len = body.len() as u32;
        let header = RawHeader::new(FrameType::Data, flags, StreamId(stream), len);
        self.item(direction, Item::Frame { header, body_len: len, crc: crc32fast::hash(body) })
    }

    pub(crate) fn window(
        self,
        direction: Direction,
        flags: Flags,
        stream: u32,
        credit: u32,
    ) -> Self {
        self.header(
            direction,
            RawHeader::new(FrameType::WindowUpdate, flags, StreamId(stream), credit),
        )
    }

    pub(crate) fn ping(self, direction: Direction, flags: Flags, value: u32) -> Self {
        self.header(direction, RawHeader::new(FrameType::Ping, flags, StreamId::SESSION, value))
    }

    pub(crate) fn go_away(self, direction: Direction, code: u32) -> Self {
        self.header(
            direction,
            RawHeader::new(FrameType::GoAway, Flags::NONE, StreamId::SESSION, code),
        )
    }

    pub(crate) fn header(self, direction: Direction, header: RawHeader) -> Self {
        self.item(direction, Item::Frame { header, body_len: 0, crc: 0 })
    }

    pub(crate) fn end(self, direction: Direction, end: TransportEnd) -> Self {
        self.item(direction, Item::End(end))
    }

    pub(crate) fn step(self, number: u32) -> Self {
        self.item(TO_PEER, Item::Step(number))
    }

    pub(crate) fn build(self) -> Trace {
        self.trace
    }
}

fn any_direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(TO_PEER), Just(TO_SUBJECT)]
}

fn any_header() -> impl Strategy<Value = RawHeader> {
    let small = prop_oneof![4 => 0u32..4, 1 => any::<u32>()];
    let flags = prop_oneof![4 => 0u16..16, 1 => any::<u16>()].prop_map(Flags::from_bits);
    let version = prop_oneof![9 => Just(0u8), 1 => any::<u8>()];
    let frame_type = prop_oneof![9 => 0u8..4, 1 => any::<u8>()];
    (version, frame_type, flags, small.clone().prop_map(StreamId), small).prop_map(
        |(version, frame_type, flags, stream, length)| RawHeader {
            version,
            frame_type,
            flags,
            stream,
            length,
        },
    )
}

fn any_item() -> impl Strategy<Value = Item> {
    prop_oneof![
        6 => (any_header(), any::<bool>(), any::<u32>()).prop_map(|(header, is_cut, crc)| {
            let whole = if header.version == 0 { header.body_len() } else { 0 };
            let body_len = if is_cut { whole / 2 } else { whole };
            Item::Frame { header, body_len, crc: if body_len == 0 { 0 } else { crc } }
        }),
        1 => (any::<u32>(), any::<u32>()).prop_map(|(len, crc)| Item::Garbage { len, crc }),
        1 => Just(Item::End(TransportEnd::Eof)),
        1 => Just(Item::End(TransportEnd::Reset)),
        2 => (1u32..9).prop_map(Item::Step),
    ]
}

/// Any entries in any order, lawful or not.
pub(crate) fn any_trace(max: usize) -> impl Strategy<Value = Trace> {
    let time = (0u64..400_000_000_000).prop_map(Time::from_nanos);
    let entry = (time, any_direction(), any_item()).prop_map(|(time, direction, item)| {
        let direction = if matches!(item, Item::Step(_)) { TO_PEER } else { direction };
        Entry { time, direction, item }
    });
    vec(entry, 0..max).prop_map(|entries| Trace { entries })
}
