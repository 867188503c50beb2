//! The wire and its faults, between two scripted ends that record what they receive.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use crate::endpoint::{CallId, Endpoint, EndpointEvent, Request};
use crate::engine::wire::budget::MAX_ENTRIES;
use crate::engine::wire::{Ends, Wire};
use crate::scenario::{Actor, WireControl};
use crate::trace::{Direction, Item, Recorder, TransportEnd};
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};
use crate::yamux::time::Time;

/// What an end sends, and what it has received.
#[derive(Default)]
struct Mind {
    to_say: VecDeque<Bytes>,
    hangs_up: Option<TransportEnd>,
    /// The sizes of the pieces received.
    pieces: Vec<usize>,
    heard: Vec<u8>,
    heard_end: Option<TransportEnd>,
    /// Whether it answers every piece with a ping.
    is_chatty: bool,
}

#[derive(Clone, Default)]
struct ScriptedEnd(Rc<RefCell<Mind>>);

impl ScriptedEnd {
    fn say(&self, bytes: &[u8]) {
        self.0.borrow_mut().to_say.push_back(Bytes::copy_from_slice(bytes));
    }

    fn hang_up(&self, end: TransportEnd) {
        self.0.borrow_mut().hangs_up = Some(end);
    }

    fn heard(&self) -> Vec<u8> {
        self.0.borrow().heard.clone()
    }

    fn pieces(&self) -> Vec<usize> {
        self.0.borrow().pieces.clone()
    }

    fn heard_end(&self) -> Option<TransportEnd> {
        self.0.borrow().heard_end
    }

    fn unsaid(&self) -> usize {
        self.0.borrow().to_say.iter().map(Bytes::len).sum()
    }
}

impl Endpoint for ScriptedEnd {
    fn perform(&mut self, _: Time, _: CallId, _: &Request) {}

    fn receive(&mut self, _: Time, bytes: Bytes) {
        let mut mind = self.0.borrow_mut();
        mind.pieces.push(bytes.len());
        mind.heard.extend_from_slice(&bytes);
        if mind.is_chatty {
            let ping = RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, 1);
            mind.heard.clear();
            mind.pieces.clear();
            mind.to_say.push_back(Bytes::copy_from_slice(&ping.encode()));
        }
    }

    fn receive_end(&mut self, _: Time, end: TransportEnd) {
        let before = self.0.borrow_mut().heard_end.replace(end);
        assert_eq!(before, None, "an end hears of the other's end once");
    }

    fn handle_timeout(&mut self, _: Time) {}

    fn send_barrier(&mut self, _: Time, _: u32) -> bool {
        false
    }

    fn poll_transmit(&mut self, _: Time, max: usize) -> Option<Bytes> {
        assert!(max > 0, "nobody is asked for nothing");
        let mut mind = self.0.borrow_mut();
        let next = mind.to_say.front_mut()?;
        let piece = next.split_to(next.len().min(max));
        if next.is_empty() {
            mind.to_say.pop_front();
        }
        Some(piece)
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        None
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        self.0.borrow().hangs_up
    }

    fn poll_timeout(&self) -> Option<Time> {
        None
    }
}

/// A wire between two ends.
struct TestLine {
    wire: Wire,
    recorder: Recorder,
    ends: Ends,
    subject: ScriptedEnd,
    peer: ScriptedEnd,
}

impl TestLine {
    fn new() -> Self {
        let (subject, peer) = (ScriptedEnd::default(), ScriptedEnd::default());
        let ends = Ends { subject: Box::new(subject.clone()), peer: Box::new(peer.clone()) };
        Self { wire: Wire::new(0), recorder: Recorder::new(), ends, subject, peer }
    }

    fn control(&mut self, seconds: u64, control: &WireControl) {
        self.wire.control(second(seconds), control, &mut self.ends, &mut self.recorder);
    }

    fn exchange(&mut self, seconds: u64) {
        self.exchange_at(second(seconds));
    }

    fn exchange_at(&mut self, now: Time) {
        while self.wire.round(now, &mut self.ends, &mut self.recorder) {
            while self.recorder.poll_item().is_some() {}
        }
    }

