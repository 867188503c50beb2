//! `ShimLine`: one line from a shim, the answer to a request or an event.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::endpoint::{CallResult, Done};
use crate::scenario::{ErrorClass, Figures};
use crate::shim::protocol::{OperationName, text};

/// One line from a shim.
#[derive(Clone, Debug, PartialEq)]
pub enum ShimLine {
    /// The one answer to a request.
    Reply(ShimReply),
    /// Something that nobody asked for.
    Event(ShimEvent),
}

/// The one answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ReplyFields")]
pub struct ShimReply {
    /// The request.
    pub id: u64,
    /// Its answer.
    #[serde(flatten)]
    pub answer: ShimAnswer,
}

/// The answer to a request: exactly one of four.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShimAnswer {
    /// The library did it; the object says what.
    Ok(Value),
    /// The library said no.
    Err(ErrFields),
    /// The library has no such thing, or the shim does not know the operation.
    Unsupported(Reason),
    /// The request is wrong, or the shim has trouble of its own.
    Fault(FaultFields),
}

/// What an action did: its `ok`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OkFields {
    /// Of `read` and `write`: bytes moved, in total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of `read`: CRC-32 (IEEE 802.3) of the bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// Of `count_streams`: how many streams the endpoint holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<u32>,
    /// Of `open` and `accept`: the number of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_number: Option<u32>,
    /// Of `stats`: the figures that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
}

/// How the library said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrFields {
    /// In words that all implementations share.
    #[serde(deserialize_with = "lenient_class")]
    pub class: ErrorClass,
    /// In the library's own words.
    #[serde(default, deserialize_with = "text::deserialize")]
    pub native: String,
    /// Of `read` and `write`: bytes moved before that, in total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of `read`: CRC-32 (IEEE 802.3) of those bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
    /// The code of a reset or go-away, if the library tells it with the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<u32>,
}

/// Why something is unsupported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// For people; a skipped case shows it.
    #[serde(deserialize_with = "text::deserialize")]
    pub reason: String,
}

/// What is wrong with the request or the shim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultFields {
    /// For people.
    #[serde(deserialize_with = "text::deserialize")]
    pub message: String,
}

/// The `ok` of `session`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Connected {
    /// On the live clock: the `address:port` the shim dialled from, by which its connection is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
}

/// Something that nobody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ShimEvent {
    /// A call has moved bytes and goes on.
    Progress {
        /// The request.
        of: u64,
        /// Bytes moved so far, in total.
        bytes: u64,
    },
    /// A session has ended.
    SessionEnd {
        /// Its name.
        session: String,
        /// Why, in words that all implementations share.
        #[serde(default = "unclassified", deserialize_with = "lenient_class")]
        class: ErrorClass,
        /// Why, in the library's own words.
        #[serde(default, deserialize_with = "text::deserialize")]
        native: String,
    },
    /// The library logged something.
    Log {
        /// In which session, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// The text.
        #[serde(default, deserialize_with = "text::deserialize")]
        text: String,
    },
    /// A line was no request, or the shim has trouble of its own that belongs to none.
    Fault {
        /// What is wrong.
        #[serde(default, deserialize_with = "text::deserialize")]
        message: String,
    },
    /// In lockstep: virtual time cannot pass in this case.
    Stuck {
        /// Why.
        #[serde(default, deserialize_with = "text::deserialize")]
        reason: String,
    },
    /// An event that this version does not know.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

impl ShimLine {
    /// Reads a line; the error says what is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let wrong = |error: serde_json::Error| text::brief(&error);
        let LineHead { id, event } = serde_json::from_str(line).map_err(wrong)?;
        match (id, event) {
            (Some(_), None) => serde_json::from_str(line).map(Self::Reply).map_err(wrong),
            (None, Some(_)) => serde_json::from_str(line).map(Self::Event).map_err(wrong),
            (Some(_), Some(_)) => Err("a line with both \"id\" and \"event\"".to_owned()),
            (None, None) => Err("a line with neither \"id\" nor \"event\"".to_owned()),
        }
    }
}

impl ShimAnswer {
    /// The answer `ok` with these fields.
    pub fn ok(fields: &impl Serialize) -> Self {
        // Plain fields with text keys: there is nothing in them that JSON cannot hold.
        Self::Ok(serde_json::to_value(fields).unwrap_or_default())
    }

    /// The answer `unsupported`.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported(Reason { reason: reason.into() })
    }

    /// The answer `fault`.
    pub fn fault(message: impl Into<String>) -> Self {
        Self::Fault(FaultFields { message: message.into() })
    }

    /// The answer to a call with this result: the fields are those of its operation.
    pub fn of_call(result: CallResult, name: OperationName) -> Self {
        let moves = matches!(name, OperationName::Read | OperationName::Write);
        match result {
            CallResult::Done(Done { bytes, crc, streams, stream_number, figures, .. }) => {
                let bytes = moves.then_some(bytes);
                let figures = (name == OperationName::Stats).then_some(figures);
                Self::ok(&OkFields { bytes, crc32: crc, streams, stream_number, figures })
            }
            CallResult::Failed { class, native, done } => {
                let bytes = moves.then_some(done.bytes);
                Self::Err(ErrFields { class, native, bytes, crc32: done.crc, told: done.told })
            }
            CallResult::Unsupported { reason } => Self::unsupported(reason),
            CallResult::Fault { message } => Self::fault(message),
        }
    }

    /// The answer as the end of a call; the error says what is wrong with it.
    pub fn into_result(self) -> Result<CallResult, String> {
        Ok(match self {
            Self::Ok(value) => {
                let wrong = |error: serde_json::Error| format!("its ok: {}", text::brief(&error));
                let ok = OkFields::deserialize(&value).map_err(wrong)?;
                CallResult::Done(ok.into())
            }
            Self::Err(ErrFields { class, native, bytes, crc32, told }) => {
                let done = OkFields { bytes, crc32, ..OkFields::default() };
                let done = Done { told, ..done.into() };
                CallResult::Failed { class, native, done }
            }
            Self::Unsupported(Reason { reason }) => CallResult::Unsupported { reason },
            Self::Fault(FaultFields { message }) => CallResult::Fault { message },
        })
    }
}

