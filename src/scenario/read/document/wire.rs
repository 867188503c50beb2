//! Frames sent and expected, as written. Pure.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::read::document::{Times, True};
use crate::scenario::read::written::{Hex, LabelText, Size, Span};

/// A frame a wire peer sends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FrameBlock {
    /// A Data frame on this stream, with `bytes` of the stream's pattern.
    Data(LabelText),
    /// What is left of a body on this stream that was cut short by `length`, or `bytes` of that, without a header.
    Rest(LabelText),
    /// A WindowUpdate frame on this stream, with `credit`.
    WindowUpdate(LabelText),
    /// A ping with this value, or an answer to one.
    Ping(PingText),
    /// A go-away with this code.
    GoAway(GoAwayText),
    /// Any header, lawful or not, and any body.
    Raw(RawBlock),
}

/// Frames a wire peer sends: exactly one kind, and what goes with it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Send")]
pub(crate) struct SendBlock {
    /// The kind.
    #[serde(flatten)]
    pub(crate) frame: FrameBlock,
    /// For `data` and `rest`: the length of the body.
    pub(crate) bytes: Option<Size>,
    /// For `data`, instead of `bytes`: so many more than the subject has allowed so far on the stream; 0 uses up what is left.
    pub(crate) beyond_window: Option<Size>,
    /// For `data`: what the header says of the length; `bytes` if not given. A body that is shorter goes on with
    /// whatever is sent next: its `rest`, or anything.
    pub(crate) length: Option<Size>,
    /// For `window_update`: the credit; 0 if not given.
    pub(crate) credit: Option<Size>,
    /// For `data` and `window_update`: the flags. SYN on a label that is not in use opens a stream.
    #[serde(default)]
    pub(crate) flags: Vec<FlagText>,
    /// For `data` and `window_update`: the stream's number on the wire, for streams nobody opened.
    pub(crate) id: Option<IdText>,
    /// How many such frames, one behind the other; 1 if not given.
    #[schemars(range(min = 1))]
    pub(crate) times: Option<u32>,
}

/// A flag by its name, or any bits.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Flag")]
pub(crate) enum FlagText {
    /// By name.
    Name(FlagName),
    /// Any bits.
    Bits(u16),
}

/// A flag the spec names.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "FlagName")]
pub(crate) enum FlagName {
    /// Opens a stream, or asks for a pong.
    Syn,
    /// Acknowledges a stream, or answers a ping.
    Ack,
    /// The sender will send no more data.
    Fin,
    /// The stream ends at once.
    Rst,
}

/// A stream's number on the wire.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "StreamNumber")]
pub(crate) enum IdText {
    /// This number.
    Number(u32),
    /// See there.
    WrongParity(WrongParityName),
}

/// The next number of the wrong side.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WrongParity")]
pub(crate) enum WrongParityName {
    /// A fresh number that only the subject may use.
    WrongParity,
}

/// A ping: its value, or its value and whether it is an answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "SendPing")]
pub(crate) enum PingText {
    /// A ping with this value.
    Number(u32),
    /// A ping or a pong.
    Block(PingBlock),
}

/// A ping or a pong.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "PingFrame")]
pub(crate) struct PingBlock {
    /// The value, or "latest" for that of the subject's latest ping.
    pub(crate) value: PingValueText,
    /// Whether it is a pong; false if not given.
    #[serde(default)]
    pub(crate) answer: bool,
}

/// The value of a ping.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "PingValue")]
pub(crate) enum PingValueText {
    /// This number.
    Number(u32),
    /// See there.
    Latest(LatestName),
}

/// The value of the subject's latest ping.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Latest")]
pub(crate) enum LatestName {
    /// The value of the subject's latest ping: what a pong must carry.
    Latest,
}

/// A go-away code: its name or its number.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "GoAwayCode")]
pub(crate) enum GoAwayText {
    /// By name.
    Name(GoAwayName),
    /// Any number.
    Number(u32),
}

/// A go-away code the spec names.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GoAwayName")]
pub(crate) enum GoAwayName {
    /// 0: an orderly end.
    Normal,
    /// 1: the other end broke the protocol.
    ProtocolError,
    /// 2: the sender failed.
    InternalError,
}

/// A header field by field, and a body that need not agree with it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "RawFrame")]
pub(crate) struct RawBlock {
    /// The version; 0 if not given.
    #[serde(default)]
    pub(crate) version: u8,
    /// The type: 0 data, 1 window update, 2 ping, 3 go away.
    #[serde(rename = "type")]
    pub(crate) frame_type: u8,
    /// The flags; none if not given.
    #[serde(default)]
    pub(crate) flags: Vec<FlagText>,
    /// The stream: its label, or its number.
    pub(crate) stream: RawStreamText,
    /// The length field.
    pub(crate) length: Size,
    /// The body, in hexadecimal.
    pub(crate) body_hex: Option<Hex>,
    /// The body, as a number of zero bytes.
    pub(crate) body_bytes: Option<Size>,
}

