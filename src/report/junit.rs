//! JUnit XML for CI servers: a suite for each target and clock, written in one piece at the end of the run.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::report::{Reporter, RunEvent, Summary, body, headline};
use crate::verdict::{CaseReport, Clock, Verdict};

/// Collects the cases, and writes the file at the end of the run or not at all.
#[derive(Debug)]
pub struct Junit {
    path: PathBuf,
    seed: u64,
    suites: Vec<((String, Clock), TestSuite)>,
}

impl Junit {
    /// A reporter that writes `path`, in whose folder it needs to create a file.
    pub const fn new(path: PathBuf) -> Self {
        Self { path, seed: 0, suites: Vec::new() }
    }

    fn suite(&mut self, target: &str, clock: Clock) -> &mut TestSuite {
        let found = self.suites.iter().position(|((name, c), _)| name == target && *c == clock);
        let index = found.unwrap_or_else(|| {
            let suite = TestSuite::new(format!("{target} ({clock})"));
            self.suites.push(((target.to_owned(), clock), suite));
            self.suites.len() - 1
        });
        &mut self.suites[index].1
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let mut report = Report::new("yamux-conform");
        report.set_time(summary.elapsed);
        // Cases end in any order; the file is the same whichever came first.
        self.suites.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (_, mut suite) in std::mem::take(&mut self.suites) {
            suite.test_cases.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
            suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
            suite.add_property(("seed", summary.seed.to_string().as_str()));
            report.add_test_suite(suite);
        }
        let xml = report.to_string().map_err(io::Error::other)?;
        replace(&self.path, xml.as_bytes()).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }
}

impl Reporter for Junit {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { seed, .. } => self.seed = *seed,
            RunEvent::CaseFinished(report) => {
                let case = test_case(report, self.seed);
                self.suite(&report.target, report.clock).add_test_case(case);
            }
            RunEvent::RunFinished(summary) => return self.finish(summary),
            RunEvent::CaseStarted { .. } | RunEvent::Note(_) => {}
        }
        Ok(())
    }
}

fn test_case(report: &CaseReport, seed: u64) -> TestCase {
    let negative = |kind, message: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(report.verdict.label());
        status.set_message(message.replace('\n', " "));
        status.set_description(format!("{}\n{}", headline(report), body(report, seed)));
        status
    };
    let skipped = |message: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(message);
        status
    };
    let status = match &report.verdict {
        Verdict::Pass | Verdict::WeakPass { .. } => TestCaseStatus::success(),
        Verdict::Fail(failure) => negative(
            NonSuccessKind::Failure,
            &format!("expected {}, observed {}", failure.expected, failure.observed),
        ),
        Verdict::UnexpectedPass { entry } => {
            negative(NonSuccessKind::Failure, &format!("passes in spite of {entry}"))
        }
        Verdict::TraceChanged { .. } => {
            negative(NonSuccessKind::Failure, "the trace is not the agreed one")
        }
        Verdict::Broken { message, .. } => negative(NonSuccessKind::Error, message),
        // JUnit has no expected failure; what neither passed nor alarms is skipped.
        Verdict::KnownFail { reason, .. } => skipped(&format!("known deviation: {reason}")),
        Verdict::Skip { reason } => skipped(reason),
    };
    let mut case = TestCase::new(report.name(), status);
    case.set_classname(report.area());
    case.set_time(report.duration);
    case.extra.insert("file".into(), report.path.display().to_string().into());
    if let Verdict::Fail(failure) = &report.verdict
        && let Some(position) = failure.position
    {
        case.extra.insert("line".into(), position.line.to_string().into());
    }
    if let Verdict::WeakPass { because } = &report.verdict {
        case.set_system_out(format!("weak pass: {}", because.join("; ")));
    }
    case
}

/// Writes beside `path` first, so that nobody ever reads half a file, nor loses the old one to a full disk.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // A temporary file is for its owner alone, a report for whoever may read what the owner writes.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".junit-").tempfile_in(folder)?;
    file.write_all(text)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[expect(clippy::disallowed_methods, reason = "the test reads what was written")]
    fn written(cases: &[CaseReport]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/report.xml");
        sample::run(&mut Junit::new(path.clone()), cases);
        let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing but the report is left");
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn each_target_and_clock_is_a_suite_with_its_own_counts() {
        let xml = written(&sample::cases());
        assert!(xml.contains(
            r#"<testsuites name="yamux-conform" tests="10" skipped="2" failures="3" errors="0" time="1.900">"#
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
    fn a_failure_has_its_line_and_a_broken_case_is_an_error() {
        let xml = written(&[sample::failed(), sample::broken()]);
        assert!(xml.contains(
            r#"<testcase name="half-close/write-stalls/client" classname="half-close" time="1.900" file="scenarios/half-close/write-stalls.json" line="31">"#
        ), "{xml}");
        assert!(xml.contains(r#"type="fail">FAIL half-close/write-stalls/client (go-hashicorp"#));
        assert!(xml.contains("window_update SYN s1 +0 &gt;"));
        assert!(xml.contains(r#"<error message="the shim ended with status 2" type="broken">"#));
    }

    #[test]
    fn the_document_is_well_formed_whatever_a_shim_says() {
        let message = "]]> <&\"' \u{1b}[31mred\u{0}".to_owned();
        let stderr = vec![message.clone()];
        let broken = sample::with(sample::broken(), Verdict::Broken { message, stderr });
        let xml = written(&[broken]);
        let back = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!(back.test_suites[0].test_cases[0].name.as_str(), "ping/echo/server");
        assert!(xml.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn the_report_is_the_same_in_whatever_order_the_cases_end() {
        let mut cases = sample::cases();
        let first = written(&cases);
        cases.reverse();
        assert_eq!(written(&cases), first);
    }
}
