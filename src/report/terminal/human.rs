//! The report for people: what runs, the table, the answers, the negative verdicts in groups, the last line; and on request
//! a row for each scenario and why it deviates.
//!
//! Cases end in any order, so everything but the beginning is written at the end; meanwhile `ProgressLine` shows progress.

use std::collections::HashMap;
use std::io::{self, Write};

use anstyle::Style;

use crate::report::parts::{answers, areas, deviations};
use crate::report::terminal::failures;
use crate::report::terminal::table::{self, DIM, HEAD, Rows};
use crate::report::{Portion, Reporter, RunEvent, SuiteRecord, Summary, TargetInfo};
use crate::runner::verdict::{CaseReport, Clock, RunId};
use crate::scenario::CaseId;
use crate::system::sink::{
    AutoStream, ColorChoice, Line, MAX_PADDING, Terminal, columns_of, stdout, stdout_width, wrapped,
};

/// How much is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Negative verdicts in groups, problems and the last line.
    Quiet,
    /// Also a row for each area, and the measured answers.
    #[default]
    Normal,
    /// A row for each scenario, every negative verdict in full, and why cases deviate, with examples.
    Verbose,
    /// A row for each side of each scenario, with times, and every case that deviates.
    Full,
}

impl Verbosity {
    /// The level of --quiet and --verbose.
    pub(crate) const fn of(quiet: bool, verbose: u8) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (_, 0) => Self::Normal,
            (_, 1) => Self::Verbose,
            _ => Self::Full,
        }
    }
}

/// Writes for people.
#[derive(Debug)]
pub(crate) struct Human<W> {
    out: Terminal<W>,
    width: usize,
    verbosity: Verbosity,
    targets: Vec<TargetInfo>,
    /// Each report with how many later repetitions of the case had the same result.
    reports: Vec<(CaseReport, u32)>,
    /// Where in `reports` the repetitions of a case are.
    repetitions: HashMap<Repeated, Vec<usize>>,
}

/// The identity of a case across its repetitions.
type Repeated = (CaseId, String, Clock);

fn repeated(report: &CaseReport) -> Repeated {
    let RunId { case, target, clock, .. } = report.run.clone();
    (case, target, clock)
}

impl Human<AutoStream<io::Stdout>> {
    /// A reporter on stdout, as wide as the terminal. With `ColorChoice::Auto`, `NO_COLOR`, `CLICOLOR_FORCE` and the terminal
    /// decide.
    pub(crate) fn stdout(verbosity: Verbosity, color: ColorChoice) -> Self {
        Self::on(stdout(color), verbosity, stdout_width())
    }
}

impl<W: Write> Human<W> {
    /// A reporter on `out`, which accepts or strips ANSI styles, in lines of `width` columns.
    #[cfg(test)]
    pub(crate) fn new(out: W, verbosity: Verbosity, width: usize) -> Self {
        Self::on(Terminal::new(out), verbosity, width)
    }

    fn on(out: Terminal<W>, verbosity: Verbosity, width: usize) -> Self {
        Self {
            out,
            width,
            verbosity,
            targets: Vec::new(),
            reports: Vec::new(),
            repetitions: HashMap::new(),
        }
    }

    /// Keeps the report, unless an earlier repetition of the case had the same result: a thousand repetitions take no more
    /// room than one, and say no more.
    fn hold(&mut self, report: &CaseReport) {
        let earlier = self.repetitions.entry(repeated(report)).or_default();
        for index in &*earlier {
            let (other, more) = &mut self.reports[*index];
            if other.verdict == report.verdict && other.comparison == report.comparison {
                *more += 1;
                if report.run.repeat < other.run.repeat {
                    *other = report.clone();
                }
                return;
            }
        }
        earlier.push(self.reports.len());
        self.reports.push((report.clone(), 0));
    }

