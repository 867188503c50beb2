//! The details of a verdict: the clauses, the step, expected and observed, the ladder of calls and frames, the trace diff,
//! and the command that runs the case again.

use crate::engine::Failure;
use crate::report::parts::summary::seconds;
use crate::runner::verdict::{Against, CaseReport, Clock, Comparison, Verdict};
use crate::scenario::Actor;
use crate::system::sink::{escape, path_name, wrapped};
use crate::trace::ladder;

/// Verdict, case and target in one line: `FAIL ping/pong-echoes/client (go-hashicorp, live clock)`.
pub fn headline(report: &CaseReport) -> String {
    format!("{} {}", report.verdict.label().to_uppercase(), report.run)
}

/// Everything below the headline, each line indented by two; without colour, and with a line feed at its end. No line has
/// more than `width` columns, except copyable ones: commands, paths and fingerprints.
pub fn body(report: &CaseReport, width: usize) -> String {
    let mut text = Text { width, lines: String::new() };
    text.row("title", &report.title);
    let broken = report.broken.iter().map(|clause| ("broken", clause));
    let others = report.clauses.iter().filter(|clause| report.broken.as_ref() != Some(clause));
    for (name, (id, statement, level)) in broken.chain(others.map(|clause| ("clause", clause))) {
        match statement.as_str() {
            // Without a register there is nothing to quote.
            "" => text.row(name, id),
            _ => text.row(name, &format!("{id}: {statement} ({level})")),
        }
    }
    match &report.verdict {
        Verdict::Pass => {}
        Verdict::WeakPass { because } => {
            because.iter().for_each(|why| text.row("because", why));
        }
        Verdict::Fail(failure) | Verdict::Differs(failure) | Verdict::NotReached(failure) => {
            text.failure(report, failure);
        }
        Verdict::Died(_, failure) => {
            text.failure(report, failure);
            text.stderr(&failure.stderr);
        }
        Verdict::KnownFail { failure, reason, link } => {
            text.failure(report, failure);
            text.row("known", reason);
            link.iter().for_each(|link| text.row("link", link));
        }
        Verdict::UnexpectedPass { entry } => {
            text.scenario(report);
            text.row("expected", &format!("to fail, as a known deviation says: {entry}"));
            text.row("observed", "it passes");
            text.row("next", "take the entry out of the ledger");
        }
        Verdict::TraceChanged { .. } => text.trace_changed(report),
        Verdict::Skip { reason } => text.row("reason", reason),
        Verdict::Broken { message, stderr } => {
            text.scenario(report);
            text.row("trouble", message);
            text.stderr(stderr);
        }
    }
    if let Comparison::Differs(diff) = &report.comparison
        && !matches!(report.verdict, Verdict::TraceChanged { .. })
    {
        text.block("the trace differs from the reference's", diff.lines());
    }
    let real = seconds(report.duration);
    match report.run.clock {
        Clock::Virtual => {
            let virtual_time = report.virtual_duration;
            text.row("took", &format!("{virtual_time} s of virtual time, {real} of real time"));
        }
        Clock::Live => text.row("took", &real),
    }
    text.whole("again", &report.rerun_command());
    text.lines
}

/// Lines under construction.
struct Text {
    width: usize,
    lines: String,
}

impl Text {
    /// A name and its value; further lines of the value are below its first.
    fn row(&mut self, name: &str, value: &str) {
        let (mut first, rest) = (format!("  {name:<NAME_WIDTH$} "), " ".repeat(NAME_WIDTH + 3));
        for line in value.lines() {
            self.wrapped(line, &first, &rest);
            first.clone_from(&rest);
        }
    }

    /// A name and a copyable value.
    fn whole(&mut self, name: &str, value: &str) {
        let mut name = name;
        for line in value.lines() {
            self.line(&format!("  {name:<NAME_WIDTH$} {line}"));
            name = "";
        }
    }

