//! Case reports for the tests of the reporters.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Actual, Alternative, CallDone, CallEnd, Due, Expected, Failure, NamedCall};
use crate::report::{Portion, Reporter, RunEvent, Summary, TargetInfo};
use crate::runner::verdict::{
    Again, Against, CaseReport, Clock, Comparison, ExitCode, RunId, Verdict,
};
use crate::scenario::{Action, Actor, CaseId, ErrorClass, Label, Position, WeakerResult};
use crate::system::sink::{AutoStream, Terminal};
use crate::trace::{Direction, LadderColumn, Rung};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

pub(crate) const CLIENT: Side = Side::Client;

pub(crate) fn passed(id: &str, side: Side, target: &str) -> CaseReport {
    CaseReport {
        run: RunId {
            case: CaseId { scenario: id.into(), side },
            target: target.into(),
            clock: if target == "built-in" { Clock::Virtual } else { Clock::Live },
            repeat: 1,
        },
        asked: target.into(),
        peer: None,
        title: "A pong carries the value of its ping".into(),
        path: format!("scenarios/{id}.json").into(),
        clauses: vec![(
            "PING-01".into(),
            "a ping is answered".into(),
            "must; spec, \"Ping\"".into(),
        )],
        broken: None,
        verdict: Verdict::Pass,
        answers: Vec::new(),
        virtual_duration: Time::ZERO,
        duration: Duration::from_millis(2),
        comparison: Comparison::Agrees,
        again: Arc::new(Again { seed: 7, ..Again::default() }),
    }
}

pub(crate) fn with(report: CaseReport, verdict: Verdict) -> CaseReport {
    CaseReport { verdict, ..report }
}

pub(crate) fn failure() -> Box<Failure> {
    let at = |milliseconds: u64, place, text: &str| Rung {
        time: Time::from_nanos(milliseconds * 1_000_000),
        place,
        text: text.into(),
    };
    let action = Action::Write { stream: Label::from("s"), bytes: 65_536, times: 9 };
    let end =
        |class, bytes| CallEnd { error: Some(class), done: CallDone::Written(bytes), told: None };
    Box::new(Failure {
        position: Some(Position { line: 31, column: 5 }),
        step: Some(6),
        round: None,
        name: Some(Label::from("joined")),
        end: Actor::Subject,
        clause: "CLO-09".into(),
        expected: Expected::CallEnd(
            NamedCall { action, label: Some(Label::from("writer")) },
            end(ErrorClass::StreamReset, 524_288),
            Due::default(),
        ),
        observed: Actual::CallEnd(
            end(ErrorClass::Eof, 589_824),
            "end of\nfile".to_owned(),
            Time::from_nanos(300_001_000_000),
        ),
        alternatives: vec![Alternative::End(WeakerResult {
            error: Some(ErrorClass::SessionShutdown),
            bytes: None,
            because: "the session may go with the stream".to_owned(),
        })],
        rungs: vec![
            at(0, LadderColumn::Subject, "write s ..."),
            at(0, LadderColumn::Wire(Direction::SubjectToPeer), "window_update SYN s1 +0"),
            at(1, LadderColumn::Wire(Direction::PeerToSubject), "window_update ACK|FIN s1 +0"),
            at(1, LadderColumn::Peer, "close s: ok"),
            at(1, LadderColumn::Note, "five minutes pass"),
            at(300_001, LadderColumn::Subject, "write s: eof"),
        ],
        runs: None,
        stderr: Vec::new(),
    })
}

pub(crate) fn failed() -> CaseReport {
    CaseReport {
        title: "A write ends once the close timeout has passed".into(),
        clauses: vec![(
            "CLO-09".into(),
            "a closed stream is reset after its close timeout".into(),
            "reference; v0.1.2".into(),
        )],
        verdict: Verdict::Fail(failure()),
        virtual_duration: Time::from_nanos(300_001_000_000),
        duration: Duration::from_millis(1_900),
        comparison: Comparison::Differs(
            "-  P>S window_update RST s1 +0\n+  P>S window_update FIN s1 +0\n".into(),
        ),
        ..passed("half-close/write-stalls", Side::Client, "go-hashicorp")
    }
}

pub(crate) fn trace_changed() -> CaseReport {
    CaseReport {
        verdict: Verdict::TraceChanged {
            diff: "- pong 1\n+ pong 2\n".into(),
            golden: Some("golden/built-in/ping/echo.server.trace".into()),
            against: Against::Golden,
        },
        comparison: Comparison::Differs("- pong 1\n+ pong 2\n".into()),
        ..passed("ping/echo", Side::Server, "built-in")
    }
}