impl fmt::Display for ShimAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(value) => write!(f, "ok {}", text::brief(value)),
            Self::Err(ErrFields { class, native, .. }) => write!(f, "err {class} ({native})"),
            Self::Unsupported(Reason { reason }) => write!(f, "unsupported ({reason})"),
            Self::Fault(FaultFields { message }) => write!(f, "fault ({message})"),
        }
    }
}

impl From<OkFields> for Done {
    fn from(ok: OkFields) -> Self {
        let OkFields { bytes, crc32, streams, stream_number, figures } = ok;
        let figures = figures.unwrap_or_default();
        Self { bytes: bytes.unwrap_or(0), crc: crc32, streams, stream_number, figures, told: None }
    }
}

/// What tells an answer from an event.
#[derive(Deserialize)]
struct LineHead {
    id: Option<u64>,
    event: Option<String>,
}

/// An answer as it stands in a line.
#[derive(Deserialize)]
struct ReplyFields {
    id: u64,
    ok: Option<Value>,
    err: Option<ErrFields>,
    unsupported: Option<Reason>,
    fault: Option<FaultFields>,
}

impl TryFrom<ReplyFields> for ShimReply {
    type Error = &'static str;

    fn try_from(fields: ReplyFields) -> Result<Self, Self::Error> {
        let answer = match (fields.ok, fields.err, fields.unsupported, fields.fault) {
            (Some(ok), None, None, None) => ShimAnswer::Ok(ok),
            (None, Some(err), None, None) => ShimAnswer::Err(err),
            (None, None, Some(reason), None) => ShimAnswer::Unsupported(reason),
            (None, None, None, Some(trouble)) => ShimAnswer::Fault(trouble),
            _ => {
                return Err(
                    "an answer needs exactly one of \"ok\", \"err\", \"unsupported\" and \"fault\"",
                );
            }
        };
        Ok(Self { id: fields.id, answer })
    }
}

/// A class outside the closed list is an error that nobody classified.
fn lenient_class<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ErrorClass, D::Error> {
    let name = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(name).unwrap_or(ErrorClass::Unclassified))
}

const fn unclassified() -> ErrorClass {
    ErrorClass::Unclassified
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_has_exactly_one_of_four() {
        assert!(ShimLine::parse(r#"{"id":1,"ok":{}}"#).is_ok());
        for wrong in [
            r#"{"id":1}"#,
            r#"{"id":1,"ok":{},"fault":{"message":"x"}}"#,
            r#"{"id":1,"event":"log","ok":{}}"#,
            r#"{"ok":{}}"#,
        ] {
            assert!(ShimLine::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_class_outside_the_list_is_unclassified() {
        let line = ShimLine::parse(r#"{"id":4,"err":{"class":"odd","native":"odd"}}"#).unwrap();
        let ShimLine::Reply(ShimReply { answer: ShimAnswer::Err(err), .. }) = line else {
            panic!("expected an error, found {line:?}");
        };
        assert_eq!(err.class, ErrorClass::Unclassified);
    }

    #[test]
    fn an_unknown_event_is_no_error() {
        let line = ShimLine::parse(r#"{"event":"weather","colour":"green"}"#);
        assert_eq!(line, Ok(ShimLine::Event(ShimEvent::Unknown)));
    }

    #[test]
    fn an_answer_is_written_as_it_is_read() {
        let err = ErrFields {
            class: ErrorClass::Eof,
            native: "EOF".into(),
            bytes: Some(3),
            crc32: None,
            told: Some(7),
        };
        for (answer, written) in [
            (
                ShimAnswer::ok(&OkFields { bytes: Some(0), ..OkFields::default() }),
                json!({"id": 1, "ok": {"bytes": 0}}),
            ),
            (
                ShimAnswer::Err(err),
                json!({"id": 1, "err": {"class": "eof", "native": "EOF", "bytes": 3, "told": 7}}),
            ),
            (ShimAnswer::unsupported("no"), json!({"id": 1, "unsupported": {"reason": "no"}})),
            (ShimAnswer::fault("odd"), json!({"id": 1, "fault": {"message": "odd"}})),
        ] {
            let reply = ShimReply { id: 1, answer };
            let text = serde_json::to_string(&reply).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), written);
            assert_eq!(ShimLine::parse(&text), Ok(ShimLine::Reply(reply)));
        }
    }
}
