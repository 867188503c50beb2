//! `Document`: a scenario file exactly as written. Pure.
//!
//! The doc comments of these types are the descriptions in `schema/scenario.schema.json`, written for authors.
//! If an object must have exactly one of several keys, these keys are an enum; `schema` writes them as the object's
//! own keys, with a `oneOf`, so that an unknown key is always an error and every mistake has a position.
//! Only the schema denies unknown keys: serde cannot do so beside flattened keys.

mod call;
mod faults;
mod wire;

use crate::yamux::frame::Side;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use call::{
    ActionBlock, CancelCall, DeadlineCall, Ending, EnteringCall, JoinBlock, LeavingCall,
    MeasureBlock, PeerBlock, ReadCall, ResetCall, SessionCall, SightBlock, StatsCall, StatsName,
    StillBlockedBlock, StreamCall, Times, WriteCall,
};
pub(crate) use faults::{CutName, DelayBlock, SizeOrOff, WireBlock};
pub(crate) use wire::{
    BytesBlock, EventBlock, EventName, ExpectBlock, ExpectFrameBlock, ExpectNoneBlock, FlagName,
    FlagText, FrameBlock, FrameTypeName, GoAwayName, GoAwayText, IdText, NoneName, PingText,
    PingValueText, RawBlock, RawStreamText, SendBlock,
};

use crate::scenario::read::written::{LabelText, Size, Span, SpanOrOff};
use crate::scenario::{Judge, PeerKind};

/// What one yamux implementation must do in one situation, step by step.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Scenario")]
pub(crate) struct Document {
    /// Where the schema of this file is, for editors.
    #[serde(rename = "$schema")]
    #[expect(dead_code, reason = "editors read it")]
    schema: Option<String>,
    /// One sentence without a full stop: what an implementation must do.
    pub(crate) title: String,
    /// Why it is so, for whoever reads the failure.
    pub(crate) note: Option<String>,
    /// The clauses it tests, by their ids in `clauses.json`.
    #[schemars(length(min = 1))]
    pub(crate) clauses: Vec<String>,
    /// Issues and texts about it.
    #[serde(default)]
    pub(crate) links: Vec<String>,
    /// Free words to select by.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// The sides the subject plays; both if not given.
    #[serde(default = "both_sides")]
    #[schemars(length(min = 1))]
    pub(crate) sides: Vec<Side>,
    /// Who provokes the subject.
    pub(crate) peer: PeerKind,
    /// What decides; its steps if not given.
    #[serde(default)]
    pub(crate) judge: Judge,
    /// Which clocks it may run on; both if not given.
    pub(crate) clock: Option<ClockBlock>,
    /// How the two ends are configured: only what the scenario is about. What is not given is the implementation's own
    /// default, with keep-alive off; an implementation that lacks a setting is not asked the scenario.
    #[serde(default)]
    pub(crate) settings: EndsBlock,
    /// Settings that an implementation is given if it has them; it is asked the rest of the scenario without them.
    #[serde(default)]
    pub(crate) wishes: EndsBlock,
    /// Settings that differ on the live clock: shorter timeouts, as a rule.
    #[serde(default)]
    pub(crate) live: EndsBlock,
    /// Faults and limits of the wire from the first byte on.
    #[serde(default)]
    pub(crate) wire: Vec<WireBlock>,
    /// Why traces of it mean nothing on the live clock, where something that is not yamux has its say in them. They are
    /// then compared on the virtual clock only.
    pub(crate) not_compared: Option<String>,
    /// The script. Each step begins once the step before it has settled.
    #[schemars(length(min = 1, max = 10_000))]
    pub(crate) steps: Vec<StepBlock>,
}

fn both_sides() -> Vec<Side> {
    vec![Side::Client, Side::Server]
}

/// Which clocks a scenario may run on.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Clock")]
pub(crate) struct ClockBlock {
    /// Why it cannot run in real time.
    pub(crate) virtual_only: String,
}

/// Something for each end.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Ends")]
pub(crate) struct EndsBlock {
    /// The implementation under test.
    #[serde(default)]
    pub(crate) subject: SettingsBlock,
    /// The application peer; a wire peer has no settings.
    pub(crate) peer: Option<SettingsBlock>,
}

