//! The program from outside: every exit code, what goes to stdout and what to stderr, and every subcommand.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use yamux_conform::harness::report::{ComparisonRecord, Record, VerdictRecord};

use crate::harness::{Ran, Workspace, finish, start};
use crate::register::register;

/// What is run on the implementation that is always there.
pub(crate) const BUILT_IN: &[&str] = &["run", "--target", "built-in"];

/// A scenario with a number of bytes that the subject writes, and one that the peer expects.
fn payload(written: u32, expected: u32) -> String {
    format!(
        r#"{{
  "title": "What was written arrives",
  "clauses": ["DATA-01"],
  "peer": "wire",
  "steps": [
    {{ "subject": {{ "open": {{ "stream": "s" }} }} }},
    {{ "peer": {{ "expect": {{ "opened": "s" }} }} }},
    {{ "peer": {{ "send": {{ "window_update": "s", "flags": ["ACK"], "credit": 0 }} }} }},
    {{ "subject": {{ "write": {{ "stream": "s", "bytes": {written}, "label": "w" }} }} }},
    {{ "peer": {{ "expect": {{ "data": "s", "bytes": {expected} }} }} }},
    {{ "join": {{ "label": "w" }} }}
  ]
}}
"#
    )
}

/// A folder with one scenario that passes and one whose expectation is a byte too much.
pub(crate) fn with_one_byte_too_much() -> Workspace {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/data/written.json", &payload(100, 101));
    workspace
}

#[track_caller]
fn assert_no_panic(ran: &Ran) {
    assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
}

/// Files below a folder, as paths from there.
pub(crate) fn files(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(root).expect("below it").display().to_string());
            }
        }
    }
    files.sort();
    files
}

#[test]
fn exit_0_means_that_cases_ran_and_all_was_as_expected() {
    let ran = Workspace::with_echo().run(BUILT_IN);
    ran.assert_code(0).assert_stdout("\n2 passed, 0 failed (virtual clock, ");
    assert_eq!(ran.stderr, "", "a run that is all right is no news");
}

#[test]
fn exit_1_names_the_place_and_what_was_expected_and_observed() {
    let ran = with_one_byte_too_much().run(BUILT_IN);
    ran.assert_code(1).assert_stdout("\n2 passed, 2 failed (virtual clock, ");
    for text in [
        "FAIL data/written/client (built-in, virtual clock)",
        "scenarios/data/written.json:10:5",
        "101 bytes of data on s",
        "100 bytes of data by 600.000",
        "yamux-conform run scenarios/data/written.json --side client --target built-in",
        "  1 more (--verbose shows them in full)\n    built-in: data/written/server\n",
    ] {
        ran.assert_stdout(text);
    }
}

#[test]
fn one_byte_too_few_is_noticed_as_well() {
    let workspace = Workspace::new();
    workspace.write("scenarios/data/written.json", &payload(100, 99));
    let run = [BUILT_IN, &["scenarios"]].concat();
    workspace.run(&run).assert_code(1).assert_stdout("1 bytes of data on s");
    workspace.write("scenarios/data/written.json", &payload(100, 100));
    workspace.run(&run).assert_code(0);
}

