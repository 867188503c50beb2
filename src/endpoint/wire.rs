//! `WireEndpoint`: puts any frames and bytes on the wire and judges nothing. Pure.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::endpoint::{Body, Burst, CallId, CallResult, Endpoint, EndpointEvent, Request};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Decoder, Flags, FrameType, Piece, RawHeader, StreamId};
use crate::yamux::time::Time;

/// A peer without a yamux: the scenario gives every byte it sends.
#[derive(Debug, Default)]
pub struct WireEndpoint {
    outgoing: VecDeque<Burst>,
    /// How much of the first burst is produced.
    made: u64,
    /// Produced and not taken yet.
    piece: Bytes,
    /// Follows what was sent, to know where a barrier may go.
    sent: Decoder,
    is_lost: bool,
    has_ended: bool,
    events: VecDeque<EndpointEvent>,
}

impl Endpoint for WireEndpoint {
    fn perform(&mut self, _now: Time, call: CallId, _request: &Request) {
        let reason = "a wire peer has no application".to_owned();
        self.events.push_back(EndpointEvent::Finished {
            call,
            result: CallResult::Unsupported { reason },
        });
    }

    fn receive(&mut self, _now: Time, _bytes: Bytes) {}

    fn receive_end(&mut self, _now: Time, _end: TransportEnd) {
        self.has_ended = true;
    }

    fn handle_timeout(&mut self, _now: Time) {}

    fn send_barrier(&mut self, now: Time, value: u32) -> bool {
        if self.has_ended || self.is_lost || !self.sent.is_at_boundary() {
            return false;
        }
        let ping = RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, value);
        self.send_raw(now, Burst::frames(ping, Body::NONE, 1))
    }

    fn send_raw(&mut self, _now: Time, burst: Burst) -> bool {
        self.follow(&burst);
        self.outgoing.push_back(burst);
        true
    }

    fn poll_transmit(&mut self, _now: Time, max: usize) -> Option<Bytes> {
        while self.piece.is_empty() {
            let burst = self.outgoing.front()?;
            let left = burst.size() - self.made;
            if left == 0 {
                self.outgoing.pop_front();
                self.made = 0;
                continue;
            }
            self.piece =
                burst.make(self.made, usize::try_from(left).map_or(MADE, |left| left.min(MADE)));
            self.made += self.piece.len() as u64;
        }
        Some(self.piece.split_to(self.piece.len().min(max)))
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        self.events.pop_front()
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        None
    }

    fn poll_timeout(&self) -> Option<Time> {
        None
    }
}

impl WireEndpoint {
    /// Follows where the frames of a burst end.
    fn follow(&mut self, burst: &Burst) {
        // Whole frames begin and end at a boundary, and need not be looked at one by one.
        if self.sent.is_at_boundary() && burst.is_whole_frames() {
            return;
        }
        let mut at = 0;
        while at < burst.size() && !self.is_lost {
            let left = burst.size() - at;
            let mut bytes =
                burst.make(at, usize::try_from(left).map_or(FOLLOWED, |left| left.min(FOLLOWED)));
            at += bytes.len() as u64;
            while let Some(piece) = self.sent.decode(&mut bytes) {
                if let Piece::Header(header) = piece {
                    self.is_lost |= header.lawful_type().is_none();
                }
            }
        }
    }
}

/// How much of a burst is produced at once.
const MADE: usize = 4 << 20;

/// How much of it is decoded at once to find where it ends.
const FOLLOWED: usize = 64 << 10;
