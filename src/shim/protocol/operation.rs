//! `Operation`: what a shim can be asked to do.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use strum::EnumDiscriminants;

use crate::endpoint::{CallId, Request};
use crate::scenario::{Action, ReadAmount, StatsUse};
use crate::shim::protocol::settings::micros;
use crate::shim::protocol::{ShimClock, ShimSettings, ShimStep};
use crate::yamux::frame::Side;
use crate::yamux::payload::Pattern;

/// What is asked of a shim. `hello`, `session`, `step`, `end` and `bye` are its life cycle, all others are actions: calls
/// of an application, which it may have or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EnumDiscriminants)]
#[serde(tag = "op", rename_all = "snake_case")]
#[strum_discriminants(
    name(OperationName),
    doc = "The name of an operation.",
    derive(PartialOrd, Ord, Serialize, Deserialize, JsonSchema, strum::Display, strum::EnumIter),
    serde(rename_all = "snake_case"),
    strum(serialize_all = "snake_case")
)]
pub enum Operation {
    /// Say what you drive and can do.
    Hello {
        /// The versions of the protocol that the harness speaks.
        protocols: Vec<u32>,
    },
    /// Begin a session.
    Session(SessionRequest),
    /// Let bytes and time pass, in lockstep.
    Step(ShimStep),
    /// End the session, and forget it.
    End,
    /// Exit.
    Bye,
    /// Open a stream.
    Open {
        /// The label it gets.
        stream: String,
        /// The call ends with `deadline` so long after its beginning, in microseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_us: Option<u64>,
    },
    /// Accept the next stream.
    Accept {
        /// The label it gets.
        stream: String,
        /// The call ends with `deadline` so long after its beginning, in microseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_us: Option<u64>,
    },
    /// Write the pattern of `seed` from `offset` on.
    Write {
        /// The stream.
        stream: String,
        /// Bytes of one write.
        bytes: u64,
        /// How many writes.
        #[serde(default = "once")]
        times: u32,
        /// What the pattern is made from.
        #[serde(default)]
        seed: u32,
        /// Where in the pattern the first write begins.
        #[serde(default)]
        offset: u64,
    },
    /// Read exactly `bytes`, or to the end of the stream.
    #[schemars(extend("anyOf" = [{"required": ["bytes"]}, {"required": ["to_end"]}]))]
    Read {
        /// The stream.
        stream: String,
        /// Bytes of one read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u64>,
        /// How many reads; absent is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<u32>,
        /// Whether to read up to the end of the stream.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        to_end: bool,
        /// The buffer of a read to the end, in bytes; absent is 65536.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chunk: Option<u64>,
    },
    /// "I will send no more, I go on reading."
    HalfClose {
        /// The stream.
        stream: String,
    },
    /// "I will read no more, I go on writing."
    CloseRead {
        /// The stream.
        stream: String,
    },
    /// "I am done with this stream."
    Close {
        /// The stream.
        stream: String,
    },
    /// "Abort this stream."
    Reset {
        /// The stream.
        stream: String,
        /// Why, as the peer shall be told; absent leaves it to the library.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u32>,
    },
    /// Let go of the handle without any call.
    Drop {
        /// The stream.
        stream: String,
    },
    /// Keep no handle of a stream any longer that is over.
    Forget {
        /// The stream.
        stream: String,
    },
    /// Have calls of a direction end so long from now; null clears the deadline, absent leaves it as it is.
    #[schemars(extend("anyOf" = [{"required": ["read_us"]}, {"required": ["write_us"]}]))]
    SetDeadline {
        /// The stream.
        stream: String,
        /// For reads, in microseconds.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        read_us: Option<Option<u64>>,
        /// For writes, in microseconds.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        write_us: Option<Option<u64>>,
    },
    /// Ping, and wait for the pong.
    Ping,
    /// Tell the peer to open no more streams.
    GoAway {
        /// Why, as the peer shall be told; absent leaves it to the library.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u32>,
    },
    /// End the session.
    CloseSession {
        /// Why, as the peer shall be told; absent leaves it to the library.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u32>,
    },
    /// Say how many streams the endpoint holds.
    CountStreams,
    /// Give up a call of this session, which then ends with `cancelled`. A call that is over stays as it is.
    Cancel {
        /// The request that began the call.
        of: u64,
    },
    /// Say what the endpoint takes up, after a collection of garbage where there is one.
    Stats,
}

/// How a session begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRequest {
    /// The side it plays.
    pub side: Side,
    /// The clock it runs on; absent is live.
    #[serde(default, skip_serializing_if = "ShimClock::is_live")]
    pub clock: ShimClock,
    /// On the live clock: `address:port` to dial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial: Option<String>,
    /// What it is made with.
    #[serde(default)]
    pub settings: ShimSettings,
}

