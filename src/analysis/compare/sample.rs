//! Cases for the tests of comparisons.

use crate::analysis::compare::{Recorded, Sighting, Upgrade};
use crate::report::{
    BlamedEnd, CaseFinished, ClauseRecord, ComparisonRecord, FailureRecord, PlaceName, RungRecord,
    TargetRecord, VerdictRecord,
};
use crate::runner::verdict::Clock;
use crate::yamux::frame::Side;

pub(super) fn case(verdict: VerdictRecord) -> CaseFinished {
    CaseFinished {
        id: "ping/echo".to_owned(),
        side: Side::Client,
        target: "lib".to_owned(),
        clock: Clock::Live,
        repeat: 1,
        title: "A ping is answered".to_owned(),
        path: "scenarios/ping/echo.json".to_owned(),
        clauses: vec![clause("PING-01")],
        broken: None,
        verdict,
        negative: false,
        comparison: ComparisonRecord::NotCompared { reason: "it is made up".to_owned() },
        answers: Vec::new(),
        virtual_ns: 0,
        real_ns: 0,
        again: "yamux-conform run scenarios/ping/echo.json".to_owned(),
    }
}

pub(super) fn clause(id: &str) -> ClauseRecord {
    ClauseRecord {
        id: id.to_owned(),
        statement: format!("a statement of {id}"),
        level: "must; purpose".to_owned(),
    }
}

pub(super) fn failure(clause: &str, expected: &str, observed: &str) -> FailureRecord {
    FailureRecord {
        step: Some(2),
        round: None,
        name: None,
        line: Some(6),
        column: Some(5),
        expected: format!("{expected}, in words"),
        expected_token: expected.to_owned(),
        observed: format!("{observed}, in words"),
        observed_token: observed.to_owned(),
        alternatives: Vec::new(),
        fingerprint: format!("{expected} | {observed}"),
        clause: clause.to_owned(),
        is_rule: false,
        runs: None,
        end: BlamedEnd::Subject,
        stderr: Vec::new(),
        rungs: vec![RungRecord {
            time_ns: 1_000_000,
            place: PlaceName::PeerToSubject,
            text: "ping 7".to_owned(),
        }],
    }
}

fn seen(verdict: VerdictRecord) -> Sighting {
    Sighting { case: case(verdict), trace: None, is_told: false }
}

fn ends(observed: &str) -> FailureRecord {
    failure("PING-01", "pong/7", observed)
}

pub(super) fn passed() -> Sighting {
    seen(VerdictRecord::Pass)
}

pub(super) fn weak() -> Sighting {
    seen(VerdictRecord::WeakPass { because: vec!["it is lawful".to_owned()] })
}

pub(super) fn differs() -> Sighting {
    seen(VerdictRecord::Differs { failure: ends("no-pong") })
}

pub(super) fn not_reached() -> Sighting {
    seen(VerdictRecord::NotReached { failure: ends("no-pong") })
}

pub(super) fn skipped() -> Sighting {
    seen(VerdictRecord::Skip { reason: "it has no ping".to_owned() })
}

pub(super) fn failed(observed: &str) -> Sighting {
    seen(VerdictRecord::Fail { failure: ends(observed) })
}

pub(super) fn broken() -> Sighting {
    seen(VerdictRecord::Broken { message: "no session".to_owned(), stderr: Vec::new() })
}

pub(super) fn stuck() -> Sighting {
    seen(VerdictRecord::Stuck { failure: ends("stuck") })
}

pub(super) fn crashed() -> Sighting {
    let mut failure = ends("crashed");
    failure.stderr = vec!["panic: nil map".to_owned()];
    seen(VerdictRecord::Crashed { failure })
}

/// The run under another id.
pub(super) fn called(id: &str, run: Sighting) -> Sighting {
    let case = CaseFinished { id: id.to_owned(), ..run.case };
    Sighting { case, ..run }
}

/// The run, with another clause broken.
pub(super) fn breaks(clause: &str, mut run: Sighting) -> Sighting {
    match &mut run.case.verdict {
        VerdictRecord::Fail { failure } | VerdictRecord::Crashed { failure } => {
            failure.clause = clause.to_owned();
        }
        other => panic!("{other:?} breaks nothing"),
    }
    run
}

pub(super) fn recorded(asked: &str, sightings: Vec<Sighting>) -> Recorded {
    Recorded {
        asked: asked.to_owned(),
        targets: vec![target("lib", Clock::Live)],
        sightings,
        is_report: false,
        is_cut: false,
        started: None,
        finished: None,
    }
}

pub(super) fn target(name: &str, clock: Clock) -> TargetRecord {
    TargetRecord {
        name: name.to_owned(),
        clock,
        description: format!("{name} 1.0, rust 1.95"),
        ran: true,
        note: None,
    }
}

/// Two new failures, one of them a crash, a repaired clause, a difference, and an unchanged case.
pub(super) fn upgrade() -> Upgrade {
    let before = vec![
        called("a/dies", passed()),
        called("a/fails", passed()),
        called("a/fixed", crashed()),
        called("a/weak", passed()),
        called("a/same", passed()),
    ];
    let after = vec![
        called("a/dies", breaks("FLOW-01", crashed())),
        called("a/fails", breaks("FLOW-02", failed("no-pong"))),
        called("a/fixed", passed()),
        called("a/weak", weak()),
        called("a/same", passed()),
    ];
    let register = [clause("FLOW-01")];
    Upgrade::of(&recorded("lib@1", before), &recorded("lib@2", after), &register)
        .expect("they can be compared")
}
