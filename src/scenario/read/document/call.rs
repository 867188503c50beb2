//! Application calls, joins and their results, as written. Pure.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::scenario::ErrorClass;
use crate::scenario::read::document::{
    BytesBlock, ExpectBlock, ExpectFrameBlock, ExpectNoneBlock, SendBlock, True, exactly_one,
};
use crate::scenario::read::written::{LabelText, Size, Span, SpanOrNone, TimeText};

/// When something must happen, as written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Times {
    /// Exactly then: `not_before` and `within` in one.
    pub(crate) at: Option<TimeText>,
    /// Not earlier; exact on every clock.
    pub(crate) not_before: Option<TimeText>,
    /// Not later; exact on the virtual clock, with slack on the live one.
    pub(crate) within: Option<TimeText>,
    /// The step the times count from, or "session" for its beginning.
    pub(crate) from: Option<LabelText>,
}

/// How a call must end, as written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Ending {
    /// The error it must end with; without it, it must succeed.
    pub(crate) error: Option<ErrorClass>,
    /// The code of a reset or go-away that its caller must be told with the error.
    pub(crate) told: Option<u32>,
    /// When.
    #[serde(flatten)]
    pub(crate) times: Times,
    /// Weaker lawful ends.
    #[serde(default)]
    pub(crate) or: Vec<WeakerCall>,
}

/// A call on the session, and what any other call says besides.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, description = "A call on the session.")]
pub(crate) struct SessionCall {
    /// Lets the call run on under this name; a `join` says how it ends.
    pub(crate) label: Option<LabelText>,
    /// How it must end.
    #[serde(flatten)]
    pub(crate) ending: Ending,
}

/// A call on a stream.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct StreamCall {
    /// The stream.
    pub(crate) stream: LabelText,
    /// How it goes on.
    #[serde(flatten)]
    pub(crate) call: SessionCall,
}

/// Open or accept a stream.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct EnteringCall {
    /// The stream.
    pub(crate) stream: LabelText,
    /// The call ends with `deadline` so long after its beginning.
    pub(crate) deadline: Option<Span>,
    /// How it goes on.
    #[serde(flatten)]
    pub(crate) call: SessionCall,
}

/// Abort a stream.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ResetCall {
    /// The stream.
    pub(crate) stream: LabelText,
    /// How it goes on, and why.
    #[serde(flatten)]
    pub(crate) leaving: LeavingCall,
}

/// Say go away, or end the session.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LeavingCall {
    /// Why, as the other end shall be told.
    pub(crate) code: Option<u32>,
    /// How it goes on.
    #[serde(flatten)]
    pub(crate) call: SessionCall,
}

/// Write.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct WriteCall {
    /// The stream.
    pub(crate) stream: LabelText,
    /// Bytes of one write.
    pub(crate) bytes: Size,
    /// How many writes, one after another; 1 if not given.
    #[schemars(range(min = 1))]
    pub(crate) times: Option<u32>,
    /// How many bytes it must report in sum; if not given, all if it succeeds, else any.
    pub(crate) wrote: Option<Size>,
    /// How it goes on.
    #[serde(flatten)]
    pub(crate) call: SessionCall,
}

/// Read: `bytes`, or to the end.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = exactly_one(&["bytes", "to_end"])))]
pub(crate) struct ReadCall {
    /// The stream.
    pub(crate) stream: LabelText,
    /// Bytes of one read.
    pub(crate) bytes: Option<Size>,
    /// How many reads of `bytes`, one after another; 1 if not given.
    #[schemars(range(min = 1))]
    pub(crate) times: Option<u32>,
    /// Everything up to the end of the stream.
    pub(crate) to_end: Option<True>,
    /// The buffer of a read to the end; 64KiB if not given.
    pub(crate) chunk: Option<Size>,
    /// How many bytes it must have got in sum; if not given, all if it succeeds, else any.
    pub(crate) read: Option<Size>,
    /// How it goes on.
    #[serde(flatten)]
    pub(crate) call: SessionCall,
}

/// A running call must end, so.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Join")]
pub(crate) struct JoinBlock {
    /// The call's label.
    pub(crate) label: LabelText,
    /// For a write: how many bytes it must report in sum; if not given, all if it succeeds, else any.
    pub(crate) wrote: Option<Size>,
    /// For a read: how many bytes it must have got in sum; if not given, all if it succeeds, else any.
    pub(crate) read: Option<Size>,
    /// How it must end.
    #[serde(flatten)]
    pub(crate) ending: Ending,
}

/// A weaker lawful end of a call: an error, or success.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = exactly_one(&["error", "ok"])))]
pub(crate) struct WeakerCall {
    /// The error.
    pub(crate) error: Option<ErrorClass>,
    /// It succeeds.
    #[expect(dead_code, reason = "it is there where `error` is not")]
    ok: Option<True>,
    /// For a write: how many bytes; any if not given.
    pub(crate) wrote: Option<Size>,
    /// For a read: how many bytes; any if not given.
    pub(crate) read: Option<Size>,
    /// Why it is lawful.
    pub(crate) because: String,
}

