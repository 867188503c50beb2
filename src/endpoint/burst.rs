//! `Burst`: what a wire peer sends in one step, produced only as the wire accepts it. Pure.

use bytes::{Bytes, BytesMut};

use crate::yamux::frame::{HEADER_LEN, RawHeader};
use crate::yamux::payload::Pattern;

/// One frame repeated, or bytes without a header. Its memory does not grow with its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    header: Option<RawHeader>,
    body: Body,
    times: u32,
    /// Whether the length field goes up by one from frame to frame.
    counts_up: bool,
}

/// What follows a header, or is sent without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// These bytes.
    Bytes(Bytes),
    /// That many zeros.
    Zeros(u32),
    /// A pattern (see `payload`), which continues from frame to frame.
    Pattern {
        /// The pattern's seed.
        /// Where in the pattern the first frame begins.
        from: Pattern,
        /// How many bytes one frame has.
        len: u32,
    },
}

impl Burst {
    /// `times` frames with this header and body.
    pub const fn frames(header: RawHeader, body: Body, times: u32) -> Self {
        Self { header: Some(header), body, times, counts_up: false }
    }

    /// `times` frames without a body, the first with this header; its length field, the value of a ping, counts up.
    pub const fn counting(header: RawHeader, times: u32) -> Self {
        Self { header: Some(header), body: Body::NONE, times, counts_up: true }
    }

    /// Bytes that need not be frames.
    pub const fn bytes(bytes: Bytes) -> Self {
        Self { header: None, body: Body::Bytes(bytes), times: 1, counts_up: false }
    }

    /// A body, or a part of one, whose header was sent before.
    pub const fn rest(body: Body) -> Self {
        Self { header: None, body, times: 1, counts_up: false }
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.one() * u64::from(self.times)
    }

    /// The header, if each frame is lawful and as long as its header says.
    pub fn is_whole_frames(&self) -> bool {
        self.header.is_some_and(|header| {
            header.lawful_type().is_some() && header.body_len() as usize == self.body.len()
        })
    }

    /// The `len` bytes from `at` on, which must be within it.
    pub fn make(&self, at: u64, len: usize) -> Bytes {
        let mut bytes = BytesMut::zeroed(len);
        let mut made = 0;
        while made < len {
            let place = at + made as u64;
            // Both are below their types' limits: `times` and the length of a frame bound them.
            let (index, within) = ((place / self.one()) as u32, (place % self.one()) as usize);
            made += self.fill(index, within, &mut bytes[made..]);
        }
        bytes.freeze()
    }

    /// Writes the rest of frame `index`'s header or body from `within` on, and returns how much that was.
    fn fill(&self, index: u32, within: usize, bytes: &mut [u8]) -> usize {
        let head = self.head_len();
        if let Some(mut header) = self.header.filter(|_| within < head) {
            if self.counts_up {
                header.length = header.length.wrapping_add(index);
            }
            let header = header.encode();
            let len = (head - within).min(bytes.len());
            bytes[..len].copy_from_slice(&header[within..within + len]);
            return len;
        }
        let at = within - head;
        let len = (self.body.len() - at).min(bytes.len());
        match &self.body {
            Body::Bytes(body) => bytes[..len].copy_from_slice(&body[at..at + len]),
            Body::Zeros(_) => bytes[..len].fill(0),
            Body::Pattern { from, len: one } => {
                from.skip(u64::from(index) * u64::from(*one) + at as u64).fill(&mut bytes[..len]);
            }
        }
        len
    }

    const fn head_len(&self) -> usize {
        if self.header.is_some() { HEADER_LEN } else { 0 }
    }

    /// The length of one frame with its header.
    fn one(&self) -> u64 {
        (self.head_len() + self.body.len()) as u64
    }
}

impl Body {
    /// The body of a frame without one.
    pub const NONE: Self = Self::Zeros(0);

    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Zeros(len) | Self::Pattern { len, .. } => *len as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yamux::frame::{Flags, FrameType, StreamId};

    fn data(len: u32, body: Body, times: u32) -> Burst {
        let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), len);
        Burst::frames(header, body, times)
    }

    #[test]
    fn any_cut_of_a_burst_is_the_burst() {
        let bodies = [
            Body::NONE,
            Body::Zeros(5),
            Body::Bytes(Bytes::from_static(b"abc")),
            Body::Pattern { from: Pattern { seed: 3, offset: 7 }, len: 30 },
        ];
        for body in bodies {
            let burst = data(30, body, 3);
            let len = burst.size() as usize;
            let whole = burst.make(0, len);
            for at in 0..len {
                for end in at..=len {
                    assert_eq!(burst.make(at as u64, end - at), whole.slice(at..end));
                }
            }
        }
    }

    #[test]
    fn a_pattern_runs_on_from_frame_to_frame() {
        let from = Pattern { seed: 3, offset: 7 };
        let burst = data(10, Body::Pattern { from, len: 10 }, 2);
        assert!(burst.is_whole_frames());
        let bytes = burst.make(0, 44);
        assert_eq!(&bytes[12..22], from.bytes(10));
        assert_eq!(&bytes[34..], from.skip(10).bytes(10));
    }

    #[test]
    fn a_value_counts_up_where_it_shall() {
        let ping = RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, u32::MAX);
        let bytes = Burst::counting(ping, 2).make(0, 24);
        assert_eq!((&bytes[8..12], &bytes[20..]), (&[255; 4][..], &[0; 4][..]));
        let bytes = data(9, Body::NONE, 2).make(0, 24);
        assert_eq!(bytes[..12], bytes[12..]);
    }

    #[test]
    fn a_frame_of_another_length_than_its_header_says_is_not_whole() {
        assert!(!data(9, Body::Zeros(8), 1).is_whole_frames());
        assert!(!Burst::bytes(Bytes::from_static(&[0; 12])).is_whole_frames());
        let unlawful = RawHeader {
            frame_type: 9,
            ..RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 0)
        };
        assert!(!Burst::frames(unlawful, Body::NONE, 1).is_whole_frames());
    }
}
