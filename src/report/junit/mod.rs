//! JUnit XML for CI servers: a suite for each target and clock, written in one piece at the end of the run.

mod strict;

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::report::junit::strict::strict;
use crate::report::{Reporter, RunEvent, Shard, Summary, TargetInfo, body, headline};
use crate::runner::verdict::{CaseReport, Clock, RunId, Verdict};
use crate::system::sink::{escape, path_name, write_file};

/// Collects the cases, and writes the file at the end of the run or not at all.
#[derive(Debug)]
pub(crate) struct Junit {
    path: PathBuf,
    started: SystemTime,
    version: String,
    shard: Option<Shard>,
    /// The suite of scenarios, in words.
    of: Option<String>,
    targets: Vec<TargetInfo>,
    suites: Vec<(SuiteKey, TestSuite)>,
}

/// The subject of a suite: target, clock and peer.
type SuiteKey = (String, Clock, Option<String>);

impl Junit {
    /// A reporter that writes `path`, in whose folder it needs to create a file.
    pub(crate) fn new(path: PathBuf) -> Self {
        let (started, version) = (SystemTime::now(), String::new());
        let (targets, suites) = (Vec::new(), Vec::new());
        Self { path, started, version, shard: None, of: None, targets, suites }
    }

    fn suite(&mut self, report: &CaseReport) -> &mut TestSuite {
        let key = (report.run.target.clone(), report.run.clock, report.peer.clone());
        let found = self.suites.iter().position(|(other, _)| *other == key);
        let index = found.unwrap_or_else(|| {
            let suite = TestSuite::new(suite_name(report));
            self.suites.push((key, suite));
            self.suites.len() - 1
        });
        &mut self.suites[index].1
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let mut report = Report::new("yamux-conform");
        report.set_time(summary.elapsed);
        // Cases end in any order; the file is the same whatever the order.
        self.suites.sort_by(|(a, _), (b, _)| a.cmp(b));
        let started = humantime::format_rfc3339_seconds(self.started).to_string();
        for ((target, clock, _), mut suite) in std::mem::take(&mut self.suites) {
            suite.test_cases.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
            suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
            suite.extra.insert("timestamp".into(), started.as_str().into());
            suite.add_property(("seed", summary.seed.to_string().as_str()));
            suite.add_property(("yamux-conform", self.version.as_str()));
            if let Some(of) = &self.of {
                suite.add_property(("suite", &*bounded(of, MOST_OF_A_LINE)));
            }
            if let Some(shard) = self.shard {
                suite.add_property(("shard", shard.to_string().as_str()));
            }
            let is_it = |info: &&TargetInfo| info.name == target && info.clock == clock;
            if let Some(info) = self.targets.iter().find(is_it) {
                suite.add_property(("target", &*bounded(&info.description, MOST_OF_A_LINE)));
            }
            report.add_test_suite(suite);
        }
        let xml = report.to_string().map_err(io::Error::other)?;
        // Of any kind: a report file that could not be written is an error even where a closed pipe is none.
        write_file(&self.path, &strict(&xml)?)
            .map_err(|error| io::Error::other(format!("{}: {error}", path_name(&self.path))))
    }
}

impl Reporter for Junit {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { version, targets, portion, suite, .. } => {
                self.of = suite.map(ToString::to_string);
                (*version).clone_into(&mut self.version);
                self.shard = portion.shard;
                self.targets = targets.to_vec();
            }
            RunEvent::CaseFinished(report) => {
                self.suite(report).add_test_case(test_case(report));
            }
            RunEvent::RunFinished(summary) => return self.finish(summary),
            RunEvent::CaseStarted(_) | RunEvent::Note(_) => {}
        }
        Ok(())
    }
}

/// `go-hashicorp (virtual)`, with the peer unless it is the harness's own.
fn suite_name(report: &CaseReport) -> String {
    let RunId { target, clock, .. } = &report.run;
    let peer = report.peer.as_ref().map_or_else(String::new, |peer| format!(", peer {peer}"));
    escape(&format!("{target} ({clock}{peer})")).into_owned()
}

