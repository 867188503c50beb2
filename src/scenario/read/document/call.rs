//! Application calls, joins and their results as written. Pure.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::ErrorClass;
use crate::scenario::read::document::{
    BytesBlock, ExpectBlock, ExpectFrameBlock, ExpectNoneBlock, SendBlock, True, exactly_one,
};
use crate::scenario::read::written::{LabelText, Size, Span, SpanOrNone, TimeText};

/// When something must happen, as written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times<'a> {
    pub(crate) at: Option<&'a TimeText>,
    pub(crate) not_before: Option<&'a TimeText>,
    pub(crate) within: Option<&'a TimeText>,
    pub(crate) from: Option<&'a LabelText>,
}

/// How a call must end, as written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending<'a> {
    pub(crate) error: Option<ErrorClass>,
    pub(crate) told: Option<u32>,
    pub(crate) times: Times<'a>,
    pub(crate) or: &'a [WeakerCall],
}

/// Declares a struct with its own fields and those that say how a call ends.
macro_rules! ends {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$meta])*
        pub(crate) struct $name {
            $($(#[$field_meta])* pub(crate) $field: $type,)*
            /// The error it must end with; without it, it must succeed.
            pub(crate) error: Option<ErrorClass>,
            /// The code of a reset or go-away that its caller must be told with the error.
            pub(crate) told: Option<u32>,
            /// Exactly then: `not_before` and `within` in one.
            pub(crate) at: Option<TimeText>,
            /// Not earlier; exact on every clock.
            pub(crate) not_before: Option<TimeText>,
            /// Not later; exact on the virtual clock, with slack on the live one.
            pub(crate) within: Option<TimeText>,
            /// The step the times count from, or "session" for its beginning.
            pub(crate) from: Option<LabelText>,
            /// Weaker lawful ends.
            #[serde(default)]
            pub(crate) or: Vec<WeakerCall>,
        }

        impl $name {
            /// How it must end.
            pub(crate) fn ending(&self) -> Ending<'_> {
                Ending {
                    error: self.error,
                    told: self.told,
                    times: Times {
                        at: self.at.as_ref(),
                        not_before: self.not_before.as_ref(),
                        within: self.within.as_ref(),
                        from: self.from.as_ref(),
                    },
                    or: &self.or,
                }
            }
        }
    };
}

ends!(
    /// A call on a stream.
    StreamCall {
        /// The stream.
        stream: LabelText,
        /// Lets the call run on under this name; a `join` says how it ends.
        label: Option<LabelText>,
    }
);

ends!(
    /// Open or accept a stream.
    EnteringCall {
        /// The stream.
        stream: LabelText,
        /// The call ends with `deadline` so long after its beginning.
        deadline: Option<Span>,
        /// Lets the call run on under this name; a `join` says how it ends.
        label: Option<LabelText>,
    }
);

ends!(
    /// Abort a stream.
    ResetCall {
        /// The stream.
        stream: LabelText,
        /// Why, as the other end shall be told.
        code: Option<u32>,
        /// Lets the call run on under this name; a `join` says how it ends.
        label: Option<LabelText>,
    }
);

ends!(
    /// Say go away, or end the session.
    LeavingCall {
        /// Why, as the other end shall be told.
        code: Option<u32>,
        /// Lets the call run on under this name; a `join` says how it ends.
        label: Option<LabelText>,
    }
);

ends!(
    /// A call on the session.
    SessionCall {
        /// Lets the call run on under this name; a `join` says how it ends.
        label: Option<LabelText>,
    }
);

ends!(
    /// Write.
    WriteCall {
        /// The stream.
        stream: LabelText,
        /// Bytes of one write.
        bytes: Size,
        /// How many writes, one after another; 1 if not given.
        #[schemars(range(min = 1))]
        times: Option<u32>,
        /// Lets the call run on under this name; a `join` says how it ends.
        label: Option<LabelText>,
        /// How many bytes it must report in sum; if not given, all if it succeeds, else any.
        wrote: Option<Size>,
    }
);

