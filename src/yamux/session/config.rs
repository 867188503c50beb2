//! `Config`: a session's limits and timeouts. Pure.

use std::time::Duration;

use crate::yamux::frame::{INITIAL_WINDOW, StreamId};

/// A session's limits and timeouts; the defaults are those of hashicorp/yamux.
///
/// Start from `Config::default()` and set the fields that must differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// How many streams may wait to be accepted, and how many of our own may wait to be acknowledged; 0 counts as 1.
    pub accept_backlog: u32,
    /// How long after the start, and after each pong, the next keep-alive ping is sent; `None` sends none.
    pub keep_alive_interval: Option<Duration>,
    /// How long a ping may wait for its pong, and pending output for the transport to take any of it. For a keep-alive
    /// ping this counts from the last byte received.
    pub connection_write_timeout: Duration,
    /// The receive window of every stream, in bytes; less than 262144 counts as 262144, the initial window that the
    /// protocol fixes.
    pub max_window: u32,
    /// How long a stream of our own may stay unacknowledged before the session ends; `None` sets no limit.
    pub stream_open_timeout: Option<Duration>,
    /// How long after our FIN a stream waits for the peer's before it is reset; `None` sets no limit.
    pub stream_close_timeout: Option<Duration>,
    /// Whether `close` also stops reading: unread and later data is answered with RST, so that its writer learns of it
    /// at once instead of after the close timeout.
    pub close_resets: bool,
    /// How many bytes of output may wait before writes, opens and accepts block; 0 counts as 1. Frames are queued
    /// whole, so slightly more than this may wait.
    pub send_buffer: usize,
    /// The longest body of a data frame, in bytes; 0 counts as 1. Pongs and other streams wait until a started frame is
    /// sent: 16 KiB take 0.13 s on a line of 1 Mbit/s. Half of that would cost no more than 0.15 % in headers, but
    /// twice the work per byte at both ends. rust-yamux splits at the same size.
    pub max_frame_size: usize,
    /// How many streams of the peer may be open at once, accepted or not; RST refuses others. `None` sets no limit.
    pub max_streams: Option<u32>,
    /// The number of the first stream to open, or the first of this side above it; `None` starts at 1 or 2.
    pub next_stream: Option<StreamId>,
}

impl Config {
    /// The same configuration with every value in its range.
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
