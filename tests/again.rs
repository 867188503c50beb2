//! The command that a report prints to repeat a case comes to the same verdict.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use yamux_conform::harness::report::{CaseFinished, VerdictRecord};

use crate::harness::{Workspace, finish, start};

/// The one case of a run with these arguments that has this verdict, and the same case of the run that repeats it.
fn twice(workspace: &Workspace, arguments: &[&str]) -> (CaseFinished, CaseFinished) {
    let always = ["run", "--target", "built-in", "--format", "json", "--side", "client"];
    let program = Path::new(env!("CARGO_BIN_EXE_yamux-conform"));
    let folder = program.parent().expect("a folder").display();
    let path = format!("{folder}:{}", env::var("PATH").unwrap_or_default());
    let mut command = workspace.program(&[&always, arguments].concat());
    let first = finish(start(command.env("PATH", &path)));
    let mut cases = first.cases();
    assert_eq!(cases.len(), 1, "{first:#?}");
    let case = cases.remove(0);
    // As somebody does who copies it into a shell.
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{} --format json", case.again)).current_dir(workspace.path());
    let again = finish(start(shell.env("PATH", &path)));
    assert_eq!(again.code, first.code, "{again:#?}");
    let mut cases = again.cases();
    assert_eq!(cases.len(), 1, "{again:#?}");
    (case, cases.remove(0))
}

#[track_caller]
fn assert_same(workspace: &Workspace, arguments: &[&str]) -> CaseFinished {
    let (first, again) = twice(workspace, arguments);
    assert_eq!(first.verdict, again.verdict, "{}", first.again);
    assert_eq!(first.comparison, again.comparison, "{}", first.again);
    assert_eq!(first.again, again.again, "it can be repeated once more");
    first
}

#[test]
fn a_ledger_that_was_named_is_named_again() {
    let workspace = Workspace::with_echo();
    let ledger = |file: &str, case: &str| {
        let entry = format!(
            r#"{{ "entries": [ {{ "case": "{case}", "what": "verdict", "fingerprint": "f", "reason": "r" }} ] }}"#
        );
        workspace.write(file, &entry);
    };
    ledger("it's mine/built-in.json", "ping/echo");
    let case = assert_same(&workspace, &["--known", "it's mine/built-in.json"]);
    assert!(matches!(case.verdict, VerdictRecord::UnexpectedPass { .. }), "{case:?}");
    assert!(case.again.contains(r"--known 'it'\''s mine/built-in.json'"), "{}", case.again);
    // What a ledger of the reference says counts for every target.
    workspace.write("known/go-hashicorp.json", r#"{ "entries": [] }"#);
    let case = assert_same(&workspace, &["--known", "known/go-hashicorp.json"]);
    assert!(case.again.contains("--known known/go-hashicorp.json"), "{}", case.again);
}

#[test]
fn golden_traces_that_were_named_are_named_again() {
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in", "--golden", "my traces"]).assert_code(0);
    let file = workspace.path().join("my traces/built-in/ping/echo.client.trace");
    let text = fs::read_to_string(&file).expect("a trace").replace("#7", "#8");
    fs::write(&file, text).expect("it can be written");
    let case = assert_same(&workspace, &["--golden", "my traces"]);
    assert!(matches!(case.verdict, VerdictRecord::TraceChanged { .. }), "{case:?}");
    let human = workspace.run(&["run", "--target", "built-in", "--golden", "my traces"]);
    human.assert_code(1).assert_stdout("--side client --target built-in --golden 'my traces'\n");
}

#[test]
fn slack_seed_and_clock_are_named_again_and_report_files_are_not() {
    let workspace = Workspace::with_echo();
    let arguments = [
        "--timeout-scale",
        "2.5",
        "--seed",
        "9",
        "--junit",
        "a.xml",
        "--trace-dir",
        "t",
        "-j",
        "1",
    ];
    let case = assert_same(&workspace, &arguments);
    let expected = "yamux-conform run scenarios/ping/echo.json --side client --target built-in \
                    --clock virtual --timeout-scale 2.5 --seed 9";
    assert_eq!(case.again, expected);
    let case = assert_same(&workspace, &["--clock", "live"]);
    assert!(case.again.contains("--clock live"), "{}", case.again);
}

#[test]
fn a_peer_is_named_again() {
    let workspace = Workspace::with_echo();
    workspace.write(
        "scenarios/opened.json",
        r#"{ "title": "A stream is opened and accepted", "clauses": ["OPEN-01"], "peer": "app", "steps": [
  { "subject": { "open": { "stream": "s" } } }, { "peer": { "accept": { "stream": "s" } } } ] }"#,
    );
    let case = assert_same(&workspace, &["--peer", "mine=shim:yamux-conform shim"]);
    assert!(case.again.contains("--peer 'mine=shim:yamux-conform shim'"), "{}", case.again);
    assert_eq!(case.verdict, VerdictRecord::Pass);
}
