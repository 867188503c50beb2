//! What the errors of the library mean: those of an open, of a session and of a stream.

use std::io::{self, ErrorKind};

use tokio_yamux::Error;
use tokio_yamux::stream::StreamState;
use yamux_shim::{Class, Failure};

/// An error of an open. The list is closed: a new error does not compile.
pub(crate) fn of_open(error: &Error) -> Failure {
    let class = match error {
        Error::ConnectionReset => Class::StreamReset,
        Error::ConnectionWriteTimeout => Class::ConnectionWriteTimeout,
        Error::DuplicateStream
        | Error::InvalidMsgType
        | Error::InvalidVersion
        | Error::UnexpectedFlag => Class::Protocol,
        Error::KeepAliveTimeout => Class::KeepaliveTimeout,
        Error::RecvWindowExceeded => Class::WindowExceeded,
        Error::RemoteGoAway => Class::RemoteGoAway,
        Error::SessionShutdown => Class::SessionShutdown,
        Error::StreamClosed => Class::StreamClosed,
        Error::StreamsExhausted => Class::StreamsExhausted,
        Error::SubStreamRemoteClosing => Class::Eof,
        Error::Timeout => Class::Deadline,
        // A word between the library's own parts.
        Error::WouldBlock => Class::Unclassified,
    };
    Failure::new(class, error)
}

/// An error that ended a session. The library's own are kinds of `io::Error`; all others are the transport's.
pub(crate) fn of_session(error: &io::Error) -> Failure {
    let is_of_library = error.raw_os_error().is_none();
    let class = match error.kind() {
        ErrorKind::InvalidData if is_of_library => Class::Protocol,
        ErrorKind::TimedOut if is_of_library => Class::KeepaliveTimeout,
        _ => Class::Transport,
    };
    Failure::new(class, error)
}

/// An error of a stream. A write has one kind for every end; the stream's state says which of them it is.
pub(crate) fn of_stream(error: &io::Error, state: StreamState, session_is_over: bool) -> Failure {
    let class = match (error.kind(), state) {
        (ErrorKind::ConnectionReset, _) | (ErrorKind::BrokenPipe, StreamState::Reset) => {
            Class::StreamReset
        }
        (ErrorKind::InvalidData, _) => Class::Protocol,
        (ErrorKind::BrokenPipe, _) if session_is_over => Class::SessionShutdown,
        (ErrorKind::BrokenPipe, StreamState::Closed | StreamState::LocalClosing) => {
            Class::StreamClosed
        }
        _ => Class::Unclassified,
    };
    Failure::new(class, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_an_open_has_its_class() {
        for (error, class) in [
            (Error::ConnectionReset, Class::StreamReset),
            (Error::ConnectionWriteTimeout, Class::ConnectionWriteTimeout),
            (Error::DuplicateStream, Class::Protocol),
            (Error::InvalidMsgType, Class::Protocol),
            (Error::InvalidVersion, Class::Protocol),
            (Error::KeepAliveTimeout, Class::KeepaliveTimeout),
            (Error::RecvWindowExceeded, Class::WindowExceeded),
            (Error::RemoteGoAway, Class::RemoteGoAway),
            (Error::SessionShutdown, Class::SessionShutdown),
            (Error::StreamClosed, Class::StreamClosed),
            (Error::StreamsExhausted, Class::StreamsExhausted),
            (Error::SubStreamRemoteClosing, Class::Eof),
            (Error::Timeout, Class::Deadline),
            (Error::UnexpectedFlag, Class::Protocol),
            (Error::WouldBlock, Class::Unclassified),
        ] {
            assert_eq!(of_open(&error), Failure::new(class, error));
        }
    }

    #[test]
    fn every_error_of_a_session_has_its_class() {
        let class = |error: io::Error| of_session(&error).class;
        assert_eq!(class(ErrorKind::TimedOut.into()), Class::KeepaliveTimeout);
        assert_eq!(
            class(io::Error::new(ErrorKind::InvalidData, "yamux.version=1")),
            Class::Protocol
        );
        assert_eq!(class(io::Error::other("bytes remaining on stream")), Class::Transport);
        // ETIMEDOUT and ECONNRESET of the system.
        assert_eq!(class(io::Error::from_raw_os_error(110)), Class::Transport);
        assert_eq!(class(io::Error::from_raw_os_error(104)), Class::Transport);
    }

    #[test]
    fn every_error_of_a_stream_has_its_class() {
        let class = |kind: ErrorKind, state, is_over| of_stream(&kind.into(), state, is_over).class;
        use ErrorKind::{BrokenPipe, ConnectionReset, InvalidData};
        use StreamState::{Closed, Established, LocalClosing, RemoteClosing, Reset};
        assert_eq!(class(ConnectionReset, Reset, false), Class::StreamReset);
        assert_eq!(class(BrokenPipe, Reset, true), Class::StreamReset);
        assert_eq!(class(BrokenPipe, LocalClosing, false), Class::StreamClosed);
        assert_eq!(class(BrokenPipe, Closed, false), Class::StreamClosed);
        assert_eq!(class(BrokenPipe, RemoteClosing, true), Class::SessionShutdown);
        assert_eq!(class(BrokenPipe, Established, false), Class::Unclassified);
        assert_eq!(class(InvalidData, LocalClosing, false), Class::Protocol);
    }
}
