//! A test bed for the rules: frames put on the wire one by one, as the engine sees them.

use bytes::{Bytes, BytesMut};

use crate::engine::observe::Observer;
use crate::model::{Breach, Sender};
use crate::scenario::{Actor, Label};
use crate::trace::{Direction, Recorder, TransportEnd};
use crate::yamux::frame::{Flags, FrameType, RawHeader, Side, StreamId};
use crate::yamux::time::Time;

/// An observer and its input. Frames arrive one second apart.
pub(crate) struct Sight {
    pub(crate) observer: Observer,
    recorder: Recorder,
    subject: Side,
    seconds: u64,
}

impl Sight {
    /// A wire without traffic.
    pub(crate) fn of(subject: Side) -> Self {
        Self { observer: Observer::default(), recorder: Recorder::new(), subject, seconds: 0 }
    }

    /// A client's stream 1, called `s`, that the server has acknowledged.
    pub(crate) fn of_open_stream() -> Self {
        let mut sight = Self::of(Side::Client);
        sight.subject(update(Flags::SYN, 1, 0));
        sight.bind("s", 1);
        sight.peer(update(Flags::ACK, 1, 0));
        sight
    }

    /// Binds a label to a stream.
    pub(crate) fn bind(&mut self, label: &str, number: u32) {
        self.observer.bind(&Label::from(label), number);
    }

    /// A frame of the subject, and the model's verdict. Its body is zeros.
    pub(crate) fn judge(&mut self, header: RawHeader) -> Result<(), Breach> {
        let judged = self.judge_from(Actor::Subject, self.subject, &header);
        self.put(Direction::SubjectToPeer, header);
        judged
    }

    /// A frame of the peer, and the model's verdict if the peer is judged too.
    pub(crate) fn judge_peer(&mut self, header: RawHeader) -> Result<(), Breach> {
        let judged = self.judge_from(Actor::Peer, self.subject.other(), &header);
        self.put(Direction::PeerToSubject, header);
        judged
    }

    fn judge_from(&self, end: Actor, side: Side, header: &RawHeader) -> Result<(), Breach> {
        let sender = Sender { end, side, max_window: Some(MAX_WINDOW), max_frame: None };
        self.observer.model.judge_form(header, sender)
    }

    /// A frame of the subject that breaks no rule.
    #[track_caller]
    pub(crate) fn subject(&mut self, header: RawHeader) {
        assert_eq!(self.judge(header), Ok(()));
    }

    /// A frame of the peer.
    pub(crate) fn peer(&mut self, header: RawHeader) {
        self.put(Direction::PeerToSubject, header);
    }

    /// The subject ends the transport.
    pub(crate) fn end(&mut self) {
        self.seconds += 1;
        let now = Time::ZERO + std::time::Duration::from_secs(self.seconds);
        self.recorder.end(now, Direction::SubjectToPeer, TransportEnd::Eof);
        self.look();
    }

    fn put(&mut self, direction: Direction, header: RawHeader) {
        self.seconds += 1;
        let now = Time::ZERO + std::time::Duration::from_secs(self.seconds);
        let mut bytes = BytesMut::from(&header.encode()[..]);
        // Bodies larger than any window are truncated: no rule reads past it.
        bytes.resize(bytes.len() + (header.body_len() as usize).min(1 << 20), 0);
        self.recorder.observe(now, direction, Bytes::from(bytes));
        self.look();
    }

    fn look(&mut self) {
        while let Some(seen) = self.recorder.poll_item() {
            self.observer.take(&seen);
        }
    }
}

/// A Data frame.
pub(crate) const fn data(flags: Flags, stream: u32, length: u32) -> RawHeader {
    RawHeader::new(FrameType::Data, flags, StreamId(stream), length)
}

/// A WindowUpdate frame.
pub(crate) const fn update(flags: Flags, stream: u32, credit: u32) -> RawHeader {
    RawHeader::new(FrameType::WindowUpdate, flags, StreamId(stream), credit)
}

/// A Ping frame.
pub(crate) const fn ping(flags: Flags, value: u32) -> RawHeader {
    RawHeader::new(FrameType::Ping, flags, StreamId::SESSION, value)
}

/// A GoAway frame.
pub(crate) const fn go_away(code: u32) -> RawHeader {
    RawHeader::new(FrameType::GoAway, Flags::NONE, StreamId::SESSION, code)
}

/// The largest window the subject may grant.
pub(crate) const MAX_WINDOW: u32 = 262_144;
