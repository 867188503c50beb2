//! `Stream`: two halves, two windows, and who still uses them. Pure.

pub(crate) mod accept_queue;
pub(crate) mod half;
pub(crate) mod recv_buffer;
pub(crate) mod table;
pub(crate) mod window;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::yamux::frame::StreamId;
use crate::yamux::session::stream::half::{Reader, RecvHalf, SendHalf};
use crate::yamux::session::stream::recv_buffer::RecvBuffer;
use crate::yamux::session::stream::window::{RecvWindow, SendWindow};
use crate::yamux::time::Time;

/// One stream. Its usual state name follows from the halves:
///
/// ```text
///                 send half open      send half finished
/// recv half open  established    ───▶ half-closed (local)
///                     │  our FIN ─▶       │
///                     ▼ peer's FIN        ▼
/// recv finished   half-closed    ───▶ closed: off the wire, its remains wait for the application
///                 (remote)
/// ```
///
/// RST, from either end, resets both halves from every state. Once neither half is open, the number is free on the
/// wire.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(super) buffer: RecvBuffer,
    pub(super) timer: StreamTimer,
    pub(super) send_window: SendWindow,
    pub(super) recv_window: RecvWindow,
    pub(super) send: SendHalf,
    pub(super) recv: RecvHalf,
    pub(super) reader: Reader,
    pub(super) write_wait: WriteWait,
    /// Whether the application has a handle, since the open or the accept.
    pub(super) is_held: bool,
    /// Whether it counts against the backlog of unacknowledged streams: opened by us, and no ACK, RST or close yet.
    pub(super) holds_slot: bool,
    /// Whether a read returned `Blocked` since the last `Readable`.
    pub(super) is_read_blocked: bool,
}

/// The one timer a stream may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StreamTimer {
    #[default]
    Off,
    /// Ends the session.
    Open(Time),
    /// Resets the stream.
    Close(Time),
}

/// What a blocked write waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteWait {
    Nothing,
    /// Room in the output.
    Room,
    /// Nothing: room is reserved for it.
    Turn,
    /// Credit from the peer.
    Window,
}

impl Stream {
    /// A stream in its state after SYN.
    pub(super) fn new() -> Self {
        Self {
            buffer: RecvBuffer::default(),
            timer: StreamTimer::Off,
            send_window: SendWindow::new(),
            recv_window: RecvWindow::new(),
            send: SendHalf::Open,
            recv: RecvHalf::Open,
            reader: Reader::Reading,
            write_wait: WriteWait::Nothing,
            is_held: false,
            holds_slot: false,
            is_read_blocked: false,
        }
    }

    /// Whether both halves are closed on the wire.
    pub(super) fn is_off_the_wire(&self) -> bool {
        self.send != SendHalf::Open && self.recv != RecvHalf::Open
    }

    /// RST, from either end.
    pub(super) fn reset(&mut self) {
        self.send = SendHalf::Reset;
        self.recv = RecvHalf::Reset;
        self.buffer.clear();
    }

    /// Takes the open timer if it is no longer needed, because the ACK or the peer's FIN has come.
    pub(super) fn take_moot_timer(&mut self) -> StreamTimer {
        match self.timer {
            StreamTimer::Open(_) if !self.holds_slot || self.recv != RecvHalf::Open => {
                std::mem::take(&mut self.timer)
            }
            _ => StreamTimer::Off,
        }
    }

    /// Opens the window to `max`; returns the credit for SYN or ACK. Spec, "Flow Control": a larger window may be
    /// announced with either.
    pub(super) fn fill_window(&mut self, max: u32) -> u32 {
        let credit = self.recv_window.refill(max, self.buffer.len());
        self.recv_window.grant(credit);
        credit
    }
}

/// Streams by number.
pub(crate) type Streams = HashMap<StreamId, Stream, BuildHasherDefault<StreamIdHasher>>;

/// Spreads stream numbers, which go up in twos, over a table with one multiplication.
#[derive(Debug, Default)]
pub(crate) struct StreamIdHasher(u64);

impl Hasher for StreamIdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        // 2^64 divided by the golden ratio, made odd; the fold brings its well-mixed high bits down.
        let product = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn hash(number: u32) -> u64 {
        let mut hasher = StreamIdHasher::default();
        hasher.write_u32(number);
        hasher.finish()
    }

    /// A table uses the low bits for the place and the highest seven as a tag.
    #[test]
    fn numbers_that_go_up_in_twos_spread_over_a_table() {
        for first in [1, 2] {
            let hashes: Vec<u64> = (0..4096).map(|n| hash(first + 2 * n)).collect();
            let count = |bits: &dyn Fn(u64) -> u64| {
                hashes.iter().map(|hash| bits(*hash)).collect::<HashSet<_>>().len()
            };
            // Random hashes would fill 63 % of the places.
            assert!(count(&|hash| hash & 4095) > 4096 * 6 / 10);
            assert_eq!(count(&|hash| hash >> 57), 128);
        }
    }

    #[test]
    fn bytes_are_hashed_in_their_order() {
        let hash_of = |bytes: &[u8]| {
            let mut hasher = StreamIdHasher::default();
            hasher.write(bytes);
            hasher.finish()
        };
        assert_ne!(hash_of(&[1, 2]), hash_of(&[2, 1]));
        assert_ne!(hash_of(&[1, 2]), hash_of(&[1, 3]));
    }

    #[test]
    fn an_idle_stream_is_small() {
        // Table slot: the number and the stream. Growth keeps the table at least 7/16 full.
        let slot = size_of::<(StreamId, Stream)>();
        assert!(slot <= 88, "a slot takes {slot} bytes");
    }
}