/// A stream's label, or its number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "RawStream")]
pub(crate) enum RawStreamText {
    /// By number.
    Number(u32),
    /// By label.
    Label(LabelText),
}

/// Bytes in hexadecimal.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "SendBytes")]
pub(crate) enum BytesBlock {
    /// As a string.
    Text(Hex),
    /// With its name.
    Block(HexBlock),
}

/// Bytes in hexadecimal.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "HexBytes")]
pub(crate) struct HexBlock {
    /// The bytes.
    pub(crate) hex: Hex,
}

/// The events an expectation can name.
#[derive(Debug, Deserialize, JsonSchema, strum::AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum EventName {
    /// The subject opened this stream.
    Opened(LabelText),
    /// The subject acknowledged this stream.
    Acked(LabelText),
    /// Payload on this stream, in one frame or many: `bytes`, or all that is there, `at_least` so many.
    Data(LabelText),
    /// The subject will send no more on this stream.
    Fin(LabelText),
    /// The subject reset this stream.
    Reset(LabelText),
    /// Credit for this stream since the last such step: `bytes` in sum, or `at_least` so many.
    Credit(LabelText),
    /// A pong with this value.
    Pong(u32),
    /// A ping.
    Ping(True),
    /// A go-away with this code.
    GoAway(GoAwayText),
    /// The subject ended the transport.
    SessionEnd(True),
}

/// An event, and how much of it.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct EventBlock {
    /// Which.
    #[serde(flatten)]
    pub(crate) name: EventName,
    /// For `data` and `credit`: how many, exactly.
    pub(crate) bytes: Option<Size>,
    /// For `data` and `credit`: how many at least.
    pub(crate) at_least: Option<Size>,
    /// For `reset`: its code, which is the length of a window update with RST.
    pub(crate) code: Option<u32>,
}

/// An event the peer must have seen.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Expect")]
pub(crate) struct ExpectBlock {
    /// The event.
    #[serde(flatten)]
    pub(crate) event: EventBlock,
    /// When.
    #[serde(flatten)]
    pub(crate) timing: Times,
    /// For `data` and `pong`: at most so many bytes of other streams have come before it since the session began.
    pub(crate) behind: Option<Size>,
    /// For `ping`, `pong` and `go_away`: how many of them, the values of pongs counting up; 1 if not given.
    #[schemars(range(min = 1, max = 200_000))]
    pub(crate) times: Option<u32>,
    /// Whether it need not come. It is waited for if `within` says how long, and taken if it is there.
    #[serde(default)]
    pub(crate) optional: bool,
    /// Weaker lawful events.
    #[serde(default)]
    pub(crate) or: Vec<WeakerEvent>,
}

/// A weaker lawful event.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct WeakerEvent {
    /// The event.
    #[serde(flatten)]
    pub(crate) event: EventBlock,
    /// Why it is lawful.
    pub(crate) because: String,
}

/// A frame, exactly.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ExpectFrame")]
pub(crate) struct ExpectFrameBlock {
    /// The type.
    #[serde(rename = "type")]
    pub(crate) frame_type: FrameTypeName,
    /// The flags, exactly; none if not given.
    #[serde(default)]
    pub(crate) flags: Vec<FlagText>,
    /// The stream; not for `ping` and `go_away`.
    pub(crate) stream: Option<LabelText>,
    /// The length field; any if not given.
    pub(crate) length: Option<Size>,
}

/// A frame type the spec names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FrameType")]
pub(crate) enum FrameTypeName {
    /// Payload.
    Data,
    /// Credit, and flags.
    WindowUpdate,
    /// A ping or a pong.
    Ping,
    /// The end of the session.
    GoAway,
}

/// The events an expectation can rule out.
#[derive(Debug, Deserialize, JsonSchema, strum::AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum NoneName {
    /// An acknowledgement of this stream.
    Acked(LabelText),
    /// Anything on this stream but credit and acknowledgement.
    Anything(LabelText),
    /// Credit for this stream.
    Credit(LabelText),
    /// Payload on this stream.
    Data(LabelText),
    /// A half-close of this stream.
    Fin(LabelText),
    /// A go-away.
    GoAway(True),
    /// A new stream.
    Opened(True),
    /// A pong with this value.
    Pong(u32),
    /// A reset of this stream.
    Reset(LabelText),
    /// The end of the transport.
    SessionEnd(True),
}

/// An event that must not have come.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ExpectNone")]
pub(crate) struct ExpectNoneBlock {
    /// Which.
    #[serde(flatten)]
    pub(crate) event: NoneName,
    /// How long to wait for it before being sure; if not given, until everything has settled.
    #[serde(rename = "for")]
    pub(crate) duration: Option<Span>,
}
