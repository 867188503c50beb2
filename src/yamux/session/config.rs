//! `Config`: a session's limits and times. Pure.

use std::time::Duration;

use crate::yamux::frame::{INITIAL_WINDOW, StreamId};

/// A session's limits and times; the defaults are those of hashicorp/yamux.
///
/// Begin with `Config::default()` and set the fields that shall differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// How many streams may wait to be accepted, and how many of our own may wait for their acknowledgement; 0 counts as 1.
    pub accept_backlog: u32,
    /// How long after the start, and after each pong, the next keep-alive ping goes out; `None` for none.
    pub keep_alive_interval: Option<Duration>,
    /// How long a ping waits for its pong, and pending output for the transport to take any of it. A keep-alive ping
    /// counts from when anything came in last.
    pub connection_write_timeout: Duration,
    /// The receive window of every stream, in bytes; less than 262144 counts as 262144, which the protocol fixes as
    /// the beginning.
    pub max_window: u32,
    /// How long a stream of our own may stay unacknowledged before the session ends; `None` for ever.
    pub stream_open_timeout: Option<Duration>,
    /// How long after our FIN a stream waits for the peer's before it is reset; `None` for ever.
    pub stream_close_timeout: Option<Duration>,
    /// Whether `close` means "I will not read either": data that is unread or comes later is answered with RST, so
    /// that its writer learns at once instead of after the close timeout.
    pub close_resets: bool,
    /// How many bytes of output may wait before writes, opens and accepts block; 0 counts as 1. What is written goes in
    /// whole frames, so a little more than this may wait.
    pub send_buffer: usize,
    /// The longest body of a data frame, in bytes; 0 counts as 1. A pong, and what another stream has to send, waits for a
    /// frame that has begun: 16 KiB take 0.13 s on a line of 1 Mbit/s. Half of that would cost no more than 0.15 % in
    /// headers, but twice the work per byte at both ends. rust-yamux cuts at the same size.
    pub max_frame_size: usize,
    /// How many streams of the peer may be open at once, accepted or not; one more is refused with RST. `None` is any number.
    pub max_streams: Option<u32>,
    /// The number of the first stream that is opened, or the first of this side above it; `None` is 1 or 2.
    pub next_stream: Option<StreamId>,
}

impl Config {
    /// The same with every value in its range.
    pub(super) fn clamped(mut self) -> Self {
        self.accept_backlog = self.accept_backlog.max(1);
        self.max_window = self.max_window.max(INITIAL_WINDOW);
        self.send_buffer = self.send_buffer.max(1);
        self.max_frame_size = self.max_frame_size.max(1);
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            accept_backlog: 256,
            keep_alive_interval: Some(Duration::from_secs(30)),
            connection_write_timeout: Duration::from_secs(10),
            max_window: INITIAL_WINDOW,
            stream_open_timeout: Some(Duration::from_secs(75)),
            stream_close_timeout: Some(Duration::from_secs(300)),
            close_resets: false,
            send_buffer: 256 * 1024,
            max_frame_size: 16 * 1024,
            max_streams: None,
            next_stream: None,
        }
    }
}
