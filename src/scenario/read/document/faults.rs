//! Changes of the wire, as written. Pure.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::Actor;
use crate::scenario::read::written::{Size, Span};

/// A fault or limit of the wire: exactly one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Wire")]
pub(crate) enum WireBlock {
    /// Bytes arrive at most so many at a time.
    Segment(SegmentBlock),
    /// Nothing arrives any more; bytes up to the buffer are kept.
    Stall(TowardsBlock),
    /// What was kept arrives, and everything after it.
    Resume(TowardsBlock),
    /// Bytes arrive later.
    Delay(DelayBlock),
    /// Bytes pass at a rate.
    Rate(RateBlock),
    /// At most so many bytes are under way.
    Buffer(BufferBlock),
    /// The transport ends in one direction; the other goes on.
    End(TowardsBlock),
    /// The transport ends, for both ends.
    Cut(CutName),
}

/// Towards which end.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Towards")]
pub(crate) struct TowardsBlock {
    /// The end at which bytes arrive.
    pub(crate) to: Actor,
}

/// Bytes arrive at most so many at a time.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Segment")]
pub(crate) struct SegmentBlock {
    /// The end at which bytes arrive.
    pub(crate) to: Actor,
    /// How many at a time, or "off".
    pub(crate) bytes: SizeOrOff,
}

/// How many bytes, if they are limited at all.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum SizeOrOff {
    /// Not limited.
    Off(OffName),
    /// So many.
    Size(Size),
}

impl JsonSchema for SizeOrOff {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SizeOrOff".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Bytes: a number, or a number of KiB such as \"4KiB\"; or \"off\".",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": u32::MAX },
                { "type": "string", "format": "byte-size-or-off", "pattern": "^(off|[0-9]+ ?(B|KiB|MiB|GiB))$" },
            ],
        })
    }
}

/// Nothing of the kind.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OffName {
    /// Off.
    Off,
}

/// Bytes arrive later.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Delay")]
pub(crate) struct DelayBlock {
    /// The end at which bytes arrive.
    pub(crate) to: Actor,
    /// By how much.
    pub(crate) by: Span,
    /// By how much more at most, anew for each piece; the order stays.
    pub(crate) jitter: Option<Span>,
}

/// Bytes pass at a rate.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Rate")]
pub(crate) struct RateBlock {
    /// The end at which bytes arrive.
    pub(crate) to: Actor,
    /// How many a second, or "off".
    pub(crate) per_second: SizeOrOff,
}

/// At most so many bytes are under way.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Buffer")]
pub(crate) struct BufferBlock {
    /// The end at which bytes arrive.
    pub(crate) to: Actor,
    /// How many.
    pub(crate) bytes: Size,
}

/// How the transport ends.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Cut")]
pub(crate) enum CutName {
    /// An orderly end (TCP FIN).
    Eof,
    /// The connection is torn down (TCP RST).
    Reset,
}
