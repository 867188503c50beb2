//! `Call`: what an application wishes, and how that must end. Pure.

use std::fmt;
use std::time::Duration;

use crate::scenario::{Actor, ErrorClass, Label, StatsUse, Timing};

/// An application's wish, and how it must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whose application.
    pub actor: Actor,
    /// The wish.
    pub action: Action,
    /// With a label the call runs on and is joined later; without, the step waits for its end.
    pub label: Option<Label>,
    /// How a call without a label must end.
    pub result: ExpectedResult,
}

/// What an application wishes. Every library maps these to what it has, or says `unsupported`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a stream.
    Open {
        /// The label it gets.
        stream: Label,
        /// The call ends with `deadline` so long after its beginning; `None` is never.
        deadline: Option<Duration>,
    },
    /// Accept the next stream.
    Accept {
        /// The label it gets, or the label under which the peer opened it.
        stream: Label,
        /// The call ends with `deadline` so long after its beginning; `None` is never.
        deadline: Option<Duration>,
    },
    /// Write `bytes` bytes, `times` times, one write after another; payload from the stream's pattern.
    Write {
        /// The stream.
        stream: Label,
        /// Bytes of one write.
        bytes: u64,
        /// How many writes.
        times: u32,
    },
    /// Read until `amount` is in.
    Read {
        /// The stream.
        stream: Label,
        /// How much.
        amount: ReadAmount,
    },
    /// "I will send no more, I go on reading."
    HalfClose {
        /// The stream.
        stream: Label,
    },
    /// "I will read no more, I go on writing."
    CloseRead {
        /// The stream.
        stream: Label,
    },
    /// "I am done with this stream."
    Close {
        /// The stream.
        stream: Label,
    },
    /// "Abort this stream."
    Reset {
        /// The stream.
        stream: Label,
        /// Why, as the peer shall be told; `None` leaves it to the library.
        code: Option<u32>,
    },
    /// Let go of the handle without any call.
    Drop {
        /// The stream.
        stream: Label,
    },
    /// The application needs a stream no longer that is over: it keeps no handle of it.
    Forget {
        /// The stream.
        stream: Label,
    },
    /// Calls of this direction end with `deadline` so long after now; `None` clears it.
    SetDeadline {
        /// The stream.
        stream: Label,
        /// For reads; the outer `None` leaves it as it is.
        read: Option<Option<Duration>>,
        /// For writes; the outer `None` leaves it as it is.
        write: Option<Option<Duration>>,
    },
    /// Ping, and wait for the pong.
    Ping,
    /// Tell the peer to open no more streams.
    GoAway {
        /// Why, as the peer shall be told; `None` leaves it to the library.
        code: Option<u32>,
    },
    /// End the session.
    CloseSession {
        /// Why, as the peer shall be told; `None` leaves it to the library.
        code: Option<u32>,
    },
    /// How many streams the endpoint holds.
    CountStreams,
    /// Give up a call that is running: it ends with `cancelled`.
    Cancel {
        /// The call.
        label: Label,
    },
    /// What the endpoint takes up.
    Stats(StatsUse),
}

impl Action {
    /// The stream it is about.
    pub const fn stream(&self) -> Option<&Label> {
        match self {
            Self::Open { stream, .. }
            | Self::Accept { stream, .. }
            | Self::Write { stream, .. }
            | Self::Read { stream, .. }
            | Self::HalfClose { stream }
            | Self::CloseRead { stream }
            | Self::Close { stream }
            | Self::Reset { stream, .. }
            | Self::Drop { stream }
            | Self::Forget { stream }
            | Self::SetDeadline { stream, .. } => Some(stream),
            Self::Ping
            | Self::GoAway { .. }
            | Self::CloseSession { .. }
            | Self::CountStreams
            | Self::Cancel { .. }
            | Self::Stats(_) => None,
        }
    }
}

impl fmt::Display for Action {
    /// As a report names it: `write s 5 x 65536 bytes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { stream, .. } => write!(f, "open {stream}"),
            Self::Accept { stream, .. } => write!(f, "accept {stream}"),
            Self::Write { stream, bytes, times: 1 } => write!(f, "write {stream} {bytes} bytes"),
            Self::Write { stream, bytes, times } => {
                write!(f, "write {stream} {times} x {bytes} bytes")
            }
            Self::Read { stream, amount: ReadAmount::Exactly { bytes, times: 1 } } => {
                write!(f, "read {stream} {bytes} bytes")
            }
            Self::Read { stream, amount: ReadAmount::Exactly { bytes, times } } => {
                write!(f, "read {stream} {times} x {bytes} bytes")
            }
            Self::Read { stream, amount: ReadAmount::ToEnd { .. } } => {
                write!(f, "read {stream} to its end")
            }
            Self::HalfClose { stream } => write!(f, "half_close {stream}"),
            Self::CloseRead { stream } => write!(f, "close_read {stream}"),
            Self::Close { stream } => write!(f, "close {stream}"),
            Self::Reset { stream, code } => {
                write!(f, "reset {stream}")?;
                with_code(f, *code)
            }
            Self::Drop { stream } => write!(f, "drop {stream}"),
            Self::Forget { stream } => write!(f, "forget {stream}"),
            Self::SetDeadline { stream, .. } => write!(f, "set_deadline {stream}"),
            Self::Ping => f.write_str("ping"),
            Self::GoAway { code } => {
                f.write_str("go_away")?;
                with_code(f, *code)
            }
            Self::CloseSession { code } => {
                f.write_str("close_session")?;
                with_code(f, *code)
            }
            Self::CountStreams => f.write_str("count_streams"),
            Self::Cancel { label } => write!(f, "cancel {label}"),
            Self::Stats(StatsUse::Remember(name)) => write!(f, "stats to remember as {name}"),
            Self::Stats(StatsUse::Since { before, .. }) => write!(f, "stats since {before}"),
        }
    }
}

fn with_code(f: &mut fmt::Formatter<'_>, code: Option<u32>) -> fmt::Result {
    code.map_or(Ok(()), |code| write!(f, " with code {code}"))
}

/// How much a read wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAmount {
    /// Exactly `bytes` bytes, `times` times, with buffers of at most `bytes`.
    Exactly {
        /// Bytes of one read.
        bytes: u64,
        /// How many reads.
        times: u32,
    },
    /// Everything up to the end of the stream, with buffers of at most `chunk` bytes.
    ToEnd {
        /// The buffer.
        chunk: u64,
    },
}

/// How a call must end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedResult {
    /// The error class; `None` is success.
    pub error: Option<ErrorClass>,
    /// How many bytes were written or read; `None` is: as many as asked for, if it succeeds, else any.
    pub bytes: Option<u64>,
    /// How many streams `CountStreams` must report.
    pub streams: Option<u32>,
    /// The code that its caller must be told; `None` is any, or none.
    pub told: Option<u32>,
    /// When.
    pub timing: Timing,
    /// Weaker lawful ends.
    pub weaker: Vec<WeakerResult>,
}

/// A weaker lawful end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakerResult {
    /// The error class; `None` is success.
    pub error: Option<ErrorClass>,
    /// How many bytes; `None` is any.
    pub bytes: Option<u64>,
    /// Why it is lawful.
    pub because: String,
}