    fn begin(
        &mut self,
        cases: usize,
        seed: u64,
        version: &str,
        portion: &Portion,
        suite: Option<&SuiteRecord>,
    ) -> io::Result<()> {
        if self.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        let plural = if cases == 1 { "case" } else { "cases" };
        let line = Line::styled(HEAD, format!("yamux-conform {version}"));
        let shard = portion.shard.map_or_else(String::new, |shard| format!(", shard {shard}"));
        self.out.line(line.and(format!("  {cases} {plural}, seed {seed}{shard}")))?;
        // A target that is the same on both clocks has one line.
        let is_same = |one: &TargetInfo, other: &TargetInfo| {
            (&one.name, &one.description, &one.note, one.ran)
                == (&other.name, &other.description, &other.note, other.ran)
        };
        let how = |same: &[TargetInfo]| match same {
            [target, ..] if !target.ran => "golden".to_owned(),
            _ => same.iter().map(|target| target.clock.to_string()).collect::<Vec<_>>().join(" + "),
        };
        let lines = self.targets.chunk_by(is_same).map(|same| (&same[0], how(same)));
        let lines: Vec<_> = lines.collect();
        let widest = |columns: &dyn Fn(&(&TargetInfo, String)) -> usize| {
            lines.iter().map(columns).max().unwrap_or(0).min(MAX_PADDING)
        };
        let name_width = widest(&|(target, _)| columns_of(&target.name));
        let name_width = if suite.is_some() { name_width.max("suite".len()) } else { name_width };
        let how_width = widest(&|(_, how)| how.len());
        if let Some(suite) = suite {
            let first = format!("  {}  ", padded("suite", name_width));
            let rest = " ".repeat(columns_of(&first));
            let lines = wrapped(&suite.to_string(), self.width, &first, &rest);
            lines.into_iter().try_for_each(|line| self.out.line(line))?;
        }
        for (TargetInfo { name, description, note, .. }, how) in &lines {
            let first = format!("  {}  {how:<how_width$}  ", padded(name, name_width));
            let rest = " ".repeat(columns_of(&first).min(self.width / 2));
            let lines = wrapped(description, self.width, &first, &rest);
            lines.into_iter().try_for_each(|line| self.out.line(line))?;
            if let Some(note) = note {
                for line in wrapped(note, self.width, &rest, &rest) {
                    self.out.line(Line::styled(DIM, line))?;
                }
            }
        }
        self.out.flush()
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.reports.sort_by(|(a, _), (b, _)| a.run.cmp(&b.run));
        let (reports, more): (Vec<_>, Vec<_>) = self.reports.drain(..).unzip();
        let (out, width, verbosity) = (&mut self.out, self.width, self.verbosity);
        let targets = std::mem::take(&mut self.targets);
        let place = |report: &CaseReport| place(&targets, report);
        match verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal => areas::write(out, &targets, &reports, width)?,
            Verbosity::Verbose | Verbosity::Full => {
                let is_full = verbosity == Verbosity::Full;
                let rows = if is_full { Rows::Case } else { Rows::Scenario };
                table::write(out, &targets, &reports, (rows, width))?;
                let most = if is_full { usize::MAX } else { EXAMPLES };
                deviations::write(out, &reports, place, (width, most))?;
            }
        }
        if verbosity >= Verbosity::Normal {
            answers::write(out, &reports, place, width)?;
        }
        let told: Vec<_> = reports.iter().zip(more).collect();
        failures::write(out, &told, place, (width, verbosity >= Verbosity::Verbose))?;
        if verbosity != Verbosity::Quiet && !reports.is_empty() {
            out.line("")?;
        }
        for (style, head, texts) in
            [(table::PROBLEM, "problem:", &summary.problems), (DIM, "note:", &summary.notes)]
        {
            for text in texts {
                paragraph(out, (style, head), text, width)?;
            }
        }
        out.wrapped(HEAD, &summary.last_line(), width, 2)?;
        out.flush()
    }
}

