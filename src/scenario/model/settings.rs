//! `Settings`: how an endpoint is configured, and which settings the scenario asks for. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::yamux::frame::INITIAL_WINDOW;

/// How an endpoint is configured. The defaults are those of hashicorp/yamux, with keep-alive off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many streams may wait to be accepted, and how many opened streams to be acknowledged.
    pub accept_backlog: u32,
    /// How often to ping; `None` sends no pings.
    pub keep_alive_interval: Option<Duration>,
    /// How long the transport may make no progress, or a pong be missing, before that is an error.
    pub connection_write_timeout: Duration,
    /// The largest receive window of a stream, in bytes; at least 262144.
    pub max_window: u32,
    /// How long an opened stream may go unacknowledged; `None` sets no limit.
    pub stream_open_timeout: Option<Duration>,
    /// How long a closed stream waits for the peer's FIN before it is reset; `None` sets no limit.
    pub stream_close_timeout: Option<Duration>,
    /// Whether after a full close, data that the peer still writes is answered with RST at once.
    pub close_resets: bool,
    /// How many streams of the other end may be open at once; `None` leaves it to the implementation.
    pub max_streams: Option<u32>,
    /// The largest body of a data frame, in bytes; `None` leaves it to the implementation.
    pub max_frame_size: Option<u32>,
    /// The number of the next stream to open, or the first of this side above it; `None` starts with the side's first.
    pub next_stream_id: Option<u32>,
    /// The settings that the scenario names. An implementation has its own defaults for all others.
    pub asked: BTreeMap<SettingName, Need>,
}

/// The name of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SettingName {
    /// `accept_backlog`
    AcceptBacklog,
    /// `close_resets`
    CloseResets,
    /// `connection_write_timeout`
    ConnectionWriteTimeout,
    /// `keep_alive_interval`
    KeepAliveInterval,
    /// `max_frame_size`
    MaxFrameSize,
    /// `max_streams`
    MaxStreams,
    /// `max_window`
    MaxWindow,
    /// `next_stream_id`
    NextStreamId,
    /// `stream_close_timeout`
    StreamCloseTimeout,
    /// `stream_open_timeout`
    StreamOpenTimeout,
}

/// How much a scenario needs a setting that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// An implementation without it still runs the rest of the scenario.
    Wished,
    /// An implementation without it does not run the scenario.
    Needed,
}

impl SettingName {
    /// All of them.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;
}

impl Settings {
    /// Whether the setting's value asks an implementation for anything: one without the setting behaves like "off".
    pub const fn asks_something(&self, name: SettingName) -> bool {
        match name {
            SettingName::AcceptBacklog
            | SettingName::ConnectionWriteTimeout
            | SettingName::MaxWindow => true,
            SettingName::CloseResets => self.close_resets,
            SettingName::KeepAliveInterval => self.keep_alive_interval.is_some(),
            SettingName::MaxFrameSize => self.max_frame_size.is_some(),
            SettingName::MaxStreams => self.max_streams.is_some(),
            SettingName::NextStreamId => self.next_stream_id.is_some(),
            SettingName::StreamCloseTimeout => self.stream_close_timeout.is_some(),
            SettingName::StreamOpenTimeout => self.stream_open_timeout.is_some(),
        }
    }
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
            max_streams: None,
            max_frame_size: None,
            next_stream_id: None,
            asked: BTreeMap::new(),
        }
    }
}
