//! `canonical`: from a trace to its meaning. Pure.

use std::collections::{BTreeSet, HashMap};

use crc32fast::Hasher;

use crate::trace::canonical::{
    Canonical, Credit, FlowMeaning, MeaningEvent, SessionEvent, StreamMeaning, StreamName,
};
use crate::trace::{Direction, Item, Trace};
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};

/// The meaning of the trace. Linear in its length.
pub(crate) fn canonical(trace: &Trace) -> Canonical {
    let mut reader = StreamReader::default();
    for entry in &trace.entries {
        match entry.item {
            Item::Frame { header, body_len, crc } => {
                reader.frame(entry.direction, &header, body_len, crc);
            }
            Item::Garbage { len, crc } => {
                reader.session_event(entry.direction, SessionEvent::Garbage { len, crc });
            }
            Item::End(_) => reader.end(entry.direction),
            Item::Step(number) => reader.settle(Some(number)),
        }
    }
    reader.finish()
}

/// The state of the reader.
#[derive(Default)]
struct StreamReader {
    canonical: Canonical,
    streams: Vec<StreamState>,
    /// The stream each number stands for now: an index into `streams`.
    current: HashMap<StreamId, usize>,
    /// Directions of streams whose credit changed since the last step settled.
    credited: Vec<(usize, Direction)>,
    to_peer: SessionState,
    to_subject: SessionState,
}

/// One direction of the session.
#[derive(Default)]
struct SessionState {
    opened: u32,
    unopened: u32,
    pings: u32,
    /// Pings without an answer: value and number.
    unanswered: BTreeSet<(u32, u32)>,
    /// The latest thing was a go-away, and its step has not settled.
    is_behind_go_away: bool,
}

struct StreamState {
    name: StreamName,
    meaning: StreamMeaning,
    to_peer: StreamHalf,
    to_subject: StreamHalf,
}

/// One direction of a stream, besides its meaning.
#[derive(Default)]
struct StreamHalf {
    credit: u64,
    is_credited: bool,
    is_finished: bool,
    is_reset: bool,
}

impl StreamReader {
    fn frame(&mut self, direction: Direction, header: &RawHeader, body_len: u32, crc: u32) {
        match header.lawful_type() {
            None => self.session_event(direction, SessionEvent::Irregular(*header)),
            Some(FrameType::Ping) => self.ping(direction, header),
            Some(FrameType::GoAway) => self.go_away(direction, header),
            Some(kind @ (FrameType::Data | FrameType::WindowUpdate)) => {
                // N18: empty data without a flag means nothing.
                if kind == FrameType::Data && header.length == 0 && header.flags.is_empty() {
                    return;
                }
                self.session(direction).is_behind_go_away = false;
                let index = self.stream(direction, header);
                self.streams[index].frame(direction, header, body_len, crc);
                let flow = self.streams[index].flow(direction);
                if credit_of(header) > 0 && !std::mem::replace(&mut flow.is_credited, true) {
                    self.credited.push((index, direction));
                }
            }
        }
    }

    /// The stream a frame belongs to; a new one if it opens one.
    fn stream(&mut self, direction: Direction, header: &RawHeader) -> usize {
        let known = self.current.get(&header.stream).copied();
        let name = if header.stream == StreamId::SESSION {
            if let Some(index) = known {
                return index;
            }
            StreamName::Zero
        } else if header.flags.contains(Flags::SYN) {
            // A number may be used again once its stream is over; before that a second SYN is an event of its stream.
            if let Some(index) = known.filter(|index| self.streams[*index].is_open()) {
                return index;
            }
            let session = self.session(direction);
            session.opened += 1;
            StreamName::Opened(direction, session.opened)
        } else {
            if let Some(index) = known {
                return index;
            }
            let session = self.session(direction);
            session.unopened += 1;
            StreamName::Unopened(direction, session.unopened)
        };
        let index = self.streams.len();
        self.streams.push(StreamState::new(name));
        self.current.insert(header.stream, index);
        index
    }

    /// N9: a ping is known by its place. N10: a pong is known by the ping it answers.
    fn ping(&mut self, direction: Direction, header: &RawHeader) {
        let RawHeader { flags, stream, length: value, .. } = *header;
        let is_ping = flags.contains(Flags::SYN);
        let regular = if is_ping { Flags::SYN } else { Flags::ACK };
        if is_ping {
            let session = self.session(direction);
            session.pings += 1;
            let number = session.pings;
            session.unanswered.insert((value, number));
            self.session_event(direction, SessionEvent::Ping(number));
        } else if flags.contains(Flags::ACK) {
            self.session(direction).is_behind_go_away = false;
            let asked = &mut self.session(direction.reverse()).unanswered;
            let first = asked.range((value, 0)..=(value, u32::MAX)).next().copied();
            let number = first.and_then(|first| asked.take(&first)).map(|(_, number)| number);
            let meaning = self.canonical.session_mut(direction);
            match number {
                Some(number) => meaning.pongs.push(number),
                None => meaning.unasked_pongs += 1,
            }
        }
        if flags != regular || stream != StreamId::SESSION {
            self.session_event(
                direction,
                SessionEvent::Irregular(RawHeader { length: 0, ..*header }),
            );
        }
    }