/// Text after a head. Its further lines are indented, so that none looks like a line of ours.
fn paragraph(
    out: &mut Terminal<impl Write>,
    (style, head): (Style, &str),
    text: &str,
    width: usize,
) -> io::Result<()> {
    let lines = text.lines().enumerate().flat_map(|(index, line)| {
        let first = if index == 0 { format!("{head} ") } else { "  ".to_owned() };
        wrapped(line, width, &first, "  ")
    });
    for line in lines.collect::<Vec<_>>() {
        out.line(match line.strip_prefix(head) {
            Some(rest) => Line::styled(style, head).and(rest),
            None => Line::from(line),
        })?;
    }
    Ok(())
}

/// Where a case ran: its target, and the clock too if the target ran on both.
fn place(targets: &[TargetInfo], report: &CaseReport) -> String {
    let RunId { target, clock, .. } = &report.run;
    let columns = targets.iter().filter(|other| other.ran && other.name == *target);
    if columns.count() > 1 { format!("{target}, {clock}") } else { target.clone() }
}

/// Padded with blanks to this width.
fn padded(text: &str, width: usize) -> String {
    let gap = width.saturating_sub(columns_of(text));
    format!("{text}{:gap$}", "")
}

/// How many example cases are listed for one reason.
const EXAMPLES: usize = 3;

