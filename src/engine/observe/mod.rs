//! `Observer`: the meaning of the frames on the wire, stream by stream, as the expectations read it. Pure.

pub(crate) mod frames;
pub(crate) mod order;
pub(crate) mod pongs;
#[cfg(test)]
pub(crate) mod sight;

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::engine::StreamEvent;
use crate::engine::observe::frames::Frames;
use crate::engine::observe::order::Order;
use crate::engine::observe::pongs::Pongs;
use crate::engine::wire::ends::{sender, way_of};
use crate::scenario::{Actor, Label};
use crate::trace::{Direction, Observed, Seen, TransportEnd};
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, INITIAL_WINDOW, RawHeader, StreamId};
use crate::yamux::time::Time;

/// Everything seen on the wire so far, and the events that no expectation has taken yet.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// By stream number.
    pub(crate) streams: BTreeMap<u32, StreamView>,
    /// Streams the subject opened that no expectation has claimed, in order.
    pub(crate) opened: VecDeque<(Time, u32)>,
    /// Pongs from the subject.
    pub(crate) pongs: Pongs,
    /// Pings from the subject.
    pub(crate) pings: VecDeque<(Time, u32)>,
    /// How many pings the subject has sent.
    pub(crate) pings_seen: usize,
    /// How many pings the subject and the peer have sent, and how many pongs.
    asked: [usize; 2],
    answered: [usize; 2],
    /// The value of the subject's latest ping.
    pub(crate) latest_ping: Option<u32>,
    /// Whether the subject has sent a go-away.
    pub(crate) subject_said_go_away: bool,
    /// Whether the peer has sent a go-away.
    pub(crate) peer_said_go_away: bool,
    /// Go-aways from the subject.
    pub(crate) go_aways: VecDeque<(Time, GoAwayCode)>,
    /// When and how the subject ended the transport.
    pub(crate) ended: Option<(Time, TransportEnd)>,
    /// When and how the peer ended the transport.
    pub(crate) peer_ended: Option<(Time, TransportEnd)>,
    /// The direction that ended first.
    first_to_end: Option<Direction>,
    /// The direction of the first go-away, if it preceded both ends of the transport.
    first_go_away: Option<Direction>,
    /// The frames of the subject.
    pub(crate) frames: Frames,
    /// The order of the payload of different streams.
    pub(crate) order: Order,
    /// The stream number bound to each label.
    numbers: HashMap<Label, u32>,
    current: [Option<RawHeader>; 2],
}

/// One stream as the wire shows it.
#[derive(Debug)]
pub(crate) struct StreamView {
    /// The script's label for it.
    pub(crate) label: Option<Label>,
    /// From the subject to the peer.
    pub(crate) sent: LaneView,
    /// From the peer to the subject.
    pub(crate) received: LaneView,
    /// Ordered events of the subject that no expectation has taken.
    pub(crate) events: VecDeque<(Time, StreamEvent)>,
    /// When the subject acknowledged it; cleared when an expectation takes it.
    pub(crate) acked: Option<Time>,
    /// Credit from the subject that no expectation has taken, and when its last part arrived.
    pub(crate) credit: Option<(Time, u64)>,
    /// The code of the subject's latest reset.
    pub(crate) reset_code: u32,
}

/// One direction of one stream.
#[derive(Debug)]
pub(crate) struct LaneView {
    /// Payload bytes so far.
    pub(crate) payload: u64,
    /// Payload bytes the receiver has allowed so far.
    pub(crate) allowed: u64,
    /// Whether the credit ever exceeded the receiver's window plus the bytes its application had read.
    pub(crate) is_over_credited: bool,
    /// When its first SYN arrived.
    pub(crate) announced: Option<Time>,
    /// The number of SYNs.
    pub(crate) syn: u32,
    /// The number of ACKs.
    pub(crate) ack: u32,
    /// The number of FINs.
    pub(crate) fin: u32,
    /// The number of RSTs.
    pub(crate) rst: u32,
}

impl Default for LaneView {
    fn default() -> Self {
        let allowed = u64::from(INITIAL_WINDOW);
        Self {
            payload: 0,
            allowed,
            is_over_credited: false,
            announced: None,
            syn: 0,
            ack: 0,
            fin: 0,
            rst: 0,
        }
    }
}

impl StreamView {
    /// A stream not seen on the wire yet.
    pub(crate) fn new() -> Self {
        Self {
            label: None,
            sent: LaneView::default(),
            received: LaneView::default(),
            events: VecDeque::new(),
            acked: None,
            credit: None,
            reset_code: 0,
        }
    }

