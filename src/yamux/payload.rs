//! Payload patterns: a seed and an offset determine every byte, so that a lost, repeated, swapped or foreign byte is
//! detected. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use bytes::{Bytes, BytesMut};
use crc32fast::Hasher;

/// A position in a pattern.
///
/// Byte `i` is byte `i % 4` (least significant first) of `mix(seed + i / 4 * 0x9E3779B9)`, all in 32 bits;
/// `mix` is the finaliser below. Simple enough for every language a shim is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The seed, which determines all bytes.
    pub seed: u32,
    /// The number of bytes before this position.
    pub offset: u64,
}

impl Pattern {
    /// The start of the pattern with this seed.
    pub const fn new(seed: u32) -> Self {
        Self { seed, offset: 0 }
    }

    /// The position `len` bytes further on.
    pub const fn skip(self, len: u64) -> Self {
        Self { offset: self.offset + len, ..self }
    }

    /// The next `len` bytes.
    pub fn bytes(self, len: usize) -> Bytes {
        let mut bytes = BytesMut::zeroed(len);
        self.fill(&mut bytes);
        bytes.freeze()
    }

    /// Fills `bytes` with the next bytes of the pattern.
    pub fn fill(self, bytes: &mut [u8]) {
        let Self { seed, offset } = self;
        let skip = (offset % 4) as usize;
        let begun = if skip == 0 { 0 } else { (4 - skip).min(bytes.len()) };
        let (head, rest) = bytes.split_at_mut(begun);
        head.copy_from_slice(&word(seed, offset / 4)[skip..skip + begun]);
        for (at, chunk) in (offset.div_ceil(4)..).zip(rest.chunks_mut(4)) {
            chunk.copy_from_slice(&word(seed, at)[..chunk.len()]);
        }
    }

    /// The first index at which `bytes` differs from the next bytes of the pattern; makes no copy.
    pub fn first_difference(self, bytes: &[u8]) -> Option<usize> {
        let mut wanted = [0; PIECE];
        for (index, found) in bytes.chunks(PIECE).enumerate() {
            let begun = index * PIECE;
            let wanted = &mut wanted[..found.len()];
            self.skip(begun as u64).fill(wanted);
            if wanted != found {
                let at = wanted.iter().zip(found).position(|(wanted, found)| wanted != found);
                return at.map(|at| begun + at);
            }
        }
        None
    }

    /// CRC-32 (IEEE) of the next `len` bytes, which are never all in memory at once.
    pub fn crc(self, len: u64) -> u32 {
        let mut hasher = Hasher::new();
        let mut piece = [0; PIECE];
        let mut done = 0;
        while done < len {
            let size = usize::try_from(len - done).map_or(PIECE, |left| left.min(PIECE));
            self.skip(done).fill(&mut piece[..size]);
            hasher.update(&piece[..size]);
            done += size as u64;
        }
        hasher.finalize()
    }
}

/// The seed of the pattern that an application writes to the stream with this name, in a run with this seed.
pub(crate) fn seed_of(run: u32, stream: &str, is_peer: bool) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&run.to_le_bytes());
    hasher.update(stream.as_bytes());
    hasher.update(&[u8::from(is_peer)]);
    hasher.finalize()
}

/// Word `at` of a pattern; only the low 32 bits of `at` count.
const fn word(seed: u32, at: u64) -> [u8; 4] {
    mix(seed.wrapping_add((at as u32).wrapping_mul(0x9E37_79B9))).to_le_bytes()
}

const fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7FEB_352D);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

/// The size of the pieces in which a pattern is compared and summed.
const PIECE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_of_a_pattern_is_the_pattern() {
        let whole = Pattern::new(7).bytes(100);
        for (offset, len) in [(0, 1), (1, 9), (3, 4), (50, 50), (99, 1)] {
            let cut = Pattern::new(7).skip(offset as u64).bytes(len);
            assert_eq!(cut, whole.slice(offset..offset + len));
        }
        assert_ne!(Pattern::new(8).bytes(100), whole);
    }

    #[test]
    fn a_difference_is_found_where_it_is() {
        let pattern = Pattern { seed: 7, offset: 3 };
        let mut bytes = pattern.bytes(3 * PIECE).to_vec();
        assert_eq!(pattern.first_difference(&bytes), None);
        assert_eq!(pattern.first_difference(&[]), None);
        for at in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 5, 3 * PIECE - 1].into_iter().rev() {
            bytes[at] ^= 1;
            assert_eq!(pattern.first_difference(&bytes), Some(at));
        }
    }

    #[test]
    fn a_checksum_is_that_of_the_bytes() {
        for (offset, len) in [(0, 0), (0, 1), (5, PIECE), (2, 3 * PIECE + 1)] {
            let pattern = Pattern { seed: 9, offset };
            assert_eq!(pattern.crc(len as u64), crc32fast::hash(&pattern.bytes(len)));
        }
    }

    #[test]
    fn the_first_bytes_are_those_every_shim_must_produce() {
        assert_eq!(crc32fast::hash(&Pattern::new(1).bytes(65536)), FIRST_64K_OF_SEED_1);
    }

    const FIRST_64K_OF_SEED_1: u32 = 81_229_191;
}
