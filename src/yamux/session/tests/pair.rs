//! Two sessions joined: whatever two applications do, every byte arrives once and in order.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::yamux::payload::Pattern;
use crate::yamux::session::{Error, InputEnd};

/// Two sessions joined by a transport whose speed the test sets.
struct SessionPair {
    ends: [Session; 2],
    now: Time,
}

impl SessionPair {
    fn new(config: Config) -> Self {
        let end = |side| Session::new(Time::ZERO, side, config.clone());
        Self { ends: [end(Side::Client), end(Side::Server)], now: Time::ZERO }
    }

    /// Carries at most `max` bytes from one end to the other; returns whether there were any.
    fn carry(&mut self, from: usize, max: usize) -> bool {
        let Some(piece) = self.ends[from].poll_transmit(self.now, max) else {
            return false;
        };
        self.ends[1 - from].handle_input(self.now, piece);
        true
    }

    /// Carries bytes both ways until none are left.
    fn drive(&mut self) {
        while self.carry(0, usize::MAX) | self.carry(1, usize::MAX) {}
    }
}

#[test]
fn a_request_and_its_answer() {
    let mut pair = SessionPair::new(Config::default());
    let stream = pair.ends[0].open(pair.now).unwrap();
    pair.ends[0].write(pair.now, stream, b"request").unwrap();
    pair.ends[0].half_close(pair.now, stream).unwrap();
    pair.drive();
    assert_eq!(pair.ends[1].accept(pair.now), Ok(stream));
    assert_eq!(pair.ends[1].read_bytes(pair.now, stream, 100).unwrap(), "request");
    assert_eq!(pair.ends[1].read_bytes(pair.now, stream, 100), Err(Error::Eof));
    pair.ends[1].write_bytes(pair.now, stream, Bytes::from(vec![7; 100_000])).unwrap();
    pair.ends[1].half_close(pair.now, stream).unwrap();
    pair.drive();
    let mut answer = vec![0; 200_000];
    assert_eq!(pair.ends[0].read(pair.now, stream, &mut answer), Ok(100_000));
    assert_eq!(pair.ends[0].read(pair.now, stream, &mut answer), Err(Error::Eof));
    assert_eq!((pair.ends[0].live_streams(), pair.ends[1].live_streams()), (0, 0));
}

#[test]
fn the_writer_of_issue_133_learns_at_once() {
    let mut pair = SessionPair::new(Config { close_resets: true, ..Config::default() });
    let stream = pair.ends[0].open(pair.now).unwrap();
    let message = vec![1; 65_536];
    for _ in 0..4 {
        assert_eq!(pair.ends[0].write(pair.now, stream, &message), Ok(65_536));
    }
    pair.drive();
    pair.ends[1].accept(pair.now).unwrap();
    let mut buf = vec![0; 65_536];
    pair.ends[1].read(pair.now, stream, &mut buf).unwrap();
    assert_eq!(pair.ends[0].write(pair.now, stream, &message), Err(Error::Blocked));
    pair.ends[1].close(pair.now, stream).unwrap();
    pair.drive();
    assert_eq!(pair.ends[0].write(pair.now, stream, &message), Err(Error::StreamReset));
}

/// The next action of an application.
#[derive(Clone, Debug)]
enum Op {
    Open { end: usize },
    Accept { end: usize },
    Write { end: usize, stream: usize, len: usize, copies: bool },
    Read { end: usize, stream: usize, max: usize, copies: bool },
    HalfClose { end: usize, stream: usize },
    Carry { from: usize, max: usize },
}

fn op() -> impl Strategy<Value = Op> {
    let end = 0..2usize;
    let stream = 0..4usize;
    prop_oneof![
        1 => end.clone().prop_map(|end| Op::Open { end }),
        1 => end.clone().prop_map(|end| Op::Accept { end }),
        6 => (end.clone(), stream.clone(), 1..300_000usize, any::<bool>())
            .prop_map(|(end, stream, len, copies)| Op::Write { end, stream, len, copies }),
        8 => (end.clone(), stream.clone(), 1..200_000usize, any::<bool>())
            .prop_map(|(end, stream, max, copies)| Op::Read { end, stream, max, copies }),
        1 => (end.clone(), stream).prop_map(|(end, stream)| Op::HalfClose { end, stream }),
        8 => (end, 1..200_000usize).prop_map(|(from, max)| Op::Carry { from, max }),
    ]
}

