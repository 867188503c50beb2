//! Malicious text wherever a stranger can put it: on the command line, in files and their names, in a shim's output. None of
//! it reaches a terminal or the log of a CI server as more than text.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::harness::{Ran, Workspace, finish, start};
use crate::register::register;
use crate::xml::assert_strict_junit;

/// Whatever a terminal or a CI server may obey. Its colour is none of ours, and it fits a file's name.
const HOSTILE: &str = "x\n::warning file=a::b\r::stop-commands::t\u{1b}[35m\u{1b}]0;t\u{7}\t\u{7f}\u{9b}2J ##[error]c \
    ##vso[task.x]d \u{202e}\u{2066}\u{2028}::f ]]> &<>\"' \u{fffe} %0A::g\n  ::h\n##[i]\n";

/// How its colour looks when it is only text.
const VISIBLE: &str = r"\u{1b}[35m";

/// Runs it as a CI job with a terminal would.
fn run(workspace: &Workspace, arguments: &[&str]) -> Ran {
    let mut command = workspace.program(arguments);
    command.envs([("GITHUB_ACTIONS", "true"), ("CLICOLOR_FORCE", "1")]);
    let ran = finish(start(&mut command));
    assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
    assert_harmless(&ran.stdout);
    assert_harmless(&ran.stderr);
    ran
}

#[track_caller]
fn assert_harmless(text: &str) {
    let mut plain = text.to_owned();
    for style in ["0", "1", "2", "4", "31", "32", "33"] {
        plain = plain.replace(&format!("\u{1b}[{style}m"), "");
    }
    for line in plain.lines() {
        let is_harmful = |c: char| {
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!line.contains(is_harmful), "{line:?}");
        let is_own = ["::error file=", "::error title=yamux-conform::"];
        assert!(
            !line.trim_start().starts_with("::") || is_own.iter().any(|own| line.starts_with(own)),
            "{line:?}"
        );
        for mark in ["##[", "##vso[", "##teamcity["] {
            assert!(!line.contains(mark), "{line:?}");
        }
    }
}

/// A scenario whose peer is an application.
const OPENED: &str = r#"{
  "title": "A stream is opened and accepted",
  "clauses": ["OPEN-01"],
  "peer": "app",
  "steps": [
    { "subject": { "open": { "stream": "s" } } },
    { "peer": { "accept": { "stream": "s" } } }
  ]
}"#;

#[test]
fn arguments() {
    let workspace = Workspace::with_echo();
    workspace.write("blocked", "a file where a folder should be");
    workspace.write("scenarios/opened.json", OPENED);
    // One word of a command.
    let shim = format!("shim:\"{}\"", HOSTILE.replace('"', ""));
    let option = format!("--{HOSTILE}");
    let blocked = format!("blocked/{HOSTILE}");
    let ledger = format!("{HOSTILE}.json");
    for arguments in [
        &[HOSTILE][..],
        &["run", &option],
        &["run", HOSTILE],
        &["run", "--target", HOSTILE],
        &["run", "--target", &shim],
        &["run", "--target", "built-in", "--peer", &shim],
        &["run", "-i", HOSTILE],
        &["run", "--tag", HOSTILE],
        &["run", "--area", HOSTILE],
        &["run", "--side", HOSTILE],
        &["run", "--timeout-scale", HOSTILE],
        &["run", "--target", "built-in", "--known", &ledger],
        &["run", "--target", "built-in", "--golden", HOSTILE],
        &["run", "--target", "built-in", "--junit", &blocked],
        &["run", "--target", "built-in", "--trace-dir", &blocked],
        &["bless", "--target", "built-in", "--golden", &blocked],
        &["check", HOSTILE],
        &["check", "--known", HOSTILE],
        &["explain", HOSTILE],
        &["explain", "ping/echo", "--suite", HOSTILE],
        &["diff", HOSTILE, HOSTILE],
        &["mutants", "--only", HOSTILE],
        &["mutants", "--exceptions", HOSTILE],
        &["schema", HOSTILE],
        &["completions", HOSTILE],
        &["shim", "check", "--", HOSTILE],
        &["shim", HOSTILE],
    ] {
        let ran = run(&workspace, arguments);
        assert_ne!(ran.code, Some(0), "{arguments:?}: {ran:#?}");
        let told = [ran.stdout.as_str(), &ran.stderr].concat();
        let is_told = [r"x\n::warning", "\n  \\::warning"].iter().any(|text| told.contains(text));
        assert!(is_told, "{arguments:?}: {told}");
    }
}

