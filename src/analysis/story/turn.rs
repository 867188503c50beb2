//! `Turn`: one thing that an application or a wire peer does, or time that passes. Pure.

use std::fmt;
use std::time::Duration;

use crate::scenario::{Action, Actor, Label};
use crate::yamux::frame::Flags;

/// One thing that an application or a wire peer does, a change of the wire, or time that passes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Turn {
    /// An application calls its endpoint.
    Call(Actor, AppCall),
    /// A wire peer sends a frame.
    Frame(PeerFrame),
    /// The wire changes.
    Fault(WireFault),
    /// Time passes.
    Wait(Duration),
}

/// A call of an application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AppCall {
    /// Open a stream.
    Open(Label),
    /// Accept the next stream. The other end has opened it under this label, or will do so.
    Accept(Label),
    /// Write this many bytes.
    Write(Label, u64),
    /// Read exactly this many bytes.
    Read(Label, u64),
    /// Read to the end of the stream.
    ReadToEnd(Label),
    /// Stop writing.
    HalfClose(Label),
    /// Close the stream.
    Close(Label),
    /// Abort the stream.
    Reset(Label),
    /// Release the handle.
    Drop(Label),
    /// Stop reading.
    CloseRead(Label),
    /// Set the deadline of reads or of writes; `None` clears it.
    SetDeadline {
        /// The stream.
        stream: Label,
        /// Whether it is for writes, not reads.
        is_for_writes: bool,
        /// How long after now.
        after: Option<Duration>,
    },
    /// Cancel the latest call of this kind on the stream.
    Cancel(Cancellable, Label),
    /// Ping, and wait for the pong.
    Ping,
    /// Tell the other end to open no more streams.
    GoAway,
    /// End the session.
    CloseSession,
}

/// A kind of call that can be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Cancellable {
    /// An open.
    Open,
    /// An accept.
    Accept,
    /// A read of any amount.
    Read,
    /// A write.
    Write,
}

/// A frame of a wire peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PeerFrame {
    /// A window update; with SYN on a label that is not in use, it opens the stream.
    Update {
        /// The stream.
        stream: Label,
        /// The flags, unknown ones included.
        flags: Flags,
        /// The credit.
        credit: u32,
    },
    /// Data; with SYN on a label that is not in use, it opens the stream.
    Data {
        /// The stream.
        stream: Label,
        /// The flags.
        flags: Flags,
        /// The length of the body.
        bytes: u32,
    },
    /// Data in one frame: all that the window has left, and this many bytes more.
    FillWindow {
        /// The stream.
        stream: Label,
        /// How many bytes beyond the window.
        beyond: u32,
    },
    /// A ping with this value.
    Ping(u32),
    /// The pong to the subject's latest ping.
    Pong,
    /// A pong with this value, which answers no ping.
    UnaskedPong(u32),
    /// A go-away with this code.
    GoAway(u32),
    /// A SYN with a number of the subject's side.
    WrongParity(Label),
    /// A frame on a stream that nobody opened.
    Unopened(UnopenedFrame),
    /// A ping of version 1.
    WrongVersion,
    /// A frame of type 4.
    UnknownType,
    /// A ping on a stream.
    PingOnStream(Label),
    /// A go-away on a stream.
    GoAwayOnStream(Label),
}

/// A frame on a stream that nobody opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum UnopenedFrame {
    /// Four bytes of data.
    Data,
    /// A window update with FIN.
    Fin,
    /// A window update with RST.
    Rst,
    /// A window update with credit.
    Credit,
}

/// A change of the wire; each direction is named by the end at which bytes arrive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WireFault {
    /// At most this many bytes arrive at a time; `None` lifts the limit.
    Segment(Actor, Option<u32>),
    /// Nothing more arrives.
    Stall(Actor),
    /// The bytes kept arrive, and everything after them.
    Resume(Actor),
    /// Bytes arrive later by this much, and at most the jitter more.
    Delay {
        /// The end.
        to: Actor,
        /// The delay.
        by: Duration,
        /// The jitter.
        jitter: Duration,
    },
    /// At most this many bytes pass a second; `None` lifts the limit.
    Rate(Actor, Option<u32>),
    /// At most this many bytes are in transit.
    Buffer(Actor, u32),
    /// This direction ends.
    End(Actor),
    /// Both directions end, torn down or in order.
    Cut {
        /// Whether the connection is torn down.
        is_reset: bool,
    },
}

impl Cancellable {
    /// The kind of an action, if it can be cancelled.
    pub(crate) const fn of(action: &Action) -> Option<Self> {
        match action {
            Action::Open { .. } => Some(Self::Open),
            Action::Accept { .. } => Some(Self::Accept),
            Action::Read { .. } => Some(Self::Read),
            Action::Write { .. } => Some(Self::Write),
            _ => None,
        }
    }
}

impl AppCall {
    /// The stream it is about.
    pub(crate) const fn stream(&self) -> Option<&Label> {
        match self {
            Self::Open(stream)
            | Self::Accept(stream)
            | Self::Write(stream, _)
            | Self::Read(stream, _)
            | Self::ReadToEnd(stream)
            | Self::HalfClose(stream)
            | Self::Close(stream)
            | Self::Reset(stream)
            | Self::Drop(stream)
            | Self::CloseRead(stream)
            | Self::SetDeadline { stream, .. }
            | Self::Cancel(_, stream) => Some(stream),
            Self::Ping | Self::GoAway | Self::CloseSession => None,
        }
    }
}

impl PeerFrame {
    /// The stream it names.
    pub(crate) const fn stream(&self) -> Option<&Label> {
        match self {
            Self::Update { stream, .. }
            | Self::Data { stream, .. }
            | Self::FillWindow { stream, .. }
            | Self::WrongParity(stream)
            | Self::PingOnStream(stream)
            | Self::GoAwayOnStream(stream) => Some(stream),
            _ => None,
        }
    }

    /// Whether it opens its stream if the label is not in use.
    pub(crate) const fn may_open(&self) -> bool {
        match self {
            Self::Update { flags, .. } | Self::Data { flags, .. } => flags.contains(Flags::SYN),
            Self::WrongParity(_) => true,
            _ => false,
        }
    }
}

impl Turn {
    /// The stream it is about.
    pub(crate) const fn stream(&self) -> Option<&Label> {
        match self {
            Self::Call(_, call) => call.stream(),
            Self::Frame(frame) => frame.stream(),
            Self::Fault(_) | Self::Wait(_) => None,
        }
    }
}

/// A length of time as scenarios write it.
pub(crate) fn span(time: Duration) -> impl fmt::Display {
    humantime::format_duration(time)
}