/// How an endpoint is configured.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Settings")]
pub(crate) struct SettingsBlock {
    /// How many streams may wait to be accepted, and how many opened ones to be acknowledged; 256 if not given.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) accept_backlog: Option<u32>,
    /// How often to ping; "off" if not given.
    pub(crate) keep_alive_interval: Option<SpanOrOff>,
    /// How long the transport may stand still, and a pong be away; "10s" if not given.
    pub(crate) connection_write_timeout: Option<Span>,
    /// The largest receive window of a stream, at least 256KiB, which it is if not given.
    pub(crate) max_window: Option<Size>,
    /// How long an opened stream may go unacknowledged; "75s" if not given.
    pub(crate) stream_open_timeout: Option<SpanOrOff>,
    /// How long a closed stream waits for the peer's FIN before it is reset; "5m" if not given.
    pub(crate) stream_close_timeout: Option<SpanOrOff>,
    /// Whether a full close answers what the peer goes on writing with RST at once; false if not given.
    pub(crate) close_resets: Option<bool>,
    /// How many streams of the other end may be open at once; the implementation's own limit if not given.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) max_streams: Option<u32>,
    /// The largest body of a data frame that it sends, from 1KiB to 1MiB; the implementation's own if not given.
    pub(crate) max_frame_size: Option<Size>,
    /// The number of the next stream that it opens, or the first of its side above that; 1 or 2 if not given.
    #[schemars(range(min = 1, max = 4_294_967_295_u64))]
    pub(crate) next_stream_id: Option<u32>,
}

/// What a step does.
#[derive(Debug, Deserialize, JsonSchema, strum::AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum DeedBlock {
    /// The subject's application calls.
    Subject(ActionBlock),
    /// The peer acts, or must have seen something.
    Peer(PeerBlock),
    /// A running call must end, so.
    Join(JoinBlock),
    /// A running call must go on running.
    StillBlocked(StillBlockedBlock),
    /// How and when a running call ends is told at the end of the run.
    Measure(MeasureBlock),
    /// The subject must be alive: it answers a ping, or echoes on a fresh stream.
    Probe(ProbeName),
    /// Time passes.
    Wait(Span),
    /// The wire changes from here on.
    Wire(WireBlock),
    /// These steps once for each round.
    ForEach(ForEachBlock),
}

/// One step: exactly one of the keys that do something, and perhaps a note and a name.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Step")]
pub(crate) struct StepBlock {
    /// What it does.
    #[serde(flatten)]
    pub(crate) deed: DeedBlock,
    /// Why this step is here.
    #[expect(dead_code, reason = "it is for whoever reads the file")]
    note: Option<String>,
    /// A name that `from` in later steps may count from, and by which a ledger of known deviations may call the step.
    pub(crate) name: Option<LabelText>,
    /// The clause that is broken if this step fails, or one behind it that names none, or the session does not live to the end;
    /// by its id in `clauses.json`. Where no step has named one it is what a step of its kind is about, and for what the
    /// scenario alone expects, its first clause.
    pub(crate) clause: Option<String>,
    /// For a call: whether an implementation that has no such call passes it over.
    #[serde(default)]
    pub(crate) if_supported: bool,
}

/// Steps that are carried out once for each round. In names of streams, calls and steps, and in `from`, a "#" is the number
/// of the round.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ForEach")]
pub(crate) struct ForEachBlock {
    /// How many rounds.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) count: u32,
    /// The number of the first round; 1 if not given.
    #[schemars(range(max = 1_000_000))]
    pub(crate) first: Option<u32>,
    /// The steps of a round.
    #[schemars(length(min = 1))]
    pub(crate) steps: Vec<StepBlock>,
}

/// How to see that the subject is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Probe")]
pub(crate) enum ProbeName {
    /// The peer pings, the subject answers.
    Ping,
    /// The peer opens a fresh stream; 16 bytes go each way; both half-close it.
    Stream,
}

/// The only value of a key that is either there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct True;

impl<'de> Deserialize<'de> for True {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer)? {
            true => Ok(Self),
            false => Err(serde::de::Error::custom("expected true, found false")),
        }
    }
}

impl JsonSchema for True {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "True".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "boolean", "const": true })
    }
}

/// A `oneOf` that wants exactly one of `keys`.
fn exactly_one(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}
