//! The report for people: what runs, the table, what deviates and why, each negative verdict in full, the last line.
//!
//! Cases end in any order, so everything but the beginning is written at the end; meanwhile `ProgressLine` entertains.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use crate::report::answers;
use crate::report::table::{self, DIM, HEAD, Rows};
use crate::report::{Portion, Reporter, RunEvent, Summary, TargetInfo, body, headline};
use crate::scenario::CaseId;
use crate::sink::{AutoStream, ColorChoice, Line, MAX_PADDING, Terminal, stdout};
use crate::verdict::RunId;
use crate::verdict::{CaseReport, Clock, QuotedClause, Verdict};

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Negative verdicts, problems and the last line.
    Quiet,
    /// A row for each scenario, and examples of what was skipped and why.
    #[default]
    Normal,
    /// A row for each side of each scenario, and everything that was skipped.
    Verbose,
}

impl Verbosity {
    /// That of --quiet and --verbose.
    pub const fn of(quiet: bool, verbose: bool) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (_, true) => Self::Verbose,
            _ => Self::Normal,
        }
    }
}

/// Writes for people.
#[derive(Debug)]
pub struct Human<W> {
    out: Terminal<W>,
    verbosity: Verbosity,
    targets: Vec<TargetInfo>,
    /// Each report with how many later repetitions of the case came to the same.
    reports: Vec<(CaseReport, u32)>,
    /// Where in `reports` the repetitions of a case are.
    repetitions: HashMap<Repeated, Vec<usize>>,
}

/// What the repetitions of a case have in common.
type Repeated = (CaseId, String, Clock);

fn repeated(report: &CaseReport) -> Repeated {
    let RunId { case, target, clock, .. } = report.run.clone();
    (case, target, clock)
}

impl Human<AutoStream<io::Stdout>> {
    /// A reporter on stdout. With `ColorChoice::Auto`, `NO_COLOR`, `CLICOLOR_FORCE` and the terminal decide.
    pub fn stdout(verbosity: Verbosity, color: ColorChoice) -> Self {
        Self::on(stdout(color), verbosity)
    }
}

impl<W: Write> Human<W> {
    /// A reporter on `out`, which takes ANSI styles, or takes them out.
    pub fn new(out: W, verbosity: Verbosity) -> Self {
        Self::on(Terminal::new(out), verbosity)
    }

    fn on(out: Terminal<W>, verbosity: Verbosity) -> Self {
        Self {
            out,
            verbosity,
            targets: Vec::new(),
            reports: Vec::new(),
            repetitions: HashMap::new(),
        }
    }