/// The same as one line without blanks around it, as titles must be.
fn line() -> String {
    HOSTILE.replace('\n', " ").trim().to_owned()
}

/// A right scenario in which every text means harm.
fn scenario(pong: u32) -> String {
    json!({
        "title": line(),
        "note": HOSTILE,
        "clauses": ["PING-01"],
        "tags": [HOSTILE],
        "links": [HOSTILE],
        "peer": "wire",
        "steps": [{ "peer": { "send": { "ping": 7 } } }, { "peer": { "expect": { "pong": pong } } }],
    })
    .to_string()
}

#[test]
fn scenarios_and_ledgers() {
    let workspace = Workspace::new();
    let clause = json!({ "id": "PING-01", "statement": HOSTILE, "level": "must",
        "provenance": { "source": "hashicorp-spec", "section": HOSTILE } });
    workspace.write("scenarios/clauses.json", &register(&clause.to_string()));
    workspace.write("scenarios/ping/right.json", &scenario(7));
    workspace.write("scenarios/ping/wrong.json", &scenario(8));
    for arguments in [
        &["list"][..],
        &["list", "--format", "json"],
        &["explain", "ping/right"],
        &["explain", "PING-01"],
        &["run", "--list"],
        &["run", "--target", "built-in", "-v", "--junit", "report.xml"],
        &["run", "--target", "built-in", "--format", "json"],
        &["mutants", "--only", "pong-*", "--scenario", "ping/right"],
        &["mutants", "--only", "pong-*", "--scenario", "ping/right", "--format", "markdown"],
        &["mutants", "--only", "pong-*", "--scenario", "ping/right", "--format", "json"],
    ] {
        let ran = run(&workspace, arguments);
        assert!(ran.stdout.len() > 10, "{arguments:?}: {ran:#?}");
        if arguments.contains(&"json") {
            for line in ran.stdout.lines() {
                serde_json::from_str::<serde_json::Value>(line).expect("an object a line");
            }
        }
    }
    let cases = run(&workspace, &["run", "--target", "built-in", "--format", "json"]).cases();
    assert!(cases.iter().all(|case| case.title == line()), "programs get what is written");
    let report = fs::read_to_string(workspace.path().join("report.xml")).expect("a report");
    assert_strict_junit(&report);
    assert!(report.contains(VISIBLE), "{report}");
    let entry = json!({ "case": "ping/*", "what": "verdict", "reason": HOSTILE, "link": HOSTILE,
        "fingerprint": HOSTILE });
    workspace.write("known/built-in.json", &json!({ "entries": [entry] }).to_string());
    let ran = run(&workspace, &["run", "--target", "built-in"]);
    ran.assert_code(1).assert_stdout("UNEXPECTED PASS").assert_stderr(VISIBLE);
}

