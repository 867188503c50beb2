//! What a failure means: how binding its clause is for the dialect of the target, and whether the scenario is about it.

use crate::harness::{Ran, Workspace, finish, start};
use crate::register::{clause, register};
use yamux_conform::harness::report::{CaseFinished, ComparisonRecord, VerdictRecord};

/// A register of four clauses: one binds all, one nobody, and two a dialect each.
fn four() -> String {
    let binds = |dialect: &str| {
        let binding = r#"{ "level": "must", "provenance": { "source": "opinion" } }"#;
        format!(r#", "dialects": {{ "{dialect}": {binding} }}"#)
    };
    let clauses = [
        clause("ALL-1", "must", ""),
        clause("NONE-1", "should", ""),
        clause("HASH-1", "may", &binds("hashicorp")),
        clause("LIB-1", "should", &binds("libp2p")),
    ];
    register(&clauses.join(","))
}

/// A suite with one scenario, which is about the first clause, and in which the second is broken.
fn broken(about: &str, clause: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("scenarios/clauses.json", &four());
    let text = format!(
        r#"{{ "title": "t", "clauses": ["{about}"], "peer": "wire", "sides": ["client"], "steps": [
        {{ "peer": {{ "send": {{ "ping": 7 }} }}, "clause": "{clause}" }},
        {{ "peer": {{ "expect": {{ "pong": 8 }} }} }} ] }}"#
    );
    workspace.write("scenarios/x.json", &text);
    workspace
}

const FINGERPRINT: &str = "pong/8 | pong/7";

fn run(workspace: &Workspace, dialect: &[&str]) -> Ran {
    workspace.run(&[&["run", "--target", "built-in", "--format", "json"], dialect].concat())
}

#[track_caller]
fn only(ran: &Ran) -> CaseFinished {
    let mut cases = ran.cases();
    assert_eq!(cases.len(), 1, "{ran:#?}");
    cases.remove(0)
}

/// The verdict in a word, and the clause that was broken.
fn told(case: &CaseFinished) -> (&'static str, &str) {
    match &case.verdict {
        VerdictRecord::Fail { failure } => ("fail", &failure.clause),
        VerdictRecord::Differs { failure } => ("differs", &failure.clause),
        VerdictRecord::NotReached { failure } => ("not reached", &failure.clause),
        VerdictRecord::KnownFail { failure, .. } => ("known", &failure.clause),
        _ => ("another", ""),
    }
}

#[test]
fn a_clause_that_binds_fails_and_one_that_does_not_differs_or_is_not_reached() {
    let none: &[&str] = &[];
    let (spec, libp2p) = (&["--dialect", "built-in=spec"], &["--dialect", "built-in=libp2p"]);
    for (about, clause, dialect, verdict) in [
        ("ALL-1", "ALL-1", &spec[..], "fail"),
        ("NONE-1", "NONE-1", spec, "differs"),
        ("HASH-1", "HASH-1", spec, "differs"),
        ("LIB-1", "LIB-1", spec, "differs"),
        ("ALL-1", "NONE-1", spec, "not reached"),
        ("ALL-1", "HASH-1", spec, "not reached"),
        // A must fails whatever the scenario is about.
        ("NONE-1", "ALL-1", spec, "fail"),
        // The built-in yamux speaks the reference's dialect.
        ("HASH-1", "HASH-1", none, "fail"),
        ("ALL-1", "HASH-1", none, "fail"),
        ("LIB-1", "LIB-1", none, "differs"),
        ("LIB-1", "LIB-1", libp2p, "fail"),
        ("HASH-1", "HASH-1", libp2p, "differs"),
        // Without a name a dialect is for those of which none is known.
        ("HASH-1", "HASH-1", &["--dialect", "spec"], "fail"),
        // The last word counts.
        ("HASH-1", "HASH-1", &[spec[0], spec[1], "--dialect", "built-in=hashicorp"], "fail"),
    ] {
        let place = format!("{clause} broken in one about {about}, {dialect:?}");
        let ran = run(&broken(about, clause), dialect);
        let case = only(&ran);
        assert_eq!(told(&case), (verdict, clause), "{place}: {case:#?}");
        assert_eq!(case.negative, verdict == "fail", "{place}");
        ran.assert_code(i32::from(case.negative));
        let summary = ran.summary();
        let counted = (summary.counts.failed, summary.counts.differs, summary.counts.not_reached);
        let is = |word| usize::from(verdict == word);
        assert_eq!(counted, (is("fail"), is("differs"), is("not reached")), "{place}");
    }
}

#[test]
fn a_shim_is_judged_by_the_dialect_that_is_given_for_it() {
    let workspace = broken("HASH-1", "HASH-1");
    let program = env!("CARGO_BIN_EXE_yamux-conform");
    std::os::unix::fs::symlink(program, workspace.path().join("conform")).expect("a fresh name");
    let shim = ["--target", "mine=shim:./conform shim", "--clock", "virtual", "--format", "json"];
    for (dialect, verdict) in [
        (&[][..], "differs"),
        (&["--dialect", "hashicorp"], "fail"),
        (&["--dialect", "libp2p"], "differs"),
        (&["--dialect", "mine=hashicorp"], "fail"),
        (&["--dialect", "hashicorp", "--dialect", "mine=spec"], "differs"),
    ] {
        let ran = workspace.run(&[&["run"], &shim[..], dialect].concat());
        assert_eq!(told(&only(&ran)).0, verdict, "{dialect:?}: {ran:#?}");
    }
    let ran = workspace.run(&[&["run"], &shim[..], &["--dialect", "yours=hashicorp"]].concat());
    ran.assert_code(2).assert_stderr("expected one of the targets mine");
}

