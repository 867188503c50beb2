//! `Output`: bytes on their way to the transport, in order, and whether the transport takes any. Pure.

pub(crate) mod pings;
pub(crate) mod replies;
pub(crate) mod turns;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::yamux::frame::{HEADER_LEN, RawHeader};
use crate::yamux::session::output::replies::Replies;
use crate::yamux::time::Time;

/// Bytes for the transport. Small frames share buffers; large bodies stay where they are.
///
/// Everything goes out in the order it was queued, except pings and pongs: they overtake data and the frames behind
/// data, as no frame relies on their place and a round trip must not include the queued data.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Frames without a body that were queued before the first data in `line`, and all pings and pongs.
    front: BytesMut,
    /// A data frame, and all frames queued behind it, except pings and pongs.
    line: VecDeque<Stretch>,
    /// Small frames gathered: the end of `line`.
    tail: BytesMut,
    /// The kind of bytes that went out last.
    last: Last,
    /// Bytes in `front`, `line` and `tail`.
    queued: usize,
    /// Bytes that a driver has taken and not yet reported as moved.
    handed_out: usize,
    /// When the transport last took a byte, or when the first byte began to wait.
    moved: Time,
    is_stalled: bool,
    replies: Replies,
}

/// Contiguous bytes.
#[derive(Debug)]
struct Stretch {
    bytes: Bytes,
    /// Whether a frame ends with them; if not, they are a header and the next stretch is its body.
    ends_frame: bool,
}

/// The kind of bytes that went out last, which decides what may go next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    FramesOfLine,
    PartOfLine,
    /// All of `front`; `line` goes next, or a flood of pings would block it for ever.
    Front,
    PartOfFront,
}

impl Output {
    /// Bytes the transport has not taken yet.
    pub(super) const fn len(&self) -> usize {
        self.queued + self.handed_out
    }

    /// Whether any bytes are still queued, neither taken nor handed out.
    pub(super) const fn has_queued(&self) -> bool {
        self.queued > 0
    }

    /// Queues a frame without a body.
    pub(super) fn push(&mut self, now: Time, header: RawHeader) {
        self.waits_from(now);
        if self.has_line() {
            self.push_small(&header.encode(), true);
        } else {
            self.push_front(header);
        }
    }

    /// Queues a frame that the peer provoked: a peer that sends and never reads would pile these up.
    pub(super) fn push_reply(&mut self, now: Time, header: RawHeader) {
        self.push(now, header);
        self.replies.add(HEADER_LEN);
    }

    /// Queues a ping.
    pub(super) fn push_ping(&mut self, now: Time, header: RawHeader) {
        self.waits_from(now);
        self.push_front(header);
    }

    /// Queues a pong, which the peer provoked.
    pub(super) fn push_pong(&mut self, now: Time, header: RawHeader) {
        self.push_ping(now, header);
        self.replies.add(HEADER_LEN);
    }

    /// Queues a frame with a body, which is copied.
    pub(super) fn push_copy(&mut self, now: Time, header: RawHeader, body: &[u8]) {
        self.waits_from(now);
        self.push_small(&header.encode(), true);
        if body.len() > COPIED_UP_TO {
            self.push_large(Bytes::copy_from_slice(body));
        } else {
            self.push_small(body, false);
        }
    }

    /// Queues a frame with a body; a large one without a copy.
    pub(super) fn push_body(&mut self, now: Time, header: RawHeader, body: Bytes) {
        self.waits_from(now);
        self.push_small(&header.encode(), true);
        if body.len() > COPIED_UP_TO {
            self.push_large(body);
        } else {
            self.push_small(&body, false);
        }
    }

    /// The next contiguous bytes, at most `max`; they count as handed out.
    pub(super) fn pop(&mut self, max: usize) -> Option<Bytes> {
        if max == 0 || self.queued == 0 {
            return None;
        }
        let piece = if self.is_front_next() { self.pop_front(max) } else { self.pop_line(max) };
        self.hand_out(piece.len());
        Some(piece)
    }

    /// Appends the next bytes to `pieces`, until about `at_most` are handed out and not yet moved: bytes handed out can
    /// no longer be overtaken.
    pub(super) fn take(&mut self, pieces: &mut VecDeque<Bytes>, at_most: usize) {
        while self.handed_out < at_most
            && let Some(piece) = self.pop(usize::MAX)
        {
            pieces.push_back(piece);
        }
    }

