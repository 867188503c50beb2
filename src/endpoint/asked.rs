//! `AskedEndpoint`: lets an end that cannot be told to ping be asked by pings that the harness inserts between its frames.
//! Pure.
//!
//! A ping with a value of its own may stand between any two frames, so the other end answers it like any other. Its pong is
//! removed here, so that the library at this end sees neither. Nothing else is delayed or changed.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::endpoint::{Burst, CallId, Endpoint, EndpointEvent, Request};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Decoder, Flags, FrameType, Piece, RawHeader, StreamId};
use crate::yamux::time::Time;

/// An end with the harness's own pings among its output, and without their pongs in its input.
pub(crate) struct AskedEndpoint {
    inner: Box<dyn Endpoint>,
    /// The frame position in what it has sent.
    sent: FrameWalk,
    /// Output that is not passed on yet: the rest of a piece into which a ping goes.
    rest: Bytes,
    /// Pings that wait for the end of a frame, encoded.
    pings: VecDeque<Bytes>,
    /// The frame position in what it has received.
    received: FrameWalk,
    /// The beginning of a header that may be that of a pong.
    held: BytesMut,
    /// The values of the pongs still expected.
    pongs: Vec<u32>,
}

/// Follows one direction from frame to frame.
#[derive(Default)]
struct FrameWalk {
    decoder: Decoder,
    /// Whether there was an unlawful header, after which frame boundaries are unknown.
    is_lost: bool,
}

/// What `FrameWalk` walked over.
enum Walked {
    /// All of a header, or its last bytes.
    Header(RawHeader),
    /// A part of a header.
    PartOfHeader,
    /// Bytes of a body, or after an unlawful header.
    Other,
}

impl FrameWalk {
    fn is_at_boundary(&self) -> bool {
        !self.is_lost && self.decoder.is_at_boundary()
    }

    /// Advances to the next end of a header or body, and says which it was; the bytes passed are split off.
    fn walk(&mut self, bytes: &mut Bytes) -> (Bytes, Walked) {
        let before = bytes.clone();
        if self.is_lost {
            bytes.clear();
            return (before, Walked::Other);
        }
        let piece = self.decoder.decode(bytes);
        let passed = before.slice(..before.len() - bytes.len());
        let walked = match piece {
            Some(Piece::Header(header)) => {
                self.is_lost = header.lawful_type().is_none();
                Walked::Header(header)
            }
            Some(Piece::Body(_)) => Walked::Other,
            None => Walked::PartOfHeader,
        };
        (passed, walked)
    }
}

impl AskedEndpoint {
    /// Wraps that end.
    pub(crate) fn new(inner: Box<dyn Endpoint>) -> Self {
        Self {
            inner,
            sent: FrameWalk::default(),
            rest: Bytes::new(),
            pings: VecDeque::new(),
            received: FrameWalk::default(),
            held: BytesMut::new(),
            pongs: Vec::new(),
        }
    }

    /// Whether this is the header of a pong that the library at this end did not ask for.
    fn is_own_pong(&mut self, header: &RawHeader) -> bool {
        let is_pong = header.lawful_type() == Some(FrameType::Ping)
            && header.flags == Flags::ACK
            && header.stream == StreamId::SESSION;
        let place = self.pongs.iter().position(|value| *value == header.length);
        match place.filter(|_| is_pong) {
            Some(place) => {
                self.pongs.remove(place);
                true
            }
            None => false,
        }
    }

    fn hand_over(&mut self, now: Time, bytes: BytesMut) {
        if !bytes.is_empty() {
            self.inner.receive(now, bytes.freeze());
        }
    }
}

impl Endpoint for AskedEndpoint {
    fn perform(&mut self, now: Time, call: CallId, request: &Request) {
        self.inner.perform(now, call, request);
    }

    fn receive(&mut self, now: Time, mut bytes: Bytes) {
        if self.pongs.is_empty() && self.held.is_empty() {
            let mut ahead = bytes.clone();
            while !ahead.is_empty() {
                self.received.walk(&mut ahead);
            }
            return self.inner.receive(now, bytes);
        }
        let mut through = BytesMut::new();
        while !bytes.is_empty() {
            let (passed, walked) = self.received.walk(&mut bytes);
            match walked {
                Walked::PartOfHeader => self.held.extend_from_slice(&passed),
                Walked::Header(header) if self.is_own_pong(&header) => self.held.clear(),
                Walked::Header(_) | Walked::Other => {
                    through.unsplit(self.held.split());
                    through.extend_from_slice(&passed);
                }
            }
        }
        self.hand_over(now, through);
    }

    fn receive_end(&mut self, now: Time, end: TransportEnd) {
        let held = self.held.split();
        self.hand_over(now, held);
        self.inner.receive_end(now, end);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.inner.handle_timeout(now);
    }

