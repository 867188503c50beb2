//! One session under any calls, frames and jumps of time: it never panics, keeps its limits, and sends only lawful frames.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use crate::analysis::fuzzing::source::FuzzInput;
use crate::yamux::frame::{
    Decoder, Flags, FrameType, GoAwayCode, Piece, RawHeader, Side, StreamId,
};
use crate::yamux::session::{Config, InputEnd, Session};
use crate::yamux::time::Time;

/// Drives a session as the input says.
pub fn one_session(input: &[u8]) {
    let mut source = FuzzInput::new(input);
    let mut end = FuzzedEnd::new(&mut source);
    for _ in 0..MOST_STEPS {
        if source.is_empty() {
            break;
        }
        end.step(&mut source);
        end.check();
    }
}

struct FuzzedEnd {
    session: Session,
    config: Config,
    now: Time,
    sent: Decoder,
    known: Vec<StreamId>,
}

impl FuzzedEnd {
    fn new(source: &mut FuzzInput<'_>) -> Self {
        let side = if source.byte() & 1 == 0 { Side::Client } else { Side::Server };
        let config = Config {
            accept_backlog: source.below(8),
            max_window: source.below(1 << 20),
            send_buffer: source.below(70_000) as usize,
            close_resets: source.byte() & 1 == 1,
            keep_alive_interval: Some(Duration::from_secs(1 + u64::from(source.byte()))),
            ..Config::default()
        };
        Self {
            session: Session::new(Time::ZERO, side, config.clone()),
            config,
            now: Time::ZERO,
            sent: Decoder::default(),
            known: Vec::new(),
        }
    }

    fn step(&mut self, source: &mut FuzzInput<'_>) {
        let now = self.now;
        match source.byte() % 16 {
            0..=4 => {
                let frame = any_frame(source);
                self.session.handle_input(now, frame);
            }
            5 => {
                let bytes = Bytes::copy_from_slice(source.take(40));
                self.session.handle_input(now, bytes);
            }
            6 => self.pass(Duration::from_millis(u64::from(source.below(400_000)))),
            7 => {
                let most = source.below(100_000) as usize + 1;
                self.transmit(most);
            }
            8 if source.byte() > 250 => {
                let end = if source.byte() & 1 == 0 { InputEnd::Eof } else { InputEnd::Failed };
                self.session.handle_end(end);
            }
            _ => self.call(source),
        }
        while self.session.poll_event().is_some() {}
    }

    fn call(&mut self, source: &mut FuzzInput<'_>) {
        let now = self.now;
        let id = match self.known.len() {
            0 => StreamId(source.below(8)),
            len => self.known[source.below(8) as usize % len],
        };
        let session = &mut self.session;
        // The result of a call is not checked.
        let _ = match source.byte() % 16 {
            0..=2 => session.open(now).map(|id| self.known.push(id)),
            3..=5 => session.accept(now).map(|id| self.known.push(id)),
            6 | 7 => session.write(now, id, &vec![5; source.below(300_000) as usize]).map(drop),
            8 | 9 => session.read(now, id, &mut vec![0; source.below(300_000) as usize]).map(drop),
            10 => session.half_close(now, id),
            11 => session.close(now, id),
            12 => session.reset(now, id),
            13 => {
                session.forget(id);
                Ok(())
            }
            14 => session.ping(now).map(drop),
            _ => match source.byte() % 8 {
                0 => session.go_away(now, GoAwayCode::Normal),
                1 => session.close_read(now, id),
                2 => session.abandon(now, id),
                3 => {
                    session.close_session(now);
                    Ok(())
                }
                _ => Ok(()),
            },
        };
    }

    /// Lets time pass, with every timer at its moment.
    fn pass(&mut self, by: Duration) {
        let until = self.now + by;
        for _ in 0..MOST_TIMERS {
            match self.session.poll_timeout() {
                Some(due) if due <= until => {
                    self.now = self.now.max(due);
                    self.session.handle_timeout(self.now);
                    assert_ne!(
                        self.session.poll_timeout(),
                        Some(due),
                        "a timer is due again at the moment at which it was handled"
                    );
                }
                _ => break,
            }
        }
        self.now = until;
        self.session.handle_timeout(until);
    }

    fn transmit(&mut self, most: usize) {
        let Some(mut bytes) = self.session.poll_transmit(self.now, most) else { return };
        assert!(!bytes.is_empty() && bytes.len() <= most, "{} of {most} bytes", bytes.len());
        while let Some(piece) = self.sent.decode(&mut bytes) {
            if let Piece::Header(header) = piece {
                assert!(header.lawful_type().is_some(), "{header:?}");
                assert_eq!(header.flags.unknown(), 0, "{header:?}");
            }
        }
    }

    fn check(&self) {
        let window = self.config.max_window.max(256 << 10);
        for id in &self.known {
            assert!(self.session.unread(*id).is_none_or(|unread| unread <= window), "{id:?}");
        }
    }
}

/// A frame that is mostly lawful and about few streams, so that the input reaches deeper states.
fn any_frame(source: &mut FuzzInput<'_>) -> Bytes {
    let kind = match source.byte() % 8 {
        0..=2 => FrameType::Data,
        3..=5 => FrameType::WindowUpdate,
        6 => FrameType::Ping,
        _ => FrameType::GoAway,
    };
    let flags = match source.byte() {
        wild @ 240.. => Flags::from_bits(u16::from(wild) << 1),
        bits => Flags::from_bits(u16::from(bits % 16)),
    };
    let stream = match kind {
        FrameType::Data | FrameType::WindowUpdate => StreamId(source.below(9)),
        _ => StreamId::SESSION,
    };
    let length = match kind {
        FrameType::Data => source.below(6000),
        FrameType::WindowUpdate if source.byte() < 250 => source.below(300_000),
        FrameType::GoAway => source.below(4),
        _ => source.word(),
    };
    let mut bytes = BytesMut::new();
    bytes.put_slice(&RawHeader::new(kind, flags, stream, length).encode());
    if kind == FrameType::Data {
        bytes.put_bytes(3, length as usize);
    }
    bytes.freeze()
}

/// The most steps of an input, however long it is.
const MOST_STEPS: u32 = 400;

/// The most timers handled in one jump of time: keep-alive pings never end.
const MOST_TIMERS: u32 = 1000;