#[test]
fn exit_2_is_for_command_lines_and_says_what_would_be_right() {
    let workspace = Workspace::with_echo();
    for (arguments, text) in [
        (&["run", "--bogus"][..], "unexpected argument '--bogus'"),
        (&["run", "--target", "builtin"], "did you mean built-in?"),
        (&["run", "--clock", "sundial"], "[possible values: virtual, live]"),
        (&["explian"], "a similar subcommand exists: 'explain'"),
        (&["run", "--target", "built-in", "--known", "other.json"], "named after its target"),
        (&["run", "-j", "0"], "--jobs"),
        (
            &["run", "--peer", "go-hashicorp"],
            "in none of these scenarios the peer is an application",
        ),
    ] {
        let ran = workspace.run(arguments);
        ran.assert_code(2).assert_stderr(text);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn exit_3_names_every_problem_of_every_file_and_runs_nothing() {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/bad/cut.json", "{ \"title\": \"x\",");
    workspace.write(
        "scenarios/bad/typo.json",
        "{ \"title\": \"x\", \"clauses\": [\"A-1\"], \"peer\": \"wirre\",\n  \"step\": [] }",
    );
    let ran = workspace.run(BUILT_IN);
    ran.assert_code(3).assert_stderr("nothing was run");
    assert_eq!(ran.stdout, "");
    for text in [
        "scenarios/bad/cut.json:1:",
        "scenarios/bad/typo.json:1:45: ",
        "did you mean \"wire\"?",
        "scenarios/bad/typo.json:2:3: ",
        "did you mean \"steps\"?",
    ] {
        ran.assert_stderr(text);
    }
    workspace.run(&["check"]).assert_code(3).assert_stderr("scenarios/bad/cut.json:1:");
}

#[test]
fn exit_3_is_also_for_ledgers_and_missing_files() {
    let workspace = Workspace::with_echo();
    workspace.write("known/built-in.json", "{ \"entries\": [ { \"case\": \"ping/echo\" } ] }");
    let ran = workspace.run(BUILT_IN);
    ran.assert_code(3).assert_stderr("known/built-in.json:1:");
    assert_eq!(ran.stdout, "");
    let workspace = Workspace::with_echo();
    workspace.run(&["run", "nowhere"]).assert_code(3).assert_stderr("nowhere");
    let missing = ["run", "--target", "built-in", "--known", "no/built-in.json"];
    workspace.run(&missing).assert_code(3).assert_stderr("there is no such ledger");
    workspace.run(&["diff", "a.trace", "b.trace"]).assert_code(3).assert_stderr("b.trace");
}

#[test]
fn exit_4_names_the_filter_that_matches_nothing() {
    let workspace = Workspace::with_echo();
    let ran =
        workspace.run(&["run", "-i", "pong/*", "--skip", "x", "--tag", "slow", "--area", "data"]);
    ran.assert_code(4);
    assert_eq!(ran.stdout, "");
    for text in ["--id \"pong/*\"", "--skip \"x\"", "--tag \"slow\"", "--area \"data\""] {
        ran.assert_stderr(&format!("{text} matches no scenario"));
    }
    let nothing_left = ["run", "--id", "ping/*", "--skip", "ping/*"];
    workspace.run(&nothing_left).assert_code(4).assert_stderr("no scenario is selected");
    let empty = Workspace::new();
    fs::create_dir(empty.path().join("scenarios")).expect("a folder");
    empty.run(&["run", "scenarios"]).assert_code(4);
    workspace.run(&["explain", "no/such"]).assert_code(4).assert_stderr("no/such");
}

#[test]
fn exit_5_is_for_what_was_asked_for_and_cannot_be_used() {
    let workspace = Workspace::with_echo();
    for arguments in [&["run", "--require", "go"][..], &["run", "--target", "go-hashicorp"]] {
        let ran = finish(start(workspace.program(arguments).env("PATH", workspace.path())));
        ran.assert_code(5).assert_stderr("go is not on PATH").assert_stderr("install Go");
        assert_eq!(ran.stdout, "");
    }
    let ran = workspace.run(&["run", "--target", "shim:./no-such-shim --fast"]);
    ran.assert_code(5).assert_stderr("cannot start ./no-such-shim");
    workspace.write("scenarios/close.json", BOTH_APPLICATIONS);
    let ran =
        workspace.run(&["run", "--target", "built-in", "--peer", "shim:./no-such-shim --fast"]);
    ran.assert_code(5).assert_stderr("cannot start ./no-such-shim");
    assert_eq!(ran.stdout, "");
}

/// A scenario whose peer is an application.
const BOTH_APPLICATIONS: &str = r#"{
  "title": "A stream is opened and accepted",
  "clauses": ["OPEN-01"],
  "peer": "app",
  "steps": [
    { "subject": { "open": { "stream": "s" } } },
    { "peer": { "accept": { "stream": "s" } } }
  ]
}"#;

/// A go on PATH that fails is no missing one: it says why.
#[cfg(unix)]
#[test]
fn a_go_that_fails_is_told_with_its_words() {
    let workspace = Workspace::with_echo();
    script(&workspace, "bin/go", "echo 'go: GOROOT is broken' >&2; exit 2");
    let path = workspace.path().join("bin");
    let ran = finish(start(
        workspace.program(&["run"]).env("PATH", format!("{}:/usr/bin:/bin", path.display())),
    ));
    ran.assert_code(5).assert_stderr("GOROOT is broken");
}

/// Writes a program for the system's shell.
#[cfg(unix)]
fn script(workspace: &Workspace, file: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;

    workspace.write(file, &format!("#!/bin/sh\n{text}\n"));
    let permissions = fs::Permissions::from_mode(0o755);
    fs::set_permissions(workspace.path().join(file), permissions).expect("our own file");
}

#[test]
fn a_missing_go_is_told_and_its_golden_traces_stand_in() {
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    for side in ["client", "server"] {
        let file = format!("ping/echo.{side}.trace");
        let text = fs::read_to_string(workspace.path().join("golden/built-in").join(&file));
        let text = text.expect("a golden trace").replace("built-in", "go-hashicorp");
        workspace.write(&format!("golden/go-hashicorp/{file}"), &text);
    }
    let without_go = |arguments: &[&str]| {
        finish(start(workspace.program(arguments).env("PATH", workspace.path())))
    };
    let ran = without_go(&["run"]);
    ran.assert_code(0).assert_stdout("2 passed, 0 failed");
    ran.assert_stdout("go is not on PATH").assert_stdout("its golden traces stand in for it");
    for case in without_go(&["run", "--format", "json"]).cases() {
        assert_eq!(case.comparison, ComparisonRecord::AgreesWithGolden);
    }
    let changed = workspace.path().join("golden/go-hashicorp/ping/echo.server.trace");
    let text = fs::read_to_string(&changed).expect("a golden trace").replace("ACK", "SYN");
    fs::write(&changed, text).expect("it can be written");
    let ran = without_go(&["run", "--format", "json"]);
    ran.assert_code(1);
    assert_eq!((ran.summary().counts.passed, ran.summary().counts.trace_changed), (1, 1));
}

#[test]
fn two_virtual_runs_say_the_same_but_for_real_time() {
    let workspace = with_one_byte_too_much();
    let said = || {
        let ran = workspace.run(&["run", "--target", "built-in", "--format", "json"]);
        let mut records = ran.records();
        for record in &mut records {
            match record {
                Record::CaseFinished(case) => case.real_ns = 0,
                Record::RunFinished(summary) => summary.real_ns = 0,
                _ => {}
            }
        }
        records
    };
    let first = said();
    assert!(matches!(first.first(), Some(Record::RunStarted(started)) if started.cases == 4));
    assert_eq!(first, said());
}

#[test]
fn colour_goes_to_those_who_want_it() {
    let workspace = with_one_byte_too_much();
    let is_coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = workspace.program(arguments);
        command.envs(variables.iter().copied());
        finish(start(&mut command)).assert_code(1).stdout.contains('\u{1b}')
    };
    assert!(!is_coloured(BUILT_IN, &[]), "a pipe is no terminal");
    assert!(!is_coloured(BUILT_IN, &[("NO_COLOR", "1"), ("TERM", "xterm-256color")]));
    assert!(is_coloured(BUILT_IN, &[("CLICOLOR_FORCE", "1")]));
    assert!(is_coloured(
        &["run", "--target", "built-in", "--color", "always"],
        &[("NO_COLOR", "1")]
    ));
    assert!(!is_coloured(
        &["run", "--target", "built-in", "--color", "never"],
        &[("CLICOLOR_FORCE", "1")]
    ));
    assert!(!is_coloured(
        &["run", "--target", "built-in", "--format", "json"],
        &[("CLICOLOR_FORCE", "1")]
    ));
}