    /// The ping goes out at the end of the current frame.
    fn send_barrier(&mut self, _now: Time, value: u32) -> bool {
        if self.sent.is_lost || self.inner.poll_end().is_some() {
            return false;
        }
        let ping = RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, value);
        self.pings.push_back(Bytes::copy_from_slice(&ping.encode()));
        self.pongs.push(value);
        true
    }

    fn send_raw(&mut self, now: Time, burst: Burst) -> bool {
        self.inner.send_raw(now, burst)
    }

    fn poll_transmit(&mut self, now: Time, max: usize) -> Option<Bytes> {
        // A transport that takes less than a ping is a wire fault: the ping then waits.
        if self.sent.is_at_boundary()
            && self.pings.front().is_some_and(|ping| ping.len() <= max)
            && let Some(ping) = self.pings.pop_front()
        {
            return Some(ping);
        }
        if self.rest.is_empty() {
            self.rest = self.inner.poll_transmit(now, max)?;
        }
        let mut ahead = self.rest.slice(..self.rest.len().min(max));
        let mut taken = 0;
        while !ahead.is_empty() {
            taken += self.sent.walk(&mut ahead).0.len();
            if !self.pings.is_empty() && self.sent.is_at_boundary() {
                break;
            }
        }
        Some(self.rest.split_to(taken))
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        self.inner.poll_event()
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        if self.rest.is_empty() { self.inner.poll_end() } else { None }
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.inner.poll_timeout()
    }

    fn pass_time(&mut self, now: Time, limit: Time) -> Time {
        self.inner.pass_time(now, limit)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// An end that sends the given pieces, and keeps what it receives.
    #[derive(Default)]
    struct Plain {
        out: VecDeque<Bytes>,
        received: Rc<RefCell<Vec<u8>>>,
    }

    impl Endpoint for Plain {
        fn perform(&mut self, _now: Time, _call: CallId, _request: &Request) {}
        fn receive(&mut self, _now: Time, bytes: Bytes) {
            self.received.borrow_mut().extend_from_slice(&bytes);
        }
        fn receive_end(&mut self, _now: Time, _end: TransportEnd) {}
        fn handle_timeout(&mut self, _now: Time) {}
        fn send_barrier(&mut self, _now: Time, _value: u32) -> bool {
            false
        }
        fn poll_transmit(&mut self, _now: Time, max: usize) -> Option<Bytes> {
            let next = self.out.front_mut()?;
            let piece = next.split_to(next.len().min(max));
            if next.is_empty() {
                self.out.pop_front();
            }
            Some(piece)
        }
        fn poll_event(&mut self) -> Option<EndpointEvent> {
            None
        }
        fn poll_end(&mut self) -> Option<TransportEnd> {
            None
        }
        fn poll_timeout(&self) -> Option<Time> {
            None
        }
    }

    const NOW: Time = Time::ZERO;
    const BARRIER: u32 = 0xC0DE_0001;

    fn pong(value: u32) -> Vec<u8> {
        RawHeader::new(FrameType::Ping, Flags::ACK, StreamId::SESSION, value).encode().to_vec()
    }

    fn data(body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap();
        let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), length);
        [&header.encode()[..], body].concat()
    }

    fn pieces(bytes: &[u8], sizes: &[usize]) -> VecDeque<Bytes> {
        let mut rest = Bytes::copy_from_slice(bytes);
        let mut sizes = sizes.iter().copied().chain(std::iter::repeat(5));
        let mut pieces = VecDeque::new();
        while !rest.is_empty() {
            let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
            pieces.push_back(rest.split_to(size));
        }
        pieces
    }

    proptest! {
        #[test]
        fn a_ping_stands_between_two_frames_however_they_are_cut(
            bodies in vec(vec(any::<u8>(), 0..20), 1..5),
            sizes in vec(1usize..20, 0..12),
            after in 0usize..8,
        ) {
            let frames: Vec<Vec<u8>> = bodies.iter().map(|body| data(body)).collect();
            let plain = Plain { out: pieces(&frames.concat(), &sizes), ..Plain::default() };
            let mut end = AskedEndpoint::new(Box::new(plain));
            let mut sent = Vec::new();
            for turn in 0.. {
                if turn == after {
                    prop_assert!(end.send_barrier(NOW, BARRIER));
                }
                match end.poll_transmit(NOW, 1 << 20) {
                    Some(bytes) => sent.extend_from_slice(&bytes),
                    None if turn >= after => break,
                    None => {}
                }
            }
            let ping = RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, BARRIER);
            let mut found = (0..=frames.len()).filter(|place| {
                let (head, tail) = frames.split_at(*place);
                [head.concat(), ping.encode().to_vec(), tail.concat()].concat() == sent
            });
            prop_assert!(found.next().is_some());
        }

        #[test]
        fn only_the_harness_own_pong_is_taken_out(
            before in vec(any::<u8>(), 0..20),
            sizes in vec(1usize..20, 0..12),
        ) {
            let plain = Plain::default();
            let received = Rc::clone(&plain.received);
            let mut end = AskedEndpoint::new(Box::new(plain));
            prop_assert!(end.send_barrier(NOW, BARRIER));
            let (before, other) = (data(&before), pong(7));
            // The same bytes inside a body are payload.
            let inside = data(&pong(BARRIER));
            let crossed =
                [&before[..], &inside, &other, &pong(BARRIER), &pong(BARRIER), &before].concat();
            for piece in pieces(&crossed, &sizes) {
                end.receive(NOW, piece);
            }
            let expected = [&before[..], &inside, &other, &pong(BARRIER), &before].concat();
            prop_assert_eq!(&*received.borrow(), &expected);
        }
    }

    #[test]
    fn what_is_no_frame_goes_through_and_nothing_is_asked_behind_it() {
        let plain = Plain { out: pieces(&[9; 30], &[30]), ..Plain::default() };
        let mut end = AskedEndpoint::new(Box::new(plain));
        assert_eq!(end.poll_transmit(NOW, 100).unwrap().len(), 30);
        assert!(!end.send_barrier(NOW, BARRIER));
    }
}