ends!(
    /// Read: `bytes`, or to the end.
    #[schemars(extend("oneOf" = exactly_one(&["bytes", "to_end"])))]
    ReadCall {
        /// The stream.
        stream: LabelText,
        /// Bytes of one read.
        bytes: Option<Size>,
        /// How many reads of `bytes`, one after another; 1 if not given.
        #[schemars(range(min = 1))]
        times: Option<u32>,
        /// Everything up to the end of the stream.
        to_end: Option<True>,
        /// The buffer of a read to the end; 64KiB if not given.
        chunk: Option<Size>,
        /// Lets the call run on under this name; a `join` says how it ends.
        label: Option<LabelText>,
        /// How many bytes it must have got in sum; if not given, all if it succeeds, else any.
        read: Option<Size>,
    }
);

ends!(
    /// A running call must end, so.
    #[schemars(rename = "Join")]
    JoinBlock {
        /// The call's label.
        label: LabelText,
        /// For a write: how many bytes it must report in sum; if not given, all if it succeeds, else any.
        wrote: Option<Size>,
        /// For a read: how many bytes it must have got in sum; if not given, all if it succeeds, else any.
        read: Option<Size>,
    }
);

/// A weaker lawful end of a call: an error, or success.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = exactly_one(&["error", "ok"])))]
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
#[serde(deny_unknown_fields)]
#[schemars(rename = "StillBlocked")]
pub(crate) struct StillBlockedBlock {
    /// The call's label.
    pub(crate) label: LabelText,
    /// How long to watch it.
    #[serde(rename = "for")]
    pub(crate) duration: Span,
}

/// How and when a running call ends, if it does, is told at the end of the run. It fails nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Measure")]
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
#[serde(deny_unknown_fields)]
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
#[serde(deny_unknown_fields)]
pub(crate) struct CountCall {
    /// How many there must be.
    pub(crate) is: u32,
}

/// Give up a call that is running.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelCall {
    /// The label of an open, accept, read or write.
    pub(crate) label: LabelText,
}

/// Ask what the endpoint takes up: remember it, or compare it with what was remembered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = exactly_one(&["remember", "since"])))]
pub(crate) struct StatsCall {
    /// The name under which the figures are kept.
    pub(crate) remember: Option<LabelText>,
    /// The name of the figures that these are compared with.
    pub(crate) since: Option<LabelText>,
    /// How many more streams there may be.
    pub(crate) streams: Option<u64>,
    /// How many more tasks, threads or goroutines there may be.
    pub(crate) tasks: Option<u64>,
    /// How much more memory may be in use.
    pub(crate) heap: Option<Size>,
    /// How many more files and sockets may be open.
    pub(crate) descriptors: Option<u32>,
}

/// Declares a struct with one optional field per application action, and its own.
macro_rules! actions {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$meta])*
        pub(crate) struct $name {
            /// Open a stream, which gets the label `stream`.
            pub(crate) open: Option<EnteringCall>,
            /// Accept the next stream, which has the label under which the other end opened it.
            pub(crate) accept: Option<EnteringCall>,
            /// Write to a stream; what is written follows the stream's pattern and is checked where it is read.
            pub(crate) write: Option<WriteCall>,
            /// Read from a stream; what is read is checked against the stream's pattern.
            pub(crate) read: Option<ReadCall>,
            /// "I will send no more, I go on reading."
            pub(crate) half_close: Option<StreamCall>,
            /// "I will read no more, I go on writing."
            pub(crate) close_read: Option<StreamCall>,
            /// "I am done with this stream."
            pub(crate) close: Option<StreamCall>,
            /// "Abort this stream."
            pub(crate) reset: Option<ResetCall>,
            /// Let go of the handle without any call.
            pub(crate) drop: Option<StreamCall>,
            /// Keep no handle of a stream any longer that both ends have closed, or one has reset.
            pub(crate) forget: Option<StreamCall>,
            /// Set the deadlines of a stream, counted from now.
            pub(crate) set_deadline: Option<DeadlineCall>,
            /// Ping, and wait for the pong.
            pub(crate) ping: Option<SessionCall>,
            /// Tell the other end to open no more streams.
            pub(crate) go_away: Option<LeavingCall>,
            /// End the session.
            pub(crate) close_session: Option<LeavingCall>,
            /// Count the streams the endpoint holds.
            pub(crate) count_streams: Option<CountCall>,
            /// Give up a call that is running: it ends with `cancelled`.
            pub(crate) cancel: Option<CancelCall>,
            /// Ask what the endpoint takes up.
            pub(crate) stats: Option<StatsCall>,
            $($(#[$field_meta])* pub(crate) $field: $type,)*
        }

        impl $name {
            /// The application action in it, if there is one.
            pub(crate) fn action(&self) -> Option<WrittenAction<'_>> {
                None.or(self.open.as_ref().map(WrittenAction::Open))
                    .or(self.accept.as_ref().map(WrittenAction::Accept))
                    .or(self.write.as_ref().map(WrittenAction::Write))
                    .or(self.read.as_ref().map(WrittenAction::Read))
                    .or(self.half_close.as_ref().map(WrittenAction::HalfClose))
                    .or(self.close_read.as_ref().map(WrittenAction::CloseRead))
                    .or(self.close.as_ref().map(WrittenAction::Close))
                    .or(self.reset.as_ref().map(WrittenAction::Reset))
                    .or(self.drop.as_ref().map(WrittenAction::Drop))
                    .or(self.forget.as_ref().map(WrittenAction::Forget))
                    .or(self.set_deadline.as_ref().map(WrittenAction::SetDeadline))
                    .or(self.ping.as_ref().map(WrittenAction::Ping))
                    .or(self.go_away.as_ref().map(WrittenAction::GoAway))
                    .or(self.close_session.as_ref().map(WrittenAction::CloseSession))
                    .or(self.count_streams.as_ref().map(WrittenAction::CountStreams))
                    .or(self.cancel.as_ref().map(WrittenAction::Cancel))
                    .or(self.stats.as_ref().map(WrittenAction::Stats))
            }
        }
    };
}

