//! `Recorder`: watches the bytes of both directions, keeps the trace and reports what was observed. Pure.

use std::collections::VecDeque;

use bytes::Bytes;
use crc32fast::Hasher;

use crate::trace::{Direction, Entry, Item, Trace, TransportEnd};
use crate::yamux::frame::{Decoder, Flags, FrameType, Piece, RawHeader, StreamId};
use crate::yamux::time::Time;

/// One thing the recorder saw, in wire order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observed {
    /// When its last byte crossed.
    pub time: Time,
    /// Its direction.
    pub direction: Direction,
    /// Its content.
    pub seen: Seen,
}

/// What the recorder saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A whole header, lawful or not. After an unlawful one only `Garbage` and `End` follow in this direction.
    Header(RawHeader),
    /// The next bytes of the body of the latest header; never empty.
    Body(Bytes),
    /// The body of the latest Data header is complete; follows every lawful Data frame, even an empty one.
    BodyEnd,
    /// This many bytes that are not frames.
    Garbage(u32),
    /// This direction of the transport ended; nothing follows.
    End(TransportEnd),
    /// A barrier's ping with this value; not in the trace.
    Barrier(u32),
    /// The pong that answers a barrier with this value; not in the trace.
    BarrierAnswer(u32),
}

/// Turns bytes into a trace, without delaying or changing them.
///
/// An entry appears once its header is whole, and its body is counted as it arrives. After an unlawful header
/// (version not 0, type above 3) frame boundaries are unknown: everything from there on is one `Garbage` entry.
/// A header truncated by the end of the transport is one too.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    trace: Trace,
    to_peer: Way,
    to_subject: Way,
    seen: VecDeque<Observed>,
}

/// One direction of the wire.
#[derive(Debug, Default)]
struct Way {
    decoder: Decoder,
    /// When the first byte of the current header crossed; meaningless at a boundary.
    begun: Time,
    state: WayState,
    /// Values of barrier pings announced for this direction and not yet seen.
    pings: Vec<u32>,
    /// Values of barrier pongs expected in this direction.
    pongs: Vec<u32>,
}

/// What the next bytes of a direction are.
#[derive(Clone, Copy, Debug, Default)]
enum WayState {
    /// Headers, or the body of a barrier (which has none).
    #[default]
    Headers,
    /// The body of the entry with this index.
    Body(usize),
    /// No more frames, and no garbage yet.
    Lost,
    /// More garbage for the entry with this index.
    Garbage(usize),
    /// Nothing: this direction has ended.
    Ended,
}

impl Recorder {
    /// An empty trace.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Takes bytes that crossed. Bytes after the end of their direction are ignored.
    pub(crate) fn observe(&mut self, now: Time, direction: Direction, mut bytes: Bytes) {
        while !bytes.is_empty() {
            let way = self.way(direction);
            match way.state {
                WayState::Ended => return,
                WayState::Lost | WayState::Garbage(_) => {
                    return self.record_garbage(now, direction, now, &bytes);
                }
                WayState::Headers | WayState::Body(_) => {}
            }
            if way.decoder.is_at_boundary() {
                way.begun = now;
            }
            match way.decoder.decode(&mut bytes) {
                Some(Piece::Header(header)) => self.record_header(now, direction, header),
                Some(Piece::Body(body)) => self.record_body(now, direction, body),
                None => {}
            }
        }
    }

    /// Takes the end of one direction of the transport; the first end counts.
    pub(crate) fn end(&mut self, now: Time, direction: Direction, end: TransportEnd) {
        let way = self.way(direction);
        if matches!(way.state, WayState::Ended) {
            return;
        }
        let cut = Bytes::copy_from_slice(way.decoder.partial_header());
        let begun = way.begun;
        if !cut.is_empty() && matches!(way.state, WayState::Headers) {
            self.record_garbage(now, direction, begun, &cut);
        }
        self.way(direction).state = WayState::Ended;
        self.push(now, direction, Item::End(end));
        self.report(now, direction, Seen::End(end));
    }

