//! `session::Error` as an `io::Error`.

use std::io;

use crate::yamux::session::Error;

impl From<Error> for io::Error {
    /// The nearest `ErrorKind`, wrapping the session's error.
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Blocked => io::ErrorKind::WouldBlock,
            Error::ConnectionWriteTimeout | Error::KeepaliveTimeout => io::ErrorKind::TimedOut,
            Error::Eof => io::ErrorKind::UnexpectedEof,
            Error::Protocol(_) => io::ErrorKind::InvalidData,
            Error::RemoteGoAway => io::ErrorKind::ConnectionRefused,
            Error::SessionShutdown | Error::Transport => io::ErrorKind::ConnectionAborted,
            Error::StreamClosed => io::ErrorKind::BrokenPipe,
            Error::StreamReset => io::ErrorKind::ConnectionReset,
            Error::StreamsExhausted => io::ErrorKind::AddrNotAvailable,
            Error::UnknownStream => io::ErrorKind::NotConnected,
        };
        Self::new(kind, error)
    }
}
