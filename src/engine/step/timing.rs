//! How long the engine waits, and how a scenario's times apply on each clock. Pure.

use std::time::Duration;

use crate::scenario::{Settings, TimePoint};
use crate::yamux::time::Time;

/// The clock a case runs on, and the engine's patience on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClockRules {
    /// Times are exact, and waiting costs nothing.
    Virtual,
    /// Real time; slack and patience are multiplied by the factor.
    Live {
        /// At least 1 on a slow machine.
        timeout_scale: f64,
        /// Whether to decide as soon as an event seems absent. A failure is then doubtful.
        is_hasty: bool,
    },
}

impl ClockRules {
    /// Whether time is real.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// How long a step without a time of its own may take.
    pub(crate) fn patience(self) -> Duration {
        match self {
            // Longer than the longest default timeout, so that its expiry is seen.
            Self::Virtual => Duration::from_secs(600),
            Self::Live { timeout_scale, .. } => Duration::from_secs(3).mul_f64(timeout_scale),
        }
    }

    /// A moment as shown to people: real time is never exact to the nanosecond.
    pub(crate) const fn shown(self, moment: Time) -> Time {
        match self {
            Self::Virtual => moment,
            Self::Live { .. } => Time::from_nanos(moment.as_nanos() / 1000 * 1000),
        }
    }

    /// How long a step may take to settle on the live clock.
    pub(crate) fn settling(self) -> Duration {
        self.patience().min(Duration::from_secs(2))
    }

    /// How much later than `within` an event may come.
    pub(crate) fn slack(self) -> Duration {
        match self {
            Self::Virtual => Duration::ZERO,
            Self::Live { timeout_scale, is_hasty: true } => {
                Duration::from_millis(500).mul_f64(timeout_scale)
            }
            Self::Live { timeout_scale, is_hasty: false } => {
                Duration::from_secs(2).mul_f64(timeout_scale)
            }
        }
    }

    /// How long nothing may move before a hasty run checks whether anything will; `None` if only patience decides.
    pub(crate) fn grace(self) -> Option<Duration> {
        match self {
            Self::Live { timeout_scale, is_hasty: true } => {
                Some(Duration::from_millis(100).mul_f64(timeout_scale))
            }
            Self::Virtual | Self::Live { is_hasty: false, .. } => None,
        }
    }

    /// How much longer to watch for an event that is already late, to report when it occurred.
    pub(crate) fn lateness(self) -> Duration {
        // In real time the slack has already passed.
        if self.is_live() { Duration::ZERO } else { Duration::from_secs(1) }
    }

    /// How long to watch for an event that must not occur.
    ///
    /// On the live clock the preceding barrier has already shown that the subject has handled everything it received;
    /// the rest only catches what its application has yet to send.
    pub(crate) fn quiet(self, wanted: Duration) -> Duration {
        if self.is_live() { wanted.min(Duration::from_millis(50)) } else { wanted }
    }

    /// How long to wait for a measured end.
    pub(crate) fn measuring(self, wanted: Duration) -> Duration {
        if self.is_live() { wanted.min(MEASURED_AT_MOST) } else { wanted }
    }

    /// How long to let time pass when a scenario asks for it.
    pub(crate) fn pause(self, wanted: Duration) -> Duration {
        if self.is_live() { wanted.min(Duration::from_millis(500)) } else { wanted }
    }
}

/// The settings in force on the clock of this run.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub(crate) subject: Settings,
    pub(crate) peer: Settings,
}

impl InForce {
    /// The length of a time in the scenario; `None` if it names a timeout that is off.
    pub(crate) fn length(&self, point: &TimePoint) -> Option<Duration> {
        point.length(&self.subject, &self.peer)
    }
}

/// The longest wait for a measured end on the live clock.
pub(crate) const MEASURED_AT_MOST: Duration = Duration::from_secs(5);
