//! `ShimStep` and `Stepped`: how bytes and time move in lockstep.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::trace::TransportEnd;

/// One step of a session: bytes in, then time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShimStep {
    /// Bytes for the library to read, in base64 (RFC 4648, padded).
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "base64_text")]
    #[schemars(with = "String")]
    pub deliver: Vec<u8>,
    /// The most that one read of the library may return of them, in bytes; absent is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<u64>,
    /// How the library's input ends behind these bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TransportEnd>,
    /// How many bytes of output the harness takes; absent is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<u64>,
    /// How far time may pass, in nanoseconds since the session began: it stops at the first thing there is to tell.
    /// Absent is not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ns: Option<u64>,
}

/// The `ok` of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stepped {
    /// What time it is, in nanoseconds since the session began.
    pub now_ns: u64,
    /// What the library has written, up to the room there was, in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "base64_text")]
    #[schemars(with = "String")]
    pub out: Vec<u8>,
    /// How many bytes more it has written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left: u64,
    /// How the library has ended the transport, once everything before that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TransportEnd>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Bytes as base64 in a line.
mod base64_text {
    use std::fmt;

    use serde::de::{Error, Visitor};

    use super::{BASE64_STANDARD, Deserializer, Engine, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_str(Base64)
    }

    /// Decodes the text where it stands: it may be megabytes.
    struct Base64;

    impl Visitor<'_> for Base64 {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes in base64")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
            BASE64_STANDARD.decode(text).map_err(|error| E::custom(format!("base64: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_names_only_what_it_does() {
        assert_eq!(serde_json::to_value(ShimStep::default()).unwrap(), json!({}));
        let full = ShimStep {
            deliver: b"foo".to_vec(),
            segment: Some(1),
            end: Some(TransportEnd::Reset),
            room: Some(5),
            until_ns: Some(9),
        };
        let written =
            json!({"deliver": "Zm9v", "segment": 1, "end": "reset", "room": 5, "until_ns": 9});
        assert_eq!(serde_json::to_value(&full).unwrap(), written);
        assert_eq!(serde_json::from_value::<ShimStep>(written).unwrap(), full);
    }

    #[test]
    fn the_result_of_a_step_is_read_and_a_wrong_one_refused() {
        let right = json!({"now_ns": 5, "out": "Zm8=", "left": 3});
        let stepped: Stepped = serde_json::from_value(right).unwrap();
        let expected = Stepped { now_ns: 5, out: b"fo".to_vec(), left: 3, end: None };
        assert_eq!(stepped, expected);
        for wrong in
            [json!({}), json!({"now_ns": 1, "end": "off"}), json!({"now_ns": 1, "out": "*"})]
        {
            assert!(serde_json::from_value::<Stepped>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