#[test]
fn a_reader_that_goes_is_no_trouble() {
    let workspace = with_one_byte_too_much();
    for arguments in [
        &["run", "--target", "built-in", "-v"][..],
        &["list"],
        &["schema", "scenario"],
        &["completions", "bash"],
    ] {
        let mut child = start(&mut workspace.program(arguments));
        let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        drop(reader);
        let ran = finish(child);
        assert_no_panic(&ran);
        assert!(!line.is_empty(), "{ran:#?}");
        assert_eq!(ran.stderr, "", "{arguments:?}");
    }
    // Nobody was there at all.
    let mut command = workspace.program(BUILT_IN);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let ran = finish(command.spawn().expect("the program starts"));
    drop(command);
    assert_no_panic(ran.assert_code(1));
}

#[test]
fn list_shows_what_a_run_would_select_and_runs_nothing() {
    let workspace = with_one_byte_too_much();
    let ids = workspace.run(&["list", "--format", "ids"]);
    assert_eq!(ids.assert_code(0).stdout, "data/written\nping/echo\n");
    let text = workspace.run(&["list", "-i", "ping/*"]);
    assert_eq!(text.assert_code(0).stdout, "ping/echo  A ping is answered\n");
    for line in workspace.run(&["list", "--format", "json"]).assert_code(0).stdout.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        assert!(value["id"].is_string() && value["sides"].is_array(), "{line}");
    }
}