/// What the application at one end knows about a stream.
#[derive(Default)]
struct PairFlow {
    written: u64,
    read: u64,
    is_finished: bool,
    has_seen_eof: bool,
}

/// Two applications on a pair.
struct Applications {
    pair: SessionPair,
    /// The streams that each end holds.
    held: [Vec<StreamId>; 2],
    flows: HashMap<(usize, StreamId), PairFlow>,
}

impl Applications {
    fn perform(&mut self, op: &Op) {
        let now = self.pair.now;
        match *op {
            Op::Open { end } => {
                if self.held[end].len() < 4
                    && let Ok(id) = self.pair.ends[end].open(now)
                {
                    self.held[end].push(id);
                }
            }
            Op::Accept { end } => {
                if let Ok(id) = self.pair.ends[end].accept(now) {
                    self.held[end].push(id);
                }
            }
            Op::Carry { from, max } => {
                self.pair.carry(from, max);
            }
            Op::Write { end, stream, len, copies } => {
                if let Some(&id) = self.held[end].get(stream) {
                    self.write(end, id, len, copies);
                }
            }
            Op::Read { end, stream, max, copies } => {
                if let Some(&id) = self.held[end].get(stream) {
                    self.read(end, id, max, copies);
                }
            }
            Op::HalfClose { end, stream } => {
                if let Some(&id) = self.held[end].get(stream) {
                    self.pair.ends[end].half_close(now, id).unwrap();
                    self.flows.entry((end, id)).or_default().is_finished = true;
                }
            }
        }
        self.check();
    }

    fn write(&mut self, end: usize, id: StreamId, len: usize, copies: bool) {
        let flow = self.flows.entry((end, id)).or_default();
        let data = Pattern { seed: id.0 * 2 + end as u32, offset: flow.written }.bytes(len);
        let session = &mut self.pair.ends[end];
        let window = session.send_window(id).unwrap();
        let result = if copies {
            session.write(self.pair.now, id, &data)
        } else {
            session.write_bytes(self.pair.now, id, data)
        };
        match result {
            Ok(n) => {
                assert!(!flow.is_finished && n > 0 && n <= len && n <= window as usize);
                flow.written += n as u64;
            }
            Err(Error::Blocked) => assert!(!flow.is_finished),
            Err(error) => assert!(flow.is_finished && error == Error::StreamClosed, "{error}"),
        }
    }

    fn read(&mut self, end: usize, id: StreamId, max: usize, copies: bool) {
        let session = &mut self.pair.ends[end];
        let result = if copies {
            let mut buf = vec![0; max];
            session.read(self.pair.now, id, &mut buf).map(|n| Bytes::from(buf).slice(..n))
        } else {
            session.read_bytes(self.pair.now, id, max)
        };
        let flow = self.flows.entry((end, id)).or_default();
        match result {
            Ok(data) => {
                let seed = id.0 * 2 + (1 - end) as u32;
                assert!(!data.is_empty() && data.len() <= max);
                assert_eq!(data, Pattern { seed, offset: flow.read }.bytes(data.len()));
                flow.read += data.len() as u64;
            }
            Err(Error::Eof) => flow.has_seen_eof = true,
            Err(error) => assert_eq!(error, Error::Blocked),
        }
    }

    /// No window is exceeded and nothing is lost: all bytes written are read, buffered, in transit or unsent.
    fn check(&self) {
        for session in &self.pair.ends {
            assert!(!session.is_ended(), "{:?}", session.end_reason());
            for stream in session.streams.live.values() {
                let promised = stream.buffer.len() + stream.recv_window.available();
                assert!(promised <= session.config.max_window);
            }
        }
    }