#[test]
fn files_that_are_wrong() {
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    let golden = "golden/built-in/ping/echo.client.trace";
    let trace = fs::read_to_string(workspace.path().join(golden)).expect("a golden trace");
    let ledger =
        |case: &str| json!({ "entries": [{ "case": case, "what": "race", "reason": HOSTILE }] });
    let echo = fs::read_to_string(workspace.path().join("scenarios/ping/echo.json"));
    let echo = echo.expect("a scenario");
    let hostile_line = HOSTILE.replace(['\n', '\r'], " ");
    let word = "\u{1b}[35m##[x]";
    for (file, text) in [
        (format!("scenarios/{HOSTILE}.json"), echo.clone()),
        (format!("scenarios/{HOSTILE}/a.json"), echo.clone()),
        ("scenarios/a.json".into(), format!("{{ {} : 1 }}", json!(HOSTILE))),
        ("scenarios/a.json".into(), echo.replace("\"wire\"", &json!(HOSTILE).to_string())),
        ("scenarios/a.json".into(), echo.replace("PING-01", "X\\u001b[35m\\n::warning::x")),
        ("scenarios/a.json".into(), format!("{echo}{HOSTILE}")),
        ("known/built-in.json".into(), ledger(HOSTILE).to_string()),
        ("known/built-in.json".into(), json!({ HOSTILE: HOSTILE }).to_string()),
        (golden.into(), trace.replace("ping/echo", &hostile_line)),
        (golden.into(), trace.replace("# clock: virtual", &format!("# {hostile_line}: x"))),
        (golden.into(), format!("{trace}{word}\n")),
        (format!("golden/built-in/{HOSTILE}.trace"), trace.clone()),
        ("golden/built-in/skipped.txt".into(), format!("{hostile_line}\n")),
        ("golden/built-in/skipped.txt".into(), format!("{hostile_line}: why\n")),
    ] {
        let path = workspace.path().join(&file);
        let before = fs::read_to_string(&path).ok();
        workspace.write(&file, &text);
        let ran = run(&workspace, &["check"]);
        assert!(matches!(ran.code, Some(1 | 3)), "{file:?}: {ran:#?}");
        let is_quoted = !text.starts_with(&echo) || file.contains(HOSTILE);
        assert_eq!(ran.stderr.contains(VISIBLE), is_quoted, "{file:?}: {}", ran.stderr);
        run(&workspace, &["run", "--target", "built-in"]);
        run(&workspace, &["diff", golden, golden]);
        match before {
            Some(before) => workspace.write(&file, &before),
            None => fs::remove_file(&path).expect("it was written"),
        }
        // A folder with such a name is no file of ours any more.
        let _ = fs::remove_dir(workspace.path().join("scenarios").join(HOSTILE));
    }
    // Half a character is none.
    workspace.write("scenarios/a.json", &echo.replace("A ping is answered", r"\ud800"));
    run(&workspace, &["check"]).assert_code(3).assert_stderr("scenarios/a.json:");
    fs::remove_file(workspace.path().join("scenarios/a.json")).expect("it was written");
    let exceptions = json!({ HOSTILE: HOSTILE }).to_string();
    workspace.write("mutants.json", &exceptions);
    run(&workspace, &["mutants", "--only", "pong-*"]).assert_code(3).assert_stderr(VISIBLE);
}

/// A shim in the system's shell: it greets, and answers whatever else it is asked with a fault. With `once` it
/// starts a single time, so that nobody waits for answers to all the rest.
fn shim(workspace: &Workspace) -> String {
    let implementation =
        json!({ "name": HOSTILE, "library": HOSTILE, "version": HOSTILE, "language": HOSTILE });
    let unsupported = json!([{ "name": "reset", "reason": HOSTILE }]);
    let ok = json!({ "protocol": 1, "implementation": implementation, "sides": ["client", "server"],
        "clocks": ["live"], "actions": [], "settings": [], "unsupported": unsupported });
    let tail = |name: &str, value: serde_json::Value| {
        let object = json!({ name: value }).to_string();
        workspace.write(&format!("{name}.txt"), &format!("{}\n", &object[1..]));
    };
    tail("ok", ok);
    tail("fault", json!({ "message": HOSTILE }));
    workspace.write("stderr.txt", HOSTILE);
    workspace.write(
        "shim",
        r#"#!/bin/sh
if [ "$1" = once ]; then
  if [ -e greeted ]; then exit 3; fi
  : > greeted
fi
while read -r line; do
  id=${line#*\"id\":}
  id=${id%%,*}
  cat stderr.txt >&2
  printf '{"id":%s,' "$id"
  case $line in
    *'"op":"hello"'*) cat ok.txt ;;
    *'"op":"bye"'*) echo '"ok":{}}'; exit 0 ;;
    *) cat fault.txt ;;
  esac
done
"#,
    );
    let path = workspace.path().join("shim");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("our own file");
    "mine=shim:./shim".to_owned()
}

#[test]
fn shims() {
    let workspace = Workspace::with_echo();
    let target = shim(&workspace);
    let human = run(&workspace, &["run", "--target", &target, "--junit", "report.xml"]);
    human.assert_code(1).assert_stdout("BROKEN").assert_stdout(VISIBLE);
    human.assert_stdout("the last lines of the shim's stderr");
    human.assert_stdout("\n::error file=scenarios/ping/echo.json,line=1,col=1,title=BROKEN");
    let report = fs::read_to_string(workspace.path().join("report.xml")).expect("a report");
    assert_strict_junit(&report);
    assert!(report.contains(r#"<property name="target" value="x\n::warning"#), "{report}");
    // The name that it gives itself cannot be one.
    run(&workspace, &["run", "--target", "shim:./shim"]).assert_code(2).assert_stderr(VISIBLE);
    let json = run(&workspace, &["run", "--target", &target, "--format", "json"]);
    assert_eq!(json.assert_code(1).summary().counts.broken, 2);
    run(&workspace, &["shim", "check", "--", "./shim", "once"])
        .assert_code(1)
        .assert_stdout(VISIBLE);
}
