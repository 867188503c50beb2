//! Progress of a run on stderr: notes, and on a terminal a progress bar.

use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::report::{Reporter, RunEvent};
use crate::runner::verdict::RunId;
use crate::system::sink::{escape, is_stderr_terminal, stderr};

/// Notes and a progress line on stderr. It comes before reporters that write to stdout, so that the line is gone when they
/// write.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    bar: ProgressBar,
    /// Whether the line is drawn once the first case begins: until then others write the head of their report.
    is_wanted: bool,
    under_way: Arc<Mutex<UnderWay>>,
}

/// What the line shows besides the counts.
#[derive(Debug, Default)]
struct UnderWay {
    negative: u64,
    cases: HashMap<RunId, Instant>,
}

impl ProgressLine {
    /// Writes to stderr, with a progress line only if `bar` and stderr is a terminal.
    pub(crate) fn stderr(bar: bool) -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            is_wanted: bar && is_stderr_terminal(),
            under_way: Arc::default(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut UnderWay)) {
        change(&mut self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The line, redrawn several times a second, so that a long case does not look like a hang.
    fn draw(&mut self) {
        if std::mem::take(&mut self.is_wanted) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(Duration::from_millis(100));
        }
    }
}

impl Reporter for ProgressLine {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { cases, .. } => {
                self.bar.set_length(u64::try_from(*cases).unwrap_or(u64::MAX));
                let under_way = Arc::clone(&self.under_way);
                let told = move |_: &ProgressState, out: &mut dyn Write| {
                    let under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
                    // The line is redrawn at once.
                    let _ = out.write_str(&under_way.told(Instant::now()));
                };
                let style =
                    ProgressStyle::with_template("[{elapsed_precise}] {bar:20} {pos}/{len}{told}")
                        .map_err(io::Error::other)?;
                self.bar.set_style(style.with_key("told", told).progress_chars("=> "));
            }
            RunEvent::CaseStarted(run) => {
                self.change(|under_way| {
                    under_way.cases.insert((*run).clone(), Instant::now());
                });
                self.draw();
            }
            RunEvent::CaseFinished(report) => {
                self.change(|under_way| {
                    under_way.cases.remove(&report.run);
                    under_way.negative += u64::from(report.verdict.is_negative());
                });
                self.bar.inc(1);
            }
            RunEvent::Note(note) => {
                return self.bar.suspend(|| stderr().paragraph("note: ".into(), note));
            }
            RunEvent::RunFinished(_) => self.bar.finish_and_clear(),
        }
        Ok(())
    }
}

impl UnderWay {
    /// `, 2 negative, ping/burst/client (go, live clock) for 7 s`: the longest running case, if it runs long.
    fn told(&self, now: Instant) -> String {
        let mut told = String::new();
        if self.negative > 0 {
            told += &format!(", {} negative", self.negative);
        }
        let longest = self.cases.iter().min_by_key(|(run, since)| (**since, *run));
        let longest = longest.map(|(run, since)| (run, now.saturating_duration_since(*since)));
        if let Some((run, time)) = longest.filter(|(_, time)| *time >= LONG) {
            told += &escape(&format!(", {run} for {} s", time.as_secs()));
        }
        told
    }
}

/// A case that takes longer than this is named.
const LONG: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_line_counts_every_case_and_is_gone_at_the_end() {
        let mut progress = ProgressLine::stderr(false);
        let cases = sample::cases();
        sample::run(&mut progress, &cases);
        assert_eq!(progress.bar.position(), cases.len() as u64);
        let under_way = progress.under_way.lock().unwrap();
        assert_eq!((under_way.negative, under_way.cases.len()), (3, 0));
        assert!(progress.bar.is_finished());
    }

    #[test]
    fn a_case_that_takes_long_is_named() {
        let begin = Instant::now();
        let run = |id| sample::passed(id, sample::CLIENT, "go").run;
        let cases = HashMap::from([
            (run("ping/long"), begin),
            (run("ping/short"), begin + Duration::from_secs(6)),
        ]);
        let under_way = UnderWay { negative: 2, cases };
        assert_eq!(under_way.told(begin + Duration::from_secs(1)), ", 2 negative");
        assert_eq!(
            under_way.told(begin + Duration::from_secs(7)),
            ", 2 negative, ping/long/client (go, live clock) for 7 s"
        );
    }
}
