//! What people see while a run is under way, on stderr: notes, and on a terminal a bar.

use std::io;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::{Reporter, RunEvent};
use crate::sink::{escape, is_stderr_terminal, stderr};

/// Notes and a progress bar on stderr. It comes before reporters that write to stdout, so that the bar is gone by then.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
    negative: u64,
}

impl ProgressLine {
    /// Writes to stderr, with a bar only if `bar` and stderr is a terminal.
    pub fn stderr(bar: bool) -> Self {
        let target = if bar && is_stderr_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self { bar: ProgressBar::with_draw_target(None, target), negative: 0 }
    }
}

impl Reporter for ProgressLine {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { cases, .. } => {
                self.bar.set_length(u64::try_from(*cases).unwrap_or(u64::MAX));
                let style = ProgressStyle::with_template("{pos}/{len} {wide_bar} {msg}")
                    .map_err(io::Error::other)?;
                self.bar.set_style(style);
            }
            RunEvent::CaseStarted(run) => {
                let text = escape(&format!("{} ({})", run.case, run.target)).into_owned();
                self.bar.set_message(match self.negative {
                    0 => text,
                    negative => format!("{negative} negative  {text}"),
                });
            }
            RunEvent::CaseFinished(report) => {
                self.negative += u64::from(report.verdict.is_negative());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_bar_counts_every_case_and_is_gone_at_the_end() {
        let mut progress = ProgressLine::stderr(false);
        let cases = sample::cases();
        sample::run(&mut progress, &cases);
        assert_eq!(progress.bar.position(), cases.len() as u64);
        assert_eq!(progress.negative, 3);
        assert!(progress.bar.is_finished());
    }
}
