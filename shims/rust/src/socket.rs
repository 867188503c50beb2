//! `Socket`: the transport of a session.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::memory::NearEnd;

/// The transport of a session: a TCP socket or, in lockstep, one end of a connection in memory.
pub struct Socket(Kind);

enum Kind {
    Tcp(TcpStream),
    Memory(NearEnd),
}

impl From<TcpStream> for Socket {
    fn from(socket: TcpStream) -> Self {
        Self(Kind::Tcp(socket))
    }
}

impl From<NearEnd> for Socket {
    fn from(end: NearEnd) -> Self {
        Self(Kind::Memory(end))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Tcp(socket) => Pin::new(socket).poll_read(cx, buf),
            Kind::Memory(end) => end.poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Tcp(socket) => Pin::new(socket).poll_write(cx, buf),
            Kind::Memory(end) => end.poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            Kind::Memory(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Kind::Memory(end) => {
                end.close();
                Poll::Ready(Ok(()))
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
        match &mut self.0 {
            Kind::Tcp(socket) => Pin::new(socket).poll_write_vectored(cx, bufs),
            Kind::Memory(end) => end.poll_write(cx, first),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Tcp(socket) => socket.is_write_vectored(),
            Kind::Memory(_) => false,
        }
    }
}
