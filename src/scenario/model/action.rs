//! `Call`: an action of an application, and how it must end. Pure.

use std::fmt;
use std::time::Duration;

use crate::scenario::{Actor, ErrorClass, Label, StatsUse, Timing};

/// An action of an application, and how it must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The end whose application acts.
    pub actor: Actor,
    /// The action.
    pub action: Action,
    /// With a label, the call runs on and is joined later; without one, the step waits for its end.
    pub label: Option<Label>,
    /// How a call without a label must end.
    pub result: ExpectedResult,
}

/// An action of an application. Every library maps it to its own calls, or answers `unsupported`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a stream.
    Open {
        /// The stream's label.
        stream: Label,
        /// The call ends with `deadline` this long after its start; `None` sets no deadline.
        deadline: Option<Duration>,
    },
    /// Accept the next stream.
    Accept {
        /// The stream's new label, or the label under which the peer opened it.
        stream: Label,
        /// The call ends with `deadline` this long after its start; `None` sets no deadline.
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
    /// Read until `amount` has arrived.
    Read {
        /// The stream.
        stream: Label,
        /// How much.
        amount: ReadAmount,
    },
    /// Stop writing, but go on reading.
    HalfClose {
        /// The stream.
        stream: Label,
    },
    /// Stop reading, but go on writing.
    CloseRead {
        /// The stream.
        stream: Label,
    },
    /// Close the stream.
    Close {
        /// The stream.
        stream: Label,
    },
    /// Abort the stream.
    Reset {
        /// The stream.
        stream: Label,
        /// The code to send to the peer; `None` leaves it to the library.
        code: Option<u32>,
    },
    /// Release the handle without any call.
    Drop {
        /// The stream.
        stream: Label,
    },
    /// Release a stream that is over: the application keeps no handle of it.
    Forget {
        /// The stream.
        stream: Label,
    },
    /// Calls in this direction end with `deadline` this long after now; `None` clears it.
    SetDeadline {
        /// The stream.
        stream: Label,
        /// For reads; the outer `None` leaves the deadline unchanged.
        read: Option<Option<Duration>>,
        /// For writes; the outer `None` leaves the deadline unchanged.
        write: Option<Option<Duration>>,
    },
    /// Ping, and wait for the pong.
    Ping,
    /// Tell the peer to open no more streams.
    GoAway {
        /// The code to send to the peer; `None` leaves it to the library.
        code: Option<u32>,
    },
    /// End the session.
    CloseSession {
        /// The code to send to the peer; `None` leaves it to the library.
        code: Option<u32>,
    },
    /// Count the streams that the endpoint holds.
    CountStreams,
    /// Cancel a running call: it ends with `cancelled`.
    Cancel {
        /// The call.
        label: Label,
    },
    /// Ask for the resource figures of the endpoint.
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

    /// How many bytes it is to move; `None` if it reads to the end of the stream.
    pub const fn requested(&self) -> Option<u64> {
        match self {
            Self::Write { bytes, times, .. }
            | Self::Read { amount: ReadAmount::Exactly { bytes, times }, .. } => {
                Some(bytes.saturating_mul(*times as u64))
            }
            Self::Read { amount: ReadAmount::ToEnd { .. }, .. } => None,
            _ => Some(0),
        }
    }
}

impl fmt::Display for Action {
    /// The action as reports name it: `write s 5 x 65536 bytes`.
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

/// How much to read.
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
        /// The buffer's size.
        chunk: u64,
    },
}

/// How a call must end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedResult {
    /// The error class; `None` means success.
    pub error: Option<ErrorClass>,
    /// How many bytes were written or read; `None` means all of them if the call succeeds, and any number if it fails.
    pub bytes: Option<u64>,
    /// How many streams `CountStreams` must report.
    pub streams: Option<u32>,
    /// The code that its caller must be told; `None` allows any code, or none.
    pub told: Option<u32>,
    /// When.
    pub timing: Timing,
    /// Weaker lawful results.
    pub weaker: Vec<WeakerResult>,
}

/// A weaker lawful result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakerResult {
    /// The error class; `None` means success.
    pub error: Option<ErrorClass>,
    /// How many bytes; `None` means any number.
    pub bytes: Option<u64>,
    /// Why it is lawful.
    pub because: String,
}
