//! `Decoder`: takes bytes in pieces of any size, returns headers and body pieces. Pure.

use bytes::{Buf, Bytes};

use crate::yamux::frame::{HEADER_LEN, RawHeader};

/// The next thing that the decoder found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A whole header; its `body_len` bytes follow as `Body` pieces.
    Header(RawHeader),
    /// The next bytes of the current body; never empty, never past its end.
    Body(Bytes),
}

/// Splits a byte stream into headers and bodies. The same bytes give the same frames, however the input is split.
///
/// It validates nothing: an unlawful header is a `Piece::Header` like any other, and the caller must stop there.
#[derive(Debug, Default)]
pub struct Decoder {
    header: [u8; HEADER_LEN],
    /// The number of bytes in `header`; always below `HEADER_LEN`.
    have: usize,
    /// The number of bytes of the current body still to come.
    body_left: u32,
}

impl Decoder {
    /// Takes the next piece out of `input`; `None` once `input` is used up.
    pub fn decode(&mut self, input: &mut Bytes) -> Option<Piece> {
        if input.is_empty() {
            return None;
        }
        if self.body_left > 0 {
            let len = input.len().min(self.body_left as usize);
            // `len` is at most `body_left`, so it fits.
            self.body_left -= len as u32;
            return Some(Piece::Body(input.split_to(len)));
        }
        let len = input.len().min(HEADER_LEN - self.have);
        self.header[self.have..self.have + len].copy_from_slice(&input[..len]);
        input.advance(len);
        self.have += len;
        if self.have < HEADER_LEN {
            return None;
        }
        self.have = 0;
        let header = RawHeader::decode(&self.header);
        self.body_left = header.body_len();
        Some(Piece::Header(header))
    }

    /// The number of bytes of the current body still to come.
    pub const fn body_left(&self) -> u32 {
        self.body_left
    }

    /// The bytes of an incomplete header; empty at a frame boundary and inside a body.
    pub fn partial_header(&self) -> &[u8] {
        &self.header[..self.have]
    }

    /// Whether the bytes so far end exactly where a frame ends.
    pub const fn is_at_boundary(&self) -> bool {
        self.have == 0 && self.body_left == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::yamux::frame::{Flags, FrameType, StreamId};

    /// The frames in `input`, fed in pieces of the given sizes (the last size repeats).
    fn frames(input: &[u8], sizes: &[usize]) -> Vec<(RawHeader, Vec<u8>)> {
        let mut decoder = Decoder::default();
        let mut frames: Vec<(RawHeader, Vec<u8>)> = Vec::new();
        let mut rest = input;
        let mut sizes = sizes.iter().copied().chain(std::iter::repeat(7));
        while !rest.is_empty() {
            let size = sizes.next().map_or(1, |size| size.clamp(1, rest.len()));
            let (now, later) = rest.split_at(size);
            rest = later;
            let mut now = Bytes::copy_from_slice(now);
            while let Some(piece) = decoder.decode(&mut now) {
                match piece {
                    Piece::Header(header) => frames.push((header, Vec::new())),
                    Piece::Body(body) => {
                        assert!(!body.is_empty());
                        frames.last_mut().expect("a body follows its header").1.extend(body);
                    }
                }
            }
        }
        frames
    }

    proptest! {
        #[test]
        fn any_header_reads_back(bytes: [u8; HEADER_LEN]) {
            prop_assert_eq!(RawHeader::decode(&bytes).encode(), bytes);
        }

        #[test]
        fn any_chopping_gives_the_same_frames(
            bodies in vec(vec(any::<u8>(), 0..40), 0..6),
            sizes in vec(1usize..30, 0..20),
        ) {
            let mut input = Vec::new();
            for body in &bodies {
                let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), body.len() as u32);
                input.extend(header.encode());
                input.extend(body);
                input.extend(RawHeader::new(FrameType::Ping, Flags::SYN, StreamId(0), 7).encode());
            }
            let whole = frames(&input, &[usize::MAX]);
            prop_assert_eq!(whole.len(), bodies.len() * 2);
            prop_assert_eq!(frames(&input, &sizes), whole);
        }

        #[test]
        fn any_bytes_decode_without_panic(input in vec(any::<u8>(), 0..200), sizes in vec(1usize..30, 0..9)) {
            frames(&input, &sizes);
        }
    }

    #[test]
    fn a_boundary_is_the_end_of_a_whole_frame() {
        let mut decoder = Decoder::default();
        let mut input =
            Bytes::from_iter(RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 2).encode());
        assert!(decoder.is_at_boundary());
        let mut begun = input.split_to(5);
        assert_eq!(decoder.decode(&mut begun), None);
        assert_eq!(decoder.partial_header(), [0, 0, 0, 0, 0]);
        decoder.decode(&mut input);
        assert!(decoder.partial_header().is_empty());
        assert!(!decoder.is_at_boundary());
        decoder.decode(&mut Bytes::from_static(b"ab"));
        assert!(decoder.is_at_boundary());
    }
}
