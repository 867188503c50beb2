//! Malicious text in every field that a shim, scenario, ledger or file name can fill, through every reporter.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Actual, Alternative, CallDone, CallEnd, Expected};
use crate::report::{
    Github, Html, Human, Json, Junit, Markdown, Record, Reporter, Summary, TargetInfo, Verbosity,
    sample,
};
use crate::runner::verdict::{Again, Against, CaseReport, Clock, Comparison, RunId, Verdict};
use crate::scenario::{CaseId, ExpectedEvent};
use crate::shim::target::LedgerFile;
use crate::system::sink::is_harmless;
use crate::trace::{LadderColumn, Rung};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// Everything that a terminal, an XML or JSON reader, or a CI server may obey. Its colour is none of ours.
const HOSTILE: &str = "x\n::warning file=a::b\r::stop-commands::t\u{1b}[35m\u{1b}]0;t\u{7}\t\0\u{7f}\u{9b}2J ##[error]c \
    ##vso[task.x]d ##teamcity[e] \u{202e}\u{2066}\u{2028}::f ]]> &<>\"' \u{fffe}\u{ffff} %0A::g\n  ::h\n##[i]\n";

fn text() -> String {
    HOSTILE.to_owned()
}

/// One case of each verdict.
fn cases() -> Vec<CaseReport> {
    let failure = || {
        let mut failure = sample::failure();
        let end = CallEnd { error: None, done: CallDone::Uncounted, told: None };
        failure.name = Some(HOSTILE.into());
        failure.expected = Expected::Call(HOSTILE.into());
        failure.observed = Actual::CallEnd(end, text(), Time::ZERO);
        failure.alternatives = vec![Alternative::Event(ExpectedEvent::Ping, text())];
        let place = |place| Rung { time: Time::ZERO, place, text: text() };
        failure.rungs = vec![
            place(LadderColumn::Subject),
            place(LadderColumn::Peer),
            place(LadderColumn::Note),
        ];
        failure
    };
    let (golden, against) = (Some(HOSTILE.into()), Against::Golden);
    let verdicts = [
        Verdict::Pass,
        Verdict::WeakPass { because: vec![text()] },
        Verdict::Fail(failure()),
        Verdict::KnownFail { failure: failure(), reason: text(), link: Some(text()) },
        Verdict::UnexpectedPass { entry: text() },
        Verdict::TraceChanged { diff: text(), golden, against },
        Verdict::Skip { reason: text() },
        Verdict::Broken { message: text(), stderr: vec![text()] },
    ];
    let ledger = LedgerFile { target: text(), path: HOSTILE.into() };
    let again = Again { known: vec![ledger], golden: Some(HOSTILE.into()), ..Again::default() };
    let again = Arc::new(again);
    let case = |(number, verdict): (usize, Verdict)| CaseReport {
        run: RunId {
            case: CaseId {
                scenario: format!("{number}{HOSTILE}/{HOSTILE}").into(),
                side: Side::Client,
            },
            target: text(),
            clock: Clock::Live,
            repeat: 1,
        },
        title: text(),
        path: HOSTILE.into(),
        peer: Some(text()),
        clauses: vec![(HOSTILE.into(), text(), text())],
        comparison: Comparison::Differs(text()),
        again: Arc::clone(&again),
        ..sample::with(sample::passed("", Side::Client, HOSTILE), verdict)
    };
    verdicts.into_iter().enumerate().map(case).collect()
}

/// A run of these cases, in which all other text is malicious too.
fn run(reporter: &mut impl Reporter) {
    let targets = [Clock::Virtual, Clock::Live].map(|clock| TargetInfo {
        description: text(),
        note: Some(text()),
        ..sample::target(HOSTILE, clock)
    });
    let (notes, problems) = (vec![text()], vec![text()]);
    let elapsed = Duration::from_secs(1);
    let summary = Summary { notes, problems, elapsed, ..Summary::default() };
    sample::tell(reporter, (&targets, &cases()), HOSTILE, &summary);
}

