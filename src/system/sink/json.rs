//! JSON lines that are safe in a log, and have the same value when read back.

use std::fmt::Write;

use serde::Serialize;

use crate::system::sink::is_harmless;
use crate::system::sink::workflow::break_marks;

/// `value` as one line of JSON, without its line feed.
///
/// What `escape` escapes stands there as `\u001b`, and so does one `#` of each workflow command.
pub(crate) fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    let mut line = String::with_capacity(json.len());
    // Outside of strings JSON has no such characters, and no number sign.
    for c in json.chars() {
        if is_harmless(c) {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(line, "\\u{unit:04x}").expect("a string takes every text");
            }
        }
    }
    Ok(break_marks(&line, |mark| format!("#\\u0023{}", &mark["##".len()..])).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn harmful_text_reads_back_as_it_was() {
        let text =
            "\u{1b}[0m\u{9b}\u{7f}\n::x\\##[y] ##vso[z] \u{202e}\u{2028}\u{fffe}\u{10ffff}\"";
        let line = json_line(&[text]).unwrap();
        assert!(line.chars().all(is_harmless) && !line.contains("##"), "{line}");
        let back: Vec<String> = serde_json::from_str(&line).unwrap();
        assert_eq!(back, [text]);
    }

    #[test]
    fn ordinary_text_stays() {
        let value = serde_json::json!({ "title": "Grüße # [1]", "line": 7 });
        assert_eq!(json_line(&value).unwrap(), value.to_string());
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "[:#a\\[\\\\\n\u{1b}\u{202e} ]{0,12}|.{0,12}") {
            let line = json_line(&text).unwrap();
            prop_assert!(line.chars().all(is_harmless) && !line.contains("##["), "{line}");
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
