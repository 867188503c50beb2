//! `Observer`: the meaning of the frames on the wire, stream by stream, as the expectations read it. Pure.

pub(crate) mod frames;
pub(crate) mod order;
pub(crate) mod pongs;
#[cfg(test)]
pub(crate) mod sight;

use std::collections::{BTreeMap, VecDeque};

use crate::engine::StreamEvent;
use crate::engine::observe::frames::Frames;
use crate::engine::observe::order::Order;
use crate::engine::observe::pongs::Pongs;
use crate::engine::wire::ends::sender;
use crate::model::{Half, Model};
use crate::scenario::{Actor, Label};
use crate::trace::{Direction, Observed, Seen, TransportEnd};
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
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
    /// What the session may, must and must not do next.
    pub(crate) model: Model,
    current: [Option<RawHeader>; 2],
}

/// One stream as the wire shows it.
#[derive(Debug, Default)]
pub(crate) struct StreamView {
    /// Ordered events of the subject that no expectation has taken.
    pub(crate) events: VecDeque<(Time, StreamEvent)>,
    /// When the subject acknowledged it; cleared when an expectation takes it.
    pub(crate) acked: Option<Time>,
    /// Credit from the subject that no expectation has taken, and when its last part arrived.
    pub(crate) credit: Option<(Time, u64)>,
    /// The code of the subject's latest reset.
    pub(crate) reset_code: u32,
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
    pub(crate) fn count_by(&self, end: Actor, is_so: impl Fn(&Half) -> bool) -> usize {
        self.model.streams().filter(|(_, stream)| is_so(stream.sent_by(end))).count()
    }

    /// The stream with this number, created on first use.
    pub(crate) fn stream(&mut self, number: u32) -> &mut StreamView {
        self.streams.entry(number).or_default()
    }

    /// The number of the stream with this label; of the latest one if the label was reused.
    pub(crate) fn number_of(&self, label: &str) -> Option<u32> {
        self.model.number_of(label)
    }

    /// The stream with this label.
    pub(crate) fn labelled(&mut self, label: &str) -> Option<&mut StreamView> {
        let number = self.number_of(label)?;
        Some(self.stream(number))
    }

    /// Binds a label to a stream.
    pub(crate) fn bind(&mut self, label: &Label, number: u32) {
        if self.number_of(label) == Some(number) {
            return;
        }
        self.model.bind(label, number);
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
                if let Some(header) = self.current[lane] {
                    self.model.take_body_end(sender(seen.direction), &header);
                    if header.flags.contains(Flags::FIN) {
                        self.take_fin(seen.time, seen.direction, header.stream);
                    }
                }
            }
            Seen::Garbage(_) | Seen::Barrier(_) | Seen::BarrierAnswer(_) => {}
            Seen::End(end) => {
                self.model.take_end(seen.time, sender(seen.direction));
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
        if matches!(header.lawful_type(), Some(FrameType::Ping | FrameType::GoAway)) {
            self.model.take_header(now, sender(direction), &header);
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
        let is_reset = header.flags.contains(Flags::RST);
        // The length field of a reset is a code.
        let gives_credit = is_update && !is_reset;
        if self.model.take_header(now, sender(direction), &header) {
            self.order.begin_anew(number);
        }
        let is_unnamed = self.model.stream(number).is_some_and(|stream| stream.label.is_none());
        // A flood of streams that show nothing has no views.
        if from_subject {
            if header.flags.contains(Flags::ACK) {
                self.stream(number).acked = Some(now);
            }
            if gives_credit && header.length > 0 {
                let view = self.stream(number);
                let before = view.credit.map_or(0, |(_, credit)| credit);
                view.credit = Some((now, before + u64::from(header.length)));
            }
            if is_reset {
                let view = self.stream(number);
                view.reset_code = if is_update { header.length } else { 0 };
                view.events.push_back((now, StreamEvent::Reset));
            }
            if header.flags.contains(Flags::SYN) && is_unnamed {
                self.opened.push_back((now, number));
            }
        }
        if is_update && header.flags.contains(Flags::FIN) {
            self.take_fin(now, direction, header.stream);
        }
    }

    fn take_body(&mut self, now: Time, direction: Direction, stream: StreamId, len: u64) {
        self.model.take_body(sender(direction), stream.0, len);
        if direction == Direction::PeerToSubject {
            return;
        }
        self.order.push(stream.0, len);
        let view = self.stream(stream.0);
        match view.events.back_mut() {
            Some((time, StreamEvent::Data(sum))) if *time == now => *sum += len,
            _ => view.events.push_back((now, StreamEvent::Data(len))),
        }
    }

    fn take_fin(&mut self, now: Time, direction: Direction, stream: StreamId) {
        if direction == Direction::SubjectToPeer {
            self.stream(stream.0).events.push_back((now, StreamEvent::Fin));
        }
    }
}

const fn lane_index(direction: Direction) -> usize {
    match direction {
        Direction::SubjectToPeer => 0,
        Direction::PeerToSubject => 1,
    }
}
