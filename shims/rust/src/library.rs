//! `Library` and `Stream`: what a shim has to say about its library.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::failure::Failure;
use crate::hello::About;
use crate::settings::Settings;
use crate::socket::Socket;
use serde::Deserialize;

/// Which end of a connection a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Its streams have odd numbers.
    Client,
    /// Its streams have even numbers.
    Server,
}

/// A session of a yamux library, which one task polls. What is polled wakes that task.
pub trait Library: Sized + Send + 'static {
    /// What it is and has.
    const ABOUT: About;
    /// The library's own settings.
    type Config: Send;
    /// The library's stream.
    type Stream: Stream;

    /// The library's settings for these; the error is the reason why the library cannot have them.
    fn configure(settings: &Settings) -> Result<Self::Config, String>;

    /// Begins a session on a connection.
    fn start(socket: Socket, side: Side, config: Self::Config) -> Self;

    /// Opens a stream.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<Self::Stream, Failure>>;

    /// Lets the library work, and takes the next stream that the peer has opened. The error is the end of the session.
    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Poll<Result<Self::Stream, Failure>>;

    /// Tells the peer to open no more streams. Like each of those with a body here, it is called only if the library does not
    /// lack the action.
    fn poll_go_away(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        unreachable!("{} lacks go_away", Self::ABOUT.library)
    }

    /// Pings, and is ready when the pong is there. The next ping waits for that.
    fn poll_ping(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        unreachable!("{} lacks ping", Self::ABOUT.library)
    }

    /// How many streams the library holds.
    fn count_streams(&mut self) -> u64 {
        unreachable!("{} lacks count_streams", Self::ABOUT.library)
    }

    /// Ends the session by the library's own call, and is ready when that has returned.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>>;

    /// Ready once the session may be dropped after `poll_close`: nothing that a call has returned for is lost by it.
    fn poll_drained(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

/// A half of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Reads.
    Reading,
    /// Writes.
    Writing,
}

/// A stream of a yamux library. Reads are polled by one task and writes by another, as for a stream that is split in halves.
pub trait Stream: Send + 'static {
    /// Its number on the wire.
    fn number(&self) -> u32;

    /// Reads into `buf`; 0 is the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes from `buf`, not necessarily all of it.
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;

    /// Closes the writing half; reading goes on.
    fn poll_half_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Closes the stream. A library that has one close for both half-closes by it: who is done then drops the stream, which is
    /// a request of its own.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_half_close(cx)
    }

    /// Resets the stream by the library's own call. `None` if there is none: then dropping the stream is how it is aborted.
    fn reset(&mut self) -> Option<io::Result<()>> {
        None
    }

    /// Lets calls of that half end so long from now; `None` takes the deadline away.
    fn set_deadline(&mut self, _: Half, _: Option<Duration>) -> io::Result<()> {
        unreachable!("the library lacks set_deadline")
    }

    /// What an error of the stream means; `session_is_over` is the library's word that the session has ended.
    fn failure(&self, error: &io::Error, session_is_over: bool) -> Failure;
}
