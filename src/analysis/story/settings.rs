//! `StorySetting`: how an end of a story is configured. Pure.

use std::fmt;
use std::time::Duration;

use crate::analysis::story::turn::span;
use crate::scenario::{Need, SettingName, Settings};

/// A setting of one end that differs from the default. An implementation needs it to play the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StorySetting {
    /// `connection_write_timeout`
    ConnectionWriteTimeout(Duration),
    /// `keep_alive_interval`
    KeepAliveInterval(Duration),
    /// `max_window`
    MaxWindow(u32),
    /// `stream_close_timeout`; `None` is off.
    StreamCloseTimeout(Option<Duration>),
    /// `stream_open_timeout`; `None` is off.
    StreamOpenTimeout(Option<Duration>),
}

impl StorySetting {
    /// Its name in scenarios.
    pub(crate) const fn name(self) -> SettingName {
        match self {
            Self::ConnectionWriteTimeout(_) => SettingName::ConnectionWriteTimeout,
            Self::KeepAliveInterval(_) => SettingName::KeepAliveInterval,
            Self::MaxWindow(_) => SettingName::MaxWindow,
            Self::StreamCloseTimeout(_) => SettingName::StreamCloseTimeout,
            Self::StreamOpenTimeout(_) => SettingName::StreamOpenTimeout,
        }
    }

    /// Sets it as the checker does for a setting that is needed.
    pub(crate) fn apply(self, settings: &mut Settings) {
        settings.asked.insert(self.name(), Need::Needed);
        match self {
            Self::ConnectionWriteTimeout(time) => settings.connection_write_timeout = time,
            Self::KeepAliveInterval(time) => settings.keep_alive_interval = Some(time),
            Self::MaxWindow(bytes) => settings.max_window = bytes,
            Self::StreamCloseTimeout(time) => settings.stream_close_timeout = time,
            Self::StreamOpenTimeout(time) => settings.stream_open_timeout = time,
        }
    }

    /// Its value as JSON.
    pub(crate) fn json(self) -> String {
        match self {
            Self::MaxWindow(number) => number.to_string(),
            _ => format!("\"{}\"", self.value()),
        }
    }

    fn value(self) -> String {
        match self {
            Self::MaxWindow(number) => number.to_string(),
            Self::ConnectionWriteTimeout(time)
            | Self::KeepAliveInterval(time)
            | Self::StreamCloseTimeout(Some(time))
            | Self::StreamOpenTimeout(Some(time)) => span(time).to_string(),
            Self::StreamCloseTimeout(None) | Self::StreamOpenTimeout(None) => "off".to_owned(),
        }
    }
}

impl fmt::Display for StorySetting {
    /// `stream_close_timeout 5m`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.value())
    }
}
