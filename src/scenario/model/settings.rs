//! `Settings`: how an endpoint is configured, and what of that the scenario has asked for. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::yamux::frame::INITIAL_WINDOW;

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
    /// How many streams of the other end may be open at once; `None` is the implementation's own limit.
    pub max_streams: Option<u32>,
    /// The largest body of a data frame, in bytes; `None` is the implementation's own.
    pub max_frame_size: Option<u32>,
    /// The number of the next stream that is opened, or the first of this side above it; `None` is the side's first.
    pub next_stream_id: Option<u32>,
    /// What of these the scenario names. An implementation has its own defaults for all others.
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
    /// An implementation without it is asked the rest.
    Wished,
    /// An implementation without it is not asked the scenario.
    Needed,
}

impl SettingName {
    /// All of them.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;
}

impl Settings {
    /// Whether the setting, with its value, asks an implementation for something: "off" is what one without it does.
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
