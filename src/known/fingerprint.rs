//! The form of a fingerprint: two rows of tokens, `write/success/524288 | stream-reset/458752`. Pure.

/// Whether it is the fingerprint of a failure.
pub(super) fn is_tokens(text: &str) -> bool {
    let is_row = |row: &str| !row.is_empty() && row.bytes().all(is_lawful);
    text.split_once(" | ").is_some_and(|(expected, observed)| is_row(expected) && is_row(observed))
}

const fn is_lawful(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_no_fingerprint() {
        for right in ["write/success/524288 | stream-reset/458752", "frame/data/fin+0x10 | a.1/b_c"]
        {
            assert!(is_tokens(right), "{right}");
        }
        for wrong in [
            "",
            "fin/s",
            "fin/s | ",
            " | no-fin",
            "fin/s|no-fin",
            "fin/s | no-fin | no-fin",
            "Fin/s | no-fin",
            "step 5: the session goes on | end of the transport",
        ] {
            assert!(!is_tokens(wrong), "{wrong}");
        }
    }
}
