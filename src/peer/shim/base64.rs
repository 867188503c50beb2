//! Base64 (RFC 4648, with padding): how bytes travel in the lines of the shim protocol. Pure.

/// `bytes` as text, appended to `text`.
pub fn encode(bytes: &[u8], text: &mut String) {
    let mut letters = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    let letter = |word: u32, shift: u32| ALPHABET[(word >> shift & 63) as usize];
    let mut chunks = bytes.chunks_exact(3);
    for chunk in &mut chunks {
        let word = u32::from_be_bytes([0, chunk[0], chunk[1], chunk[2]]);
        letters.extend_from_slice(&[18, 12, 6, 0].map(|shift| letter(word, shift)));
    }
    match *chunks.remainder() {
        [a] => {
            let word = u32::from_be_bytes([0, a, 0, 0]);
            letters.extend_from_slice(&[letter(word, 18), letter(word, 12), b'=', b'=']);
        }
        [a, b] => {
            let word = u32::from_be_bytes([0, a, b, 0]);
            let last = [letter(word, 18), letter(word, 12), letter(word, 6), b'='];
            letters.extend_from_slice(&last);
        }
        _ => {}
    }
    text.push_str(std::str::from_utf8(&letters).expect("the alphabet is ASCII"));
}

/// The bytes that `text` stands for; the error says what is wrong with it.
pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(4) {
        return Err(format!("expected base64 in groups of four, found {} letters", text.len()));
    }
    let padding = text.iter().rev().take(2).take_while(|letter| **letter == b'=').count();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let letters = &text[..text.len() - padding];
    let mut is_wrong = false;
    for group in letters.chunks(4) {
        let mut word = 0;
        for letter in group {
            let value = VALUES[usize::from(*letter)];
            is_wrong |= value == NO_LETTER;
            word = word << 6 | u32::from(value & 63);
        }
        let missing = 4 - group.len();
        let [_, a, b, c] = (word << (6 * missing)).to_be_bytes();
        bytes.extend_from_slice(&[a, b, c][..3 - missing]);
    }
    if is_wrong {
        let wrong = letters.iter().find(|letter| VALUES[usize::from(**letter)] == NO_LETTER);
        let wrong = char::from(*wrong.unwrap_or(&b'='));
        return Err(format!("expected a letter of base64, found {wrong:?}"));
    }
    Ok(bytes)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Marks what is no letter in `VALUES`.
const NO_LETTER: u8 = 255;

/// The six bits of each letter.
const VALUES: [u8; 256] = {
    let mut values = [NO_LETTER; 256];
    let mut index = 0;
    let mut value = 0;
    while index < 64 {
        values[ALPHABET[index] as usize] = value;
        index += 1;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        encode(bytes, &mut text);
        text
    }

    #[test]
    fn the_examples_of_the_rfc_hold_both_ways() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encoded(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Ok(plain.as_bytes()));
        }
    }

    #[test]
    fn every_byte_in_every_place_comes_back() {
        let bytes: Vec<u8> = (0..=255).chain(0..=255).chain(1..=255).collect();
        for begin in 0..3 {
            assert_eq!(decode(&encoded(&bytes[begin..])).as_deref(), Ok(&bytes[begin..]));
        }
    }

    #[test]
    fn what_is_no_base64_is_told() {
        for text in ["Zg=", "Z===", "Zm9*", "Zg==Zg==", "Zm9v\n"] {
            assert!(decode(text).is_err(), "{text:?}");
        }
    }
}