    fn go_away(&mut self, direction: Direction, header: &RawHeader) {
        if !header.flags.is_empty() || header.stream != StreamId::SESSION {
            return self.session_event(direction, SessionEvent::Irregular(*header));
        }
        self.session_event(direction, SessionEvent::GoAway(header.length));
        self.session(direction).is_behind_go_away = true;
    }

    /// N13, N14.
    fn end(&mut self, direction: Direction) {
        let is_behind_go_away = self.session(direction).is_behind_go_away;
        let events = &mut self.canonical.session_mut(direction).events;
        let code = match events.last() {
            Some(SessionEvent::GoAway(code)) if is_behind_go_away => Some(*code),
            _ => None,
        };
        if code.is_some() {
            events.pop();
        }
        self.session_event(direction, SessionEvent::End(code));
    }

    /// N6, N7: credit counts when a step has settled, as a total.
    fn settle(&mut self, step: Option<u32>) {
        self.to_peer.is_behind_go_away = false;
        self.to_subject.is_behind_go_away = false;
        for (index, direction) in self.credited.drain(..) {
            self.streams[index].settle(direction, step);
        }
    }

    fn session_event(&mut self, direction: Direction, event: SessionEvent) {
        self.session(direction).is_behind_go_away = false;
        self.canonical.session_mut(direction).events.push(event);
    }

    fn session(&mut self, direction: Direction) -> &mut SessionState {
        match direction {
            Direction::SubjectToPeer => &mut self.to_peer,
            Direction::PeerToSubject => &mut self.to_subject,
        }
    }

    fn finish(mut self) -> Canonical {
        self.settle(None);
        self.canonical.to_peer.pongs.sort_unstable();
        self.canonical.to_subject.pongs.sort_unstable();
        let silent = StreamMeaning::default();
        let streams = self.streams.into_iter().filter(|stream| stream.meaning != silent);
        self.canonical.streams = streams.map(|stream| (stream.name, stream.meaning)).collect();
        self.canonical
    }
}

impl StreamState {
    fn new(name: StreamName) -> Self {
        let (to_peer, to_subject) = (StreamHalf::default(), StreamHalf::default());
        Self { name, meaning: StreamMeaning::default(), to_peer, to_subject }
    }

    /// Whether it was opened, and either direction is still open.
    const fn is_open(&self) -> bool {
        let is_over = self.to_peer.is_finished && self.to_subject.is_finished;
        matches!(self.name, StreamName::Opened(..))
            && !(is_over || self.to_peer.is_reset || self.to_subject.is_reset)
    }

    /// N2, N3, N4: a frame's flags are events of their own; payload comes after SYN and before FIN and RST.
    fn frame(&mut self, direction: Direction, header: &RawHeader, body_len: u32, crc: u32) {
        let flags = header.flags;
        let is_reset = flags.contains(Flags::RST);
        let is_data = header.lawful_type() == Some(FrameType::Data);
        let meaning = self.meaning.flow_mut(direction);
        if flags.contains(Flags::SYN) {
            meaning.events.push(MeaningEvent::Open);
        }
        meaning.is_acked |= flags.contains(Flags::ACK);
        if flags.unknown() != 0 {
            meaning.events.push(MeaningEvent::UnknownFlags(flags.unknown()));
        }
        push_bytes(meaning, body_len, crc);
        if is_data && body_len < header.length {
            meaning.events.push(MeaningEvent::Cut);
        }
        if flags.contains(Flags::FIN) {
            meaning.events.push(MeaningEvent::Fin);
        }
        if is_reset {
            // Some implementations put an error code in the place of a delta.
            let code = if is_data { 0 } else { header.length };
            meaning.events.push(MeaningEvent::Reset { code });
        }
        let flow = self.flow(direction);
        flow.credit += credit_of(header);
        flow.is_finished |= flags.contains(Flags::FIN);
        flow.is_reset |= is_reset;
    }

    /// N19: credit counts only while the other end may still send. Where its FIN and the last credit cross within
    /// one step their order is an accident, so that step's credit does not count either.
    fn settle(&mut self, direction: Direction, step: Option<u32>) {
        let other = self.flow(direction.reverse());
        let is_useless = other.is_finished || other.is_reset;
        let flow = self.flow(direction);
        flow.is_credited = false;
        if is_useless || flow.is_reset {
            return;
        }
        let credit = Credit { step, total: flow.credit };
        self.meaning.flow_mut(direction).credit.push(credit);
    }

    const fn flow(&mut self, direction: Direction) -> &mut StreamHalf {
        match direction {
            Direction::SubjectToPeer => &mut self.to_peer,
            Direction::PeerToSubject => &mut self.to_subject,
        }
    }
}

/// N1: payload that follows payload is one piece.
fn push_bytes(meaning: &mut FlowMeaning, more: u32, crc: u32) {
    if more == 0 {
        return;
    }
    if let Some(MeaningEvent::Bytes { len, crc: whole }) = meaning.events.last_mut() {
        let mut hasher = Hasher::new_with_initial_len(*whole, *len);
        hasher.combine(&Hasher::new_with_initial_len(crc, more.into()));
        *whole = hasher.finalize();
        *len += u64::from(more);
    } else {
        meaning.events.push(MeaningEvent::Bytes { len: more.into(), crc });
    }
}

/// The credit a frame gives. (The length of a reset is a code, but credit behind a reset never counts.)
fn credit_of(header: &RawHeader) -> u64 {
    match header.lawful_type() {
        Some(FrameType::WindowUpdate) => header.length.into(),
        _ => 0,
    }
}
