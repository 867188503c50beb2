//! Workflow commands: negative verdicts and problems become annotations on GitHub, at the scenario's line if its file is in
//! the repository of the workflow.

use std::io;
use std::path::PathBuf;

use crate::report::parts::groups::{groups, round_robin};
use crate::report::{Reporter, RunEvent, Summary, body, headline};
use crate::runner::verdict::{CaseReport, Verdict};
use crate::scenario::Position;
use crate::system::sink::{path_below, workflow};

/// Writes one `::error` line for each negative verdict and each problem, as many as GitHub shows.
#[derive(Debug)]
pub(crate) struct Github<W> {
    out: W,
    workspace: Option<PathBuf>,
    negative: Vec<CaseReport>,
}

impl<W: io::Write> Github<W> {
    /// A reporter that writes to `out`: stdout, where the runner of the workflow reads it. Only files in `workspace` are
    /// named, with paths relative to it; without a workspace, all are.
    pub(crate) const fn new(out: W, workspace: Option<PathBuf>) -> Self {
        Self { out, workspace, negative: Vec::new() }
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.negative.sort_by(|a, b| a.run.cmp(&b.run));
        let negative = std::mem::take(&mut self.negative);
        let groups = groups(negative.iter().map(|report| (report, 0)));
        let cases = round_robin(&groups);
        let all = summary.problems.len() + cases.len();
        let shown = if all <= MOST { MOST } else { MOST - 1 };
        for problem in summary.problems.iter().take(shown) {
            workflow::error(&mut self.out, None, TITLE, problem)?;
        }
        let shown = shown.saturating_sub(summary.problems.len());
        for report in cases.iter().take(shown) {
            self.case(report)?;
        }
        if all > MOST {
            let rest = cases.iter().skip(shown).map(|report| headline(report));
            let problems = summary.problems.iter().skip(MOST - 1).cloned();
            let rest: Vec<String> = problems.chain(rest).collect();
            let named =
                rest.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join("\n");
            let more = rest.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
            let text = format!("{} more, which GitHub would not show:\n{named}{more}", rest.len());
            workflow::error(&mut self.out, None, TITLE, &text)?;
        }
        self.out.flush()
    }

    fn case(&mut self, report: &CaseReport) -> io::Result<()> {
        let start = Position { line: 1, column: 1 };
        let position = match &report.verdict {
            Verdict::Fail(failure) | Verdict::Died(_, failure) => failure.position.unwrap_or(start),
            _ => start,
        };
        let path = match &self.workspace {
            Some(root) => path_below(root, &report.path),
            None => Some(report.path.clone()),
        };
        let path = path.map(|path| path.display().to_string());
        let place = path.as_deref().map(|path| (path, position.line, position.column));
        workflow::error(&mut self.out, place, &headline(report), &body(report, WIDTH))
    }
}

impl<W: io::Write> Reporter for Github<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::CaseFinished(report) if report.verdict.is_negative() => {
                self.negative.push((*report).clone());
            }
            RunEvent::RunFinished(summary) => return self.finish(summary),
            _ => {}
        }
        Ok(())
    }
}

/// How many annotations of a kind GitHub shows for a step.
const MOST: usize = 10;
/// How many of the rest the last annotation names.
const MOST_NAMED: usize = 100;
/// The title of an annotation about no case.
const TITLE: &str = "yamux-conform";
/// The width of an annotation.
const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::system::sink::write_file;

    #[test]
    fn only_negative_verdicts_and_problems_are_annotated() {
        let text = sample::text(|out| sample::run(&mut Github::new(out, None), &sample::cases()));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].ends_with("gone.client.trace: belongs to no case"));
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
        assert!(
            lines[2].starts_with("::error file=scenarios/ping/echo.json,line=1,col=1,title=TRACE")
        );
    }

    #[test]
    fn more_than_github_shows_are_named_in_the_last_one() {
        let case = |n: u32| CaseReport {
            verdict: sample::failed().verdict,
            ..sample::passed(&format!("a/{n:03}"), sample::CLIENT, "go")
        };
        let cases: Vec<_> = (0..150).map(case).collect();
        let text = sample::text(|out| sample::run(&mut Github::new(out, None), &cases));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), MOST);
        assert!(lines[8].starts_with("::error file=scenarios/a/007.json"), "{}", lines[8]);
        let last = "::error title=yamux-conform::142 more, which GitHub would not show:%0AFAIL a/008/client";
        assert!(lines[9].starts_with(last) && lines[9].ends_with("%0Aand 42 more"), "{}", lines[9]);
    }

    #[test]
    fn a_file_is_named_as_in_the_repository_or_not_at_all() {
        let workspace = tempfile::tempdir().unwrap();
        let inside = workspace.path().join("tests/a b.json");
        write_file(&inside, b"{}").unwrap();
        let mut case = sample::failed();
        let mut annotated = |path: PathBuf| {
            case.path = path;
            let root = Some(workspace.path().to_owned());
            let cases = std::slice::from_ref(&case);
            let text = sample::text(|out| sample::run(&mut Github::new(out, root), cases));
            text.lines().nth(1).unwrap().to_owned()
        };
        let line = annotated(inside);
        assert!(line.starts_with("::error file=tests/a b.json,line=31,col=5,title=FAIL"), "{line}");
        for elsewhere in ["scenarios/not/there.json", "/etc/passwd"] {
            let line = annotated(elsewhere.into());
            assert!(line.starts_with("::error title=FAIL half-close/"), "{line}");
        }
    }
}
