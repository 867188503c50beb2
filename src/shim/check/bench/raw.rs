//! `RawRequest`: a request that may be wrong, as no typed one can be.

use serde_json::{Map, Value};

use crate::shim::protocol::Operation;

/// A request without its id and session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RawRequest {
    /// Its `op`.
    pub(crate) op: String,
    fields: Map<String, Value>,
}

impl RawRequest {
    /// A request without fields.
    pub(crate) fn new(op: impl ToString) -> Self {
        Self { op: op.to_string(), fields: Map::new() }
    }

    /// The same with one more field.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// The line, with its line feed.
    pub(crate) fn line(&self, id: u64, session: Option<&str>) -> String {
        let mut object = Map::from_iter([
            ("id".to_owned(), id.into()),
            ("op".to_owned(), self.op.as_str().into()),
        ]);
        if let Some(session) = session {
            object.insert("session".to_owned(), session.into());
        }
        object.extend(self.fields.clone());
        format!("{}\n", Value::Object(object))
    }
}

impl From<&Self> for RawRequest {
    fn from(request: &Self) -> Self {
        request.clone()
    }
}

impl From<Operation> for RawRequest {
    fn from(operation: Operation) -> Self {
        // An operation is an object of plain values: it has a form in JSON.
        let mut fields = match serde_json::to_value(operation) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let op = fields.remove("op");
        let op = op.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { op, fields }
    }
}
