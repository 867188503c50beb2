//! Two sessions on one transport: every byte arrives once and in order, no window is exceeded, and nothing is left behind.

use std::collections::BTreeMap;

use crate::analysis::fuzzing::source::FuzzInput;
use crate::yamux::frame::{Side, StreamId};
use crate::yamux::payload::Pattern;
use crate::yamux::session::{Config, Error, Session};
use crate::yamux::time::Time;

/// Drives two sessions as the input says, then lets them finish.
pub fn two_sessions(input: &[u8]) {
    let mut source = FuzzInput::new(input);
    let config = Config {
        accept_backlog: 1 + source.below(8),
        max_window: (256 << 10) + source.below(1 << 20),
        send_buffer: source.below(300_000) as usize,
        keep_alive_interval: None,
        stream_open_timeout: None,
        stream_close_timeout: None,
        ..Config::default()
    };
    let end = |side| Session::new(Time::ZERO, side, config.clone());
    let mut pair = FuzzedPair {
        ends: [end(Side::Client), end(Side::Server)],
        held: [Vec::new(), Vec::new()],
        flows: BTreeMap::new(),
    };
    for _ in 0..MOST_STEPS {
        if source.is_empty() {
            break;
        }
        pair.step(&mut source);
        assert!(pair.ends.iter().all(|end| !end.is_ended()), "a session ended");
    }
    pair.settle();
}

/// The calls of one end's application on a stream.
#[derive(Default)]
struct FuzzedFlow {
    written: u64,
    read: u64,
    is_finished: bool,
    has_seen_eof: bool,
}

struct FuzzedPair {
    ends: [Session; 2],
    /// The streams that each end holds.
    held: [Vec<StreamId>; 2],
    flows: BTreeMap<(usize, u32), FuzzedFlow>,
}

impl FuzzedPair {
    fn step(&mut self, source: &mut FuzzInput<'_>) {
        let choice = source.byte();
        let end = usize::from(choice >> 7);
        let id = match self.held[end].len() {
            0 => None,
            len => Some(self.held[end][usize::from(source.byte()) % len]),
        };
        match (choice % 16, id) {
            (0, _) if self.held[end].len() < 6 => {
                if let Ok(id) = self.ends[end].open(Time::ZERO) {
                    self.held[end].push(id);
                }
            }
            (1 | 2, _) => self.accept(end),
            (3..=6, Some(id)) => self.write(end, id, 1 + source.below(100_000) as usize),
            (7..=10, Some(id)) => _ = self.read(end, id, 1 + source.below(200_000) as usize),
            (11, Some(id)) => self.finish(end, id),
            _ => _ = self.carry(end, 1 + source.below(200_000) as usize),
        }
    }

    fn accept(&mut self, end: usize) {
        if let Ok(id) = self.ends[end].accept(Time::ZERO) {
            self.held[end].push(id);
        }
    }

    fn flow(&mut self, end: usize, id: StreamId) -> &mut FuzzedFlow {
        self.flows.entry((end, id.0)).or_default()
    }

    fn write(&mut self, end: usize, id: StreamId, len: usize) {
        let window = self.ends[end].send_window(id);
        let (written, is_finished) = {
            let flow = self.flow(end, id);
            (flow.written, flow.is_finished)
        };
        let data = pattern_of(end, id).skip(written).bytes(len);
        match self.ends[end].write_bytes(Time::ZERO, id, data) {
            Ok(taken) => {
                let most = window.map_or(0, |window| window as usize).min(len);
                assert!(!is_finished && taken > 0 && taken <= most, "{taken} of {most} bytes");
                self.flow(end, id).written += taken as u64;
            }
            Err(Error::Blocked) => assert!(!is_finished),
            Err(error) => assert!(is_finished && error == Error::StreamClosed, "{error}"),
        }
    }

    /// Whether it read bytes, or the end of the stream for the first time.
    fn read(&mut self, end: usize, id: StreamId, most: usize) -> bool {
        let result = self.ends[end].read_bytes(Time::ZERO, id, most);
        let flow = self.flow(end, id);
        match result {
            Ok(data) => {
                assert!(!data.is_empty() && data.len() <= most && !flow.has_seen_eof);
                let wrong = pattern_of(1 - end, id).skip(flow.read).first_difference(&data);
                assert_eq!(wrong, None, "stream {id:?} behind {} bytes", flow.read);
                flow.read += data.len() as u64;
                true
            }
            Err(Error::Eof) => !std::mem::replace(&mut flow.has_seen_eof, true),
            Err(error) => {
                assert_eq!(error, Error::Blocked);
                false
            }
        }
    }

    fn finish(&mut self, end: usize, id: StreamId) {
        let done = self.ends[end].half_close(Time::ZERO, id);
        assert!(done.is_ok(), "{done:?}");
        self.flow(end, id).is_finished = true;
    }

    fn carry(&mut self, from: usize, most: usize) -> bool {
        let Some(bytes) = self.ends[from].poll_transmit(Time::ZERO, most) else { return false };
        assert!(!bytes.is_empty() && bytes.len() <= most);
        self.ends[1 - from].handle_input(Time::ZERO, bytes);
        true
    }

    /// Finishes every stream and lets everything arrive: all bytes written were read, and no stream is left.
    fn settle(&mut self) {
        let mut moves = true;
        while moves {
            moves = self.carry(0, usize::MAX) | self.carry(1, usize::MAX);
            for end in 0..2 {
                let held = self.held[end].len();
                self.accept(end);
                moves |= self.held[end].len() > held;
                for id in self.held[end].clone() {
                    if !self.flow(end, id).is_finished {
                        self.finish(end, id);
                        moves = true;
                    }
                    moves |= self.read(end, id, 1 << 20);
                }
            }
        }
        for (end, ids) in self.held.iter().enumerate() {
            for id in ids {
                let flow = &self.flows[&(end, id.0)];
                let other = self.flows.get(&(1 - end, id.0));
                assert_eq!(flow.read, other.map_or(0, |other| other.written), "{id:?}");
                assert!(flow.has_seen_eof, "{id:?} has no end");
            }
        }
        for end in &self.ends {
            assert!(!end.is_ended() && !end.has_output());
            assert_eq!(end.live_streams(), 0, "streams are left");
        }
    }
}

const fn pattern_of(end: usize, id: StreamId) -> Pattern {
    Pattern::new(id.0 * 2 + end as u32)
}

/// The most steps of an input, however long it is.
const MOST_STEPS: u32 = 150;