/// Suite and area: servers drop the suite, and tell cases apart by this and their name alone.
fn class_name(report: &CaseReport) -> String {
    match report.area() {
        "" => suite_name(report),
        area => format!("{}.{}", suite_name(report), escape(area)),
    }
}

fn test_case(report: &CaseReport) -> TestCase {
    let negative = |kind, message: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(report.verdict.label());
        status.set_message(bounded(&one_line(message), MOST_OF_A_LINE));
        let text = format!("{}\n{}", escape(&headline(report)), body(report, WIDTH));
        status.set_description(cut(&text, MOST_OF_A_TEXT).into_owned());
        status
    };
    let skipped = |message: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(bounded(&one_line(message), MOST_OF_A_LINE));
        status
    };
    let status = match &report.verdict {
        Verdict::Pass | Verdict::WeakPass { .. } => TestCaseStatus::success(),
        Verdict::Fail(failure) | Verdict::Died(_, failure) => negative(
            NonSuccessKind::Failure,
            &format!("expected {}, observed {}", failure.expected, failure.observed),
        ),
        Verdict::Differs(_) => TestCaseStatus::success(),
        Verdict::NotReached(failure) => skipped(&format!("not reached: {}", failure.observed)),
        Verdict::UnexpectedPass { entry } => {
            negative(NonSuccessKind::Failure, &format!("passes in spite of {entry}"))
        }
        Verdict::TraceChanged { .. } => {
            negative(NonSuccessKind::Failure, "the trace is not the agreed one")
        }
        Verdict::Broken { message, .. } => negative(NonSuccessKind::Error, message),
        // JUnit has no expected failure; verdicts that are neither passes nor alarms are skipped.
        Verdict::KnownFail { reason, .. } => skipped(&format!("known deviation: {reason}")),
        Verdict::Skip { reason } => skipped(reason),
    };
    let mut case = TestCase::new(&*escape(&report.run.name()), status);
    case.set_classname(class_name(report));
    case.set_time(report.duration);
    let remark = match &report.verdict {
        Verdict::WeakPass { because } => Some(format!("weak pass: {}", because.join("; "))),
        Verdict::Differs(failure) => Some(format!(
            "differs from {}: expected {}, observed {}",
            failure.clause, failure.expected, failure.observed
        )),
        _ => None,
    };
    if let Some(remark) = remark {
        case.set_system_out(bounded(&remark, MOST_OF_A_TEXT));
    }
    case
}

/// Text as one line: attributes keep no line ends.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn bounded(text: &str, max: usize) -> String {
    cut(&escape(text), max).into_owned()
}

/// The first `max` bytes of longer text, and how much more there was.
fn cut(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(max);
    Cow::Owned(format!("{}… ({} more bytes)", &text[..end], text.len() - end))
}

