//! `Request`: a line from the harness.

use std::io::BufRead;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::library::Side;

/// A request and its number.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: u64,
    pub(crate) op: String,
    /// Its other fields, or what is wrong with them.
    pub(crate) fields: Result<Fields, String>,
}

/// The fields of all operations; those that nobody knows are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    pub(crate) session: Option<String>,
    pub(crate) stream: Option<String>,
    pub(crate) protocols: Option<Vec<u64>>,
    pub(crate) side: Option<Side>,
    pub(crate) clock: Option<String>,
    pub(crate) dial: Option<String>,
    pub(crate) settings: Option<Map<String, Value>>,
    pub(crate) bytes: Option<u64>,
    pub(crate) times: Option<u64>,
    pub(crate) seed: Option<u32>,
    pub(crate) offset: Option<u64>,
    pub(crate) to_end: Option<bool>,
    pub(crate) chunk: Option<u64>,
    pub(crate) deliver: Option<String>,
    pub(crate) segment: Option<u64>,
    pub(crate) end: Option<String>,
    pub(crate) room: Option<u64>,
    pub(crate) until_ns: Option<u64>,
    pub(crate) deadline_us: Option<u64>,
    pub(crate) of: Option<u64>,
    /// `None` if absent, `Some(None)` for `null`.
    #[serde(deserialize_with = "present")]
    pub(crate) read_us: Option<Option<u64>>,
    /// The same.
    #[serde(deserialize_with = "present")]
    pub(crate) write_us: Option<Option<u64>>,
}

impl Request {
    /// Reads a line. The error is about the line as such, which has no id to answer to.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(line).map_err(|error| format!("not a request: {error}"))?;
        let id = value.get("id").and_then(Value::as_u64).ok_or("not a request: it has no id")?;
        let op = value.get("op").and_then(Value::as_str);
        let op = op.ok_or_else(|| format!("not a request: {id} has no op"))?.to_owned();
        let fields = Fields::deserialize(value).map_err(|error| error.to_string());
        Ok(Self { id, op, fields })
    }
}

impl Fields {
    /// Whether a session is to be in lockstep.
    pub(crate) fn is_for_lockstep(&self) -> bool {
        self.clock.as_deref() == Some("lockstep")
    }
}

/// What is there, be it `null`.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// A field that the operation needs.
pub(crate) fn needed<'a, T>(field: &'a Option<T>, name: &str) -> Result<&'a T, String> {
    field.as_ref().ok_or_else(|| format!("the request has no {name:?}"))
}

/// The next line in which there is something; `None` at the end.
pub(crate) fn next_line(lines: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    while line.trim_ascii().is_empty() {
        line.clear();
        if lines.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_id_or_op_is_no_request() {
        for line in [
            "no request",
            "{\"id\":",
            "[]",
            "42",
            "{\"op\":\"hello\"}",
            "{\"id\":1}",
            "{\"id\":-1,\"op\":\"a\"}",
        ] {
            assert!(Request::parse(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn absent_and_null_differ() {
        let fields = |line: &str| Request::parse(line.as_bytes()).unwrap().fields.unwrap();
        let fields = fields("{\"id\":1,\"op\":\"set_deadline\",\"read_us\":null}");
        assert_eq!((fields.read_us, fields.write_us), (Some(None), None));
    }

    #[test]
    fn unknown_fields_are_ignored_and_wrong_ones_named() {
        let request =
            Request::parse(b"{\"id\":7,\"op\":\"read\",\"colour\":{},\"bytes\":10}").unwrap();
        assert_eq!((request.id, request.op.as_str()), (7, "read"));
        assert_eq!(request.fields.unwrap().bytes, Some(10));
        let request = Request::parse(b"{\"id\":7,\"op\":\"read\",\"bytes\":\"ten\"}").unwrap();
        assert!(request.fields.unwrap_err().contains("ten"));
    }
}
