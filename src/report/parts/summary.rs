//! `Summary`: the counts of a run, its exit code, and the last line.

use std::fmt::Write;
use std::time::Duration;

use crate::engine::Death;
use crate::report::OpenEntry;
use crate::verdict::{Clock, ExitCode, Signal, Verdict};

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cases that did what was required.
    pub passed: usize,
    /// Cases that did something weaker that is lawful too.
    pub weak: usize,
    /// Cases that deviated from a clause that does not bind them.
    pub differs: usize,
    /// Cases that lawfully deviated before the point of the scenario.
    pub not_reached: usize,
    /// Cases that did not do what was required.
    pub failed: usize,
    /// Cases in which the implementation crashed.
    pub crashed: usize,
    /// Cases in which it got stuck.
    pub stuck: usize,
    /// Cases that failed as a known deviation says.
    pub known: usize,
    /// Cases that passed although a known deviation says otherwise.
    pub unexpected_passes: usize,
    /// Cases whose trace changed.
    pub trace_changed: usize,
    /// Cases that the subject cannot run.
    pub skipped: usize,
    /// Cases without a verdict.
    pub broken: usize,
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
        *match verdict {
            Verdict::Pass => &mut self.passed,
            Verdict::WeakPass { .. } => &mut self.weak,
            Verdict::Differs(_) => &mut self.differs,
            Verdict::NotReached(_) => &mut self.not_reached,
            Verdict::Fail(_) => &mut self.failed,
            Verdict::Died(Death::Crashed, _) => &mut self.crashed,
            Verdict::Died(Death::Stuck, _) => &mut self.stuck,
            Verdict::KnownFail { .. } => &mut self.known,
            Verdict::UnexpectedPass { .. } => &mut self.unexpected_passes,
            Verdict::TraceChanged { .. } => &mut self.trace_changed,
            Verdict::Skip { .. } => &mut self.skipped,
            Verdict::Broken { .. } => &mut self.broken,
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
        let negative = self.failed
            + self.crashed
            + self.stuck
            + self.unexpected_passes
            + self.trace_changed
            + self.broken;
        let lawful = self.passed + self.weak + self.differs + self.not_reached + self.known;
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
        let mut line = format!("{} passed, {} failed", self.passed, self.failed);
        for (count, one, many) in [
            (self.crashed, "crashed", "crashed"),
            (self.stuck, "stuck", "stuck"),
            (self.broken, "broken", "broken"),
            (self.trace_changed, "trace changed", "traces changed"),
            (self.unexpected_passes, "unexpected pass", "unexpected passes"),
            (self.problems.len(), "problem", "problems"),
            (self.weak, "weak pass", "weak passes"),
            (self.differs, "differs", "differ"),
            (self.not_reached, "not reached", "not reached"),
            (self.known, "known deviation", "known deviations"),
            (self.skipped, "skipped", "skipped"),
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
            passed: 342,
            known: 2,
            weak: 1,
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