/// As much as a server shows in a list, in bytes.
const MOST_OF_A_LINE: usize = 1000;
/// GitLab accepts no file of more than 30 MB.
const MOST_OF_A_TEXT: usize = 32_000;
/// The width of a failure: servers show it in a box.
const WIDTH: usize = 120;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::report::sample;
    use crate::system::sink::is_harmless;

    #[expect(clippy::disallowed_methods, reason = "the test reads what was written")]
    fn written(cases: &[CaseReport]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/report.xml");
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        sample::run(&mut Junit { started, ..Junit::new(path.clone()) }, cases);
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn each_target_and_clock_is_a_suite_with_its_own_counts() {
        let xml = written(&sample::cases());
        assert!(xml.contains(
            r#"<testsuites name="yamux-conform" tests="10" failures="3" errors="0" time="1.900">"#
        ));
        assert!(xml.contains(
            r#"<testsuite name="built-in (virtual)" tests="5" skipped="0" errors="0" failures="1""#
        ));
        assert!(xml.contains(
            r#"<testsuite name="go-hashicorp (live)" tests="5" skipped="2" errors="0" failures="2""#
        ));
        assert!(xml.contains(r#"<skipped message="known deviation: keeps half-open streams"/>"#));
        assert!(xml.contains("weak pass: eof is lawful too"));
    }

    #[test]
    fn a_suite_says_when_and_what_was_tested() {
        let xml = written(&sample::cases());
        assert!(xml.contains(r#"timestamp="2023-11-14T22:13:20Z""#), "{xml}");
        for (name, value) in
            [("seed", "7"), ("yamux-conform", "0.1.0"), ("target", "go-hashicorp 0.1.0")]
        {
            assert!(
                xml.contains(&format!(r#"<property name="{name}" value="{value}"/>"#)),
                "{name}"
            );
        }
    }

    #[test]
    fn no_two_cases_have_both_names_in_common() {
        let mut cases = sample::cases();
        let named = |report: &CaseReport| (class_name(report), report.run.name());
        let peer = |report: &CaseReport| CaseReport { peer: Some("go".into()), ..report.clone() };
        let again = |report: &CaseReport| {
            let report = report.clone();
            CaseReport { run: RunId { repeat: 2, ..report.run }, ..report }
        };
        cases.extend(cases.iter().map(peer).collect::<Vec<_>>());
        cases.extend(cases.iter().map(again).collect::<Vec<_>>());
        let names: BTreeSet<_> = cases.iter().map(named).collect();
        assert_eq!(names.len(), cases.len());
        let peer = named(&peer(&sample::trace_changed()));
        assert_eq!(peer.0, "built-in (virtual, peer go).ping");
    }

    #[test]
    fn a_failure_has_its_line_and_a_broken_case_is_an_error() {
        let xml = written(&[sample::failed(), sample::broken()]);
        assert!(xml.contains(
            r#"<testcase name="half-close/write-stalls/client" classname="go-hashicorp (live).half-close" time="1.900">"#
        ), "{xml}");
        assert!(xml.contains("step 6      scenarios/half-close/write-stalls.json:31:5"), "{xml}");
        assert!(xml.contains(r#"type="fail">FAIL half-close/write-stalls/client (go-hashicorp"#));
        assert!(xml.contains("window_update SYN s1 +0 &gt;"));
        assert!(xml.contains(r#"<error message="the shim ended with status 2" type="broken">"#));
    }

    #[test]
    fn the_document_is_well_formed_whatever_a_shim_says() {
        let message = "]]> <&\"' \u{1b}[31mred\u{0}\u{9b}\u{fffe}".to_owned();
        let stderr = vec![message.clone()];
        let broken = sample::with(sample::broken(), Verdict::Broken { message, stderr });
        let xml = written(&[broken]);
        let back = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!(back.test_suites[0].test_cases[0].name.as_str(), "ping/echo/server");
        assert!(xml.chars().all(|c| c == '\n' || is_harmless(c)));
        assert!(xml.contains(r"\u{1b}[31mred\u{0}\u{9b}\u{fffe}"), "nothing is swallowed: {xml}");
    }

    #[test]
    fn whatever_a_shim_says_at_length_is_cut() {
        let message = "long ".repeat(50_000) + "\nend";
        let broken = Verdict::Broken { message: message.clone(), stderr: vec![message.clone()] };
        let skip = Verdict::Skip { reason: message.clone() };
        let weak = Verdict::WeakPass { because: vec![message] };
        let case = |id, verdict| sample::with(sample::passed(id, sample::CLIENT, "go"), verdict);
        let xml = written(&[case("a/b", broken), case("a/c", skip), case("a/d", weak)]);
        assert!(xml.len() < 100_000, "{}", xml.len());
        assert_eq!(xml.matches(" more bytes)").count(), 4);
    }

    #[test]
    fn the_report_is_the_same_in_whatever_order_the_cases_end() {
        let mut cases = sample::cases();
        let first = written(&cases);
        cases.reverse();
        assert_eq!(written(&cases), first);
    }
}
