//! Workflow commands: a negative verdict becomes an annotation at the scenario's line on GitHub.

use std::io;

use crate::report::{Reporter, RunEvent, body, headline};
use crate::scenario::Position;
use crate::sink::workflow;
use crate::verdict::{CaseReport, Verdict};

/// Writes one `::error` line for each negative verdict and each problem.
#[derive(Debug)]
pub struct Github<W> {
    out: W,
}

impl<W: io::Write> Github<W> {
    /// A reporter that writes to `out`: stdout, where the runner of the workflow reads it.
    pub const fn new(out: W) -> Self {
        Self { out }
    }

    fn case(&mut self, report: &CaseReport) -> io::Result<()> {
        if !report.verdict.is_negative() {
            return Ok(());
        }
        let start = Position { line: 1, column: 1 };
        let position = match &report.verdict {
            Verdict::Fail(failure) | Verdict::Died(_, failure) => failure.position.unwrap_or(start),
            _ => start,
        };
        let path = report.path.display().to_string();
        let place = (path.as_str(), position.line, position.column);
        workflow::error(&mut self.out, Some(place), &headline(report), &body(report))
    }
}

impl<W: io::Write> Reporter for Github<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::CaseFinished(report) => return self.case(report),
            RunEvent::RunFinished(summary) => {
                for problem in &summary.problems {
                    workflow::error(&mut self.out, None, "yamux-conform", problem)?;
                }
                return self.out.flush();
            }
            RunEvent::RunStarted { .. } | RunEvent::CaseStarted(_) | RunEvent::Note(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn only_negative_verdicts_and_problems_are_annotated() {
        let mut out = Vec::new();
        sample::run(&mut Github::new(&mut out), &sample::cases());
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(
            lines[0].starts_with("::error file=scenarios/ping/echo.json,line=1,col=1,title=TRACE")
        );
        assert!(lines[1].starts_with(
            "::error file=scenarios/half-close/write-stalls.json,line=31,col=5,title=FAIL \
             half-close/write-stalls/client (go-hashicorp%2C live clock)::  title       A write ends"
        ));
        assert!(
            lines[1].contains(
                "%0A  observed    error eof, 589824 bytes written (in its own words: end of%0A"
            ),
            "{}",
            lines[1]
        );
        assert!(lines[1].ends_with("--seed 7"));
        assert!(lines[3].ends_with("gone.client.trace: belongs to no case"));
    }
}