#[test]
fn a_star_in_a_filter_matches_slashes_too() {
    let workspace = with_one_byte_too_much();
    let ran = workspace.run(&["list", "--format", "ids", "--skip", "*echo*"]);
    assert_eq!(ran.assert_code(0).stdout, "data/written\n");
}

#[test]
fn explain_shows_a_scenario_and_a_clause() {
    let workspace = Workspace::with_echo();
    workspace.write(
        "scenarios/clauses.json",
        &register(
            r#"{ "id": "PING-01", "statement": "A ping is answered with its value.", "level": "must",
             "provenance": { "source": "hashicorp-spec", "section": "Ping" } }"#,
        ),
    );
    let ran = workspace.run(&["explain", "ping/echo"]);
    ran.assert_code(0).assert_stdout("A ping is answered\n").assert_stdout("ping SYN #7\n");
    ran.assert_stdout("ping ACK #7");
    let ran = workspace.run(&["explain", "PING-01"]);
    ran.assert_code(0)
        .assert_stdout("A ping is answered with its value.")
        .assert_stdout("ping/echo");
}

#[test]
fn check_is_quiet_about_right_files_and_names_orphans() {
    let workspace = Workspace::with_echo();
    workspace.run(&["check"]).assert_code(0).assert_stdout("1 scenarios");
    workspace.write("golden/built-in/ping/gone.client.trace", "");
    let ran = workspace.run(&["check"]);
    ran.assert_code(1).assert_stderr("ping/gone.client.trace: belongs to no case");
    assert_eq!(ran.stdout, "");
}

#[test]
fn diff_is_silent_about_equal_traces_and_shows_a_difference() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&["run", "--target", "built-in", "--trace-dir", "traces"]);
    ran.assert_code(0);
    let trace = "traces/built-in/virtual/ping/echo.client.trace";
    for exact in [&[][..], &["--exact"]] {
        let same = workspace.run(&[&["diff", trace, trace], exact].concat());
        assert_eq!((same.code, &*same.stdout, &*same.stderr), (Some(0), "", ""));
    }
    let text = fs::read_to_string(workspace.path().join(trace)).expect("a trace");
    workspace.write("other.trace", &text.replace("ACK", "SYN"));
    let ran = workspace.run(&["diff", trace, "other.trace"]);
    ran.assert_code(1).assert_stdout(trace).assert_stdout("other.trace");
    workspace.write("cut.trace", &text[..text.len() / 2]);
    let ran = workspace.run(&["diff", trace, "cut.trace"]);
    ran.assert_code(3).assert_stderr("cut.trace:");
}

