//! Text from a shim, truncated to what a person reads. A report keeps one for each case, so none may be megabytes. Pure.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// The text of a value, truncated: an error may quote its whole input.
pub(crate) fn brief(value: &impl fmt::Display) -> String {
    short(&value.to_string()).into_owned()
}

/// The text, or its beginning and how much longer it is.
fn short(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT {
        return Cow::Borrowed(text);
    }
    let (kept, rest) = text.split_at(text.floor_char_boundary(MAX_TEXT));
    Cow::Owned(format!("{kept}… ({} bytes more)", rest.len()))
}

/// Reads a text and truncates it.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_str(Short)
}

/// Truncates the text in place.
struct Short;

impl Visitor<'_> for Short {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(short(text).into_owned())
    }
}

/// As much as is kept of a line of stderr.
const MAX_TEXT: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let longest = "x".repeat(MAX_TEXT);
        assert_eq!(short(&longest), longest);
        let longer = "é".repeat(MAX_TEXT);
        assert_eq!(short(&longer), format!("{}… (2048 bytes more)", "é".repeat(MAX_TEXT / 2)));
    }
}