    /// A heading and its lines, which fit, with a blank line before and after.
    fn block<'a>(&mut self, heading: &str, lines: impl Iterator<Item = &'a str>) {
        if !self.lines.ends_with("\n\n") {
            self.line("");
        }
        self.wrapped(heading, "  ", "    ");
        lines.for_each(|line| self.line(&format!("    {line}")));
        self.line("");
    }

    /// Text of a shim or a file may contain anything.
    fn line(&mut self, line: &str) {
        self.lines.push_str(&escape(&spaced(line.trim_end())));
        self.lines.push('\n');
    }

    fn wrapped(&mut self, line: &str, first: &str, rest: &str) {
        for line in wrapped(&spaced(line.trim_end()), self.width, first, rest) {
            self.line(&line);
        }
    }

    fn stderr(&mut self, lines: &[String]) {
        if !lines.is_empty() {
            let heading = "the last lines of the shim's stderr";
            let lines = lines.iter().flat_map(|line| {
                wrapped(&spaced(line.trim_end()), self.width.saturating_sub(4), "", "  ")
            });
            let lines: Vec<String> = lines.collect();
            self.block(heading, lines.iter().map(String::as_str));
        }
    }

    fn scenario(&mut self, report: &CaseReport) {
        self.whole("scenario", &path_name(&report.path));
    }

    fn failure(&mut self, report: &CaseReport, failure: &Failure) {
        let name =
            failure.step.map_or_else(|| "scenario".to_owned(), |step| format!("step {step}"));
        match failure.position {
            Some(position) => self.whole(&name, &format!("{}:{position}", path_name(&report.path))),
            None => self.whole(&name, &path_name(&report.path)),
        }
        if let Some(round) = failure.round {
            self.row("round", &round.to_string());
        }
        if let Some(peer) = &report.peer {
            let (end, name) = match failure.end {
                Actor::Subject => ("subject", &report.asked),
                Actor::Peer => ("peer", peer),
            };
            self.row("end", &format!("the {end}, {name}"));
        }
        if failure.is_of_rule() {
            self.row("watched", "in every scenario, whatever it is about");
        }
        self.row("expected", &failure.expected.to_string());
        self.row("observed", &failure.observed.to_string());
        if let Some((happened, of)) = failure.runs {
            self.row("happened", &format!("in {happened} of {of} runs"));
        }
        for alternative in &failure.alternatives {
            self.row("or weaker", &alternative.to_string());
        }
        self.whole("fingerprint", &failure.fingerprint());
        if !failure.rungs.is_empty() {
            let width = self.width.saturating_sub(4);
            let drawn = ladder(&failure.rungs, MAX_RUNGS, ("subject", "peer"), width);
            self.block("the last calls and frames", drawn.lines());
        }
    }

    fn trace_changed(&mut self, report: &CaseReport) {
        let Verdict::TraceChanged { diff, golden, against } = &report.verdict else { return };
        self.scenario(report);
        let golden = golden.as_ref().map(path_name);
        let heading = match (against, &golden) {
            (Against::Golden, Some(path)) => {
                format!("the trace differs from the golden one, {path}")
            }
            (Against::Golden, None) => "the trace differs from the golden one".to_owned(),
            (Against::Reference, Some(path)) => {
                format!("the trace differs from the reference's golden one, {path}")
            }
            (Against::Reference, None) => "the trace differs from the reference's".to_owned(),
        };
        self.block(&heading, diff.lines());
        match against {
            Against::Golden => {
                self.row("next", "if the change is meant, accept it:");
                self.whole("", &report.bless_command());
            }
            Against::Reference => {
                let next =
                    "if the difference is lawful, declare it in a ledger and name it with --known";
                self.row("next", next);
            }
        }
    }
}

/// Stack traces are indented with tabs.
fn spaced(line: &str) -> String {
    line.replace('\t', "    ")
}

/// The longest name, `fingerprint`, just fits.
const NAME_WIDTH: usize = 11;

/// The cause of a failure is mostly near it, and a report must fit a screen; `--trace-dir` keeps everything.
const MAX_RUNGS: usize = 40;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::sample;

    #[test]
    fn a_failure_shows_the_step_both_ends_and_the_way_to_run_it_again() {
        let report = sample::failed();
        assert_eq!(
            headline(&report),
            "FAIL half-close/write-stalls/client (go-hashicorp, live clock)"
        );
        assert_eq!(
            body(&report, 200),
            "  title       A write ends once the close timeout has passed
  clause      CLO-09: a closed stream is reset after its close timeout (reference; v0.1.2)
  step 6      scenarios/half-close/write-stalls.json:31:5
  expected    write s 9 x 65536 bytes [writer]: error stream_reset, 524288 bytes written
  observed    error eof, 589824 bytes written (in its own words: end of
              file) at 300.001
  or weaker   error session_shutdown: the session may go with the stream
  fingerprint write/stream-reset/524288 | eof/589824

  the last calls and frames
       time  subject                    peer
      0.000  write s ...
      0.000  window_update SYN s1 +0 >
      0.001                             < window_update ACK|FIN s1 +0
      0.001                             close s: ok
      0.001  -- five minutes pass
    300.001  write s: eof

  the trace differs from the reference's
    -  P>S window_update RST s1 +0
    +  P>S window_update FIN s1 +0

  took        1.9 s
  again       yamux-conform run scenarios/half-close/write-stalls.json --side client \
             --target go-hashicorp --clock live --seed 7
"
            .replace("\\\n             ", "")
        );
    }

    #[test]
    fn a_changed_trace_names_the_golden_file_and_how_to_accept_it() {
        let text = body(&sample::trace_changed(), 120);
        assert!(
            text.contains("the golden one, golden/built-in/ping/echo.server.trace\n    - pong 1")
        );
        assert!(text.contains(
            "  next        if the change is meant, accept it:\n              \
             yamux-conform bless scenarios/ping/echo.json --side server --target built-in\n"
        ));
        assert_eq!(text.matches("- pong 1").count(), 1);
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        let stderr = vec!["\tat \u{1b}[2Jmain.go\u{7}".into()];
        let verdict = Verdict::Broken { message: "gone".into(), stderr };
        let text = body(&sample::with(sample::broken(), verdict), 120);
        assert!(text.contains(r"        at \u{1b}[2Jmain.go\u{7}"), "{text}");
    }

    #[test]
    fn a_broken_case_shows_what_the_shim_said_last() {
        let text = body(&sample::broken(), 120);
        assert!(text.contains("  trouble     the shim ended with status 2\n"));
        assert!(text.contains("    panic: nil map\n    goroutine 1\n"));
    }
}
