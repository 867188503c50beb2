//! `RunLimits`: when a run stops early, by its verdicts or by real time.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use crate::runner::Options;

// Not a doc comment: clap would use it as the help of the command that has these arguments.
#[derive(Args, Clone, Debug, Default)]
pub struct RunLimits {
    /// Begin no more cases after so many negative verdicts
    #[arg(long, value_name = "N")]
    pub max_fail: Option<NonZeroUsize>,

    /// The same as --max-fail 1
    #[arg(long, conflicts_with = "max_fail")]
    pub fail_fast: bool,

    /// Stop the whole run after so much real time, such as 10m; how many cases were not run is told, and the exit code is 6
    /// unless a verdict is negative
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub run_timeout: Option<Duration>,
}

impl RunLimits {
    /// The options with these limits.
    pub(crate) fn options(&self, options: Options) -> Options {
        let max_fail = if self.fail_fast { Some(NonZeroUsize::MIN) } else { self.max_fail };
        Options { max_fail, run_timeout: self.run_timeout, ..options }
    }
}

/// Reads a duration.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
        _ => {
            Err("expected a duration above 0 and at most 1 day, such as 90s, 1m 30s or 300ms"
                .into())
        }
    }
}

/// Nobody waits longer on purpose.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::{assert_usage_error, run};

    #[test]
    fn fail_fast_is_one_failure() {
        let most = |command: &str| run(command).limits.options(Options::default()).max_fail;
        assert_eq!(most("yamux-conform run"), None);
        assert_eq!(most("yamux-conform run --fail-fast"), NonZeroUsize::new(1));
        assert_eq!(most("yamux-conform run --max-fail 7"), NonZeroUsize::new(7));
        assert_usage_error("yamux-conform run --fail-fast --max-fail 2", "cannot be used with");
        assert_usage_error("yamux-conform run --max-fail 0", "--max-fail");
    }

    #[test]
    fn durations_are_as_people_write_them() {
        let limits = run("yamux-conform run --run-timeout '1m 30s'").limits;
        assert_eq!(limits.run_timeout, Some(Duration::from_secs(90)));
        let conduct = run("yamux-conform run --timeout 300ms").conduct;
        assert_eq!(conduct.timeout, Some(Duration::from_millis(300)));
        for text in ["0s", "10", "fast", "2days"] {
            let command = format!("yamux-conform run --timeout {text}");
            assert_usage_error(&command, "expected a duration above 0 and at most 1 day");
        }
    }
}
