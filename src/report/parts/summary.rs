//! `Summary`: the counts of a run, its exit code, and the last line.

use std::fmt::Write;
use std::time::Duration;

use crate::engine::Death;
use crate::report::{OpenEntry, VerdictCounts};
use crate::runner::verdict::{Clock, ExitCode, Signal, Verdict};

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many cases have each verdict.
    pub counts: VerdictCounts,
    /// How long the run took, in real time.
    pub elapsed: Duration,
    /// The clocks that were used.
    pub clocks: Vec<Clock>,
    /// The seed of everything random.
    pub seed: u64,
    /// The signal that stopped it early, if any.
    pub signal: Option<Signal>,
    /// Whether it was stopped because its time was over.
    pub is_timed_out: bool,
    /// Cases that were not run because it was stopped.
    pub not_run: usize,
    /// Of a shard: entries of ledgers that only all shards together can judge.
    pub open_entries: Vec<OpenEntry>,
    /// Notes about the run.
    pub notes: Vec<String>,
    /// Problems beside the cases: ledger entries that match nothing, golden traces that belong to no case.
    pub problems: Vec<String>,
    /// The exit code.
    pub exit: ExitCode,
}

impl Summary {
    /// Counts one more case.
    pub fn count(&mut self, verdict: &Verdict) {
        let counts = &mut self.counts;
        *match verdict {
            Verdict::Pass => &mut counts.passed,
            Verdict::WeakPass { .. } => &mut counts.weak,
            Verdict::Differs(_) => &mut counts.differs,
            Verdict::NotReached(_) => &mut counts.not_reached,
            Verdict::Fail(_) => &mut counts.failed,
            Verdict::Died(Death::Crashed, _) => &mut counts.crashed,
            Verdict::Died(Death::Stuck, _) => &mut counts.stuck,
            Verdict::KnownFail { .. } => &mut counts.known,
            Verdict::UnexpectedPass { .. } => &mut counts.unexpected_passes,
            Verdict::TraceChanged { .. } => &mut counts.trace_changed,
            Verdict::Skip { .. } => &mut counts.skipped,
            Verdict::Broken { .. } => &mut counts.broken,
        } += 1;
    }

    /// Whether it was stopped early.
    pub const fn is_cut(&self) -> bool {
        self.signal.is_some() || self.is_timed_out || self.not_run > 0
    }

    /// The exit code that follows from the counts, the problems and the signal.
    ///
    /// If a run cannot begin (bad input, an unusable shim), the caller decides.
    pub const fn judge(&self) -> ExitCode {
        let counts = &self.counts;
        let negative = counts.failed
            + counts.crashed
            + counts.stuck
            + counts.unexpected_passes
            + counts.trace_changed
            + counts.broken;
        let lawful =
            counts.passed + counts.weak + counts.differs + counts.not_reached + counts.known;
        let ran = negative + lawful;
        if let Some(signal) = self.signal {
            ExitCode::Signalled(signal)
        } else if negative > 0 || !self.problems.is_empty() {
            ExitCode::Negative
        } else if self.is_timed_out {
            ExitCode::Incomplete
        } else if ran == 0 {
            ExitCode::NothingSelected
        } else {
            ExitCode::Success
        }
    }

    /// `342 passed, 0 failed, 4 skipped, 2 known deviations`.
    ///
    /// The first two counts are always there and always adjacent; the others only if they are not 0.
    pub fn counts(&self) -> String {
        let counts = &self.counts;
        let mut line = format!("{} passed, {} failed", counts.passed, counts.failed);
        for (count, one, many) in [
            (counts.crashed, "crashed", "crashed"),
            (counts.stuck, "stuck", "stuck"),
            (counts.broken, "broken", "broken"),
            (counts.trace_changed, "trace changed", "traces changed"),
            (counts.unexpected_passes, "unexpected pass", "unexpected passes"),
            (self.problems.len(), "problem", "problems"),
            (counts.weak, "weak pass", "weak passes"),
            (counts.differs, "differs", "differ"),
            (counts.not_reached, "not reached", "not reached"),
            (counts.known, "known deviation", "known deviations"),
            (counts.skipped, "skipped", "skipped"),
            (self.not_run, "not run", "not run"),
        ] {
            match count {
                0 => {}
                1 => line += &format!(", 1 {one}"),
                _ => line += &format!(", {count} {many}"),
            }
        }
        line
    }

    /// `342 passed, 0 failed, 4 skipped, 2 known deviations (virtual clock, 1.9 s, seed 7)`.
    pub fn last_line(&self) -> String {
        let mut line = self.counts();
        line += " (";
        if let Some(signal) = self.signal {
            write!(line, "{signal}, ").expect("a string takes every text");
        }
        if self.is_timed_out {
            line += "its time was over, ";
        }
        if !self.clocks.is_empty() {
            let clocks: Vec<_> = self.clocks.iter().map(Clock::to_string).collect();
            line += &format!("{} clock, ", clocks.join(" + "));
        }
        write!(line, "{}, seed {})", seconds(self.elapsed), self.seed)
            .expect("a string takes every text");
        line
    }
}

/// A duration as people read it: `12 ms`, `1.9 s`, `2 min 5 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 if duration < Duration::from_millis(100) => format!("{} ms", duration.as_millis()),
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_keeps_passed_and_failed_adjacent() {
        let mut summary = Summary {
            counts: VerdictCounts { passed: 342, known: 2, weak: 1, ..VerdictCounts::default() },
            elapsed: Duration::from_millis(1_900),
            clocks: vec![Clock::Virtual, Clock::Live],
            seed: 7,
            ..Summary::default()
        };
        summary.count(&Verdict::Skip { reason: "no reset".into() });
        assert_eq!(
            summary.last_line(),
            "342 passed, 0 failed, 1 weak pass, 2 known deviations, 1 skipped \
             (virtual + live clock, 1.9 s, seed 7)"
        );
    }

    #[test]
    fn a_run_of_nothing_but_skips_is_no_success() {
        let mut summary = Summary::default();
        assert_eq!(summary.judge(), ExitCode::NothingSelected);
        summary.count(&Verdict::Skip { reason: "no reset".into() });
        assert_eq!(summary.judge(), ExitCode::NothingSelected);
        summary.count(&Verdict::Pass);
        assert_eq!(summary.judge(), ExitCode::Success);
        summary.problems.push("known/go.json:3:1: matches no case".into());
        assert_eq!(summary.judge(), ExitCode::Negative);
        for (signal, code) in [(Signal::Int, 130), (Signal::Term, 143), (Signal::Hup, 129)] {
            summary.signal = Some(signal);
            assert_eq!(summary.judge().number(), code);
        }
        assert!(summary.last_line().contains("(hung up, "), "{}", summary.last_line());
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(seconds(Duration::from_micros(12_700)), "12 ms");
        assert_eq!(seconds(Duration::from_millis(1_949)), "1.9 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }
}
