//! `Substream`: a stream of the crate, as the shim wants it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use yamux_shim::{Class, Failure, Stream};

/// A stream of the crate. Dropping it is its reset: the library sends RST if neither end has closed it, FIN if only the peer has, and nothing if this end has.
pub(crate) struct Substream {
    stream: yamux::Stream,
    /// Whether it was closed on this side.
    is_closed_here: bool,
}

impl From<yamux::Stream> for Substream {
    fn from(stream: yamux::Stream) -> Self {
        Self { stream, is_closed_here: false }
    }
}

impl Stream for Substream {
    fn number(&self) -> u32 {
        self.stream.id().val()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_half_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_close(cx);
        self.is_closed_here |= matches!(closed, Poll::Ready(Ok(())));
        closed
    }

    /// The library has one error for every stream that can no longer be used. What else it tells of the stream and of the
    /// connection says which of three it is.
    fn failure(&self, error: &io::Error, session_is_over: bool) -> Failure {
        let class = match error.kind() {
            io::ErrorKind::WriteZero if session_is_over => Class::SessionShutdown,
            io::ErrorKind::WriteZero if self.is_closed_here => Class::StreamClosed,
            io::ErrorKind::WriteZero if self.stream.is_closed() => Class::StreamReset,
            _ => Class::Unclassified,
        };
        Failure::new(class, error)
    }
}