    /// Lets everything arrive and be read, then compares the totals.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let before: u64 = self.flows.values().map(|flow| flow.read).sum();
            self.pair.drive();
            for end in 0..2 {
                while let Ok(id) = self.pair.ends[end].accept(self.pair.now) {
                    self.held[end].push(id);
                }
                for id in self.held[end].clone() {
                    self.read(end, id, 1 << 20, true);
                }
            }
            if before == self.flows.values().map(|flow| flow.read).sum::<u64>() {
                break;
            }
        }
        for (end, id) in
            self.held.iter().enumerate().flat_map(|(end, ids)| ids.iter().map(move |id| (end, *id)))
        {
            let read = self.flows.get(&(end, id)).map_or(0, |flow| flow.read);
            let other = self.flows.get(&(1 - end, id));
            assert_eq!(read, other.map_or(0, |flow| flow.written));
            let has_seen_eof = self.flows.get(&(end, id)).is_some_and(|flow| flow.has_seen_eof);
            assert_eq!(has_seen_eof, other.is_some_and(|flow| flow.is_finished));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_byte_arrives_once_and_in_order(
        ops in vec(op(), 0..120),
        max_window in prop_oneof![Just(262_144u32), 262_144..1_000_000u32],
        send_buffer in prop_oneof![Just(1usize), Just(262_144), 1..100_000usize],
    ) {
        let config = Config { max_window, send_buffer, ..timeless() };
        let mut applications = Applications {
            pair: SessionPair::new(config),
            held: [Vec::new(), Vec::new()],
            flows: HashMap::new(),
        };
        for op in &ops {
            applications.perform(op);
        }
        applications.settle();
    }

    #[test]
    fn a_blocked_call_is_always_told_when_to_try_again(
        lens in vec(1..400_000usize, 1..20),
        carried in 1..50_000usize,
        send_buffer in prop_oneof![Just(1usize), Just(10_000)],
    ) {
        // A writer and a reader that act only on events, like an asynchronous driver.
        let mut pair = SessionPair::new(Config { send_buffer, ..timeless() });
        let id = pair.ends[0].open(pair.now).unwrap();
        pair.drive();
        pair.ends[1].accept(pair.now).unwrap();
        pair.drive();
        let total: usize = lens.iter().sum();
        let (mut written, mut read) = (0, 0);
        let (mut may_write, mut may_read) = (true, true);
        while read < total {
            let mut moved = false;
            while may_write && written < total {
                match pair.ends[0].write(pair.now, id, &vec![0; (total - written).min(lens[0])]) {
                    Ok(n) => written += n,
                    Err(error) => { prop_assert_eq!(error, Error::Blocked); may_write = false; }
                }
                moved = true;
            }
            while may_read {
                match pair.ends[1].read(pair.now, id, &mut vec![0; 30_000]) {
                    Ok(n) => read += n,
                    Err(error) => { prop_assert_eq!(error, Error::Blocked); may_read = false; }
                }
                moved = true;
            }
            moved |= pair.carry(0, carried) | pair.carry(1, carried);
            may_write |= std::iter::from_fn(|| pair.ends[0].poll_event())
                .any(|event| event == Event::Writable(id));
            may_read |= std::iter::from_fn(|| pair.ends[1].poll_event())
                .any(|event| event == Event::Readable(id));
            prop_assert!(moved, "stuck at {written} written, {read} read of {total}");
        }
    }
}

#[test]
fn both_ends_agree_when_one_closes_the_session() {
    let mut pair = SessionPair::new(Config::default());
    let stream = pair.ends[0].open(pair.now).unwrap();
    pair.ends[0].write(pair.now, stream, b"last words").unwrap();
    pair.ends[0].close_session(pair.now);
    pair.drive();
    assert!(pair.ends[0].poll_end());
    assert_eq!(pair.ends[1].accept(pair.now), Ok(stream));
    pair.ends[1].handle_end(InputEnd::Eof);
    assert_eq!(pair.ends[1].read_bytes(pair.now, stream, 100).unwrap(), "last words");
    assert_eq!(pair.ends[1].open(pair.now), Err(Error::SessionShutdown));
}
