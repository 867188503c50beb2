//! Frames sent and expected, as written. Pure.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::read::document::{Times, True, exactly_one};
use crate::scenario::read::written::{Hex, LabelText, Size, Span, TimeText};

/// Frames a wire peer sends: exactly one kind, and what goes with it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "Send",
    extend("oneOf" = exactly_one(&["data", "rest", "window_update", "ping", "go_away", "raw"]))
)]
pub(crate) struct SendBlock {
    /// A Data frame on this stream, with `bytes` of the stream's pattern.
    pub(crate) data: Option<LabelText>,
    /// What is left of a body on this stream that was cut short by `length`, or `bytes` of that, without a header.
    pub(crate) rest: Option<LabelText>,
    /// A WindowUpdate frame on this stream, with `credit`.
    pub(crate) window_update: Option<LabelText>,
    /// A ping with this value, or an answer to one.
    pub(crate) ping: Option<PingText>,
    /// A go-away with this code.
    pub(crate) go_away: Option<GoAwayText>,
    /// Any header, lawful or not, and any body.
    pub(crate) raw: Option<RawBlock>,
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
#[serde(deny_unknown_fields)]
#[schemars(rename = "PingFrame")]
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
#[serde(deny_unknown_fields)]
#[schemars(rename = "RawFrame")]
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
#[serde(deny_unknown_fields)]
#[schemars(rename = "HexBytes")]
pub(crate) struct HexBlock {
    /// The bytes.
    pub(crate) hex: Hex,
}

/// The events an expectation can name, borrowed from the object that names one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventBlock<'a> {
    pub(crate) opened: Option<&'a LabelText>,
    pub(crate) acked: Option<&'a LabelText>,
    pub(crate) data: Option<&'a LabelText>,
    pub(crate) fin: Option<&'a LabelText>,
    pub(crate) reset: Option<&'a LabelText>,
    pub(crate) credit: Option<&'a LabelText>,
    pub(crate) pong: Option<u32>,
    pub(crate) ping: bool,
    pub(crate) go_away: Option<GoAwayText>,
    pub(crate) bytes: Option<Size>,
    pub(crate) at_least: Option<Size>,
    pub(crate) code: Option<u32>,
}

/// Declares a struct with one optional field per event, and its own.
macro_rules! events {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$meta])*
        #[schemars(extend("oneOf" = exactly_one(EVENT_KEYS)))]
        pub(crate) struct $name {
            /// The subject opened this stream.
            pub(crate) opened: Option<LabelText>,
            /// The subject acknowledged this stream.
            pub(crate) acked: Option<LabelText>,
            /// Payload on this stream, in one frame or many: `bytes`, or all that is there, `at_least` so many.
            pub(crate) data: Option<LabelText>,
            /// The subject will send no more on this stream.
            pub(crate) fin: Option<LabelText>,
            /// The subject reset this stream.
            pub(crate) reset: Option<LabelText>,
            /// Credit for this stream since the last such step: `bytes` in sum, or `at_least` so many.
            pub(crate) credit: Option<LabelText>,
            /// A pong with this value.
            pub(crate) pong: Option<u32>,
            /// A ping.
            pub(crate) ping: Option<True>,
            /// A go-away with this code.
            pub(crate) go_away: Option<GoAwayText>,
            /// The subject ended the transport.
            #[expect(dead_code, reason = "it is there where no other event is")]
            session_end: Option<True>,
            /// For `data` and `credit`: how many, exactly.
            pub(crate) bytes: Option<Size>,
            /// For `data` and `credit`: how many at least.
            pub(crate) at_least: Option<Size>,
            /// For `reset`: its code, which is the length of a window update with RST.
            pub(crate) code: Option<u32>,
            $($(#[$field_meta])* pub(crate) $field: $type,)*
        }

        impl $name {
            /// The event it names.
            pub(crate) const fn event(&self) -> EventBlock<'_> {
                EventBlock {
                    opened: self.opened.as_ref(),
                    acked: self.acked.as_ref(),
                    data: self.data.as_ref(),
                    fin: self.fin.as_ref(),
                    reset: self.reset.as_ref(),
                    credit: self.credit.as_ref(),
                    pong: self.pong,
                    ping: self.ping.is_some(),
                    go_away: self.go_away,
                    bytes: self.bytes,
                    at_least: self.at_least,
                    code: self.code,
                }
            }
        }
    };
}

events!(
    /// An event the peer must have seen.
    #[schemars(rename = "Expect")]
    ExpectBlock {
        /// Exactly then: `not_before` and `within` in one.
        at: Option<TimeText>,
        /// Not earlier; exact on every clock.
        not_before: Option<TimeText>,
        /// Not later; exact on the virtual clock, with slack on the live one.
        within: Option<TimeText>,
        /// The step the times count from, or "session" for its beginning.
        from: Option<LabelText>,
        /// For `data` and `pong`: at most so many bytes of other streams have come before it since the session began.
        behind: Option<Size>,
        /// For `ping`, `pong` and `go_away`: how many of them, the values of pongs counting up; 1 if not given.
        #[schemars(range(min = 1, max = 200_000))]
        times: Option<u32>,
        /// Whether it need not come. It is waited for if `within` says how long, and taken if it is there.
        #[serde(default)]
        optional: bool,
        /// Weaker lawful events.
        #[serde(default)]
        or: Vec<WeakerEvent>,
    }
);

events!(
    /// A weaker lawful event.
    WeakerEvent {
        /// Why it is lawful.
        because: String,
    }
);

impl ExpectBlock {
    /// When it must have come.
    pub(crate) const fn timing(&self) -> Times<'_> {
        Times {
            at: self.at.as_ref(),
            not_before: self.not_before.as_ref(),
            within: self.within.as_ref(),
            from: self.from.as_ref(),
        }
    }
}

/// A frame, exactly.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExpectFrame")]
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

/// An event that must not have come.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "ExpectNone",
    extend("oneOf" = exactly_one(&[
        "acked", "anything", "credit", "data", "fin", "go_away", "opened", "pong", "reset", "session_end"
    ]))
)]
pub(crate) struct ExpectNoneBlock {
    /// An acknowledgement of this stream.
    pub(crate) acked: Option<LabelText>,
    /// Anything on this stream but credit and acknowledgement.
    pub(crate) anything: Option<LabelText>,
    /// Credit for this stream.
    pub(crate) credit: Option<LabelText>,
    /// Payload on this stream.
    pub(crate) data: Option<LabelText>,
    /// A half-close of this stream.
    pub(crate) fin: Option<LabelText>,
    /// A go-away.
    pub(crate) go_away: Option<True>,
    /// A new stream.
    pub(crate) opened: Option<True>,
    /// A pong with this value.
    pub(crate) pong: Option<u32>,
    /// A reset of this stream.
    pub(crate) reset: Option<LabelText>,
    /// The end of the transport.
    #[expect(dead_code, reason = "it is there where no other event is")]
    session_end: Option<True>,
    /// How long to wait for it before being sure; if not given, until everything has settled.
    #[serde(rename = "for")]
    pub(crate) duration: Option<Span>,
}

const EVENT_KEYS: &[&str] = &[
    "opened",
    "acked",
    "data",
    "fin",
    "reset",
    "credit",
    "pong",
    "ping",
    "go_away",
    "session_end",
];
