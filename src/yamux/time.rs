//! `Time`: the time since the run began. Pure code takes it as an argument and never reads a clock.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

/// A point in time, counted from the start of the run (or session) in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The start.
    pub const ZERO: Self = Self(0);

    /// The time `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The duration since the start.
    pub const fn elapsed(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The duration since `earlier`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Saturates at the largest value (584 years) instead of wrapping.
    fn add(self, after: Duration) -> Self {
        let nanos = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Time {
    /// Seconds with three decimals, or more if needed: `300.000`, `0.000001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:09}", self.0 / NANOS_PER_SECOND, self.0 % NANOS_PER_SECOND);
        let mut kept = text.trim_end_matches('0').len();
        kept = kept.max(text.len() - 6);
        f.pad(&text[..kept])
    }
}

impl FromStr for Time {
    type Err = String;

    /// Parses the form that `Display` writes.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected seconds such as 300.000, found {text:?}");
        let (whole, decimals) = text.split_once('.').ok_or_else(wrong)?;
        if decimals.is_empty() || decimals.len() > 9 {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let nanos: u64 = format!("{decimals:0<9}").parse().map_err(|_| wrong())?;
        whole
            .checked_mul(NANOS_PER_SECOND)
            .and_then(|seconds| seconds.checked_add(nanos))
            .map(Self)
            .ok_or_else(wrong)
    }
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_three_decimals_and_every_needed_one() {
        assert_eq!(Time::from_nanos(300_000_000_000).to_string(), "300.000");
        assert_eq!(Time::from_nanos(1_500).to_string(), "0.0000015");
        assert_eq!(Time::from_nanos(1_230_000_000).to_string(), "1.230");
    }

    #[test]
    fn text_reads_back_exactly() {
        for nanos in [0, 1, 999, 1_000_000, 123_456_789_012, 300_000_000_000] {
            let time = Time::from_nanos(nanos);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert!("300".parse::<Time>().is_err());
        assert!("1.0000000001".parse::<Time>().is_err());
    }
}
