//! `Expect` and its kin: what the peer must, or must not, see on the wire. Pure.

use std::time::Duration;

use crate::frame::{Flags, FrameType, GoAwayCode};
use crate::scenario::{Label, Timing};

/// An event the peer must have seen on the wire, in its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The one primary outcome.
    pub event: ExpectedEvent,
    /// When.
    pub timing: Timing,
    /// Weaker lawful outcomes.
    pub weaker: Vec<(ExpectedEvent, String)>,
}

/// An event, whichever lawful frame carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedEvent {
    /// The subject opened a stream, which gets this label.
    Opened(Label),
    /// The subject acknowledged the stream.
    Acked(Label),
    /// So many bytes of payload, in one frame or many.
    Data(Label, u64),
    /// The subject will send no more.
    Fin(Label),
    /// The subject reset the stream.
    Reset(Label),
    /// Credit: exactly so many bytes in sum, or at least so many, since the last such step.
    Credit(Label, CreditAmount),
    /// A pong with this value.
    Pong(u32),
    /// A ping.
    Ping,
    /// A go-away with this code.
    GoAway(GoAwayCode),
    /// The subject ended the transport.
    SessionEnd,
}

/// How much credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditAmount {
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

/// Events that must not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectNone {
    /// Which.
    pub event: ForbiddenEvent,
    /// How long to wait for it before being sure; zero is: once everything has settled.
    pub duration: Duration,
}

/// An event that must not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForbiddenEvent {
    /// An acknowledgement.
    Acked(Label),
    /// Any event of a stream but credit and acknowledgement.
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
