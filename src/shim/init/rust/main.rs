//! A shim for yamux-conform. As it stands it speaks the protocol, and every call of the library is unsupported.
//!
//! Fill in what is marked, take out of `lacks` what you have filled in, and look now and then what
//! `yamux-conform shim check -- target/release/my-shim` says. What each call must do is in `docs/writing-a-shim.md`.
//!
//! One task polls a session all the time, whatever is asked for; reads and writes of a stream are polled by a task each.
//! What is not ready wakes its task by `cx`, as everywhere in Rust. No call is given up, and a panic ends the process.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use yamux_shim::{About, Class, Failure, Half, Library, Settings, Side, Socket, Stream};

fn main() {
    yamux_shim::serve::<MySession>()
}

/// FILL IN: a session of the library. Until then it is a socket on which nothing is said.
struct MySession {
    socket: Socket,
    is_closed: bool,
}

impl Library for MySession {
    const ABOUT: About = About {
        name: "my-yamux",
        library: "the library as crates.io calls it",
        version: "what is really linked", // FILL IN: ask Cargo.lock in a build script
        language: "rust",
        habits: &[], // FILL IN, if it has one: "buffered_writes", "own_pings", "polls"
        lockstep: false, // FILL IN: true if it moves only while it is polled, and has no timers but tokio's
        // FILL IN: leave here what the library cannot have, each with the reason, which is shown wherever a case is skipped.
        lacks: &[
            ("accept", NOT_YET),
            ("accept_backlog", NOT_YET),
            ("cancel_read", NOT_YET),
            ("cancel_write", NOT_YET),
            ("close", NOT_YET),
            ("close_read", NOT_YET),
            ("close_resets", NOT_YET),
            ("close_session", NOT_YET),
            ("connection_write_timeout_us", NOT_YET),
            ("count_streams", NOT_YET),
            ("drop", NOT_YET),
            ("forget", NOT_YET),
            ("go_away", NOT_YET),
            ("half_close", NOT_YET),
            ("keep_alive_interval_us", NOT_YET),
            ("max_frame_size", NOT_YET),
            ("max_streams", NOT_YET),
            ("max_window", NOT_YET),
            ("next_stream_id", NOT_YET),
            ("open", NOT_YET),
            ("ping", NOT_YET),
            ("read", NOT_YET),
            ("reset", NOT_YET),
            ("set_deadline", NOT_YET),
            ("stats_streams", NOT_YET),
            ("stats_tasks", NOT_YET),
            ("stream_close_timeout_us", NOT_YET),
            ("stream_open_timeout_us", NOT_YET),
            ("write", NOT_YET),
        ],
    };
    type Config = ();
    type Stream = MyStream;

    /// FILL IN: the library's settings. What is not asked for is the library's own default, but for keep-alive, which is off.
    /// The error is the reason why the library cannot have a value.
    fn configure(_settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    /// FILL IN: begin a session.
    fn start(socket: Socket, _side: Side, _config: ()) -> Self {
        Self { socket, is_closed: false }
    }

    /// FILL IN: open a stream.
    fn poll_open(&mut self, _cx: &mut Context<'_>) -> Poll<Result<MyStream, Failure>> {
        unreachable!("not filled in")
    }

    /// FILL IN: let the library work, and take the next stream of the peer; the error is the end of the session, with a class
    /// of the protocol's list and the library's own words. A library that runs by itself waits here for its end.
    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Poll<Result<MyStream, Failure>> {
        let mut buf = [0; 4096];
        loop {
            let mut buf = ReadBuf::new(&mut buf);
            match Pin::new(&mut self.socket).poll_read(cx, &mut buf) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {}
                Poll::Ready(Ok(())) => {
                    let class = if self.is_closed { Class::SessionShutdown } else { Class::Eof };
                    return Poll::Ready(Err(Failure::new(class, "the socket has ended")));
                }
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Err(Failure::new(Class::Transport, error)));
                }
            }
        }
    }

    /// FILL IN: close the session by the library's own call.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.is_closed = true;
        let closed = Pin::new(&mut self.socket).poll_shutdown(cx);
        closed.map_err(|error| Failure::new(Class::Transport, error))
    }

    /// FILL IN, or take out and leave in `lacks`; so with the next two.
    fn poll_go_away(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        unreachable!("not filled in")
    }

    fn poll_ping(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        unreachable!("not filled in")
    }

    fn count_streams(&mut self) -> u64 {
        unreachable!("not filled in")
    }
}

const NOT_YET: &str = "this shim does not have it yet";

/// FILL IN: a stream of the library.
struct MyStream;

impl Stream for MyStream {
    /// FILL IN: its number on the wire.
    fn number(&self) -> u32 {
        unreachable!("not filled in")
    }

    /// FILL IN: one read of the library; 0 bytes are the end of the stream.
    fn poll_read(&mut self, _cx: &mut Context<'_>, _buf: &mut [u8]) -> Poll<io::Result<usize>> {
        unreachable!("not filled in")
    }

    /// FILL IN: one write of the library, not necessarily of all of `buf`.
    fn poll_write(&mut self, _cx: &mut Context<'_>, _buf: &[u8]) -> Poll<io::Result<usize>> {
        unreachable!("not filled in")
    }

    /// FILL IN: "I will send no more, I go on reading".
    fn poll_half_close(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unreachable!("not filled in")
    }

    /// FILL IN: "I am done with this stream". Take it out where the library has one close for both.
    fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unreachable!("not filled in")
    }

    /// FILL IN: the library's own reset; `None` where dropping the stream is how it is aborted.
    fn reset(&mut self) -> Option<io::Result<()>> {
        unreachable!("not filled in")
    }

    /// FILL IN: the library's own deadlines, or take it out and leave it in `lacks`.
    fn set_deadline(&mut self, _half: Half, _after: Option<Duration>) -> io::Result<()> {
        unreachable!("not filled in")
    }

    /// FILL IN: what an error of a stream means; `Class::Unclassified` fails every case, so that it is looked at.
    fn failure(&self, error: &io::Error, _session_is_over: bool) -> Failure {
        Failure::new(Class::Unclassified, error)
    }
}
