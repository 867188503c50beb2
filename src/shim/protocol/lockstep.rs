//! The lockstep lines of the shim protocol: a session without a socket, and steps of it. Pure.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::frame::Side;
use crate::scenario::Settings;
use crate::shim::protocol::{Operation, session_settings};
use crate::time::Time;
use crate::trace::TransportEnd;

/// The clock's name in `hello` and `session`.
pub const LOCKSTEP: &str = "lockstep";

/// One step of a session: bytes in, then time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Bytes for the implementation to read.
    pub deliver: Vec<u8>,
    /// The most that it reads at once; 0 is no limit.
    pub segment: usize,
    /// How the input ends behind these bytes.
    pub end: Option<TransportEnd>,
    /// How many bytes of output the harness takes.
    pub room: usize,
    /// How far time may pass; it stops at the first thing there is to tell.
    pub until: Option<Time>,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// What time it is.
    pub now: Time,
    /// What the implementation has written, up to the room there was.
    pub out: Vec<u8>,
    /// How much more it has written.
    pub left: u64,
    /// Whether it has ended the transport, and everything before that is out.
    pub end: Option<TransportEnd>,
}

impl Step {
    /// The line, with its line feed.
    pub fn line(&self, id: u64, session: &str) -> String {
        let mut line = format!("{{\"id\":{id},\"op\":\"step\",\"session\":{}", json!(session));
        if !self.deliver.is_empty() {
            line.push_str(",\"deliver\":\"");
            BASE64_STANDARD.encode_string(&self.deliver, &mut line);
            line.push('"');
        }
        if self.segment > 0 {
            line.push_str(&format!(",\"segment\":{}", self.segment));
        }
        if let Some(end) = self.end {
            line.push_str(&format!(",\"end\":\"{end}\""));
        }
        if self.room < MAX_ROOM {
            line.push_str(&format!(",\"room\":{}", self.room));
        }
        if let Some(until) = self.until {
            line.push_str(&format!(",\"until_ns\":{}", until.as_nanos()));
        }
        line.push_str("}\n");
        line
    }
}

impl Stepped {
    /// Reads the `ok` of a step; the error says what is wrong with it.
    pub fn read(ok: &Value) -> Result<Self, String> {
        let StepFields { now_ns, out, left, end } =
            StepFields::deserialize(ok).map_err(|error| format!("a step's ok: {error}"))?;
        let end = match end {
            None => None,
            Some("eof") => Some(TransportEnd::Eof),
            Some("reset") => Some(TransportEnd::Reset),
            Some(other) => {
                return Err(format!("a step's end: expected eof or reset, found {other:?}"));
            }
        };
        let out = BASE64_STANDARD
            .decode(out.unwrap_or_default())
            .map_err(|error| format!("its out: {error}"))?;
        Ok(Self { now: Time::from_nanos(now_ns), out, left: left.unwrap_or(0), end })
    }
}

/// The operation that begins a session in lockstep.
pub fn lockstep_settings(side: Side, settings: &Settings, socket_buffer: Option<u32>) -> Operation {
    let mut operation = session_settings(side, "", settings, socket_buffer);
    operation.fields.remove("dial");
    operation.with("clock", LOCKSTEP)
}

#[derive(Deserialize)]
struct StepFields<'a> {
    now_ns: u64,
    out: Option<&'a str>,
    left: Option<u64>,
    end: Option<&'a str>,
}

/// From here on there is room for everything.
const MAX_ROOM: usize = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_names_only_what_it_does() {
        let plain = Step { room: usize::MAX, ..Step::default() };
        assert_eq!(plain.line(7, "s"), "{\"id\":7,\"op\":\"step\",\"session\":\"s\"}\n");
        let full = Step {
            deliver: b"foo".to_vec(),
            segment: 1,
            end: Some(TransportEnd::Reset),
            room: 5,
            until: Some(Time::from_nanos(9)),
        };
        let value: Value = serde_json::from_str(&full.line(1, "a\"b")).unwrap();
        assert_eq!(
            value,
            json!({"id": 1, "op": "step", "session": "a\"b", "deliver": "Zm9v", "segment": 1,
                   "end": "reset", "room": 5, "until_ns": 9})
        );
    }

    #[test]
    fn what_a_step_came_to_is_read_and_what_is_wrong_is_told() {
        let stepped = Stepped::read(&json!({"now_ns": 5, "out": "Zm8=", "left": 3})).unwrap();
        assert_eq!((stepped.now, stepped.left, stepped.end), (Time::from_nanos(5), 3, None));
        assert_eq!(stepped.out, b"fo");
        for wrong in
            [json!({}), json!({"now_ns": 1, "end": "off"}), json!({"now_ns": 1, "out": "*"})]
        {
            assert!(Stepped::read(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_session_in_lockstep_dials_nobody() {
        let operation = lockstep_settings(Side::Server, &Settings::default(), Some(4096));
        assert_eq!(operation.fields.get("dial"), None);
        assert_eq!(operation.fields["clock"], LOCKSTEP);
        assert_eq!(operation.fields["settings"]["socket_buffer"], 4096);
    }
}
