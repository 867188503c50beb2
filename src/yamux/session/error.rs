//! `Error`: why a call had no effect; `Violation`: how a peer broke the protocol, and how that is answered. Pure.

use crate::yamux::frame::{GoAwayCode, StreamId};

/// Why a call had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The call cannot proceed now; an event will say when to try again.
    #[error("not possible now, try again after the next event")]
    Blocked,
    /// The transport has taken nothing for the connection write timeout; the session stays open.
    #[error("connection write timeout")]
    ConnectionWriteTimeout,
    /// The peer finished sending, and all its bytes have been read.
    #[error("end of stream")]
    Eof,
    /// The session ended because a keep-alive ping was not answered.
    #[error("keepalive timeout")]
    KeepaliveTimeout,
    /// The session ended because the peer broke the protocol.
    #[error("the peer broke the protocol: {0}")]
    Protocol(Violation),
    /// The peer sent a go-away.
    #[error("the peer accepts no more streams")]
    RemoteGoAway,
    /// The session is over.
    #[error("session shutdown")]
    SessionShutdown,
    /// The application closed this direction of the stream, or the session is over.
    #[error("stream closed")]
    StreamClosed,
    /// The stream was reset, by either end.
    #[error("stream reset")]
    StreamReset,
    /// No stream number is left.
    #[error("no stream number is left")]
    StreamsExhausted,
    /// The session ended because the transport failed.
    #[error("the transport failed")]
    Transport,
    /// The application holds no stream with that number.
    #[error("no such stream")]
    UnknownStream,
}

/// How a peer broke the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A window update would make a send window exceed 32 bits.
    #[error(
        "credit of {credit} on stream {stream} whose window is {window}, more than 32 bits hold"
    )]
    CreditBeyondLimit {
        /// The stream.
        stream: StreamId,
        /// The window before.
        window: u32,
        /// The credit sent.
        credit: u32,
    },
    /// A Data frame longer than the receive window.
    #[error("{len} bytes of data on stream {stream} whose window is {window}")]
    DataBeyondWindow {
        /// The stream.
        stream: StreamId,
        /// The window.
        window: u32,
        /// The frame's length.
        len: u32,
    },
    /// A SYN for a stream that is still open.
    #[error("stream {0} opened while it is open")]
    StreamAlreadyOpen(StreamId),
    /// A SYN for stream 0, which is the session itself.
    #[error("stream 0 opened, which is the session itself")]
    StreamZeroOpened,
    /// A frame type above 3.
    #[error("frame type {0}, expected 0 to 3")]
    UnknownType(u8),
    /// A version that is not 0.
    #[error("version {0}, expected 0")]
    UnknownVersion(u8),
    /// A SYN for a stream whose number only this end may open.
    #[error("stream {0} opened, whose number belongs to this end")]
    WrongSideOpened(StreamId),
}

/// How a violation is answered; the session ends in each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A go-away with this code, then the end of the transport.
    GoAway(GoAwayCode),
    /// The end of the transport alone.
    TransportEnd,
}

impl Violation {
    /// How this violation is answered.
    pub const fn answer(self) -> Answer {
        match self {
            Self::CreditBeyondLimit { .. }
            | Self::DataBeyondWindow { .. }
            | Self::StreamAlreadyOpen(_)
            | Self::StreamZeroOpened
            | Self::WrongSideOpened(_) => Answer::GoAway(GoAwayCode::ProtocolError),
            // The spec is silent; like the reference, send no frame to a peer that does not speak this protocol.
            Self::UnknownType(_) | Self::UnknownVersion(_) => Answer::TransportEnd,
        }
    }
}