    /// Lets time pass until nothing is in flight; the arrival time and size of each piece at the peer.
    fn arrivals(&mut self) -> Vec<(Duration, usize)> {
        let mut arrivals = Vec::new();
        while let Some(now) = self.wire.next_arrival() {
            let before = self.peer.pieces().len();
            self.exchange_at(now);
            let pieces = self.peer.pieces();
            arrivals.extend(pieces[before..].iter().map(|size| (now - Time::ZERO, *size)));
        }
        arrivals
    }

    /// The ends of the transport in the trace.
    fn recorded_ends(&self) -> Vec<(Direction, TransportEnd)> {
        let entries = self.recorder.trace().entries.iter();
        entries
            .filter_map(|entry| match entry.item {
                Item::End(end) => Some((entry.direction, end)),
                _ => None,
            })
            .collect()
    }
}

fn delay(by: Duration) -> WireControl {
    WireControl::Delay { to: Actor::Peer, by, jitter: Duration::ZERO }
}

fn second(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

#[test]
fn bytes_cross_both_ways_at_once_and_in_order() {
    let mut line = TestLine::new();
    line.subject.say(b"ab");
    line.subject.say(b"c");
    line.peer.say(b"xyz");
    line.exchange(0);
    assert_eq!((line.peer.heard(), line.subject.heard()), (b"abc".to_vec(), b"xyz".to_vec()));
    assert_eq!(line.wire.next_arrival(), None);
}

#[test]
fn segments_cut_what_arrives_at_one_end_only() {
    let mut line = TestLine::new();
    line.control(0, &WireControl::Segment(Actor::Subject, Some(2)));
    line.peer.say(b"abcde");
    line.subject.say(b"vwxyz");
    line.exchange(0);
    assert_eq!((line.subject.pieces(), line.peer.pieces()), (vec![2, 2, 1], vec![5]));
    assert_eq!(line.subject.heard(), b"abcde");
    line.control(0, &WireControl::Segment(Actor::Subject, None));
    line.peer.say(b"fghij");
    line.exchange(0);
    assert_eq!(line.subject.pieces(), [2, 2, 1, 5]);
}

#[test]
fn a_stall_keeps_bytes_and_the_end_until_it_is_over() {
    let mut line = TestLine::new();
    line.control(0, &WireControl::Stall(Actor::Peer));
    assert!(line.wire.is_held_up());
    line.subject.say(b"abc");
    line.subject.hang_up(TransportEnd::Eof);
    line.peer.say(b"x");
    line.exchange(0);
    line.exchange(1000);
    assert_eq!((line.peer.heard().len(), line.peer.heard_end()), (0, None));
    assert_eq!(line.subject.heard(), b"x", "the other way is open");
    assert_eq!(line.wire.next_arrival(), None, "time does not end a stall");
    line.control(1000, &WireControl::Resume(Actor::Peer));
    line.exchange(1000);
    assert_eq!(
        (line.peer.heard(), line.peer.heard_end()),
        (b"abc".to_vec(), Some(TransportEnd::Eof))
    );
    assert!(!line.wire.is_held_up());
}

#[test]
fn delayed_bytes_arrive_then_and_not_before() {
    let mut line = TestLine::new();
    line.control(0, &delay(Duration::from_secs(5)));
    line.subject.say(b"a");
    line.exchange(1);
    assert_eq!(line.wire.next_arrival(), Some(second(6)));
    line.exchange(5);
    assert_eq!(line.peer.heard(), b"");
    line.exchange(6);
    assert_eq!(line.peer.heard(), b"a");
    assert_eq!(line.wire.next_arrival(), None);
}

#[test]
fn nothing_overtakes_what_was_sent_before_it() {
    let mut line = TestLine::new();
    line.control(0, &delay(Duration::from_secs(5)));
    line.subject.say(b"a");
    line.exchange(0);
    line.control(0, &delay(Duration::ZERO));
    line.subject.say(b"b");
    line.exchange(1);
    assert_eq!(line.peer.heard(), b"");
    line.exchange(5);
    assert_eq!(line.peer.heard(), b"ab");
}

#[test]
fn a_buffer_holds_so_much_and_the_sender_keeps_the_rest() {
    let mut line = TestLine::new();
    line.control(0, &WireControl::Buffer(Actor::Peer, 4));
    line.control(0, &WireControl::Stall(Actor::Peer));
    line.subject.say(b"abc");
    line.subject.say(b"defghi");
    line.exchange(0);
    assert_eq!((line.subject.unsaid(), line.peer.heard().len()), (5, 0));
    line.control(1, &WireControl::Resume(Actor::Peer));
    line.exchange(1);
    assert_eq!((line.subject.unsaid(), line.peer.heard()), (0, b"abcdefghi".to_vec()));
}

#[test]
fn a_buffer_and_a_delay_make_a_slow_line() {
    let mut line = TestLine::new();
    line.control(0, &WireControl::Buffer(Actor::Peer, 4));
    line.control(0, &delay(Duration::from_secs(1)));
    line.subject.say(b"abcdefghi");
    for (seconds, heard) in [(0, 0), (1, 4), (2, 8), (3, 9)] {
        line.exchange(seconds);
        assert_eq!(line.peer.heard().len(), heard, "after {seconds} s");
    }
}

#[test]
fn bytes_pass_at_a_rate_and_not_faster() {
    let mut line = TestLine::new();
    line.control(0, &WireControl::Rate(Actor::Peer, Some(3_000_000)));
    line.subject.say(&[7; 10_000_000]);
    line.exchange(0);
    let arrivals = line.arrivals();
    assert_eq!(arrivals[0], (Duration::from_millis(1), 3000));
    assert_eq!(arrivals[2999], (Duration::from_secs(3), 3000));
    assert_eq!(arrivals.last().map(|(_, size)| *size), Some(1000), "the rest is a smaller piece");
    let end = Duration::from_nanos(3_333_333_333);
    assert_eq!(arrivals.last().map(|(moment, _)| *moment), Some(end), "nothing is rounded twice");

    line.subject.say(&[7; 30]);
    line.exchange(100);
    assert_eq!(line.wire.next_arrival(), Some(second(100) + Duration::from_micros(10)));
    line.exchange(101);
    line.control(101, &WireControl::Rate(Actor::Peer, None));
    line.subject.say(b"at once");
    line.exchange(101);
    assert_eq!(line.peer.heard().len(), 10_000_000 + 30 + 7);
    assert!(!line.wire.is_held_up());
}

#[test]
fn a_slow_rate_hands_over_small_pieces_and_a_delay_adds_to_it() {
    let mut line = TestLine::new();
    line.control(0, &WireControl::Rate(Actor::Peer, Some(1024)));
    line.control(0, &delay(Duration::from_secs(10)));
    line.subject.say(&[7; 2560]);
    line.subject.hang_up(TransportEnd::Eof);
    line.exchange(0);
    let at = |millis, size| (Duration::from_millis(millis), size);
    assert_eq!(line.arrivals(), [at(11_000, 1024), at(12_000, 1024), at(12_500, 512)]);
    assert_eq!(line.peer.heard_end(), Some(TransportEnd::Eof), "the end overtakes nothing");
}

#[test]
fn a_buffer_before_a_rate_keeps_the_rest_with_its_sender() {
    let mut line = TestLine::new();
    line.control(0, &WireControl::Buffer(Actor::Peer, 4));
    line.control(0, &WireControl::Rate(Actor::Peer, Some(1)));
    line.subject.say(b"abcdefghi");
    for (seconds, heard, unsaid) in [(0, 0, 5), (3, 0, 5), (4, 4, 1), (8, 8, 0), (9, 9, 0)] {
        line.exchange(seconds);
        assert_eq!((line.peer.heard().len(), line.subject.unsaid()), (heard, unsaid));
    }
}

#[test]
fn jitter_makes_each_piece_later_by_its_own_time_and_keeps_the_order() {
    let uneven = |seed| {
        let mut line = TestLine::new();
        line.wire = Wire::new(seed);
        let (by, jitter) = (Duration::from_millis(50), Duration::from_millis(10));
        line.control(0, &WireControl::Delay { to: Actor::Peer, by, jitter });
        for byte in 0..100 {
            line.subject.say(&[byte]);
        }
        line.exchange(0);
        let arrivals = line.arrivals();
        assert_eq!(line.peer.heard(), (0..100).collect::<Vec<u8>>());
        let moments: Vec<_> = arrivals.into_iter().map(|(moment, _)| moment).collect();
        assert!(moments.is_sorted());
        assert!(moments[0] >= by && moments[99] <= by + jitter, "{moments:?}");
        assert!(moments[0] < moments[99], "{moments:?}");
        moments
    };
    assert_eq!(uneven(1), uneven(1), "a case is the same each time");
    assert_ne!(uneven(1), uneven(2));
}

#[test]
fn a_cut_ends_both_ways_and_loses_what_is_under_way() {
    for end in [TransportEnd::Eof, TransportEnd::Reset] {
        let mut line = TestLine::new();
        line.control(0, &WireControl::Stall(Actor::Peer));
        line.subject.say(b"lost");
        line.peer.say(b"there");
        line.control(0, &WireControl::Cut(end));
        line.subject.say(b"into the void");
        line.exchange(1);
        line.control(1, &WireControl::Resume(Actor::Peer));
        line.exchange(1);
        assert_eq!((line.peer.heard(), line.subject.heard()), (b"".to_vec(), b"there".to_vec()));
        assert_eq!((line.peer.heard_end(), line.subject.heard_end()), (Some(end), Some(end)));
        assert_eq!(line.subject.unsaid(), 0, "whoever writes into the void is not blocked");
        assert!(line.wire.is_cut());
        let both = [(Direction::SubjectToPeer, end), (Direction::PeerToSubject, end)];
        assert_eq!(line.recorded_ends(), both);
    }
}

#[test]
fn one_direction_ends_behind_what_is_under_way_and_the_other_goes_on() {
    let mut line = TestLine::new();
    line.control(0, &delay(Duration::from_secs(5)));
    line.subject.say(b"before");
    line.exchange(0);
    line.control(0, &WireControl::End(Actor::Peer));
    line.subject.say(b"after");
    line.peer.say(b"back");
    line.exchange(5);
    assert_eq!((line.peer.heard(), line.subject.heard()), (b"before".to_vec(), b"back".to_vec()));
    assert_eq!((line.peer.heard_end(), line.subject.heard_end()), (Some(TransportEnd::Eof), None));
    assert_eq!(line.recorded_ends(), [(Direction::SubjectToPeer, TransportEnd::Eof)]);
    assert!(line.wire.is_cut());
    line.control(6, &WireControl::Cut(TransportEnd::Reset));
    assert_eq!(line.subject.heard_end(), Some(TransportEnd::Reset));
    assert_eq!(line.peer.heard_end(), Some(TransportEnd::Eof), "it has heard of its end before");
}

#[test]
fn an_end_that_hangs_up_ends_its_own_way_only() {
    let mut line = TestLine::new();
    line.subject.say(b"bye");
    line.subject.hang_up(TransportEnd::Eof);
    line.exchange(0);
    line.peer.say(b"still here");
    line.exchange(1);
    assert_eq!(
        (line.peer.heard(), line.peer.heard_end()),
        (b"bye".to_vec(), Some(TransportEnd::Eof))
    );
    assert_eq!((line.subject.heard(), line.subject.heard_end()), (b"still here".to_vec(), None));
    assert_eq!(line.recorded_ends(), [(Direction::SubjectToPeer, TransportEnd::Eof)]);
    assert!(!line.wire.is_cut());
}

#[test]
fn two_ends_that_never_stop_talking_do_not_hang_the_harness() {
    let mut line = TestLine::new();
    for end in [&line.subject, &line.peer] {
        end.0.borrow_mut().is_chatty = true;
    }
    line.subject.say(b"\0\x02\0\x01\0\0\0\0\0\0\0\x01");
    line.exchange(0);
    let entries = line.recorder.trace().entries.len();
    assert!(entries > MAX_ENTRIES && entries < MAX_ENTRIES + 10, "{entries} entries");
}