#[test]
fn schemas_and_completions_are_what_they_say() {
    let workspace = Workspace::new();
    for name in ["scenario", "clauses", "known", "report"] {
        let ran = workspace.run(&["schema", name]);
        let schema: serde_json::Value =
            serde_json::from_str(&ran.assert_code(0).stdout).expect("JSON");
        assert!(schema["$schema"].is_string(), "{name}");
    }
    for shell in ["bash", "zsh", "fish"] {
        workspace.run(&["completions", shell]).assert_code(0).assert_stdout("yamux-conform");
    }
    workspace.run(&["schema", "shoes"]).assert_code(2).assert_stderr("[possible values: scenario");
}

#[test]
fn fail_fast_repeat_and_side_select_cases() {
    let workspace = with_one_byte_too_much();
    let count = |arguments: &[&str]| {
        workspace.run(&[BUILT_IN, &["--format", "json"], arguments].concat()).cases().len()
    };
    assert_eq!(count(&["--repeat", "3"]), 12);
    assert_eq!(count(&["--side", "client"]), 2);
    assert_eq!(count(&["--fail-fast"]), 1, "the first case of the first scenario fails");
}

#[test]
fn known_deviations_pass_and_stale_ones_do_not() {
    let workspace = with_one_byte_too_much();
    let ran =
        workspace.run(&["run", "--target", "built-in", "--format", "json", "--side", "client"]);
    let failed = ran.cases().into_iter().find_map(|case| match case.verdict {
        VerdictRecord::Fail { failure } => Some(failure),
        _ => None,
    });
    let fingerprint = failed.expect("a failure").fingerprint;
    let ledger = |case: &str, fingerprint: &str| {
        let entry = serde_json::json!({ "entries": [ { "case": case, "what": "verdict", "fingerprint": fingerprint, "reason": "off by one" } ] });
        workspace.write("known/built-in.json", &entry.to_string());
        workspace.run(BUILT_IN)
    };
    ledger("data/written", &fingerprint).assert_code(0).assert_stdout("2 known deviations");
    ledger("data/written", "fin/s | no-fin").assert_code(1).assert_stderr("in another way");
    ledger("ping/echo", "x").assert_code(1).assert_stdout("2 unexpected passes");
}

#[test]
fn a_case_is_run_by_the_name_that_reports_give_it() {
    let workspace = Workspace::with_echo();
    let built_in = ["--target", "built-in"];
    let ran = workspace.run(&[&["run", "ping/echo/client"], &built_in[..]].concat());
    ran.assert_code(0).assert_stdout("1 passed");
    let ran = workspace.run(&[&["run", "ping/echo"], &built_in[..]].concat());
    ran.assert_code(0).assert_stdout("2 passed");
    workspace.run(&["run", "ping/ecko"]).assert_code(3).assert_stderr("did you mean ping/echo?");
    workspace.run(&["run", "ping"]).assert_code(3).assert_stderr("did you mean scenarios/ping?");
    let ran = workspace.run(&["run", "ping/echo/middle"]);
    ran.assert_code(3).assert_stderr("ping/echo/middle: there is no such file, folder, scenario");
}

/// The fingerprint of the case is printed, so that it can be copied.
#[test]
fn a_fingerprint_that_is_a_sentence_is_refused_with_the_one_to_write() {
    let workspace = with_one_byte_too_much();
    let ledger = |fields: &str| {
        let entry = format!(
            r#"{{ "entries": [ {{ "case": "data/written", "what": "verdict", {fields}, "reason": "off by one" }} ] }}"#
        );
        workspace.write("known/built-in.json", &entry);
    };
    ledger(r#""step": 4, "fingerprint": "step 4: fin on s | no fin""#);
    let place = "known/built-in.json:1:16: expected a fingerprint of tokens";
    let found = r#"found "step 4: fin on s | no fin"; "#;
    workspace.run(&["check"]).assert_code(3).assert_stderr(place).assert_stderr(found);
    let ran = workspace.run(BUILT_IN);
    ran.assert_code(1).assert_stderr(place).assert_stdout("2 failed");
    let told: Vec<_> = ran.stderr.split(&format!("{found}write ")).skip(1).collect();
    let [told] = told[..] else { panic!("told once, found {ran:#?}") };
    ledger(told.lines().next().expect("a line"));
    workspace.run(BUILT_IN).assert_code(0).assert_stdout("2 known deviations");
}
