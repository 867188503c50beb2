//! `WirePeer`: puts any frames and bytes on the wire and judges nothing. Pure.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::frame::{Decoder, Flags, FrameType, RawHeader, StreamId};
use crate::peer::{CallId, CallResult, Peer, PeerEvent, Request};
use crate::time::Time;
use crate::trace::TransportEnd;

/// A peer without a yamux: the script says every byte it sends.
#[derive(Debug, Default)]
pub struct WirePeer {
    outgoing: VecDeque<Bytes>,
    /// Follows what was sent, to know where a barrier may go.
    sent: Decoder,
    is_lost: bool,
    has_ended: bool,
    events: VecDeque<PeerEvent>,
}

impl Peer for WirePeer {
    fn perform(&mut self, _now: Time, call: CallId, _request: &Request) {
        let reason = "a wire peer has no application".to_owned();
        self.events
            .push_back(PeerEvent::Finished { call, result: CallResult::Unsupported { reason } });
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
        self.send_raw(now, Bytes::copy_from_slice(&ping.encode()))
    }

    fn send_raw(&mut self, _now: Time, bytes: Bytes) -> bool {
        let mut rest = bytes.clone();
        while let Some(piece) = self.sent.decode(&mut rest) {
            if let crate::frame::Piece::Header(header) = piece {
                self.is_lost |= header.lawful_type().is_none();
            }
        }
        self.outgoing.push_back(bytes);
        true
    }

    fn poll_transmit(&mut self, _now: Time, max: usize) -> Option<Bytes> {
        let next = self.outgoing.front_mut()?;
        let piece = next.split_to(next.len().min(max));
        if next.is_empty() {
            self.outgoing.pop_front();
        }
        Some(piece)
    }

    fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        None
    }

    fn poll_timeout(&self) -> Option<Time> {
        None
    }
}
