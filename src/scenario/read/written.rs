//! Sizes, durations, times and labels as authors write them. Pure.
//!
//! Each kind has one parser, which the schema names as a `format`, and the validator and serde both call it.

use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use strum::VariantNames;

use crate::scenario::read::nearest::{listed, suggestion};
use crate::scenario::{Actor, Label, TimeoutName};

/// Checks `text` against the parser behind `format`; `None` if no such format is ours.
pub(crate) fn check_format(format: &str, text: &str) -> Option<Result<(), String>> {
    Some(match format {
        "byte-size" => parse_size(text).map(drop),
        "byte-size-or-off" if text == "off" => Ok(()),
        "byte-size-or-off" => parse_size(text)
            .map(drop)
            .map_err(|message| message.replacen(" or \"1MiB\"", ", \"1MiB\" or \"off\"", 1)),
        "time-span" => parse_span(text).map(drop),
        "time-span-or-off" => parse_span_or(text, "off").map(drop),
        "time-span-or-none" => parse_span_or(text, "none").map(drop),
        "time-point" => parse_time(text).map(drop),
        "label" => parse_label(text).map(drop),
        "hex" => parse_hex(text).map(drop),
        _ => return None,
    })
}

/// A number of bytes: a number, or `"64KiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => parse_size(&text).map(Self).map_err(D::Error::custom),
            value => value.as_u64().map(Self).ok_or_else(|| D::Error::custom("expected a size")),
        }
    }
}

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Bytes: a number, or a number of KiB, MiB or GiB such as \"64KiB\".",
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": MAX_SIZE },
                { "type": "string", "format": "byte-size", "pattern": "^[0-9]+ ?(B|KiB|MiB|GiB)$" },
            ],
        })
    }
}

/// Declares a string with its own parser, schema name, format, pattern and description.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident($type:ty), $parse:expr, $format:literal, $pattern:literal, $description:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $type);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let parse: fn(&str) -> Result<$type, String> = $parse;
                parse(&text).map(Self).map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).trim_end_matches("Text").into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": $description,
                    "type": "string",
                    "format": $format,
                    "pattern": $pattern,
                })
            }
        }
    };
}

text!(
    /// A length of time.
    Span(Duration), parse_span, "time-span", "^[0-9]+ ?[a-z]+( ?[0-9]+ ?[a-z]+)*$",
    "A length of time such as \"300ms\", \"5m\" or \"1m 30s\"."
);
text!(
    /// A length of time, or `None` for `"off"`.
    SpanOrOff(Option<Duration>), |text| parse_span_or(text, "off"), "time-span-or-off",
    "^(off|[0-9]+ ?[a-z]+( ?[0-9]+ ?[a-z]+)*)$",
    "A length of time such as \"300ms\", \"5m\" or \"1m 30s\", or \"off\"."
);
text!(
    /// A length of time, or `None` for `"none"`.
    SpanOrNone(Option<Duration>), |text| parse_span_or(text, "none"), "time-span-or-none",
    "^(none|[0-9]+ ?[a-z]+( ?[0-9]+ ?[a-z]+)*)$",
    "A length of time from now such as \"300ms\", or \"none\" to clear the deadline."
);
text!(
    /// A length of time, or a configured timeout and something more or less.
    TimeText(WrittenTime), parse_time, "time-point",
    "^([0-9]|(subject\\.|peer\\.)?(connection_write_timeout|keep_alive_interval|stream_close_timeout|stream_open_timeout)( [+-] [0-9]|$))",
    "A length of time such as \"300ms\", or a configured timeout such as \"stream_close_timeout\", \"stream_close_timeout + 50ms\", \"peer.stream_close_timeout - 1ms\"."
);
text!(
    /// A name for a stream, a call or a step.
    LabelText(Label), parse_label, "label", "^[a-z][a-z0-9_#-]*$",
    "A name: a lowercase letter, then lowercase letters, digits, \"-\" and \"_\"; in \"for_each\" a \"#\" is the number of the round."
);
text!(
    /// Bytes in hexadecimal.
    Hex(Vec<u8>), parse_hex, "hex", "^([0-9a-fA-F]{2} ?)*$",
    "Bytes as pairs of hexadecimal digits, with single spaces between them where they help."
);

impl LabelText {
    /// The label in this round, if its step has rounds.
    pub(crate) fn in_round(&self, round: Option<u32>) -> Label {
        match round {
            Some(round) if self.0.contains(MARK) => self.0.replace(MARK, &round.to_string()).into(),
            _ => Arc::clone(&self.0),
        }
    }
}

/// A time whose owner and origin are not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenTime {
    /// The timeout's owner (if written) and name; `None` for a plain duration.
    pub(crate) setting: Option<(Option<Actor>, TimeoutName)>,
    pub(crate) plus: Duration,
    pub(crate) minus: Duration,
}

fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a size such as 65536, \"64KiB\" or \"1MiB\", found {text:?}");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "" => return Err(format!("{}; a number of bytes has no quotes: write {number}", wrong())),
        _ => {
            let meant = match unit.to_ascii_lowercase().as_str() {
                "k" | "kb" | "kib" => "KiB",
                "m" | "mb" | "mib" => "MiB",
                "g" | "gb" | "gib" => "GiB",
                _ => return Err(wrong()),
            };
            return Err(format!("{}; write \"{number}{meant}\" (units count in 1024)", wrong()));
        }
    };
    number
        .checked_mul(factor)
        .filter(|bytes| *bytes <= MAX_SIZE)
        .ok_or_else(|| format!("expected at most {} GiB, found {text:?}", MAX_SIZE >> 30))
}

