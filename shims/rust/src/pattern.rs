//! `fill`: the payload pattern.

/// Fills the buffer with the pattern of `seed` from `offset` on.
pub(crate) fn fill(buf: &mut [u8], seed: u32, offset: u64) {
    // Of the number of a word only the low 32 bits count.
    let mut number = (offset / 4) as u32;
    let begun = (offset % 4) as usize;
    let (head, whole) = buf.split_at_mut(buf.len().min((4 - begun) % 4));
    if !head.is_empty() {
        head.copy_from_slice(&word(seed, number)[begun..][..head.len()]);
        number = number.wrapping_add(1);
    }
    let mut words = whole.chunks_exact_mut(4);
    for bytes in words.by_ref() {
        bytes.copy_from_slice(&word(seed, number));
        number = number.wrapping_add(1);
    }
    let tail = words.into_remainder();
    tail.copy_from_slice(&word(seed, number)[..tail.len()]);
}

/// The bytes of a word.
fn word(seed: u32, number: u32) -> [u8; 4] {
    mix(seed.wrapping_add(number.wrapping_mul(0x9E37_79B9))).to_le_bytes()
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
