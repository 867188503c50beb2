//! Two shims that meet: whatever one of them does wrong is reported of that one, whichever end and side it plays.

use yamux_conform::harness::analysis::interop::{InteropRecord, PairRecord};
use yamux_conform::harness::report::VerdictRecord;
use yamux_conform::yamux::frame::Side;

use crate::harness::Workspace;

/// Nothing is asked of either end but that it lets the other one live.
const QUIET: &str = r#"{
  "title": "Both ends let each other live",
  "clauses": ["SES-09"],
  "peer": "app",
  "steps": [ { "peer": { "expect_none": { "session_end": true, "for": "20ms" } } } ]
}"#;

/// A stream is opened, and the session lives on.
const UNACKNOWLEDGED: &str = r#"{
  "title": "Both ends let each other live while a stream is open",
  "clauses": ["SES-09"],
  "peer": "app",
  "steps": [
    { "subject": { "open": { "stream": "s" } } },
    { "peer": { "expect_none": { "session_end": true, "for": "90s" } } }
  ]
}"#;

pub(crate) fn frames() {
    each_is_told_of_the_bad_server("wire-garbage", "FRM-02");
    each_is_told_of_the_bad_server("wire-breaches", "OPEN-01");
}

pub(crate) fn silence() {
    // A process that stands still holds up every session in it: one at a time.
    let record = meet("freezes", &["--side", "client"]);
    for pair in record.pairs.iter().filter(|pair| pair.server == "bad") {
        for case in &pair.cases {
            let is_stuck = matches!(case.case.verdict, VerdictRecord::Stuck { .. });
            assert!(is_stuck, "{:?}", case.case.verdict);
        }
        assert_blamed(pair);
    }
}

#[track_caller]
fn each_is_told_of_the_bad_server(behaviour: &str, clause: &str) {
    let record = meet(behaviour, &[]);
    assert_eq!((record.pairs.len(), record.exit), (4, 1), "{record:#?}");
    for pair in &record.pairs {
        // Each implementation was the subject once.
        assert_eq!(pair.cases.len(), 2, "{pair:#?}");
        let failed = if pair.server == "bad" { 2 } else { 0 };
        assert_eq!((pair.passed, pair.failed), (2 - failed, failed), "{pair:#?}");
        for case in pair.cases.iter().filter(|_| failed > 0) {
            let VerdictRecord::Fail { failure } = &case.case.verdict else {
                panic!("{:?}", case.case.verdict)
            };
            assert_eq!((failure.is_rule, &*failure.clause), (true, clause), "{failure:?}");
        }
        assert_blamed(pair);
    }
}

/// The end to blame is the bad server.
#[track_caller]
fn assert_blamed(pair: &PairRecord) {
    for case in pair.cases.iter().filter(|case| case.case.negative) {
        let end = case.end.as_ref().expect("somebody is to blame");
        assert_eq!((&*end.name, end.side), ("bad", Side::Server), "{pair:#?}");
    }
}

/// It has no call that pings: the harness puts its pings among the frames, whichever end it plays.
pub(crate) fn without_ping() {
    let workspace = with_a_plain_shim("quiet", QUIET);
    let ran = workspace.run(&["run", "session/quiet", "--target", "built-in", "--peer", PLAIN]);
    ran.assert_code(0).assert_stdout("\n2 passed, 0 failed (virtual clock, ");
    let ran = workspace.run(&["interop", "built-in", PLAIN, "--clock", "virtual"]);
    ran.assert_code(0).assert_stdout("\n4 pairs: 8 passed, 0 differ, 0 failed, 0 skipped");
}

/// The built-in yamux gives up after 75 seconds, as it must: the end that has not acknowledged its stream is named.
pub(crate) fn without_acknowledgement() {
    let workspace = with_a_plain_shim("unacknowledged", UNACKNOWLEDGED);
    let ran = workspace.run(&["interop", "built-in", PLAIN, "--format", "json"]);
    let record: InteropRecord =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:#?}"));
    let pairs = record.pairs.iter().filter(|pair| pair.client != pair.server);
    let subjects = pairs.flat_map(|pair| &pair.cases).filter(|case| case.case.target == "built-in");
    let ends: Vec<_> = subjects.map(|case| case.end.as_ref().map(|end| &*end.name)).collect();
    assert_eq!(ends, [Some("plain"); 2], "{ran:#?}");
}

/// The scenario, and a shim in lockstep that answers pings and does nothing else.
fn with_a_plain_shim(name: &str, scenario: &str) -> Workspace {
    let workspace = Workspace::with_echo();
    workspace.write(&format!("scenarios/session/{name}.json"), scenario);
    std::fs::create_dir(workspace.path().join("sessions")).expect("a fresh name");
    let program = std::env::current_exe().expect("this program is somewhere");
    std::os::unix::fs::symlink(program, workspace.path().join("test")).expect("a fresh name");
    workspace
}

const PLAIN: &str = "plain=shim:./test bad-shim lockstep-records-lockstep_pairs=sessions";

/// The built-in yamux and a shim that is bad as a server, each with each.
fn meet(behaviour: &str, more: &[&str]) -> InteropRecord {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/session/quiet.json", QUIET);
    let program = std::env::current_exe().expect("this program is somewhere");
    std::os::unix::fs::symlink(program, workspace.path().join("test")).expect("a fresh name");
    let bad = format!("bad=shim:./test bad-shim {behaviour}");
    let arguments = ["interop", "built-in", &bad, "--clock", "live", "--format", "json"];
    let ran = workspace.run(&[&arguments[..], more].concat());
    ran.assert_code(1);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:#?}"))
}