fn parse_span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a duration such as \"300ms\" or \"5m\", found {text:?}");
    let lawful = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b' ';
    if text.trim() != text || !text.bytes().all(lawful) {
        return Err(wrong());
    }
    let span = humantime::parse_duration(text).map_err(|_| wrong())?;
    if span > MAX_SPAN {
        return Err(format!("expected at most a year, found {text:?}"));
    }
    Ok(span)
}

fn parse_span_or(text: &str, word: &str) -> Result<Option<Duration>, String> {
    if text == word {
        return Ok(None);
    }
    parse_span(text).map(Some).map_err(|_| {
        format!("expected a duration such as \"300ms\" or \"5m\", or {word:?}, found {text:?}")
    })
}

fn parse_time(text: &str) -> Result<WrittenTime, String> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let plus = parse_span(text)?;
        return Ok(WrittenTime { setting: None, plus, minus: Duration::ZERO });
    }
    let mut words = text.splitn(3, ' ');
    let name = words.next().unwrap_or_default();
    let setting = parse_timeout(name).ok_or_else(|| {
        let meant = suggestion(name, TimeoutName::VARIANTS.iter().copied());
        let names = listed(TimeoutName::VARIANTS.iter().copied());
        format!("expected a duration such as \"300ms\" or one of {names}, found {text:?}{meant}")
    })?;
    let (plus, minus) = match (words.next(), words.next()) {
        (None, _) => (Duration::ZERO, Duration::ZERO),
        (Some("+"), Some(span)) => (parse_span(span)?, Duration::ZERO),
        (Some("-"), Some(span)) => (Duration::ZERO, parse_span(span)?),
        _ => {
            return Err(format!(
                "expected \"{name}\", \"{name} + 50ms\" or \"{name} - 50ms\", found {text:?}"
            ));
        }
    };
    Ok(WrittenTime { setting: Some(setting), plus, minus })
}

fn parse_timeout(name: &str) -> Option<(Option<Actor>, TimeoutName)> {
    let (actor, name) = match name.split_once('.') {
        Some(("subject", name)) => (Some(Actor::Subject), name),
        Some(("peer", name)) => (Some(Actor::Peer), name),
        Some(_) => return None,
        None => (None, name),
    };
    Some((actor, name.parse().ok()?))
}

/// In steps with rounds, a mark stands for the number of the round.
fn parse_label(text: &str) -> Result<Label, String> {
    let lawful = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | MARK);
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(lawful) {
        Ok(Arc::from(text))
    } else {
        Err(format!(
            "expected a name of a-z, 0-9, \"-\" and \"_\" that begins with a letter, found {text:?}"
        ))
    }
}

fn parse_hex(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("expected pairs of hexadecimal digits, found {text:?}");
    let mut bytes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let pair = rest.get(..2).filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
        bytes.push(pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(wrong)?);
        rest = &rest[2..];
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    Ok(bytes)
}

/// In a step with rounds, it stands for the number of the round.
pub(crate) const MARK: char = '#';

/// 1 TiB: beyond what any case can move, and far from where sums of sizes overflow.
const MAX_SIZE: u64 = 1 << 40;

/// A year: virtual time ends after 584 of them.
const MAX_SPAN: Duration = Duration::from_secs(366 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_in_1024_and_say_so() {
        assert_eq!(parse_size("64KiB"), Ok(65536));
        assert_eq!(parse_size("1 MiB"), Ok(1 << 20));
        assert_eq!(parse_size("3B"), Ok(3));
        assert_eq!(
            parse_size("64KB").expect_err("KB is not a unit"),
            "expected a size such as 65536, \"64KiB\" or \"1MiB\", found \"64KB\"; write \"64KiB\" (units count in 1024)"
        );
        for bad in ["", "KiB", "-1KiB", "1.5KiB", "64", "64 elephants", "99999999999GiB", "2000GiB"]
        {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn spans_read_as_people_write_them() {
        assert_eq!(parse_span("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_span_or("off", "off"), Ok(None));
        for bad in ["", "5", "5 elephants", "-5s", "1.5s", "off", "500years", " 5s", "5s ", "5M"] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_name_a_timeout_with_more_or_less() {
        let time = parse_time("peer.stream_close_timeout - 1ms").expect("it is a time");
        assert_eq!(time.setting, Some((Some(Actor::Peer), TimeoutName::StreamCloseTimeout)));
        assert_eq!((time.plus, time.minus), (Duration::ZERO, Duration::from_millis(1)));
        assert_eq!(parse_time("300ms").expect("it is a time").plus, Duration::from_millis(300));
        for bad in [
            "",
            "stream",
            "stream_close_timeout +",
            "stream_close_timeout * 2s",
            "me.stream_close_timeout",
            "stream_close_timeout+1s",
            "stream_close_timeout + 1",
        ] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hex_is_pairs() {
        assert_eq!(parse_hex("00 ff0A"), Ok(vec![0, 255, 10]));
        for bad in ["0", "0x00", "00  11", "gg", "é"] {
            assert!(parse_hex(bad).is_err(), "{bad}");
        }
    }
}
