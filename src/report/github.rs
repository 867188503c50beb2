//! Workflow commands: a negative verdict becomes an annotation at the scenario's line on GitHub.

use std::io;

use crate::report::{Reporter, RunEvent, body, headline};
use crate::scenario::Position;
use crate::verdict::{CaseReport, Verdict};

/// Writes one `::error` line for each negative verdict and each problem.
#[derive(Debug)]
pub struct Github<W> {
    out: W,
    seed: u64,
}

impl<W: io::Write> Github<W> {
    /// A reporter that writes to `out`: stdout, where the runner of the workflow reads it.
    pub const fn new(out: W) -> Self {
        Self { out, seed: 0 }
    }

    fn case(&mut self, report: &CaseReport) -> io::Result<()> {
        if !report.verdict.is_negative() {
            return Ok(());
        }
        let start = Position { line: 1, column: 1 };
        let position = match &report.verdict {
            Verdict::Fail(failure) => failure.position.unwrap_or(start),
            _ => start,
        };
        writeln!(
            self.out,
            "::error file={},line={},col={},title={}::{}",
            property(&report.path.display().to_string()),
            position.line,
            position.column,
            property(&headline(report)),
            message(body(report, self.seed).trim_end()),
        )
    }
}

impl<W: io::Write> Reporter for Github<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { seed, .. } => self.seed = *seed,
            RunEvent::CaseFinished(report) => return self.case(report),
            RunEvent::RunFinished(summary) => {
                for problem in &summary.problems {
                    writeln!(self.out, "::error title=yamux-conform::{}", message(problem))?;
                }
                return self.out.flush();
            }
            RunEvent::CaseStarted { .. } | RunEvent::Note(_) => {}
        }
        Ok(())
    }
}

/// Text behind the `::` of a command, which ends at the line's end.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_would_end_a_value_early_is_escaped() {
        assert_eq!(property("a,b:c%\r\n"), "a%2Cb%3Ac%25%0D%0A");
        assert_eq!(message("a,b:c%\r\n"), "a,b:c%25%0D%0A");
    }

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
        assert!(lines[1].contains("%0A  observed    writer ends with eof,%0A"), "{}", lines[1]);
        assert!(lines[1].ends_with("--seed 7"));
        assert!(lines[3].ends_with("gone.client.trace: belongs to no case"));
    }
}
