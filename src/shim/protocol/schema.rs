//! The JSON Schema of the protocol's lines, for authors of shims.

use schemars::{JsonSchema, schema_for};

use crate::shim::protocol::{
    Capabilities, Connected, ErrFields, FaultFields, OkFields, Reason, ShimEvent, ShimRequest,
    Stepped,
};

/// A line of the shim protocol, in one direction or the other.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "only its schema is of interest")]
enum ProtocolLine {
    /// From the harness, on stdin.
    Request(ShimRequest),
    /// From the shim, on stdout: the answer to a request.
    Answer(AnswerLine),
    /// From the shim, on stdout: something that nobody asked for.
    Event(ShimEvent),
}

/// The answer to a request: exactly one of `ok`, `err`, `unsupported` and `fault`.
#[derive(JsonSchema)]
#[schemars(extend("oneOf" = [
    {"required": ["ok"]}, {"required": ["err"]}, {"required": ["unsupported"]}, {"required": ["fault"]}
]))]
#[expect(dead_code, reason = "only its schema is of interest")]
struct AnswerLine {
    /// The request.
    id: u64,
    /// The library did it.
    ok: Option<OkObject>,
    /// The library said no.
    err: Option<ErrFields>,
    /// The library has no such thing, or the shim does not know the operation.
    unsupported: Option<Reason>,
    /// The request is wrong, or the shim has trouble of its own.
    fault: Option<FaultFields>,
}

/// What was done, by the operation that was asked for.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "only its schema is of interest")]
enum OkObject {
    /// Of `hello`.
    Hello(Capabilities),
    /// Of `step`.
    Step(Stepped),
    /// Of `session`.
    Session(Connected),
    /// Of the actions, `end` and `bye`.
    Action(OkFields),
}

/// The schema of a line, as it stands in `schema/shim.schema.json`.
pub(crate) fn schema() -> String {
    format!("{:#}\n", schema_for!(ProtocolLine).to_value())
}
