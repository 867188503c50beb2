//! `Expect`, `ExpectFrame`, `ExpectNone`: what the peer must, or must not, see on the wire. Pure.

use std::fmt;
use std::time::Duration;

use crate::scenario::{Label, Timing};
use crate::yamux::frame::{Flags, FrameType, GoAwayCode};

/// An event that the peer must have seen on the wire in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The primary outcome.
    pub event: ExpectedEvent,
    /// When.
    pub timing: Timing,
    /// How often; the values of pongs count up.
    pub times: u32,
    /// Whether it need not come.
    pub is_optional: bool,
    /// How many bytes of other streams may have come before it; only for data and pongs.
    pub behind: Option<u64>,
    /// Weaker lawful outcomes.
    pub weaker: Vec<(ExpectedEvent, String)>,
}

impl Expect {
    /// The event, once, at any time.
    pub fn of(event: ExpectedEvent) -> Self {
        Self {
            event,
            timing: Timing::default(),
            times: 1,
            is_optional: false,
            behind: None,
            weaker: Vec::new(),
        }
    }

    /// The event expected after this many of them have come.
    pub fn after(&self, count: u32) -> ExpectedEvent {
        match &self.event {
            ExpectedEvent::Pong(first) => ExpectedEvent::Pong(first.wrapping_add(count)),
            event => event.clone(),
        }
    }
}

/// An event, carried by any lawful frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedEvent {
    /// The subject opened a stream, which gets this label.
    Opened(Label),
    /// The subject acknowledged the stream.
    Acked(Label),
    /// This much payload, in one frame or many; `AtLeast` takes all that has arrived.
    Data(Label, Amount),
    /// The subject half-closed the stream.
    Fin(Label),
    /// The subject reset the stream.
    Reset(Label),
    /// The subject reset the stream, with this code.
    ResetWith(Label, u32),
    /// Credit: this many bytes in total since the last such step.
    Credit(Label, Amount),
    /// A pong with this value.
    Pong(u32),
    /// A ping.
    Ping,
    /// A go-away with this code.
    GoAway(GoAwayCode),
    /// The subject ended the transport.
    SessionEnd,
}

/// How many bytes of payload or credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Exactly.
    Exactly(u64),
    /// At least.
    AtLeast(u64),
}

/// A frame the subject must have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectFrame {
    /// The stream; `None` is stream 0.
    pub stream: Option<Label>,
    /// The type.
    pub frame_type: FrameType,
    /// The flags, exactly.
    pub flags: Flags,
    /// The length, if it matters.
    pub length: Option<u32>,
}

/// An event that must not come, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectNone {
    /// The event.
    pub event: ForbiddenEvent,
    /// How long to watch for it; zero means until everything has settled.
    pub duration: Duration,
}

/// An event that must not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForbiddenEvent {
    /// An acknowledgement.
    Acked(Label),
    /// Any event of a stream except credit and acknowledgement.
    Anything(Label),
    /// Credit.
    Credit(Label),
    /// Payload.
    Data(Label),
    /// A half-close.
    Fin(Label),
    /// A go-away.
    GoAway,
    /// A new stream.
    Opened,
    /// A pong with this value.
    Pong(u32),
    /// A reset.
    Reset(Label),
    /// The end of the transport.
    SessionEnd,
}

impl fmt::Display for ExpectedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(label) => write!(f, "the subject opens stream {label}"),
            Self::Acked(label) => write!(f, "acknowledgement of {label}"),
            Self::Data(label, Amount::Exactly(bytes)) => {
                write!(f, "{bytes} bytes of data on {label}")
            }
            Self::Data(label, Amount::AtLeast(bytes)) => {
                write!(f, "at least {bytes} bytes of data on {label}")
            }
            Self::Fin(label) => write!(f, "fin on {label}"),
            Self::Reset(label) => write!(f, "reset of {label}"),
            Self::ResetWith(label, code) => write!(f, "reset of {label} with code {code}"),
            Self::Credit(label, Amount::Exactly(bytes)) => {
                write!(f, "credit of exactly {bytes} bytes on {label}")
            }
            Self::Credit(label, Amount::AtLeast(bytes)) => {
                write!(f, "credit of at least {bytes} bytes on {label}")
            }
            Self::Pong(value) => write!(f, "pong {value}"),
            Self::Ping => f.write_str("a ping"),
            Self::GoAway(code) => write!(f, "go away with code {code}"),
            Self::SessionEnd => f.write_str("the subject ends the session"),
        }
    }
}

impl fmt::Display for ExpectFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with flags {}", self.frame_type, self.flags)?;
        self.length.map_or(Ok(()), |length| write!(f, " and length {length}"))
    }
}

impl fmt::Display for ForbiddenEvent {
    /// The expectation, as a report names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acked(label) => write!(f, "no acknowledgement of {label}"),
            Self::Anything(label) => write!(f, "nothing on {label}"),
            Self::Credit(label) => write!(f, "no credit on {label}"),
            Self::Data(label) => write!(f, "no data on {label}"),
            Self::Fin(label) => write!(f, "no fin on {label}"),
            Self::GoAway => f.write_str("no go away"),
            Self::Opened => f.write_str("no new stream"),
            Self::Pong(value) => write!(f, "no pong {value}"),
            Self::Reset(label) => write!(f, "no reset of {label}"),
            Self::SessionEnd => f.write_str("the session goes on"),
        }
    }
}
