//! `Settings`: how an endpoint is configured. Pure.

use std::time::Duration;

use crate::frame::INITIAL_WINDOW;

/// How an endpoint is configured. The defaults are those of hashicorp/yamux, with keep-alive off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many streams may wait to be accepted, and how many opened ones to be acknowledged.
    pub accept_backlog: u32,
    /// How often to ping; `None` is never.
    pub keep_alive_interval: Option<Duration>,
    /// How long the transport may stand still, and a pong be away, before that is an error.
    pub connection_write_timeout: Duration,
    /// The largest receive window of a stream, in bytes; at least 262144.
    pub max_window: u32,
    /// How long an opened stream may go unacknowledged; `None` is for ever.
    pub stream_open_timeout: Option<Duration>,
    /// How long a closed stream waits for the peer's FIN before it is reset; `None` is for ever.
    pub stream_close_timeout: Option<Duration>,
    /// Whether a full close answers what the peer goes on writing with RST at once.
    pub close_resets: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accept_backlog: 256,
            keep_alive_interval: None,
            connection_write_timeout: Duration::from_secs(10),
            max_window: INITIAL_WINDOW,
            stream_open_timeout: Some(Duration::from_secs(75)),
            stream_close_timeout: Some(Duration::from_secs(300)),
            close_resets: false,
        }
    }
}