/// A running call must go on running.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "StillBlocked")]
pub(crate) struct StillBlockedBlock {
    /// The call's label.
    pub(crate) label: LabelText,
    /// How long to watch it.
    #[serde(rename = "for")]
    pub(crate) duration: Span,
}

/// How and when a running call ends, if it does, is told at the end of the run. It fails nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Measure")]
pub(crate) struct MeasureBlock {
    /// The call's label.
    pub(crate) label: LabelText,
    /// How long to wait for its end; on the live clock at most 5s.
    #[serde(rename = "for")]
    pub(crate) duration: Span,
    /// The step that its time counts from, or "session" for its beginning; not given: the beginning of the call.
    pub(crate) from: Option<LabelText>,
    /// The question that is answered so, as the report puts it.
    pub(crate) question: String,
}

/// Set deadlines: what is not given stays as it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct DeadlineCall {
    /// The stream.
    pub(crate) stream: LabelText,
    /// Reads that are not over by then end with `deadline`.
    pub(crate) read: Option<SpanOrNone>,
    /// Writes that are not over by then end with `deadline`.
    pub(crate) write: Option<SpanOrNone>,
}

/// Count the streams the endpoint holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct CountCall {
    /// How many there must be.
    pub(crate) is: u32,
}

/// Give up a call that is running.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct CancelCall {
    /// The label of an open, accept, read or write.
    pub(crate) label: LabelText,
}

/// What is done with figures.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatsName {
    /// The name under which the figures are kept.
    Remember(LabelText),
    /// The name of the figures that these are compared with.
    Since(LabelText),
}

/// Ask what the endpoint takes up: remember it, or compare it with what was remembered.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct StatsCall {
    /// What is done with them.
    #[serde(flatten)]
    pub(crate) figures: StatsName,
    /// How many more streams there may be.
    pub(crate) streams: Option<u64>,
    /// How many more tasks, threads or goroutines there may be.
    pub(crate) tasks: Option<u64>,
    /// How much more memory may be in use.
    pub(crate) heap: Option<Size>,
    /// How many more files and sockets may be open.
    pub(crate) descriptors: Option<u32>,
}

/// One call of the subject's application.
#[derive(Debug, Deserialize, JsonSchema, strum::AsRefStr)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SubjectAction")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ActionBlock {
    /// Open a stream, which gets the label `stream`.
    Open(EnteringCall),
    /// Accept the next stream, which has the label under which the other end opened it.
    Accept(EnteringCall),
    /// Write to a stream; what is written follows the stream's pattern and is checked where it is read.
    Write(WriteCall),
    /// Read from a stream; what is read is checked against the stream's pattern.
    Read(ReadCall),
    /// "I will send no more, I go on reading."
    HalfClose(StreamCall),
    /// "I will read no more, I go on writing."
    CloseRead(StreamCall),
    /// "I am done with this stream."
    Close(StreamCall),
    /// "Abort this stream."
    Reset(ResetCall),
    /// Let go of the handle without any call.
    Drop(StreamCall),
    /// Keep no handle of a stream any longer that both ends have closed, or one has reset.
    Forget(StreamCall),
    /// Set the deadlines of a stream, counted from now.
    SetDeadline(DeadlineCall),
    /// Ping, and wait for the pong.
    Ping(SessionCall),
    /// Tell the other end to open no more streams.
    GoAway(LeavingCall),
    /// End the session.
    CloseSession(LeavingCall),
    /// Count the streams the endpoint holds.
    CountStreams(CountCall),
    /// Give up a call that is running: it ends with `cancelled`.
    Cancel(CancelCall),
    /// Ask what the endpoint takes up.
    Stats(StatsCall),
}

/// What only a peer does, or sees.
#[derive(Debug, Deserialize, JsonSchema, strum::AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum SightBlock {
    /// Send frames.
    Send(SendBlock),
    /// Send bytes that need not be frames.
    SendBytes(BytesBlock),
    /// This event must have come, whichever lawful frame carries it.
    Expect(ExpectBlock),
    /// The next frame of its stream and type must be exactly this one.
    ExpectFrame(ExpectFrameBlock),
    /// No such event may have come.
    ExpectNone(ExpectNoneBlock),
}

/// One thing the peer does or must have seen: a call (peer "app"), `send` and `send_bytes` (peer "wire"),
/// or an expectation (both).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum PeerBlock {
    /// Its application calls.
    Call(ActionBlock),
    /// It does, or sees, something on the wire.
    Wire(SightBlock),
}

impl JsonSchema for PeerBlock {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PeerAction".into()
    }

    /// As if it were one enum.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let branches = [ActionBlock::json_schema(generator), SightBlock::json_schema(generator)];
        let branches = branches.iter().filter_map(|schema| schema.get("oneOf")?.as_array());
        json_schema!({
            "description": "One thing the peer does or must have seen: a call (peer \"app\"), `send` and `send_bytes` (peer \"wire\"),\nor an expectation (both).",
            "oneOf": branches.flatten().collect::<Vec<_>>(),
        })
    }
}
