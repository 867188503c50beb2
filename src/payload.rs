//! Payload patterns: every byte follows from a seed and its offset, so a lost, doubled, swapped or
//! foreign byte shows. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use bytes::{BufMut, Bytes, BytesMut};

/// The `len` bytes of pattern `seed` from `offset` on.
///
/// Byte `i` is byte `i % 4` (least significant first) of `mix(seed + i / 4 * 0x9E3779B9)`, all in 32 bits;
/// `mix` is the finaliser below. Simple enough for every language a shim is written in.
pub fn pattern(seed: u32, offset: u64, len: usize) -> Bytes {
    let mut bytes = BytesMut::with_capacity(len + 8);
    let skip = (offset % 4) as usize;
    let mut word = offset / 4;
    while bytes.len() < skip + len {
        // Only the low 32 bits of the word's number count.
        bytes.put_u32_le(mix(seed.wrapping_add((word as u32).wrapping_mul(0x9E37_79B9))));
        word += 1;
    }
    bytes.freeze().slice(skip..skip + len)
}

const fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7FEB_352D);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_of_a_pattern_is_the_pattern() {
        let whole = pattern(7, 0, 100);
        for (offset, len) in [(0, 1), (1, 9), (3, 4), (50, 50), (99, 1)] {
            assert_eq!(pattern(7, offset as u64, len), whole.slice(offset..offset + len));
        }
        assert_ne!(pattern(8, 0, 100), whole);
    }

    #[test]
    fn the_first_bytes_are_those_every_shim_must_produce() {
        assert_eq!(crc32fast::hash(&pattern(1, 0, 65536)), FIRST_64K_OF_SEED_1);
    }

    const FIRST_64K_OF_SEED_1: u32 = 81_229_191;
}
