//! Tests of a library alone that `repro` writes: their text, and their results where the toolchain is installed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::harness::{Ran, Workspace};

/// `repro`, with the scenarios of this project.
fn repro(arguments: &[&str]) -> Ran {
    let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    Workspace::new().run(&[&["repro", "--suite", scenarios], arguments].concat())
}

/// The file beside this one is what the program writes; its own output is in the failure.
#[track_caller]
fn assert_golden(file: &str, arguments: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repro").join(file);
    let expected = fs::read_to_string(path).expect("a golden text");
    let ran = repro(arguments);
    ran.assert_code(0);
    assert!(ran.stdout == expected, "tests/repro/{file} should be:\n{}", ran.stdout);
}

#[test]
fn a_test_in_go_is_this_text() {
    assert_golden("go.txt", &["half-close/peers-second-fin-is-ignored/server"]);
}

#[test]
fn a_test_in_rust_is_this_text() {
    let case = "reset/reset-is-not-end-of-stream/client";
    assert_golden("rust.txt", &[case, "--target", "rust-yamux"]);
}

#[test]
fn what_no_test_can_say_is_refused_with_its_lines() {
    let ran = repro(&["fairness/writers-take-turns/client"]);
    ran.assert_code(4).assert_stderr("writers-take-turns.json:");
    ran.assert_stderr(": no test can say: a transport that is held up");
    let ran = repro(&["half-close/reading-after-half-close-gets-everything/client"]);
    ran.assert_code(4).assert_stderr("no test can say it: its peer is a yamux endpoint");
    assert!(ran.stdout.is_empty());
}

#[test]
fn only_libraries_with_tests_and_cases_that_are_there_are_named() {
    let ran = repro(&["ping/echo-is-misspelt/client"]);
    ran.assert_code(3).assert_stderr("there is no such file, folder, scenario or case");
    let ran = repro(&["opening/syn-and-reset/server", "--target", "js-yamux"]);
    ran.assert_code(2).assert_stderr("expected go-hashicorp, go-libp2p or rust-yamux");
    let ran = repro(&["opening/syn-and-reset/server", "--target", "go-libp2p@v4.0.2"]);
    ran.assert_code(0).assert_stdout("\t\"github.com/libp2p/go-yamux/v4\"\n");
}

/// A scenario that nothing passes.
const IMPOSSIBLE: &str = r#"{
  "title": "A ping is answered otherwise",
  "clauses": ["PING-01"],
  "peer": "wire",
  "steps": [
    { "peer": { "send": { "ping": 7 } } },
    { "peer": { "expect": { "pong": 8 } } },
    { "wait": "10ms" }
  ]
}
"#;

#[test]
fn with_a_report_it_ends_where_the_run_failed() {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/ping/impossible.json", IMPOSSIBLE);
    let target = format!("mine=shim:{} shim", env!("CARGO_BIN_EXE_yamux-conform"));
    let run = ["run", "--target", &target, "--clock", "live", "--json", "report.jsonl"];
    workspace.run(&run).assert_code(1);
    let report = fs::read_to_string(workspace.path().join("report.jsonl")).expect("a report");
    workspace.write("report.jsonl", &report.replace("\"mine\"", "\"go-hashicorp\""));
    let case = "ping/impossible/client";
    let ran = workspace.run(&["repro", case, "--report", "report.jsonl"]);
    ran.assert_code(0).assert_stdout("// In step 2 it should be: pong 8");
    ran.assert_stdout("p.expect(\"2: pong 8\", patience, event{\"pong\", 0, 8})\n}\n");
    let ran = workspace.run(&["repro", "ping/echo/client", "--report", "report.jsonl"]);
    ran.assert_code(3).assert_stderr("ping/echo/client has not failed there on go-hashicorp");
}

/// Whether the program is there; what needs it is checked where it is.
fn has(program: &str) -> bool {
    Command::new(program).arg("version").output().is_ok_and(|output| output.status.success())
}

/// Writes a test, and runs `go test` on it.
fn go_test(case: &str, target: &str) -> Output {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().to_str().expect("a path in UTF-8");
    repro(&[case, "--target", target, "-o", path])
        .assert_code(0)
        .assert_stdout("go test -run Test");
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command.args(arguments).current_dir(folder.path()).output().expect("go runs")
    };
    let unformatted = Command::new("gofmt").args(["-l", "."]).current_dir(folder.path()).output();
    assert_eq!(unformatted.expect("gofmt runs").stdout, b"", "gofmt would change it");
    let shim = Path::new(env!("CARGO_MANIFEST_DIR")).join("shims").join(target);
    fs::copy(shim.join("go.sum"), folder.path().join("go.sum")).expect("checksums");
    let vet = go(&["vet", "-mod=mod", "."]);
    assert!(vet.status.success(), "{}", String::from_utf8_lossy(&vet.stderr));
    go(&["test", "-mod=mod", "."])
}

#[test]
fn it_fails_where_the_library_does_and_passes_where_it_does_not() {
    if !has("go") {
        return;
    }
    let case = "half-close/peers-second-fin-is-ignored/server";
    let failed = go_test(case, "go-hashicorp");
    let said = String::from_utf8_lossy(&failed.stdout).into_owned();
    assert_eq!(failed.status.code(), Some(1), "{said}");
    assert!(said.contains("5: the session goes on: expected no {end 0 0}"), "{said}");
    let passed = go_test(case, "go-libp2p");
    assert!(passed.status.success(), "{}", String::from_utf8_lossy(&passed.stdout));
}
