//! `Substream`: a stream of the crate, as the shim wants it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_yamux::StreamHandle;
use yamux_shim::{Failure, Stream};

use crate::error;

/// A stream of the crate. Dropping it is its reset: the library sends RST unless this end has closed it.
pub(crate) struct Substream(StreamHandle);

impl From<StreamHandle> for Substream {
    fn from(stream: StreamHandle) -> Self {
        Self(stream)
    }
}

impl Stream for Substream {
    fn number(&self) -> u32 {
        self.0.id()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_half_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn failure(&self, error: &io::Error, session_is_over: bool) -> Failure {
        error::of_stream(error, self.0.state(), session_is_over)
    }
}
