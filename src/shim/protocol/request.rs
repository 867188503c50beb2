//! `ShimRequest`: one line to a shim.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::shim::protocol::{Operation, OperationName};

/// One line to a shim. A reader ignores fields that it does not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShimRequest {
    /// Never used twice in a process; the answer carries it.
    pub id: u64,
    /// The session it is about; every request but `hello` and `bye` names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What is asked.
    #[serde(flatten)]
    pub operation: Operation,
}

/// Why a line is not a request that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadRequest {
    /// It has no id that could be answered, and why.
    NoRequest(String),
    /// It asks for an operation that this version does not know.
    UnknownOperation {
        /// The request.
        id: u64,
        /// The operation.
        op: String,
    },
    /// A field is missing or wrong, and which.
    Wrong {
        /// The request.
        id: u64,
        /// What is wrong.
        message: String,
    },
}

impl ShimRequest {
    /// Reads a line.
    pub fn parse(line: &str) -> Result<Self, BadRequest> {
        let no_request =
            |error: &dyn fmt::Display| BadRequest::NoRequest(format!("not a request: {error}"));
        let head: RequestHead = serde_json::from_str(line).map_err(|error| no_request(&error))?;
        let RequestHead { id, op } = head;
        if serde_json::from_value::<OperationName>(Value::from(op.as_str())).is_err() {
            return Err(BadRequest::UnknownOperation { id, op });
        }
        serde_json::from_str(line)
            .map_err(|error| BadRequest::Wrong { id, message: format!("{op}: {error}") })
    }

    /// The line, with its line feed.
    pub fn line(&self) -> String {
        // Text keys and plain values: there is nothing in it that JSON cannot hold.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

/// Without it a line cannot be answered.
#[derive(Deserialize)]
struct RequestHead {
    id: u64,
    op: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_one_line() {
        let request =
            ShimRequest { id: 7, session: Some("s\n".into()), operation: Operation::Ping };
        let line = request.line();
        assert_eq!(line.find('\n'), Some(line.len() - 1));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value, json!({"id": 7, "op": "ping", "session": "s\n"}));
        assert_eq!(ShimRequest::parse(&line), Ok(request));
    }

    #[test]
    fn what_is_wrong_with_a_line_decides_how_it_is_answered() {
        for line in ["no request", "{\"id\":", "[]", "42", "{\"op\":\"hello\"}", "{\"id\":1}"] {
            assert!(matches!(ShimRequest::parse(line), Err(BadRequest::NoRequest(_))), "{line}");
        }
        let unknown = ShimRequest::parse(r#"{"id":1,"op":"make_coffee"}"#);
        assert!(matches!(unknown, Err(BadRequest::UnknownOperation { id: 1, .. })));
        for line in [
            r#"{"id":2,"op":"open"}"#,
            r#"{"id":2,"op":"write","stream":"a"}"#,
            r#"{"id":2,"op":"read","stream":"a","bytes":-1}"#,
            r#"{"id":2,"op":"session","side":"third"}"#,
        ] {
            assert!(
                matches!(ShimRequest::parse(line), Err(BadRequest::Wrong { id: 2, .. })),
                "{line}"
            );
        }
        assert!(ShimRequest::parse(r#"{"id":3,"op":"bye","colour":"green"}"#).is_ok());
    }
}