    /// The transport took `len` of the bytes handed out.
    pub(super) fn advance(&mut self, now: Time, len: usize) {
        let len = len.min(self.handed_out);
        if len == 0 {
            return;
        }
        self.handed_out -= len;
        self.moved = now;
        self.is_stalled = false;
        self.replies.advance(len);
    }

    /// Drops everything, including what was handed out.
    pub(super) fn discard(&mut self) {
        *self = Self::default();
    }

    /// Whether the transport has taken nothing for too long.
    pub(super) const fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// When a transport that takes nothing counts as stalled; `None` if nothing waits or it is stalled already.
    pub(super) fn stalls_at(&self, timeout: Duration) -> Option<Time> {
        (self.len() > 0 && !self.is_stalled).then(|| self.moved + timeout)
    }

    /// Records a stall if it is due; returns whether it began now.
    pub(super) fn note_stall(&mut self, now: Time, timeout: Duration) -> bool {
        let stalls = self.stalls_at(timeout).is_some_and(|at| at <= now);
        self.is_stalled |= stalls;
        stalls
    }

    /// An upper bound of the bytes of replies that still wait.
    pub(super) const fn replies_waiting(&self) -> usize {
        self.replies.waiting()
    }

    fn has_line(&self) -> bool {
        self.queued > self.front.len()
    }

    fn is_front_next(&self) -> bool {
        match self.last {
            Last::FramesOfLine => !self.front.is_empty(),
            Last::PartOfLine => false,
            Last::Front => !self.has_line(),
            Last::PartOfFront => true,
        }
    }

    fn pop_front(&mut self, max: usize) -> Bytes {
        let piece = self.front.split_to(self.front.len().min(max)).freeze();
        self.last = if self.front.is_empty() { Last::Front } else { Last::PartOfFront };
        piece
    }

    fn pop_line(&mut self, max: usize) -> Bytes {
        if self.line.is_empty() {
            self.close_tail(true);
        }
        let first = self.line.front_mut().expect("the line is not empty");
        let piece = first.bytes.split_to(first.bytes.len().min(max));
        let is_over = first.bytes.is_empty();
        self.last = if is_over && first.ends_frame { Last::FramesOfLine } else { Last::PartOfLine };
        if is_over {
            self.line.pop_front();
        }
        piece
    }

    fn push_front(&mut self, header: RawHeader) {
        if self.last == Last::Front && !self.has_line() {
            // Any `line` that begins after this may rely on this frame.
            self.last = Last::FramesOfLine;
        }
        self.front.extend_from_slice(&header.encode());
        self.added(HEADER_LEN);
    }

    fn waits_from(&mut self, now: Time) {
        if self.len() == 0 {
            self.moved = now;
        }
    }

    fn push_small(&mut self, bytes: &[u8], begins_frame: bool) {
        if self.tail.capacity() - self.tail.len() < bytes.len() {
            self.close_tail(begins_frame);
            self.tail = BytesMut::with_capacity(TAIL_CAPACITY.max(bytes.len()));
        }
        self.tail.extend_from_slice(bytes);
        self.added(bytes.len());
    }

    fn push_large(&mut self, body: Bytes) {
        self.close_tail(false);
        self.added(body.len());
        self.line.push_back(Stretch { bytes: body, ends_frame: true });
    }

    fn close_tail(&mut self, ends_frame: bool) {
        if !self.tail.is_empty() {
            let bytes = self.tail.split().freeze();
            self.line.push_back(Stretch { bytes, ends_frame });
        }
    }

    const fn added(&mut self, len: usize) {
        self.queued += len;
        self.replies.queued(len);
    }

    const fn hand_out(&mut self, len: usize) {
        self.queued -= len;
        self.handed_out += len;
    }
}