    /// Whether both directions are over, which frees its number.
    pub(crate) const fn is_over(&self) -> bool {
        self.sent.rst > 0 || self.received.rst > 0 || self.sent.fin > 0 && self.received.fin > 0
    }

    /// This direction and the other one.
    pub(crate) const fn lanes(&self, direction: Direction) -> (&LaneView, &LaneView) {
        match direction {
            Direction::SubjectToPeer => (&self.sent, &self.received),
            Direction::PeerToSubject => (&self.received, &self.sent),
        }
    }

    /// The direction in which this end receives.
    pub(crate) const fn lane_to(&mut self, end: Actor) -> &mut LaneView {
        match end {
            Actor::Subject => &mut self.received,
            Actor::Peer => &mut self.sent,
        }
    }

    /// Whether the writer of this direction can send no more: its window is used up, or it is over.
    pub(crate) const fn writer_is_at_rest(&self, direction: Direction) -> bool {
        let (lane, other) = self.lanes(direction);
        lane.payload >= lane.allowed || lane.fin > 0 || lane.rst > 0 || other.rst > 0
    }
}

impl Observer {
    /// The end that closed the transport first, if any.
    pub(crate) fn first_to_end(&self) -> Option<Actor> {
        self.first_to_end.map(sender)
    }

    /// The end that sent the first go-away, if it preceded the end of the transport.
    pub(crate) fn first_to_say_go_away(&self) -> Option<Actor> {
        self.first_go_away.map(sender)
    }

    /// How many pings an end has sent.
    pub(crate) const fn pings_by(&self, end: Actor) -> usize {
        self.asked[end as usize]
    }

    /// How many pongs an end has sent.
    pub(crate) const fn pongs_by(&self, end: Actor) -> usize {
        self.answered[end as usize]
    }

    /// When and how an end has ended the transport.
    pub(crate) const fn ended_by(&self, end: Actor) -> Option<(Time, TransportEnd)> {
        match end {
            Actor::Subject => self.ended,
            Actor::Peer => self.peer_ended,
        }
    }

    /// The number of streams on which this end's frames satisfy the predicate.
    pub(crate) fn count_by(&self, end: Actor, is_so: impl Fn(&LaneView) -> bool) -> usize {
        let way = way_of(end);
        self.streams.values().filter(|view| is_so(view.lanes(way).0)).count()
    }

    /// The stream with this number, created on first use.
    pub(crate) fn stream(&mut self, number: u32) -> &mut StreamView {
        self.streams.entry(number).or_insert_with(StreamView::new)
    }

    /// The number of the stream with this label; of the latest one if the label was reused.
    pub(crate) fn number_of(&self, label: &str) -> Option<u32> {
        self.numbers.get(label).copied()
    }

    /// The stream with this label.
    pub(crate) fn labelled(&mut self, label: &str) -> Option<&mut StreamView> {
        let number = self.number_of(label)?;
        self.streams.get_mut(&number)
    }

    /// Binds a label to a stream.
    pub(crate) fn bind(&mut self, label: &Label, number: u32) {
        let before = self.numbers.insert(Label::clone(label), number);
        if before == Some(number) {
            return;
        }
        if let Some(view) = before.and_then(|before| self.streams.get_mut(&before)) {
            view.label = None;
        }
        if let Some(other) = self.stream(number).label.replace(Label::clone(label)) {
            self.numbers.remove(&other);
        }
        self.opened.retain(|(_, opened)| *opened != number);
    }

    /// Takes in a recorded observation. Returns the header a piece of body belongs to.
    pub(crate) fn take(&mut self, seen: &Observed) -> Option<RawHeader> {
        let lane = lane_index(seen.direction);
        match &seen.seen {
            Seen::Header(header) => {
                self.current[lane] = Some(*header);
                if header.lawful_type().is_some() {
                    self.take_header(seen.time, seen.direction, *header);
                }
            }
            Seen::Body(body) => {
                let header = self.current[lane]?;
                self.take_body(seen.time, seen.direction, header.stream, body.len() as u64);
                return Some(header);
            }
            Seen::BodyEnd => {
                if let Some(header) = self.current[lane]
                    && header.flags.contains(Flags::FIN)
                {
                    self.take_fin(seen.time, seen.direction, header.stream);
                }
            }
            Seen::Garbage(_) | Seen::Barrier(_) | Seen::BarrierAnswer(_) => {}
            Seen::End(end) => {
                self.first_to_end.get_or_insert(seen.direction);
                let ended = match seen.direction {
                    Direction::SubjectToPeer => &mut self.ended,
                    Direction::PeerToSubject => &mut self.peer_ended,
                };
                ended.get_or_insert((seen.time, *end));
            }
        }
        None
    }