impl Operation {
    /// The operation that carries out an application's call.
    pub fn of(request: &Request) -> Self {
        let &Request { ref action, pattern: Pattern { seed, offset }, of } = request;
        match action {
            Action::Open { stream, deadline } => {
                Self::Open { stream: stream.to_string(), deadline_us: deadline.map(micros) }
            }
            Action::Accept { stream, deadline } => {
                Self::Accept { stream: stream.to_string(), deadline_us: deadline.map(micros) }
            }
            &Action::Write { ref stream, bytes, times } => {
                Self::Write { stream: stream.to_string(), bytes, times, seed, offset }
            }
            Action::Read { stream, amount } => {
                let stream = stream.to_string();
                match *amount {
                    ReadAmount::Exactly { bytes, times } => {
                        let (bytes, times) = (Some(bytes), Some(times));
                        Self::Read { stream, bytes, times, to_end: false, chunk: None }
                    }
                    ReadAmount::ToEnd { chunk } => {
                        let chunk = Some(chunk);
                        Self::Read { stream, bytes: None, times: None, to_end: true, chunk }
                    }
                }
            }
            Action::HalfClose { stream } => Self::HalfClose { stream: stream.to_string() },
            Action::CloseRead { stream } => Self::CloseRead { stream: stream.to_string() },
            Action::Close { stream } => Self::Close { stream: stream.to_string() },
            Action::Reset { stream, code } => {
                Self::Reset { stream: stream.to_string(), code: *code }
            }
            Action::Drop { stream } => Self::Drop { stream: stream.to_string() },
            Action::Forget { stream } => Self::Forget { stream: stream.to_string() },
            Action::SetDeadline { stream, read, write } => Self::SetDeadline {
                stream: stream.to_string(),
                read_us: read.map(|deadline| deadline.map(micros)),
                write_us: write.map(|deadline| deadline.map(micros)),
            },
            Action::Ping => Self::Ping,
            Action::GoAway { code } => Self::GoAway { code: *code },
            Action::CloseSession { code } => Self::CloseSession { code: *code },
            Action::CountStreams => Self::CountStreams,
            // The sender knows which request began the call.
            Action::Cancel { .. } => Self::Cancel { of: of.map_or(0, |call| call.0.into()) },
            Action::Stats(_) => Self::Stats,
        }
    }

    /// The same, with the number of the request that began the call instead of the call's; 0, which no request has, if it is
    /// over.
    pub(crate) fn addressed(self, request_of: impl FnOnce(CallId) -> Option<u64>) -> Self {
        match self {
            Self::Cancel { of } => {
                let call = u32::try_from(of).ok().map(CallId);
                Self::Cancel { of: call.and_then(request_of).unwrap_or(0) }
            }
            operation => operation,
        }
    }

    /// The application's call that this requests; `None` if it is no action. The error says what is wrong with it.
    pub fn into_call(self) -> Result<Option<Request>, String> {
        let deadline = |us: Option<Option<u64>>| us.map(|us| us.map(Duration::from_micros));
        let (mut pattern, mut given_up) = (Pattern::default(), None);
        let action = match self {
            Self::Hello { .. } | Self::Session(_) | Self::Step(_) | Self::End | Self::Bye => {
                return Ok(None);
            }
            Self::Open { stream, deadline_us } => {
                let deadline = deadline_us.map(Duration::from_micros);
                Action::Open { stream: stream.into(), deadline }
            }
            Self::Accept { stream, deadline_us } => {
                let deadline = deadline_us.map(Duration::from_micros);
                Action::Accept { stream: stream.into(), deadline }
            }
            Self::Write { stream, bytes, times, seed, offset } => {
                pattern = Pattern { seed, offset };
                Action::Write { stream: stream.into(), bytes: size("bytes", bytes)?, times }
            }
            Self::Read { stream, bytes, times, to_end, chunk } => {
                let amount = match bytes {
                    _ if to_end => {
                        let chunk = size("chunk", chunk.unwrap_or(DEFAULT_CHUNK))?;
                        if chunk == 0 {
                            return Err("expected a \"chunk\" of at least 1, found 0".to_owned());
                        }
                        ReadAmount::ToEnd { chunk }
                    }
                    Some(bytes) => ReadAmount::Exactly {
                        bytes: size("bytes", bytes)?,
                        times: times.unwrap_or_else(once),
                    },
                    None => return Err("read needs \"bytes\" or \"to_end\"".to_owned()),
                };
                Action::Read { stream: stream.into(), amount }
            }
            Self::HalfClose { stream } => Action::HalfClose { stream: stream.into() },
            Self::CloseRead { stream } => Action::CloseRead { stream: stream.into() },
            Self::Close { stream } => Action::Close { stream: stream.into() },
            Self::Reset { stream, code } => Action::Reset { stream: stream.into(), code },
            Self::Drop { stream } => Action::Drop { stream: stream.into() },
            Self::Forget { stream } => Action::Forget { stream: stream.into() },
            Self::SetDeadline { read_us: None, write_us: None, .. } => {
                return Err("set_deadline needs \"read_us\" or \"write_us\"".to_owned());
            }
            Self::SetDeadline { stream, read_us, write_us } => Action::SetDeadline {
                stream: stream.into(),
                read: deadline(read_us),
                write: deadline(write_us),
            },
            Self::Ping => Action::Ping,
            Self::GoAway { code } => Action::GoAway { code },
            Self::CloseSession { code } => Action::CloseSession { code },
            Self::CountStreams => Action::CountStreams,
            Self::Cancel { of } => {
                given_up = u32::try_from(of).ok().map(CallId);
                Action::Cancel { label: of.to_string().into() }
            }
            Self::Stats => Action::Stats(StatsUse::Remember("now".into())),
        };
        Ok(Some(Request { action, pattern, of: given_up }))
    }
}