/// An application action as written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WrittenAction<'a> {
    Open(&'a EnteringCall),
    Accept(&'a EnteringCall),
    Write(&'a WriteCall),
    Read(&'a ReadCall),
    HalfClose(&'a StreamCall),
    CloseRead(&'a StreamCall),
    Close(&'a StreamCall),
    Reset(&'a ResetCall),
    Drop(&'a StreamCall),
    Forget(&'a StreamCall),
    SetDeadline(&'a DeadlineCall),
    Ping(&'a SessionCall),
    GoAway(&'a LeavingCall),
    CloseSession(&'a LeavingCall),
    CountStreams(&'a CountCall),
    Cancel(&'a CancelCall),
    Stats(&'a StatsCall),
}

impl WrittenAction<'_> {
    /// Its key.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Accept(_) => "accept",
            Self::Write(_) => "write",
            Self::Read(_) => "read",
            Self::HalfClose(_) => "half_close",
            Self::CloseRead(_) => "close_read",
            Self::Close(_) => "close",
            Self::Reset(_) => "reset",
            Self::Drop(_) => "drop",
            Self::Forget(_) => "forget",
            Self::SetDeadline(_) => "set_deadline",
            Self::Ping(_) => "ping",
            Self::GoAway(_) => "go_away",
            Self::CloseSession(_) => "close_session",
            Self::CountStreams(_) => "count_streams",
            Self::Cancel(_) => "cancel",
            Self::Stats(_) => "stats",
        }
    }
}

actions!(
    /// One call of the subject's application.
    #[schemars(rename = "SubjectAction", extend("oneOf" = exactly_one(ACTION_KEYS)))]
    ActionBlock {}
);

actions!(
    /// One thing the peer does or must have seen: a call (peer "app"), `send` and `send_bytes` (peer "wire"),
    /// or an expectation (both).
    #[schemars(rename = "PeerAction", extend("oneOf" = exactly_one(&[ACTION_KEYS, WIRE_KEYS].concat())))]
    PeerBlock {
        /// Send frames.
        send: Option<SendBlock>,
        /// Send bytes that need not be frames.
        send_bytes: Option<BytesBlock>,
        /// This event must have come, whichever lawful frame carries it.
        expect: Option<ExpectBlock>,
        /// The next frame of its stream and type must be exactly this one.
        expect_frame: Option<ExpectFrameBlock>,
        /// No such event may have come.
        expect_none: Option<ExpectNoneBlock>,
    }
);

const ACTION_KEYS: &[&str] = &[
    "open",
    "accept",
    "write",
    "read",
    "half_close",
    "close_read",
    "close",
    "reset",
    "drop",
    "forget",
    "set_deadline",
    "ping",
    "go_away",
    "close_session",
    "count_streams",
    "cancel",
    "stats",
];

const WIRE_KEYS: &[&str] = &["send", "send_bytes", "expect", "expect_frame", "expect_none"];