    fn take_header(&mut self, now: Time, direction: Direction, header: RawHeader) {
        let from_subject = direction == Direction::SubjectToPeer;
        if from_subject {
            self.frames.push(now, header);
        }
        if header.lawful_type() == Some(FrameType::Ping) {
            let is_pong = header.flags.contains(Flags::ACK);
            let counts = if is_pong { &mut self.answered } else { &mut self.asked };
            counts[sender(direction) as usize] += 1;
        }
        if header.lawful_type() == Some(FrameType::GoAway) && self.first_to_end.is_none() {
            self.first_go_away.get_or_insert(direction);
        }
        match header.lawful_type() {
            Some(FrameType::Data | FrameType::WindowUpdate) => {
                self.take_stream_frame(now, direction, header);
            }
            Some(FrameType::Ping) if from_subject && header.flags.contains(Flags::ACK) => {
                self.pongs.push(now, header.length, self.order.total());
            }
            Some(FrameType::Ping) if from_subject => {
                self.pings.push_back((now, header.length));
                self.pings_seen += 1;
                self.latest_ping = Some(header.length);
            }
            Some(FrameType::GoAway) if from_subject => {
                self.subject_said_go_away = true;
                self.go_aways.push_back((now, GoAwayCode::from_number(header.length)));
            }
            Some(FrameType::GoAway) => self.peer_said_go_away = true,
            _ => {}
        }
    }

    fn take_stream_frame(&mut self, now: Time, direction: Direction, header: RawHeader) {
        let from_subject = direction == Direction::SubjectToPeer;
        let is_update = header.lawful_type() == Some(FrameType::WindowUpdate);
        let number = header.stream.0;
        let view = self.stream(number);
        if header.flags.contains(Flags::SYN) && view.is_over() {
            view.sent = LaneView::default();
            view.received = LaneView::default();
            self.order.begin_anew(number);
        }
        let view = self.stream(number);
        let (lane, other) = if from_subject {
            (&mut view.sent, &mut view.received)
        } else {
            (&mut view.received, &mut view.sent)
        };
        let is_reset = header.flags.contains(Flags::RST);
        // The length field of a reset is a code.
        let gives_credit = is_update && !is_reset;
        if gives_credit {
            other.allowed += u64::from(header.length);
        }
        if header.flags.contains(Flags::SYN) {
            lane.announced.get_or_insert(now);
            lane.syn += 1;
        }
        lane.ack += u32::from(header.flags.contains(Flags::ACK));
        lane.rst += u32::from(is_reset);
        if from_subject {
            if header.flags.contains(Flags::ACK) {
                view.acked = Some(now);
            }
            if gives_credit && header.length > 0 {
                let before = view.credit.map_or(0, |(_, credit)| credit);
                view.credit = Some((now, before + u64::from(header.length)));
            }
            if is_reset {
                view.reset_code = if is_update { header.length } else { 0 };
                view.events.push_back((now, StreamEvent::Reset));
            }
            if header.flags.contains(Flags::SYN) && view.label.is_none() {
                self.opened.push_back((now, number));
            }
        }
        if is_update && header.flags.contains(Flags::FIN) {
            self.take_fin(now, direction, header.stream);
        }
    }

    fn take_body(&mut self, now: Time, direction: Direction, stream: StreamId, len: u64) {
        let view = self.stream(stream.0);
        if direction == Direction::PeerToSubject {
            view.received.payload += len;
            return;
        }
        view.sent.payload += len;
        self.order.push(stream.0, len);
        let view = self.stream(stream.0);
        match view.events.back_mut() {
            Some((time, StreamEvent::Data(sum))) if *time == now => *sum += len,
            _ => view.events.push_back((now, StreamEvent::Data(len))),
        }
    }

    fn take_fin(&mut self, now: Time, direction: Direction, stream: StreamId) {
        let view = self.stream(stream.0);
        match direction {
            Direction::SubjectToPeer => {
                view.sent.fin += 1;
                view.events.push_back((now, StreamEvent::Fin));
            }
            Direction::PeerToSubject => view.received.fin += 1,
        }
    }
}

const fn lane_index(direction: Direction) -> usize {
    match direction {
        Direction::SubjectToPeer => 0,
        Direction::PeerToSubject => 1,
    }
}
