//! Implementations that die: each death is a verdict with its step and its last words, on both clocks and both sides.

use std::env;

use yamux_conform::harness::report::{CaseFinished, FailureRecord, VerdictRecord};

use crate::harness::{Ran, Workspace};

const ECHO: &str = "ping/echo";
/// A call that must succeed.
const CALL: &str = r#"{ "title": "t", "clauses": ["PING-13"], "peer": "app", "steps": [
    { "subject": { "ping": {} } }, { "probe": "ping" } ] }"#;
/// A call that may go on for ever.
const WAITS: &str = r#"{ "title": "t", "clauses": ["PING-13"], "peer": "wire", "steps": [
    { "subject": { "ping": { "label": "p" } } },
    { "measure": { "label": "p", "for": "1s", "question": "when does it end?" } },
    { "probe": "ping" } ] }"#;
/// A call that ends with the transport.
const CUT: &str = r#"{ "title": "t", "clauses": ["SES-01"], "peer": "app", "steps": [
    { "subject": { "ping": { "label": "p" } } }, { "wire": { "cut": "eof" } },
    { "join": { "label": "p", "error": "session_shutdown" } } ] }"#;

/// The expected report of a death.
struct Death {
    kind: &'static str,
    scenario: &'static str,
    verdict: &'static str,
    /// The steps in one of which it is; none is the end.
    steps: &'static [u32],
    expected: &'static str,
    /// In what was observed, on the live clock and in lockstep.
    observed: [&'static str; 2],
}

const fn death(
    (kind, scenario): (&'static str, &'static str),
    verdict: &'static str,
    (steps, expected): (&'static [u32], &'static str),
    observed: [&'static str; 2],
) -> Death {
    Death { kind, scenario, verdict, steps, expected, observed }
}

/// A step that sends is over before its frame has arrived, or not.
const SENT: (&[u32], &str) = (&[1, 2], "");
const SIGNAL: [&str; 2] = ["signal: 6"; 2];
const AT_END: (&[u32], &str) = (&[], "alive-at-end");

const DEATHS: [Death; 11] = [
    death(("call", "call/ping"), "crashed", (&[1], "ping/success"), SIGNAL),
    death(("call", "call/waits"), "crashed", (&[1, 2], "alive"), SIGNAL),
    death(("frame", ECHO), "crashed", SENT, SIGNAL),
    death(("exits", ECHO), "crashed", SENT, ["exit status: 0"; 2]),
    death(("unclassified", ECHO), "crashed", SENT, ["index out of range"; 2]),
    death(("transport", "call/cut"), "crashed", (&[2, 3], ""), SIGNAL),
    death(("end", ECHO), "crashed", AT_END, SIGNAL),
    death(("end-unclassified", ECHO), "crashed", AT_END, ["index out of range"; 2]),
    death(("call-hangs", "call/waits"), "stuck", AT_END, ["it has not answered \"end\""; 2]),
    death(
        ("deadlock", ECHO),
        "stuck",
        SENT,
        ["its shim answers nothing any more", "has not answered within"],
    ),
    // The step says more than that it does not end either.
    death(("call-hangs", "call/ping"), "fail", (&[1], "ping/success"), ["still running"; 2]),
];

fn workspace() -> Workspace {
    let workspace = Workspace::with_echo();
    for (file, text) in [("ping", CALL), ("waits", WAITS), ("cut", CUT)] {
        workspace.write(&format!("scenarios/call/{file}.json"), text);
    }
    // Go says on SIGQUIT where each goroutine stands.
    workspace.write(
        "dumps.sh",
        "trap 'echo \"SIGQUIT: quit\" >&2; echo \"goroutine 7 [semacquire]:\" >&2' QUIT\nexec 3<&0\n\"$@\" <&3 &\nwait\n",
    );
    workspace
}

/// Runs a scenario on a shim that dies in this way.
fn run(workspace: &Workspace, behaviour: &str, scenario: &str, more: &[&str]) -> Ran {
    let program = env::current_exe().expect("this program has a path");
    // What is stuck is waited for twice, and both times must have room in the time of one case.
    let scale = if is_stuck(behaviour) { "1" } else { "0.3" };
    let dumps = if is_stuck(behaviour) { "sh dumps.sh " } else { "" };
    let target = format!("bad=shim:{dumps}{} bad-shim {behaviour}", program.display());
    let always = ["run", scenario, "--target", &target, "--format", "json"];
    workspace.run(&[&always[..], &["--timeout-scale", scale], more].concat())
}

/// A program that dumps hides how the shim in it ended.
fn is_stuck(behaviour: &str) -> bool {
    ["call-hangs", "deadlock"].iter().any(|kind| behaviour.ends_with(kind))
}

/// The verdict's name, and its failure.
fn told(case: &CaseFinished) -> (&'static str, Option<&FailureRecord>) {
    match &case.verdict {
        VerdictRecord::Crashed { failure } => ("crashed", Some(failure)),
        VerdictRecord::Stuck { failure } => ("stuck", Some(failure)),
        VerdictRecord::Fail { failure } => ("fail", Some(failure)),
        VerdictRecord::Pass => ("pass", None),
        VerdictRecord::Broken { .. } => ("broken", None),
        _ => ("another", None),
    }
}

pub(crate) fn have_a_step_and_last_words() {
    for death in &DEATHS {
        for (clock, observed) in ["", "lockstep-"].into_iter().zip(death.observed) {
            let behaviour = format!("{clock}dying-{}", death.kind);
            let ran = run(&workspace(), &behaviour, death.scenario, &[]);
            ran.assert_code(1);
            let cases = ran.cases();
            assert_eq!(cases.len(), 2, "a client and a server: {behaviour}, {ran:#?}");
            for case in &cases {
                assert_death(death, observed, case, &behaviour);
            }
        }
    }
}

#[track_caller]
fn assert_death(death: &Death, observed: &str, case: &CaseFinished, behaviour: &str) {
    let (verdict, Some(failure)) = told(case) else {
        panic!("{behaviour}, {}: expected {}, found {:?}", case.id, death.verdict, case.verdict);
    };
    let place = format!("{behaviour}, {}: {failure:#?}", case.id);
    assert_eq!(verdict, death.verdict, "{place}");
    assert!(case.negative, "{place}");
    match failure.step {
        Some(step) => assert!(death.steps.contains(&step), "{place}"),
        None => assert!(death.steps.is_empty(), "{place}"),
    }
    assert!(failure.expected_token.contains(death.expected), "{place}");
    assert!(failure.observed.contains(observed), "expected {observed:?}: {place}");
    assert!(!failure.clause.is_empty() && failure.runs.is_none(), "{place}");
    if verdict != "fail" {
        assert_eq!(failure.observed_token, verdict, "{place}");
        assert!(failure.stderr.iter().any(|line| line.contains(last_words(verdict))), "{place}");
    }
}

/// Who crashed has said so before; who is stuck says where once it is asked.
fn last_words(verdict: &str) -> &'static str {
    if verdict == "stuck" { "goroutine 7 [semacquire]:" } else { "this shim will die" }
}

pub(crate) fn are_none_of_a_shim_that_reports_a_fault() {
    for clock in ["", "lockstep-"] {
        let behaviour = format!("{clock}dying-call-faults");
        let ran = run(&workspace(), &behaviour, "call/ping", &[]);
        ran.assert_code(1);
        for case in ran.cases() {
            let VerdictRecord::Broken { message, .. } = &case.verdict else {
                panic!("{behaviour}: {:?}", case.verdict);
            };
            assert!(message.contains("the shim is out of order"), "{behaviour}: {message}");
        }
        assert_eq!(ran.summary().counts.broken, 2);
    }
}

pub(crate) fn that_do_not_happen_again_are_told_as_one_of_two_runs() {
    for (clock, jobs) in [("", "4"), ("lockstep-", "1")] {
        let workspace = workspace();
        let folder = workspace.path().join("sessions");
        std::fs::create_dir(&folder).expect("a folder");
        let behaviour = format!("{clock}dying-in-its-fifth={}", folder.display());
        let more = ["--repeat", "4", "--jobs", jobs];
        let ran = run(&workspace, &behaviour, ECHO, &more);
        ran.assert_code(1);
        let cases = ran.cases();
        let crashed: Vec<_> = cases.iter().filter(|case| told(case).0 == "crashed").collect();
        let passed = cases.iter().filter(|case| told(case).0 == "pass").count();
        assert_eq!((crashed.len(), passed), (1, 7), "{behaviour}: {ran:#?}");
        let failure = told(crashed[0]).1.expect("a crash has a step");
        assert_eq!(failure.runs, Some((1, 2)), "{failure:#?}");
        assert!(failure.stderr.iter().any(|line| line == "this shim will die"), "{failure:#?}");
    }
}

pub(crate) fn are_kept_where_the_process_does_not_start_again() {
    for clock in ["", "lockstep-"] {
        let workspace = workspace();
        let folder = workspace.path().join("sessions");
        std::fs::create_dir(&folder).expect("a folder");
        let behaviour = format!("{clock}dying-and-never-starts-again={}", folder.display());
        let more = ["--side", "client", "--repeat", "2", "--jobs", "1"];
        let ran = run(&workspace, &behaviour, ECHO, &more);
        ran.assert_code(1);
        let [first, second] = &ran.cases()[..] else { panic!("expected two cases in {ran:#?}") };
        assert_eq!(told(first).0, "pass");
        let (verdict, failure) = told(second);
        let observed = failure.map(|failure| &*failure.observed).unwrap_or_default();
        assert!(verdict == "crashed" && observed.contains("signal: 6"), "{behaviour}: {ran:#?}");
    }
}

pub(crate) fn in_the_first_start_cost_nothing() {
    for clock in ["", "lockstep-"] {
        let workspace = workspace();
        let mark = workspace.path().join("mark");
        let behaviour = format!("{clock}dying-after-a-start={}", mark.display());
        run(&workspace, &behaviour, ECHO, &[]).assert_code(0).assert_stdout("\"passed\":2,");
        assert!(mark.exists(), "the first start failed");
    }
}

pub(crate) fn are_known_by_their_fingerprint() {
    let workspace = workspace();
    workspace.write(
        "known/bad.json",
        r#"{ "entries": [ { "case": "call/ping", "what": "verdict", "step": 1,
             "fingerprint": "ping/success | crashed", "reason": "it is bad" } ] }"#,
    );
    let ran = run(&workspace, "lockstep-dying-call", "call/ping", &[]);
    ran.assert_code(0);
    assert_eq!((ran.summary().counts.known, ran.summary().counts.crashed), (2, 0));
}
