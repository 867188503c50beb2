//! `RecvBuffer`: received data until the application reads it. Pure.

use std::collections::VecDeque;

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Received, unread data of one stream. When empty it owns no memory; with one piece, only that piece.
///
/// Small pieces are merged into larger ones, so that many tiny frames cost about their bytes, not a piece each.
#[derive(Debug, Default)]
pub(crate) struct RecvBuffer {
    /// The first piece; empty only if the buffer is.
    front: Bytes,
    more: Option<Box<More>>,
    len: u32,
}

/// The pieces after the first.
#[derive(Debug, Default)]
struct More {
    pieces: VecDeque<Bytes>,
    /// Merged small pieces; comes after `pieces`.
    tail: BytesMut,
}

impl RecvBuffer {
    /// The number of unread bytes. Invariant: at most the stream's window, so the count fits.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Appends a piece.
    pub(crate) fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        let before = self.len;
        self.len = before.saturating_add(piece.len() as u32);
        if self.front.is_empty() {
            self.front = piece;
            return;
        }
        let more = self.more.get_or_insert_default();
        if piece.len() > GATHERED_UP_TO {
            more.close_tail();
            more.pieces.push_back(piece);
            return;
        }
        if more.tail.capacity() - more.tail.len() < piece.len() {
            more.close_tail();
            let room = (before as usize).clamp(GATHERED_UP_TO, TAIL_AT_MOST);
            more.tail = BytesMut::with_capacity(room);
        }
        more.tail.extend_from_slice(&piece);
    }

    /// Copies as many bytes into `buf` as fit.
    pub(crate) fn read(&mut self, buf: &mut impl BufMut) -> usize {
        let mut done = 0;
        while buf.has_remaining_mut() && !self.front.is_empty() {
            let len = self.front.len().min(buf.remaining_mut());
            buf.put_slice(&self.front[..len]);
            self.front.advance(len);
            done += len;
            self.taken(len);
        }
        done
    }

    /// The next contiguous bytes, at most `max`, without a copy.
    pub(crate) fn read_bytes(&mut self, max: usize) -> Bytes {
        let len = self.front.len().min(max);
        let piece = self.front.split_to(len);
        self.taken(len);
        piece
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn taken(&mut self, len: usize) {
        self.len = self.len.saturating_sub(len as u32);
        if !self.front.is_empty() {
            return;
        }
        // An empty slice would still keep its whole read buffer alive.
        self.front = Bytes::new();
        if let Some(more) = &mut self.more {
            match more.pieces.pop_front() {
                Some(piece) => self.front = piece,
                None => self.front = more.tail.split().freeze(),
            }
            if more.pieces.is_empty() && more.tail.is_empty() {
                self.more = None;
            }
        }
    }
}

impl More {
    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push_back(self.tail.split().freeze());
        }
    }
}

/// Pieces up to this size are copied together: below it, the copy costs less than the piece's own bookkeeping.
const GATHERED_UP_TO: usize = 2 * 1024;
/// The largest merged piece; larger ones would hold memory long after most of it was read.
const TAIL_AT_MOST: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_emptied_buffer_holds_nothing() {
        let mut buffer = RecvBuffer::default();
        for len in [1, 5000, 3, 3] {
            buffer.push(Bytes::from(vec![7; len]));
        }
        assert_eq!(buffer.read(&mut [0; 6000].as_mut_slice()), 5007);
        assert!(buffer.more.is_none());
        assert_eq!(buffer.len(), 0);
    }

    #[test]
    fn only_a_piece_of_more_than_2_kib_is_kept_as_it_is() {
        for (len, is_kept) in [(2048, false), (2049, true)] {
            let piece = Bytes::from(vec![7; len]);
            let mut buffer = RecvBuffer::default();
            buffer.push(Bytes::from_static(b"x"));
            buffer.push(piece.clone());
            buffer.read_bytes(1);
            let read = buffer.read_bytes(usize::MAX);
            assert_eq!(read, piece);
            assert_eq!(read.as_ptr() == piece.as_ptr(), is_kept, "{len} bytes");
        }
    }

    #[test]
    fn pieces_are_gathered_up_to_16_kib() {
        let mut buffer = RecvBuffer::default();
        for _ in 0..101 {
            buffer.push(Bytes::from(vec![7; 1024]));
        }
        buffer.read_bytes(usize::MAX);
        let mut lens = Vec::new();
        while buffer.len() > 0 {
            lens.push(buffer.read_bytes(usize::MAX).len() / 1024);
        }
        // As much room as was unread before: little at first, then as much as allowed.
        assert_eq!(lens.iter().sum::<usize>(), 100);
        assert_eq!(lens.iter().max(), Some(&16), "{lens:?}");
        assert!(lens.len() <= 10, "{lens:?}");
    }

    #[test]
    fn tiny_pieces_are_gathered() {
        let mut buffer = RecvBuffer::default();
        for _ in 0..10_000 {
            buffer.push(Bytes::from_static(b"x"));
        }
        let pieces = buffer.more.as_ref().map_or(0, |more| more.pieces.len());
        assert!(pieces < 10, "10000 one-byte pieces became {pieces}");
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_in_order(
            pushes in vec(0usize..6000, 0..20),
            reads in vec((any::<bool>(), 1usize..5000), 0..60),
        ) {
            let mut buffer = RecvBuffer::default();
            let (mut written, mut read) = (Vec::new(), Vec::new());
            let mut pushes = pushes.into_iter();
            for (copies, max) in reads {
                if let Some(len) = pushes.next() {
                    let piece: Vec<u8> = (0..len).map(|at| (written.len() + at) as u8).collect();
                    written.extend_from_slice(&piece);
                    buffer.push(piece.into());
                }
                if copies {
                    let mut buf = vec![0; max];
                    let n = buffer.read(&mut buf.as_mut_slice());
                    read.extend_from_slice(&buf[..n]);
                } else {
                    read.extend_from_slice(&buffer.read_bytes(max));
                }
                prop_assert_eq!(buffer.len() as usize, written.len() - read.len());
            }
            while buffer.len() > 0 {
                read.extend_from_slice(&buffer.read_bytes(usize::MAX));
            }
            prop_assert_eq!(read, written);
        }
    }
}
