//! `fill`: the payload pattern.

/// Fills the buffer with the pattern of `seed` from `offset` on.
pub(crate) fn fill(buf: &mut [u8], seed: u32, offset: u64) {
    let mut at = offset;
    let mut left = buf;
    while !left.is_empty() {
        // Of the number of the word only the low 32 bits count.
        let word = mix(seed.wrapping_add(((at / 4) as u32).wrapping_mul(0x9E37_79B9)));
        let bytes = &word.to_le_bytes()[(at % 4) as usize..];
        let count = bytes.len().min(left.len());
        let (now, later) = left.split_at_mut(count);
        now.copy_from_slice(&bytes[..count]);
        at = at.wrapping_add(count as u64);
        left = later;
    }
}

fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7FEB_352D);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(seed: u32, offset: u64, bytes: usize) -> Vec<u8> {
        let mut buf = vec![0; bytes];
        fill(&mut buf, seed, offset);
        buf
    }

    #[test]
    fn the_pattern_is_that_of_the_protocol() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&pattern(1, 0, 8)), "c09089683456509f");
        assert_eq!(crc32fast::hash(&pattern(1, 0, 65536)), 81_229_191);
        assert_eq!(hex(&pattern(7, 65533, 8)), "cc88122e1e12580f");
        assert_eq!(crc32fast::hash(&pattern(7, 65533, 100_000)), 2_492_884_655);
    }

    #[test]
    fn the_pattern_goes_on_where_it_was_left() {
        let whole = pattern(3, 1, 23);
        for cut in 0..whole.len() {
            let (first, rest) = whole.split_at(cut);
            assert_eq!(pattern(3, 1, cut), first);
            assert_eq!(pattern(3, 1 + cut as u64, 23 - cut), rest);
        }
    }
}