#[test]
fn a_ledger_knows_a_case_that_differs() {
    for (about, clause, verdict) in
        [("NONE-1", "NONE-1", "differs"), ("ALL-1", "NONE-1", "not reached")]
    {
        let workspace = broken(about, clause);
        assert_eq!(told(&only(&run(&workspace, &[]))).0, verdict);
        let entry = |fingerprint: &str| {
            format!(
                r#"{{ "entries": [ {{ "case": "x", "what": "verdict", "step": 2,
                "fingerprint": "{fingerprint}", "reason": "r" }} ] }}"#
            )
        };
        workspace.write("known/built-in.json", &entry(FINGERPRINT));
        let ran = run(&workspace, &[]);
        ran.assert_code(0);
        assert_eq!(told(&only(&ran)).0, "known", "{ran:#?}");
        // One that says otherwise is wrong, whatever the clause is worth.
        workspace.write("known/built-in.json", &entry("pong/9 | pong/7"));
        run(&workspace, &[]).assert_code(1);
    }
}

#[test]
fn the_table_and_the_last_line_say_so() {
    let arguments = ["run", "--target", "built-in", "--dialect", "built-in=spec"];
    let ran = broken("HASH-1", "HASH-1").run(&[&arguments[..], &["-v"]].concat());
    ran.assert_code(0).assert_stdout("0 passed, 0 failed, 1 differs (");
    ran.assert_stdout("differs, lawfully\n  HASH-1: s (may; opinion)\n    x/client (built-in)");
    let ran = broken("ALL-1", "HASH-1").run(&[&arguments[..], &["-v"]].concat());
    ran.assert_code(0).assert_stdout("0 passed, 0 failed, 1 not reached (");
    ran.assert_stdout("\nnot reached: unproved").assert_stdout("\n  HASH-1: s (may; opinion)\n");
}

#[test]
fn only_a_target_of_the_references_dialect_is_compared_unless_all_are() {
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    for side in ["client", "server"] {
        let file = format!("ping/echo.{side}.trace");
        let text = std::fs::read_to_string(workspace.path().join("golden/built-in").join(&file));
        let text = text.expect("a golden trace").replace("built-in", "go-hashicorp");
        workspace.write(&format!("golden/go-hashicorp/{file}"), &text);
    }
    let spec = ["--dialect", "built-in=spec"];
    let not_compared = ComparisonRecord::NotCompared {
        reason: "only what speaks the reference's dialect is compared with it (--compare)".into(),
    };
    for (more, expected) in [
        (&[][..], ComparisonRecord::AgreesWithGolden),
        (&spec, not_compared),
        (&[spec[0], spec[1], "--compare"], ComparisonRecord::AgreesWithGolden),
    ] {
        let arguments = [&["run", "--format", "json"], more].concat();
        let mut command = workspace.program(&arguments);
        let ran = finish(start(command.env("PATH", workspace.path())));
        ran.assert_code(0);
        for case in ran.cases() {
            assert_eq!(case.comparison, expected, "{more:?}");
            let is_said = more.iter().all(|word| case.again.contains(word));
            assert!(is_said, "{more:?} in {}", case.again);
        }
    }
}

#[test]
fn a_question_is_answered_at_the_end_and_fails_nothing() {
    let workspace = Workspace::new();
    workspace.write("scenarios/clauses.json", &four());
    let scenario = |end: &str| {
        format!(
            r#"{{ "title": "t", "clauses": ["ALL-1"], "peer": "app", "sides": ["client"], "steps": [
            {{ "subject": {{ "open": {{ "stream": "s" }} }} }},
            {{ "peer": {{ "accept": {{ "stream": "s" }} }} }},
            {{ "subject": {{ "write": {{ "stream": "s", "bytes": "320KiB", "label": "w" }} }} }},
            {{ "wait": "2s" }}, {end}
            {{ "measure": {{ "label": "w", "for": "1m", "question": "Who ends it?" }} }},
            {{ "probe": "ping" }} ] }}"#
        )
    };
    for (end, words, by, seconds) in [
        ("", "not within 1m 2s", None, 62),
        (
            r#"{ "peer": { "reset": { "stream": "s" } } },"#,
            "released by reset after 2s",
            Some("stream_reset"),
            2,
        ),
        (
            r#"{ "peer": { "read": { "stream": "s", "bytes": "256KiB" } } },"#,
            "released by credit after 2s",
            Some("success"),
            2,
        ),
    ] {
        workspace.write("scenarios/x.json", &scenario(end));
        let ran = run(&workspace, &[]);
        ran.assert_code(0);
        let case = only(&ran);
        assert_eq!(case.verdict, VerdictRecord::Pass, "{words}");
        let [answer] = &case.answers[..] else { panic!("expected one answer in {case:#?}") };
        assert_eq!((&*answer.question, answer.by.as_deref()), ("Who ends it?", by));
        assert_eq!(answer.after_ns, seconds * 1_000_000_000, "{words}");
        let human = workspace.run(&["run", "--target", "built-in"]);
        human.assert_code(0).assert_stdout("Who ends it?").assert_stdout(words);
    }
}