    /// Marks that the step with this number (from 1) has settled.
    pub(crate) fn step(&mut self, now: Time, number: u32) {
        self.push(now, Direction::SubjectToPeer, Item::Step(number));
    }

    /// Announces a barrier: the next ping with this value that crosses in `direction`, and the pong that answers
    /// it, are the harness's own and stay out of the trace.
    pub(crate) fn barrier(&mut self, direction: Direction, value: u32) {
        self.way(direction).pings.push(value);
    }

    /// The next thing that crossed; `None` for now if there is none.
    pub(crate) fn poll_item(&mut self) -> Option<Observed> {
        self.seen.pop_front()
    }

    /// The trace so far.
    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Whether the bytes in `direction` so far end at a frame boundary, so that a new frame, or the end, may follow.
    pub(crate) fn is_at_boundary(&self, direction: Direction) -> bool {
        let way = self.way_ref(direction);
        matches!(way.state, WayState::Headers | WayState::Ended) && way.decoder.is_at_boundary()
    }

    fn record_header(&mut self, now: Time, direction: Direction, header: RawHeader) {
        if let Some(seen) = self.take_barrier(direction, &header) {
            return self.report(now, direction, seen);
        }
        let begun = self.way(direction).begun;
        let index = self.push(begun, direction, Item::Frame { header, body_len: 0, crc: 0 });
        self.report(now, direction, Seen::Header(header));
        match header.lawful_type() {
            None => self.way(direction).state = WayState::Lost,
            Some(FrameType::Data) if header.length > 0 => {
                self.way(direction).state = WayState::Body(index);
            }
            Some(FrameType::Data) => self.report(now, direction, Seen::BodyEnd),
            Some(FrameType::WindowUpdate | FrameType::Ping | FrameType::GoAway) => {}
        }
    }

    fn record_body(&mut self, now: Time, direction: Direction, bytes: Bytes) {
        let way = self.way(direction);
        let WayState::Body(index) = way.state else { return };
        let is_whole = way.decoder.body_left() == 0;
        if is_whole {
            way.state = WayState::Headers;
        }
        if let Some(Entry { item: Item::Frame { body_len, crc, .. }, .. }) =
            self.trace.entries.get_mut(index)
        {
            extend(body_len, crc, &bytes);
        }
        self.report(now, direction, Seen::Body(bytes));
        if is_whole {
            self.report(now, direction, Seen::BodyEnd);
        }
    }

    fn record_garbage(&mut self, now: Time, direction: Direction, begun: Time, bytes: &Bytes) {
        let index = match self.way(direction).state {
            WayState::Garbage(index) => index,
            _ => self.push(begun, direction, Item::Garbage { len: 0, crc: 0 }),
        };
        self.way(direction).state = WayState::Garbage(index);
        if let Some(Entry { item: Item::Garbage { len, crc }, .. }) =
            self.trace.entries.get_mut(index)
        {
            extend(len, crc, bytes);
        }
        self.report(now, direction, Seen::Garbage(as_len(bytes)));
    }

    /// This header's part in a barrier, if it belongs to one.
    fn take_barrier(&mut self, direction: Direction, header: &RawHeader) -> Option<Seen> {
        let RawHeader { flags, stream, length: value, .. } = *header;
        if header.lawful_type() != Some(FrameType::Ping) || stream != StreamId::SESSION {
            return None;
        }
        if flags == Flags::SYN {
            take(&mut self.way(direction).pings, value)?;
            self.way(direction.reverse()).pongs.push(value);
            Some(Seen::Barrier(value))
        } else if flags == Flags::ACK {
            take(&mut self.way(direction).pongs, value)?;
            Some(Seen::BarrierAnswer(value))
        } else {
            None
        }
    }

    /// The index of the new entry.
    fn push(&mut self, time: Time, direction: Direction, item: Item) -> usize {
        self.trace.entries.push(Entry { time, direction, item });
        self.trace.entries.len() - 1
    }

