//! Tests of a session's rules, and their shared helpers: frames written like the wire, one end alone (`PairEnd`), two
//! ends joined (`SessionPair`).

mod any_input;
mod closing;
mod flow_control;
mod half_close;
mod opening;
mod pair;
mod ping;
mod reset;
mod session_end;
mod timeouts;

use std::time::Duration;

use bytes::Bytes;

use crate::yamux::frame::{Decoder, Flags, FrameType, Piece, RawHeader, Side, StreamId};
use crate::yamux::session::{Config, Event, Session};
use crate::yamux::time::Time;

pub(super) const SYN: Flags = Flags::SYN;
pub(super) const ACK: Flags = Flags::ACK;
pub(super) const FIN: Flags = Flags::FIN;
pub(super) const RST: Flags = Flags::RST;
pub(super) const NONE: Flags = Flags::NONE;

/// Seconds after the start.
pub(super) fn at(seconds: f64) -> Time {
    Time::ZERO + Duration::from_secs_f64(seconds)
}

/// A Data frame.
pub(super) fn data(flags: Flags, id: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = frame(FrameType::Data, flags, id, body.len() as u32);
    bytes.extend_from_slice(body);
    bytes
}

/// A window update.
pub(super) fn window(flags: Flags, id: u32, credit: u32) -> Vec<u8> {
    frame(FrameType::WindowUpdate, flags, id, credit)
}

/// A ping or pong.
pub(super) fn ping(flags: Flags, value: u32) -> Vec<u8> {
    frame(FrameType::Ping, flags, 0, value)
}

/// A go-away.
pub(super) fn go_away(code: u32) -> Vec<u8> {
    frame(FrameType::GoAway, NONE, 0, code)
}

/// A frame's header.
pub(super) fn frame(kind: FrameType, flags: Flags, id: u32, length: u32) -> Vec<u8> {
    RawHeader::new(kind, flags, StreamId(id), length).encode().to_vec()
}

/// Frames in short: `D[FIN] s1 len5`, `W[SYN] s1 +0`, `P[ACK] #7`, `G 1`.
pub(super) fn in_short(bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut input = Bytes::copy_from_slice(bytes);
    let mut frames = Vec::new();
    while let Some(piece) = decoder.decode(&mut input) {
        if let Piece::Header(header) = piece {
            frames.push(header_in_short(header));
        }
    }
    assert!(decoder.is_at_boundary(), "the output ends inside a frame");
    frames
}

fn header_in_short(header: RawHeader) -> String {
    let RawHeader { flags, stream, length, .. } = header;
    let flags = if flags.is_empty() { String::new() } else { format!("[{flags}]") };
    match header.lawful_type().expect("a session sends only lawful frames") {
        FrameType::Data => format!("D{flags} s{stream} len{length}"),
        FrameType::WindowUpdate => format!("W{flags} s{stream} +{length}"),
        FrameType::Ping => format!("P{flags} #{length}"),
        FrameType::GoAway => format!("G{flags} {length}"),
    }
}

/// One end alone; the test plays the wire.
pub(super) struct PairEnd {
    pub(super) session: Session,
    pub(super) now: Time,
}

impl PairEnd {
    pub(super) fn new(side: Side, config: Config) -> Self {
        Self { session: Session::new(Time::ZERO, side, config), now: Time::ZERO }
    }

    pub(super) fn server() -> Self {
        Self::new(Side::Server, Config::default())
    }

    pub(super) fn client() -> Self {
        Self::new(Side::Client, Config::default())
    }

    /// Gives frames to the session.
    pub(super) fn recv(&mut self, bytes: Vec<u8>) -> &mut Self {
        self.session.handle_input(self.now, bytes.into());
        self
    }

    /// The bytes that the session sends now.
    pub(super) fn sent_bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.session.poll_transmit(self.now, 1000) {
            bytes.extend_from_slice(&piece);
        }
        bytes
    }

    /// The frames that the session sends now, in short.
    pub(super) fn sent(&mut self) -> Vec<String> {
        in_short(&self.sent_bytes())
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// Advances time to `to`, from deadline to deadline, with a transport that takes everything.
    pub(super) fn pass_to(&mut self, to: Time) -> Vec<(Time, String)> {
        let mut sent = Vec::new();
        while let Some(deadline) = self.session.poll_timeout().filter(|deadline| *deadline <= to) {
            self.now = deadline;
            self.session.handle_timeout(deadline);
            sent.extend(self.sent().into_iter().map(|frame| (deadline, frame)));
        }
        self.now = to;
        sent
    }

    pub(super) fn open(&mut self) -> StreamId {
        self.session.open(self.now).expect("the backlog has room")
    }

    pub(super) fn accept(&mut self) -> StreamId {
        self.session.accept(self.now).expect("a stream waits")
    }

    /// An accepted stream of the peer; its frames are already sent.
    pub(super) fn accepted(&mut self, id: u32) -> StreamId {
        self.recv(window(SYN, id, 0));
        let stream = self.accept();
        assert_eq!(stream, StreamId(id));
        self.sent();
        self.events();
        stream
    }

    /// An acknowledged stream of ours; its frames are already sent.
    pub(super) fn opened(&mut self) -> StreamId {
        let stream = self.open();
        self.recv(window(ACK, stream.0, 0));
        self.sent();
        self.events();
        stream
    }

    pub(super) fn write(&mut self, id: StreamId, len: usize) -> Result<usize, super::Error> {
        self.session.write(self.now, id, &vec![b'w'; len])
    }

    pub(super) fn read(&mut self, id: StreamId, max: usize) -> Result<usize, super::Error> {
        self.session.read(self.now, id, &mut vec![0; max])
    }
}

/// A configuration whose timers never run, for tests that do not involve time.
pub(super) fn timeless() -> Config {
    Config {
        keep_alive_interval: None,
        stream_open_timeout: None,
        stream_close_timeout: None,
        ..Config::default()
    }
}