impl OperationName {
    /// The operation that carries out an application's call.
    pub fn of(action: &Action) -> Self {
        let request = Request { action: action.clone(), pattern: Pattern::default(), of: None };
        Operation::of(&request).into()
    }

    /// Whether it is a call of an application, which a shim may have or not.
    pub const fn is_action(self) -> bool {
        !matches!(self, Self::Hello | Self::Session | Self::Step | Self::End | Self::Bye)
    }

    /// All actions.
    pub fn actions() -> impl Iterator<Item = Self> {
        <Self as strum::IntoEnumIterator>::iter().filter(|name| name.is_action())
    }
}

const fn once() -> u32 {
    1
}

fn size(name: &str, bytes: u64) -> Result<u64, String> {
    match bytes {
        0..=MAX_SIZE => Ok(bytes),
        _ => Err(format!("expected {name:?} of at most {MAX_SIZE}, found {bytes}")),
    }
}

/// A field that is there, be it null; an absent one is `None` by default.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// One call of the library reads or writes at most this much.
const MAX_SIZE: u64 = 256 << 20;

const DEFAULT_CHUNK: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(fields: serde_json::Value) -> Result<Option<Request>, String> {
        serde_json::from_value::<Operation>(fields).unwrap().into_call()
    }

    #[test]
    fn a_null_deadline_is_there_and_an_absent_one_is_not() {
        let cleared = json!({"op": "set_deadline", "stream": "a", "read_us": null});
        let operation: Operation = serde_json::from_value(cleared.clone()).unwrap();
        let expected = Action::SetDeadline { stream: "a".into(), read: Some(None), write: None };
        assert_eq!(serde_json::to_value(&operation).unwrap(), cleared);
        assert_eq!(operation.into_call().unwrap().unwrap().action, expected);
        assert!(read(json!({"op": "set_deadline", "stream": "a"})).is_err());
    }

    #[test]
    fn every_call_comes_back_from_its_operation() {
        let stream = || "a".into();
        let exactly = ReadAmount::Exactly { bytes: 10, times: 3 };
        let actions = [
            Action::Open { stream: stream(), deadline: None },
            Action::Accept { stream: stream(), deadline: Some(Duration::from_micros(4)) },
            Action::Write { stream: stream(), bytes: 5, times: 2 },
            Action::Read { stream: stream(), amount: exactly },
            Action::Read { stream: stream(), amount: ReadAmount::ToEnd { chunk: 7 } },
            Action::HalfClose { stream: stream() },
            Action::CloseRead { stream: stream() },
            Action::Close { stream: stream() },
            Action::Reset { stream: stream(), code: None },
            Action::Reset { stream: stream(), code: Some(7) },
            Action::Drop { stream: stream() },
            Action::Forget { stream: stream() },
            Action::SetDeadline {
                stream: stream(),
                read: Some(Some(Duration::from_micros(9))),
                write: Some(None),
            },
            Action::Ping,
            Action::GoAway { code: Some(2) },
            Action::CloseSession { code: Some(7) },
            Action::CountStreams,
            Action::Cancel { label: "3".into() },
            Action::Stats(StatsUse::Remember("now".into())),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for action in actions {
            let is_write = matches!(action, Action::Write { .. });
            let pattern =
                if is_write { Pattern { seed: 3, offset: 4 } } else { Pattern::default() };
            let of = matches!(action, Action::Cancel { .. }).then_some(CallId(3));
            let request = Request { action, pattern, of };
            let operation = Operation::of(&request);
            let text = serde_json::to_string(&operation).unwrap();
            let back: Operation = serde_json::from_str(&text).unwrap();
            assert_eq!(back.into_call(), Ok(Some(request)));
            seen.insert(OperationName::from(&operation));
        }
        assert_eq!(seen, OperationName::actions().collect());
    }

    #[test]
    fn a_size_has_its_limits() {
        assert!(read(json!({"op": "read", "stream": "a", "bytes": MAX_SIZE + 1})).is_err());
        assert!(read(json!({"op": "read", "stream": "a", "bytes": 0})).is_ok());
        assert!(read(json!({"op": "read", "stream": "a", "to_end": true, "chunk": 0})).is_err());
        assert!(read(json!({"op": "read", "stream": "a"})).is_err());
        assert!(read(json!({"op": "read", "stream": "a", "to_end": true})).is_ok());
    }
}
