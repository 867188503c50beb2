//! `escape`: untrusted text as one line without control characters.

use std::borrow::Cow;

/// `text` as one line without anything that a terminal or a log obeys: control characters, line ends, changes of writing
/// direction and noncharacters become `\n` or `\u{1b}`. Text that is escaped already stays as it is.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_harmless(c) {
            true => escaped.push(c),
            false => escaped.extend(c.escape_default()),
        }
    }
    Cow::Owned(escaped)
}

/// Whether a character is only shown, wherever it is.
pub(crate) const fn is_harmless(c: char) -> bool {
    let is_noncharacter = c as u32 & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    let is_control = matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}');
    let ends_lines = matches!(c, '\u{2028}' | '\u{2029}');
    let is_bidi = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    !(is_noncharacter || is_control || ends_lines || is_bidi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_of_any_language_stays() {
        for text in ["", "plain", "Grüße, 世界 👩‍🔬", "a\\b", "::error::", "شكرا"] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_a_terminal_obeys_becomes_visible() {
        for (text, visible) in [
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{1b}[31mred\u{1b}[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("\0\u{7f}\u{9b}2J", r"\u{0}\u{7f}\u{9b}2J"),
            ("\u{202e}evil\u{2066}", r"\u{202e}evil\u{2066}"),
            ("a\u{2028}b\u{85}c", r"a\u{2028}b\u{85}c"),
            ("\u{fffe}\u{10ffff}\u{fdd0}", r"\u{fffe}\u{10ffff}\u{fdd0}"),
        ] {
            assert_eq!(escape(text), visible);
            assert_eq!(escape(&escape(text)), visible, "a second time changes nothing");
        }
    }

    #[test]
    fn every_control_character_is_harmful() {
        let harmful = (char::MIN..=char::MAX).filter(|c| c.is_control());
        assert!(harmful.clone().count() > 60);
        assert!(harmful.into_iter().all(|c| !is_harmless(c)));
    }
}