impl<W: Write> Reporter for Human<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match *event {
            RunEvent::RunStarted { cases, targets, seed, version, portion, suite } => {
                self.targets = targets.to_vec();
                self.begin(cases, seed, version, portion, suite)
            }
            RunEvent::CaseFinished(report) => {
                self.hold(report);
                Ok(())
            }
            RunEvent::RunFinished(summary) => self.finish(summary),
            RunEvent::CaseStarted(_) | RunEvent::Note(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::sample;
    use crate::runner::verdict::Verdict;

    type Plain<'a> = Human<AutoStream<&'a mut Vec<u8>>>;

    fn written(verbosity: Verbosity, cases: &[CaseReport]) -> String {
        told(verbosity, 80, |human| sample::run(human, cases))
    }

    fn told(verbosity: Verbosity, width: usize, run: impl FnOnce(&mut Plain<'_>)) -> String {
        sample::text(|out| run(&mut Human::new(AutoStream::never(out), verbosity, width)))
    }

    #[test]
    fn a_run_reads_from_what_ran_to_the_last_line() {
        let text = written(Verbosity::Normal, &sample::cases());
        let (before, after) = text.split_once("\nTRACE CHANGED ping/echo/server").unwrap();
        assert!(before.starts_with(
            "yamux-conform 0.1.0  10 cases, seed 7
  built-in      virtual  built-in 0.1.0
  go-hashicorp  live     go-hashicorp 0.1.0
                         built on first use

              cases  built-in  go-hashicorp
  half-close      2  ✓         ✗2
  ping            3  ✗1        ~2
"
        ));
        assert!(before.contains(
            "\n\nFAIL half-close/write-stalls/client (go-hashicorp, live clock)\n  title "
        ));
        assert!(after.contains(
            "--clock virtual --seed 7

1 case passes although a ledger says that it fails

UNEXPECTED PASS half-close/write-stalls/server (go-hashicorp, live clock)
  title"
        ));
        assert!(after.ends_with(
            "--clock live --seed 7

problem: golden/built-in/ping/gone.client.trace: belongs to no case
note: the go shim was built: target/shims/go-hashicorp
4 passed, 1 failed, 1 trace changed, 1 unexpected pass, 1 problem, 1 weak pass,
  1 known deviation, 1 skipped (virtual + live clock, 1.9 s, seed 7)\n"
        ));
    }

    #[test]
    fn the_report_is_the_same_in_whatever_order_the_cases_end() {
        let mut cases = sample::cases();
        let first = written(Verbosity::Verbose, &cases);
        cases.reverse();
        assert_eq!(written(Verbosity::Verbose, &cases), first);
    }

    #[test]
    fn a_quiet_run_says_only_what_is_wrong() {
        let text = written(Verbosity::Quiet, &[sample::passed("a/b", sample::CLIENT, "built-in")]);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("problem: "));
        assert!(lines[2].starts_with("1 passed, 0 failed, 1 problem (") && lines.len() == 3);
        assert!(written(Verbosity::Quiet, &sample::cases()).contains("\nFAIL half-close"));
    }

    #[test]
    fn no_line_is_longer_than_the_terminal_but_for_what_is_copied() {
        for width in [80, 120] {
            for verbosity in [Verbosity::Normal, Verbosity::Verbose, Verbosity::Full] {
                let text = told(verbosity, width, |human| sample::run(human, &sample::cases()));
                for line in text.lines() {
                    let is_copied = sample::is_copied(line);
                    assert!(columns_of(line) <= width || is_copied, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn many_cases_with_one_reason_are_named_by_example() {
        let skip = Verdict::Skip { reason: "no reset".into() };
        let case = |n: u32| {
            let case = sample::passed(&format!("reset/{n}"), sample::CLIENT, "built-in");
            sample::with(case, skip.clone())
        };
        let cases: Vec<_> = (0..5).map(case).collect();
        let text = written(Verbosity::Verbose, &cases);
        assert!(text.contains("    reset/2/client (built-in)\n    and 2 more (-vv names them)"));
        assert!(written(Verbosity::Full, &cases).contains("    reset/4/client (built-in)\n"));
        assert!(!written(Verbosity::Normal, &cases).contains("reset/2/client"));
    }

    #[test]
    fn what_deviates_on_one_of_two_clocks_is_told_with_its_clock() {
        let target =
            |clock| TargetInfo { description: String::new(), ..sample::target("go", clock) };
        let targets = [target(Clock::Virtual), target(Clock::Live)];
        let skip = Verdict::Skip { reason: "no reset".into() };
        let cases = [sample::with(sample::passed("a/b", sample::CLIENT, "go"), skip)];
        let text = told(Verbosity::Verbose, 80, |human| {
            sample::tell(human, (&targets, &cases), "", &Summary::default());
        });
        assert!(text.contains("  no reset\n    a/b/client (go, live)\n"), "{text}");
        assert!(text.contains("\n  go  virtual + live\n"), "{text}");
    }

    #[test]
    fn repetitions_that_came_to_the_same_are_told_once() {
        let repetition =
            |repeat, case: CaseReport| CaseReport { run: RunId { repeat, ..case.run }, ..case };
        let mut cases: Vec<_> = (1..=3).map(|n| repetition(n, sample::failed())).collect();
        cases.push(repetition(4, sample::with(sample::failed(), Verdict::Pass)));
        for report in &cases {
            assert!(
                report.run.case.scenario == cases[0].run.case.scenario
                    && report.run.target == cases[0].run.target
            );
        }
        let text = written(Verbosity::Normal, &cases);
        assert_eq!(text.matches("\nFAIL half-close").count(), 1);
        assert!(text.contains("\n  2 more came to the same\n"), "{text}");
    }

    #[test]
    fn a_target_that_does_not_run_is_announced_and_has_no_column() {
        let targets = [TargetInfo {
            description: "hashicorp/yamux v0.1.2".into(),
            ran: false,
            note: Some("go not found: comparing with its golden traces instead".into()),
            ..sample::target("go-hashicorp", Clock::Live)
        }];
        let cases = [sample::passed("a/b", sample::CLIENT, "built-in")];
        let mut finished = Summary::default();
        finished.count(&Verdict::Pass);
        assert_eq!(
            told(Verbosity::Normal, 80, |human| {
                sample::tell(human, (&targets, &cases), "", &finished);
            }),
            "yamux-conform 0.1.0  1 case, seed 7
  go-hashicorp  golden  hashicorp/yamux v0.1.2
                        go not found: comparing with its golden traces instead

     cases  built-in
  a      1  ✓

1 passed, 0 failed (0 ms, seed 0)
"
        );
    }

    #[test]
    fn a_broken_pipe_is_reported_and_no_panic() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let finished = Summary::default();
        let error = Human::new(Closed, Verbosity::Normal, 80)
            .report(&RunEvent::RunFinished(&finished))
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