/// Bodies up to this size are copied behind their header, so that the transport gets one segment instead of two.
const COPIED_UP_TO: usize = 2 * 1024;
/// Room for many small frames in one segment.
const TAIL_CAPACITY: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yamux::frame::{Flags, FrameType, StreamId};

    fn header(length: u32) -> RawHeader {
        RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), length)
    }

    #[test]
    fn bytes_come_out_in_the_order_they_went_in() {
        let mut output = Output::default();
        let large = vec![9; 3000];
        let mut expected = Vec::new();
        for body in [b"abc".as_slice(), &large, b"", b"de"] {
            output.push_copy(Time::ZERO, header(body.len() as u32), body);
            expected.extend_from_slice(&header(body.len() as u32).encode());
            expected.extend_from_slice(body);
        }
        let mut seen = Vec::new();
        while let Some(piece) = output.pop(1000) {
            assert!(piece.len() <= 1000);
            output.advance(Time::ZERO, piece.len());
            seen.extend_from_slice(&piece);
        }
        assert_eq!(seen, expected);
        assert_eq!(output.len(), 0);
    }

    #[test]
    fn only_a_body_of_more_than_2_kib_is_a_piece_of_its_own() {
        for (len, expected) in [(2048, 1), (2049, 2)] {
            let body = Bytes::from(vec![7; len]);
            let mut pieces = VecDeque::new();
            let mut output = Output::default();
            output.push_body(Time::ZERO, header(len as u32), body.clone());
            output.take(&mut pieces, usize::MAX);
            assert_eq!(pieces.len(), expected, "{len} bytes");
            let is_kept = pieces.iter().any(|piece| piece.as_ptr() == body.as_ptr());
            assert_eq!(is_kept, expected == 2, "{len} bytes");

            pieces.clear();
            output.push_copy(Time::ZERO, header(len as u32), &body);
            output.take(&mut pieces, usize::MAX);
            assert_eq!(pieces.len(), expected, "{len} bytes by copy");
        }
    }

    #[test]
    fn small_frames_share_segments_of_16_kib() {
        let mut output = Output::default();
        for _ in 0..16 * 4 {
            output.push_copy(Time::ZERO, header(1012), &[7; 1012]);
        }
        let mut pieces = VecDeque::new();
        output.take(&mut pieces, usize::MAX);
        let lens: Vec<usize> = pieces.iter().map(Bytes::len).collect();
        assert_eq!(lens, [16 * 1024; 4]);
    }

    #[test]
    fn nothing_is_handed_over_beyond_the_limit() {
        let mut output = Output::default();
        for _ in 0..16 * 4 {
            output.push_copy(Time::ZERO, header(1012), &[7; 1012]);
        }
        let mut pieces = VecDeque::new();
        output.take(&mut pieces, 2 * 16 * 1024);
        assert_eq!(pieces.len(), 2);
        output.advance(Time::ZERO, 1);
        output.take(&mut pieces, 2 * 16 * 1024);
        assert_eq!(pieces.len(), 3);
    }

    #[test]
    fn many_small_frames_share_a_segment() {
        let mut output = Output::default();
        for _ in 0..100 {
            output.push_copy(Time::ZERO, header(5), b"12345");
        }
        let mut pieces = VecDeque::new();
        output.take(&mut pieces, usize::MAX);
        assert_eq!(pieces.len(), 1);
        assert_eq!(output.len(), 1700);
        output.advance(Time::ZERO, 1700);
        assert_eq!(output.len(), 0);
    }

    #[test]
    fn replies_count_until_they_have_moved() {
        let mut output = Output::default();
        output.push_reply(Time::ZERO, header(0));
        output.push_copy(Time::ZERO, header(5000), &[1; 5000]);
        output.push_reply(Time::ZERO, header(0));
        assert_eq!(output.replies_waiting(), 24);
        while let Some(piece) = output.pop(usize::MAX) {
            assert!(output.replies_waiting() >= 12, "the last reply has not moved yet");
            output.advance(Time::ZERO, piece.len());
        }
        assert_eq!(output.replies_waiting(), 0);
    }

    #[test]
    fn the_stall_timer_starts_with_the_first_waiting_byte_and_again_with_each_move() {
        let mut output = Output::default();
        let timeout = Duration::from_secs(10);
        let at = |seconds| Time::ZERO + Duration::from_secs(seconds);
        assert_eq!(output.stalls_at(timeout), None);
        output.push(at(1), header(0));
        output.push(at(5), header(0));
        assert_eq!(output.stalls_at(timeout), Some(at(11)));
        output.pop(4);
        output.advance(at(6), 4);
        assert_eq!(output.stalls_at(timeout), Some(at(16)));
        assert!(!output.note_stall(at(15), timeout));
        assert!(output.note_stall(at(16), timeout));
        assert_eq!(output.stalls_at(timeout), None);
        output.pop(4);
        output.advance(at(20), 4);
        assert!(!output.is_stalled());
    }
}