    /// Keeps the report, unless an earlier repetition of the case came to the same: a thousand repetitions take no
    /// more room than one, and say no more.
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
    ) -> io::Result<()> {
        if self.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        let plural = if cases == 1 { "case" } else { "cases" };
        let line = Line::styled(HEAD, format!("yamux-conform {version}"));
        let shard = portion.shard.map_or_else(String::new, |shard| format!(", shard {shard}"));
        self.out.line(line.and(format!("  {cases} {plural}, seed {seed}{shard}")))?;
        let width = self.targets.iter().map(|target| target.name.len()).max().unwrap_or(0);
        let width = width.min(MAX_PADDING);
        for target in &self.targets {
            let TargetInfo { name, clock, description, ran, .. } = target;
            let how = if *ran { clock.to_string() } else { "golden".to_owned() };
            self.out.line(format!("  {name:<width$}  {how:<7}  {description}"))?;
            if let Some(note) = &target.note {
                let line = Line::from(format!("  {:width$}  {:7}  ", "", ""));
                self.out.line(line.and_styled(DIM, note))?;
            }
        }
        self.out.flush()
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.reports.sort_by(|(a, _), (b, _)| a.run.cmp(&b.run));
        let (reports, more): (Vec<_>, Vec<_>) = self.reports.drain(..).unzip();
        let rows = match self.verbosity {
            Verbosity::Quiet => None,
            Verbosity::Normal => Some(Rows::Scenario),
            Verbosity::Verbose => Some(Rows::Case),
        };
        if let Some(rows) = rows {
            table::write(&mut self.out, &self.targets, &reports, rows)?;
            self.deviations(&reports)?;
            self.answers(&reports)?;
        }
        for (report, more) in reports.iter().zip(more) {
            if report.verdict.is_negative() {
                let style = table::verdict_style(&report.verdict);
                self.out.line("")?;
                self.out.line(Line::styled(style, headline(report)))?;
                self.out.text(&body(report))?;
                if more > 0 {
                    self.out.line(format!("  {more} more came to the same"))?;
                }
            }
        }
        if self.verbosity != Verbosity::Quiet && !reports.is_empty() {
            self.out.line("")?;
        }
        for problem in &summary.problems {
            self.out.paragraph(Line::styled(table::PROBLEM, "problem:").and(" "), problem)?;
        }
        for note in &summary.notes {
            self.out.paragraph(Line::styled(DIM, "note:").and(" "), note)?;
        }
        self.out.line(Line::styled(HEAD, summary.last_line()))?;
        self.out.flush()
    }

    /// What is not simply a pass and yet not negative: each reason once, with the cases it holds for.
    fn deviations(&mut self, reports: &[CaseReport]) -> io::Result<()> {
        for (heading, reasons) in [
            ("weak passes", weak_reasons as fn(&CaseReport) -> Vec<String>),
            ("differs, lawfully", differs_reasons),
            (
                "not reached: unproved, as the implementation lawfully did otherwise before",
                not_reached_reasons,
            ),
            ("known deviations", known_reasons),
            ("skipped", skip_reasons),
        ] {
            let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for report in reports {
                for reason in reasons(report) {
                    let case = format!("{} ({})", report.run.name(), self.place(report));
                    groups.entry(reason).or_default().push(case);
                }
            }
            if !groups.is_empty() {
                self.out.line("")?;
                self.out.line(Line::styled(HEAD, heading))?;
            }
            for (reason, cases) in groups {
                self.deviation(&reason, &cases)?;
            }
        }
        Ok(())
    }

    /// What scenarios ask and no verdict says: one line for each implementation.
    fn answers(&mut self, reports: &[CaseReport]) -> io::Result<()> {
        let answered = reports.iter().map(|report| (self.place(report), &*report.answers));
        for (question, lines) in answers::by_question(answered) {
            self.out.line("")?;
            self.out.line(Line::styled(HEAD, question))?;
            let width = lines.keys().map(|place| place.chars().count()).max().unwrap_or(0);
            let width = width.min(MAX_PADDING);
            for (place, told) in lines {
                self.out.line(format!("  {place:<width$}  {told}"))?;
            }
        }
        Ok(())
    }

    /// Where a case ran: its target, and the clock too if the target ran on both.
    fn place(&self, report: &CaseReport) -> String {
        let RunId { target, clock, .. } = &report.run;
        let columns = self.targets.iter().filter(|other| other.ran && other.name == *target);
        if columns.count() > 1 { format!("{target}, {clock}") } else { target.clone() }
    }

    fn deviation(&mut self, reason: &str, cases: &[String]) -> io::Result<()> {
        self.out.line(format!("  {reason}"))?;
        let shown = match self.verbosity {
            Verbosity::Verbose => cases.len(),
            Verbosity::Quiet | Verbosity::Normal => EXAMPLES,
        };
        for case in cases.iter().take(shown) {
            self.out.line(Line::from("    ").and_styled(DIM, case))?;
        }
        match cases.len().saturating_sub(shown) {
            0 => Ok(()),
            more => {
                let text = format!("and {more} more (--verbose names them)");
                self.out.line(Line::from("    ").and_styled(DIM, text))
            }
        }
    }
}

