//! `Timing`: when something must happen, and what that counts from. Pure.

use std::time::Duration;

use crate::scenario::{Actor, SettingName, Settings};

/// When something must happen, counted from `from`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Not earlier; exact on every clock.
    pub not_before: Option<TimePoint>,
    /// Not later; exact on the virtual clock, with slack on the live one.
    pub within: Option<TimePoint>,
    /// What the times count from.
    pub from: Origin,
}

/// A length of time: a number, or a configured timeout plus or minus a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimePoint {
    /// The end and the setting; `None` for a plain duration.
    pub setting: Option<(Actor, TimeoutName)>,
    /// Added to it.
    pub plus: Duration,
    /// Subtracted from it; zero for a plain duration, never more than the timeout.
    pub minus: Duration,
}

impl TimePoint {
    /// Its length with these settings; `None` if the timeout it names is off.
    pub fn length(&self, subject: &Settings, peer: &Settings) -> Option<Duration> {
        let timeout = match self.setting {
            None => Duration::ZERO,
            Some((Actor::Subject, name)) => name.of(subject)?,
            Some((Actor::Peer, name)) => name.of(peer)?,
        };
        Some(timeout.saturating_add(self.plus).saturating_sub(self.minus))
    }
}

/// The configured timeouts that a scenario can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[derive(strum::Display, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum TimeoutName {
    /// `connection_write_timeout`
    ConnectionWriteTimeout,
    /// `keep_alive_interval`
    KeepAliveInterval,
    /// `stream_close_timeout`
    StreamCloseTimeout,
    /// `stream_open_timeout`
    StreamOpenTimeout,
}

impl TimeoutName {
    /// The setting with this name.
    pub const fn setting(self) -> SettingName {
        match self {
            Self::ConnectionWriteTimeout => SettingName::ConnectionWriteTimeout,
            Self::KeepAliveInterval => SettingName::KeepAliveInterval,
            Self::StreamCloseTimeout => SettingName::StreamCloseTimeout,
            Self::StreamOpenTimeout => SettingName::StreamOpenTimeout,
        }
    }

    /// Its value in `settings`; `None` if it is off.
    pub const fn of(self, settings: &Settings) -> Option<Duration> {
        match self {
            Self::ConnectionWriteTimeout => Some(settings.connection_write_timeout),
            Self::KeepAliveInterval => settings.keep_alive_interval,
            Self::StreamCloseTimeout => settings.stream_close_timeout,
            Self::StreamOpenTimeout => settings.stream_open_timeout,
        }
    }
}

/// What a time counts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The start of the step itself; for a join, the start of the call it joins.
    #[default]
    ThisStep,
    /// The start of the step with this index in `steps`.
    Step(usize),
    /// The start of the session.
    Session,
}