pub(crate) fn broken() -> CaseReport {
    with(
        passed("ping/echo", Side::Server, "shim:./my shim"),
        Verdict::Broken {
            message: "the shim ended with status 2".into(),
            stderr: vec!["panic: nil map".into(), "goroutine 1".into()],
        },
    )
}

/// One case of each verdict, on two targets.
pub(crate) fn cases() -> Vec<CaseReport> {
    let echo = |side, target| passed("ping/echo", side, target);
    let once = |target| passed("ping/only-once", Side::Client, target);
    let weak = Verdict::WeakPass { because: vec!["eof is lawful too".into()] };
    let skip = Verdict::Skip { reason: "the library has no reset".into() };
    let known = Verdict::KnownFail {
        failure: failure(),
        reason: "keeps half-open streams".into(),
        link: Some("https://example.org/1".into()),
    };
    let surprise = Verdict::UnexpectedPass { entry: "known/go-hashicorp.json:3:5".into() };
    let golden = |report| CaseReport { comparison: Comparison::AgreesWithGolden, ..report };
    vec![
        echo(Side::Client, "built-in"),
        trace_changed(),
        echo(Side::Client, "go-hashicorp"),
        with(echo(Side::Server, "go-hashicorp"), known),
        golden(once("built-in")),
        golden(with(once("go-hashicorp"), skip)),
        golden(passed("half-close/write-stalls", Side::Client, "built-in")),
        failed(),
        golden(with(passed("half-close/write-stalls", Side::Server, "built-in"), weak)),
        golden(with(passed("half-close/write-stalls", Side::Server, "go-hashicorp"), surprise)),
    ]
}

/// A whole run of `cases`, event by event.
pub(crate) fn run(reporter: &mut impl Reporter, cases: &[CaseReport]) {
    let note = Some("built on first use".to_owned());
    let go = TargetInfo { note, ..target("go-hashicorp", Clock::Live) };
    let mut summary = Summary {
        elapsed: Duration::from_millis(1_900),
        clocks: vec![Clock::Virtual, Clock::Live],
        seed: 7,
        notes: vec!["the go shim was built: target/shims/go-hashicorp".into()],
        problems: vec!["golden/built-in/ping/gone.client.trace: belongs to no case".into()],
        exit: ExitCode::Negative,
        ..Summary::default()
    };
    cases.iter().for_each(|case| summary.count(&case.verdict));
    assert_eq!(summary.judge(), summary.exit);
    let targets = [target("built-in", Clock::Virtual), go];
    tell(reporter, (&targets, cases), "a shim was started again", &summary);
}

/// A run of these cases on these targets, with a note and a summary.
pub(crate) fn tell(
    reporter: &mut impl Reporter,
    (targets, cases): (&[TargetInfo], &[CaseReport]),
    note: &str,
    summary: &Summary,
) {
    let portion = Portion::default();
    let mut report = |event| reporter.report(&event).unwrap();
    report(RunEvent::RunStarted {
        cases: cases.len(),
        targets,
        seed: 7,
        version: "0.1.0",
        suite: None,
        portion: &portion,
    });
    for case in cases {
        report(RunEvent::CaseStarted(&case.run));
        report(RunEvent::CaseFinished(case));
    }
    report(RunEvent::Note(note));
    report(RunEvent::RunFinished(summary));
}

pub(crate) fn target(name: &str, clock: Clock) -> TargetInfo {
    TargetInfo {
        name: name.into(),
        asked: name.into(),
        clock,
        description: format!("{name} 0.1.0"),
        ran: true,
        note: None,
    }
}

/// What is written, as text.
pub(crate) fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

/// What is written on a terminal without colour.
pub(crate) fn plain(write: impl FnOnce(&mut Terminal<AutoStream<&mut Vec<u8>>>)) -> String {
    text(|out| write(&mut Terminal::new(AutoStream::never(out))))
}

/// A case that breaks this clause.
pub(crate) fn breaking(
    report: CaseReport,
    clause: &str,
    statement: &str,
    level: &str,
) -> CaseReport {
    let mut failure = failure();
    failure.clause = clause.into();
    let broken = Some((clause.into(), statement.to_owned(), level.to_owned()));
    CaseReport { broken, ..with(report, Verdict::Fail(failure)) }
}

/// Whether a line of a report is copyable and therefore never cut.
pub(crate) fn is_copied(line: &str) -> bool {
    let begins =
        ["  again ", "  step ", "  scenario ", "  fingerprint ", "              yamux-conform"];
    begins.iter().any(|begin| line.starts_with(begin))
}