/// No control character but line feeds and our styles, and no command to a CI server but those with these beginnings.
#[track_caller]
fn assert_harmless(text: &str, own_commands: &[&str]) {
    let mut plain = text.to_owned();
    for style in ["0", "1", "2", "31", "32", "33"] {
        plain = plain.replace(&format!("\u{1b}[{style}m"), "");
    }
    assert!(plain.lines().count() >= 5, "{plain:?}");
    for line in plain.lines() {
        assert!(line.chars().all(is_harmless), "{line:?}");
        let is_own = own_commands.iter().any(|own| line.starts_with(own));
        assert!(!line.trim_start().starts_with("::") || is_own, "{line:?}");
        for mark in ["##[", "##vso[", "##teamcity["] {
            assert!(!line.contains(mark), "{line:?}");
        }
    }
}

#[test]
fn people_and_terminals_get_it_as_text() {
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose, Verbosity::Full] {
        let text = sample::text(|out| run(&mut Human::new(out, verbosity, 80)));
        assert_harmless(&text, &[]);
        assert!(text.contains(r"\u{1b}[35m") && text.contains(r"\u{202e}\u{2066}\u{2028}"));
    }
}

#[test]
fn github_gets_our_commands_alone() {
    let text = sample::text(|out| run(&mut Github::new(out, None)));
    assert_harmless(&text, &["::error file=x%0A%3A%3Awarning", "::error title=yamux-conform::"]);
    assert_eq!(text.lines().count(), 5, "four negative verdicts and a problem: {text}");
}

#[test]
fn markdown_gets_no_markup_of_others() {
    let mut text = String::new();
    run(&mut Markdown::new(|written: &str| {
        text.push_str(written);
        Ok(())
    }));
    assert_harmless(&text, &[]);
    // Our own text; between `<code>` or `<pre>` and its end only elements are markup.
    let (mut own, mut rest) = (text.clone(), String::new());
    for tag in ["details", "summary"] {
        own = own.replace(&format!("<{tag}>"), "").replace(&format!("</{tag}>"), "");
    }
    for tag in ["code", "pre"] {
        while let Some((before, inside)) = own.split_once(&format!("<{tag}>")) {
            let (inside, after) = inside.split_once(&format!("</{tag}>")).expect("its end");
            rest.push_str(inside);
            own = format!("{before}{after}");
        }
    }
    assert!(!rest.is_empty() && !rest.contains('<'), "{rest}");
    let is_markup = |c: &str| own.replace(&format!("\\{c}"), "").contains(c);
    assert!(!["[", "]", "`", "_", "<"].into_iter().any(is_markup), "{own}");
}

#[test]
fn programs_get_the_same_text_back() {
    let text = sample::text(|out| run(&mut Json::new(out)));
    assert_harmless(&text, &[]);
    let records: Vec<Record> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let titles = records.iter().filter_map(|record| match record {
        Record::CaseFinished(case) => Some(case.title.as_str()),
        _ => None,
    });
    assert_eq!(titles.collect::<Vec<_>>(), [HOSTILE; 8]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads what was written")]
fn browsers_get_no_markup_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    run(&mut Html::new(path.clone()));
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.chars().all(|c| c == '\n' || is_harmless(c)));
    // The text contains `&<>"'`, which must never occur unescaped.
    assert!(!page.contains("&<>") && page.matches("\\u0026\\u003c\\u003e").count() > 8);
    assert!(page.contains("&amp;&lt;&gt;&quot;&#x27;"), "the head");
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    assert_eq!(page.matches("id=\"case-").count(), 8);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads what was written")]
fn readers_of_junit_get_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.xml");
    run(&mut Junit::new(path.clone()));
    let xml = std::fs::read_to_string(path).unwrap();
    assert!(xml.chars().all(|c| c == '\n' || is_harmless(c)), "{xml}");
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(report.test_suites[0].test_cases.len(), 8);
}