    fn report(&mut self, time: Time, direction: Direction, seen: Seen) {
        self.seen.push_back(Observed { time, direction, seen });
    }

    fn way(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::SubjectToPeer => &mut self.to_peer,
            Direction::PeerToSubject => &mut self.to_subject,
        }
    }

    fn way_ref(&self, direction: Direction) -> &Way {
        match direction {
            Direction::SubjectToPeer => &self.to_peer,
            Direction::PeerToSubject => &self.to_subject,
        }
    }
}

/// Counts `bytes` into a length and a checksum.
fn extend(len: &mut u32, crc: &mut u32, bytes: &Bytes) {
    let mut hasher = Hasher::new_with_initial(*crc);
    hasher.update(bytes);
    *crc = hasher.finalize();
    *len = len.saturating_add(as_len(bytes));
}

/// Removes the first `value` from `values`.
fn take(values: &mut Vec<u32>, value: u32) -> Option<u32> {
    let place = values.iter().position(|waiting| *waiting == value)?;
    Some(values.remove(place))
}

fn as_len(bytes: &Bytes) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use Direction::{PeerToSubject, SubjectToPeer};

    const NOW: Time = Time::from_nanos(5);

    fn data(stream: u32, body: &[u8]) -> Vec<u8> {
        let header =
            RawHeader::new(FrameType::Data, Flags::NONE, StreamId(stream), body.len() as u32);
        [&header.encode()[..], body].concat()
    }

    fn ping(flags: Flags, value: u32) -> RawHeader {
        RawHeader::new(FrameType::Ping, flags, StreamId::SESSION, value)
    }

    fn feed(recorder: &mut Recorder, direction: Direction, bytes: &[u8]) {
        recorder.observe(NOW, direction, Bytes::copy_from_slice(bytes));
    }

    fn seen(recorder: &mut Recorder) -> Vec<Seen> {
        std::iter::from_fn(|| recorder.poll_item()).map(|observed| observed.seen).collect()
    }

    #[test]
    fn an_entry_appears_with_its_header_and_its_body_is_counted_as_it_comes() {
        let mut recorder = Recorder::new();
        let bytes = data(1, b"hello");
        feed(&mut recorder, SubjectToPeer, &bytes[..5]);
        assert!(recorder.trace().entries.is_empty());
        recorder.observe(Time::from_nanos(9), SubjectToPeer, Bytes::copy_from_slice(&bytes[5..14]));
        assert!(!recorder.is_at_boundary(SubjectToPeer));
        let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 5);
        let item = Item::Frame { header, body_len: 2, crc: crc32fast::hash(b"he") };
        assert_eq!(
            recorder.trace().entries,
            [Entry { time: NOW, direction: SubjectToPeer, item }],
            "the time is that of the first byte"
        );
        feed(&mut recorder, SubjectToPeer, &bytes[14..]);
        assert!(recorder.is_at_boundary(SubjectToPeer));
        let item = Item::Frame { header, body_len: 5, crc: crc32fast::hash(b"hello") };
        assert_eq!(recorder.trace().entries[0].item, item);
        let expected = [
            Seen::Header(header),
            Seen::Body(Bytes::from_static(b"he")),
            Seen::Body(Bytes::from_static(b"llo")),
            Seen::BodyEnd,
        ];
        assert_eq!(seen(&mut recorder), expected);
    }

    #[test]
    fn everything_behind_an_unlawful_header_is_one_garbage_entry() {
        let mut recorder = Recorder::new();
        let mut header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 3);
        header.version = 7;
        feed(&mut recorder, PeerToSubject, &[&header.encode()[..], b"abc"].concat());
        feed(&mut recorder, PeerToSubject, &data(1, b"more"));
        feed(&mut recorder, SubjectToPeer, &data(1, b""));
        recorder.end(NOW, PeerToSubject, TransportEnd::Eof);
        let garbage = [b"abc", &data(1, b"more")[..]].concat();
        let items: Vec<_> = recorder.trace().entries.iter().map(|entry| entry.item).collect();
        let empty = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 0);
        let expected = [
            Item::Frame { header, body_len: 0, crc: 0 },
            Item::Garbage { len: 19, crc: crc32fast::hash(&garbage) },
            Item::Frame { header: empty, body_len: 0, crc: 0 },
            Item::End(TransportEnd::Eof),
        ];
        assert_eq!(items, expected);
        let expected = [
            Seen::Header(header),
            Seen::Garbage(3),
            Seen::Garbage(16),
            Seen::Header(empty),
            Seen::BodyEnd,
            Seen::End(TransportEnd::Eof),
        ];
        assert_eq!(seen(&mut recorder), expected);
    }

    #[test]
    fn a_header_cut_short_is_garbage_and_a_body_cut_short_is_not() {
        let mut recorder = Recorder::new();
        feed(&mut recorder, SubjectToPeer, &data(1, b"hello")[..15]);
        recorder.end(NOW, SubjectToPeer, TransportEnd::Reset);
        recorder.end(NOW, SubjectToPeer, TransportEnd::Eof);
        feed(&mut recorder, SubjectToPeer, b"too late");
        feed(&mut recorder, PeerToSubject, &[0, 1, 0]);
        recorder.end(NOW, PeerToSubject, TransportEnd::Eof);
        let items: Vec<_> = recorder.trace().entries.iter().map(|entry| entry.item).collect();
        let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 5);
        let expected = [
            Item::Frame { header, body_len: 3, crc: crc32fast::hash(b"hel") },
            Item::End(TransportEnd::Reset),
            Item::Garbage { len: 3, crc: crc32fast::hash(&[0, 1, 0]) },
            Item::End(TransportEnd::Eof),
        ];
        assert_eq!(items, expected);
    }

    #[test]
    fn a_barrier_and_its_answer_stay_out_of_the_trace() {
        let mut recorder = Recorder::new();
        recorder.barrier(PeerToSubject, 7);
        let asked = ping(Flags::SYN, 7).encode();
        let answered = ping(Flags::ACK, 7).encode();
        feed(&mut recorder, PeerToSubject, &[asked, asked].concat());
        feed(&mut recorder, SubjectToPeer, &[asked, answered, answered].concat());
        let headers: Vec<_> =
            recorder.trace().entries.iter().map(|entry| entry.direction).collect();
        assert_eq!(headers, [PeerToSubject, SubjectToPeer, SubjectToPeer]);
        let expected = [
            Seen::Barrier(7),
            Seen::Header(ping(Flags::SYN, 7)),
            Seen::Header(ping(Flags::SYN, 7)),
            Seen::BarrierAnswer(7),
            Seen::Header(ping(Flags::ACK, 7)),
        ];
        assert_eq!(seen(&mut recorder), expected);
    }

    proptest! {
        #[test]
        fn any_chopping_gives_the_same_trace(
            bodies in vec(vec(any::<u8>(), 0..40), 0..6),
            tail in vec(any::<u8>(), 0..30),
            sizes in vec(1usize..30, 1..20),
        ) {
            let mut input: Vec<u8> = bodies.iter().flat_map(|body| data(1, body)).collect();
            input.extend(tail);
            let mut whole = Recorder::new();
            feed(&mut whole, SubjectToPeer, &input);
            whole.end(NOW, SubjectToPeer, TransportEnd::Eof);
            let mut cut = Recorder::new();
            let mut rest = &input[..];
            for size in sizes.iter().cycle() {
                let (now, later) = rest.split_at((*size).min(rest.len()));
                feed(&mut cut, SubjectToPeer, now);
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            cut.end(NOW, SubjectToPeer, TransportEnd::Eof);
            prop_assert_eq!(whole.trace(), cut.trace());
        }
    }
}