impl<W: Write> Reporter for Human<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match *event {
            RunEvent::RunStarted { cases, targets, seed, version, portion } => {
                self.targets = targets.to_vec();
                self.begin(cases, seed, version, portion)
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

fn weak_reasons(report: &CaseReport) -> Vec<String> {
    match &report.verdict {
        Verdict::WeakPass { because } => because.clone(),
        _ => Vec::new(),
    }
}

fn differs_reasons(report: &CaseReport) -> Vec<String> {
    if matches!(report.verdict, Verdict::Differs(_)) { broken(report) } else { Vec::new() }
}

fn not_reached_reasons(report: &CaseReport) -> Vec<String> {
    if matches!(report.verdict, Verdict::NotReached(_)) { broken(report) } else { Vec::new() }
}

/// The clause that does not bind the implementation, as a reason.
fn broken(report: &CaseReport) -> Vec<String> {
    let quote = |(id, statement, level): &QuotedClause| format!("{id}: {statement} ({level})");
    report.broken.iter().map(quote).collect()
}

fn known_reasons(report: &CaseReport) -> Vec<String> {
    match &report.verdict {
        Verdict::KnownFail { reason, link: Some(link), .. } => vec![format!("{reason} <{link}>")],
        Verdict::KnownFail { reason, link: None, .. } => vec![reason.clone()],
        _ => Vec::new(),
    }
}

fn skip_reasons(report: &CaseReport) -> Vec<String> {
    match &report.verdict {
        Verdict::Skip { reason } => vec![reason.clone()],
        _ => Vec::new(),
    }
}

/// How many cases stand for all that deviate for the same reason.
const EXAMPLES: usize = 3;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::sample;
    use crate::verdict::Clock;

    fn written(verbosity: Verbosity, cases: &[CaseReport]) -> String {
        let mut out = AutoStream::never(Vec::new());
        sample::run(&mut Human::new(&mut out, verbosity), cases);
        String::from_utf8(out.into_inner()).unwrap()
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

half-close      built-in"
        ));
        assert!(before.contains(
            "
weak passes
  eof is lawful too
    half-close/write-stalls/server (built-in)

known deviations
  keeps half-open streams <https://example.org/1>
    ping/echo/server (go-hashicorp)

skipped
  the library has no reset
    ping/only-once/client (go-hashicorp)

FAIL half-close/write-stalls/client (go-hashicorp, live clock)
  title "
        ));
        assert!(after.ends_with(
            "--clock virtual --seed 7

problem: golden/built-in/ping/gone.client.trace: belongs to no case
note: the go shim was built: target/shims/go-hashicorp
4 passed, 1 failed, 1 trace changed, 1 unexpected pass, 1 problem, 1 weak pass, \
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
    fn many_cases_with_one_reason_are_named_by_example() {
        let skip = Verdict::Skip { reason: "no reset".into() };
        let case = |n: u32| {
            let case = sample::passed(&format!("reset/{n}"), sample::CLIENT, "built-in");
            sample::with(case, skip.clone())
        };
        let cases: Vec<_> = (0..5).map(case).collect();
        let text = written(Verbosity::Normal, &cases);
        assert!(
            text.contains("    reset/2/client (built-in)\n    and 2 more (--verbose names them)")
        );
        assert!(written(Verbosity::Verbose, &cases).contains("    reset/4/client (built-in)\n"));
    }

    #[test]
    fn what_deviates_on_one_of_two_clocks_is_told_with_its_clock() {
        let target = |clock| TargetInfo {
            name: "go".into(),
            asked: "go".into(),
            clock,
            description: String::new(),
            ran: true,
            note: None,
        };
        let targets = [target(Clock::Virtual), target(Clock::Live)];
        let skip = Verdict::Skip { reason: "no reset".into() };
        let case = sample::with(sample::passed("a/b", sample::CLIENT, "go"), skip);
        let mut out = AutoStream::never(Vec::new());
        let mut human = Human::new(&mut out, Verbosity::Normal);
        for event in [
            RunEvent::RunStarted {
                cases: 1,
                targets: &targets,
                seed: 7,
                version: "0.1.0",
                portion: &Portion::default(),
            },
            RunEvent::CaseFinished(&case),
            RunEvent::RunFinished(&Summary::default()),
        ] {
            human.report(&event).unwrap();
        }
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert!(text.contains("  no reset\n    a/b/client (go, live)\n"), "{text}");
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
            name: "go-hashicorp".into(),
            asked: "go-hashicorp".into(),
            clock: Clock::Live,
            description: "hashicorp/yamux v0.1.2".into(),
            ran: false,
            note: Some("go not found: comparing with its golden traces instead".into()),
        }];
        let mut out = AutoStream::never(Vec::new());
        let mut human = Human::new(&mut out, Verbosity::Normal);
        let case = sample::passed("a/b", sample::CLIENT, "built-in");
        let started = RunEvent::RunStarted {
            cases: 1,
            targets: &targets,
            seed: 7,
            version: "0.1.0",
            portion: &Portion::default(),
        };
        for event in [
            started,
            RunEvent::CaseFinished(&case),
            RunEvent::RunFinished(&Summary { passed: 1, ..Summary::default() }),
        ] {
            human.report(&event).unwrap();
        }
        assert_eq!(
            String::from_utf8(out.into_inner()).unwrap(),
            "yamux-conform 0.1.0  1 case, seed 7
  go-hashicorp  golden   hashicorp/yamux v0.1.2
                         go not found: comparing with its golden traces instead

a    built-in  trace
  b  ✓         agrees

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
        let error = Human::new(Closed, Verbosity::Normal)
            .report(&RunEvent::RunFinished(&finished))
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
