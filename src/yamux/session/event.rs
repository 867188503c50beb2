//! `Event` and `EndReason`: what a session reports to its application. Pure.

use std::fmt;
use std::time::Duration;

use crate::yamux::frame::{GoAwayCode, StreamId};
use crate::yamux::session::{Error, Violation};

/// An event for the application.
///
/// `Acceptable`, `Openable`, `Readable` and `Writable` mean "try again": each comes only if that call returned
/// [`Error::Blocked`] since the last such event, and the repeated call may succeed or fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A stream waits to be accepted.
    Acceptable,
    /// The peer acknowledged a stream of ours.
    Acked(StreamId),
    /// The session has ended; comes once, followed only by the "try again" events it causes.
    Ended(EndReason),
    /// The peer's FIN took effect, perhaps before the accept: no more data follows what is buffered, unless the peer
    /// breaks the protocol; data after a FIN is delivered, as in the reference.
    Finished(StreamId),
    /// The peer sent a go-away; for `Normal` this comes once, and the session goes on without new streams of ours.
    GoAway(GoAwayCode),
    /// A stream may be opened again.
    Openable,
    /// The application's ping was not answered in time; a later pong is ignored.
    PingTimedOut {
        /// The ping's opaque value.
        value: u32,
    },
    /// The application's ping was answered.
    Pong {
        /// The ping's opaque value.
        value: u32,
        /// The time from queueing the ping to its pong.
        round_trip: Duration,
    },
    /// A stream may be read again.
    Readable(StreamId),
    /// The peer reset a stream.
    Reset(StreamId),
    /// A stream may be written again.
    Writable(StreamId),
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// This end closed it.
    Closed,
    /// A keep-alive ping was not answered in time.
    KeepaliveTimeout,
    /// The peer never acknowledged this stream.
    OpenTimeout(StreamId),
    /// The peer ended it with a go-away other than `Normal`.
    PeerGoAway(GoAwayCode),
    /// The transport's input ended between two frames.
    TransportEof,
    /// The transport's input ended inside a frame.
    TransportEofInFrame,
    /// The transport failed.
    TransportFailed,
    /// The peer broke the protocol.
    Violation(Violation),
}

impl EndReason {
    /// The error that a call on the session, such as an accept, returns after this end.
    pub const fn error(self) -> Error {
        match self {
            Self::Closed | Self::OpenTimeout(_) => Error::SessionShutdown,
            Self::KeepaliveTimeout => Error::KeepaliveTimeout,
            Self::PeerGoAway(_) => Error::RemoteGoAway,
            Self::TransportEof => Error::Eof,
            Self::TransportEofInFrame | Self::TransportFailed => Error::Transport,
            Self::Violation(violation) => Error::Protocol(violation),
        }
    }

    /// The error that a read returns after this end, on a stream that the peer had not finished.
    pub const fn stream_error(self) -> Error {
        match self {
            // Without a FIN the end of the transport truncates the stream.
            Self::TransportEof => Error::Transport,
            reason => reason.error(),
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.pad("closed by this end"),
            Self::KeepaliveTimeout => f.pad("a keep-alive ping was not answered in time"),
            Self::OpenTimeout(stream) => {
                write!(f, "the peer did not acknowledge stream {stream} in time")
            }
            Self::PeerGoAway(code) => write!(f, "the peer said go away: {code}"),
            Self::TransportEof => f.pad("the peer ended the transport"),
            Self::TransportEofInFrame => f.pad("the peer ended the transport inside a frame"),
            Self::TransportFailed => f.pad("the transport failed"),
            Self::Violation(violation) => write!(f, "the peer broke the protocol: {violation}"),
        }
    }
}

/// How the transport's input ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputEnd {
    /// Cleanly: the peer will send no more.
    Eof,
    /// With an error, in either direction: nothing more can be sent either.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_says_what_happened() {
        for (reason, words) in [
            (EndReason::Closed, "closed by this end"),
            (EndReason::OpenTimeout(StreamId(3)), "did not acknowledge stream 3"),
            (EndReason::PeerGoAway(GoAwayCode::InternalError), "go away: internal_error"),
            (EndReason::TransportEof, "ended the transport"),
            (EndReason::TransportEofInFrame, "inside a frame"),
            (EndReason::TransportFailed, "failed"),
            (EndReason::KeepaliveTimeout, "keep-alive"),
            (EndReason::Violation(Violation::UnknownVersion(7)), "broke the protocol: "),
        ] {
            assert!(reason.to_string().contains(words), "{reason:?} prints {reason}");
        }
    }
}
