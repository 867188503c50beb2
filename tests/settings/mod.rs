//! The settings of a session, and what a scenario asks of a shim with few capabilities, as a recording shim receives it.

use std::{env, fs};

use serde_json::{Value, json};
use yamux_conform::harness::report::{CaseFinished, VerdictRecord};

use crate::harness::{Ran, Workspace};

/// A workspace with a scenario that has this in its head, and these steps before its echo.
fn workspace(head: &str, steps: &str) -> Workspace {
    let workspace = Workspace::with_echo();
    let text = format!(
        r#"{{ "title": "t", "clauses": ["PING-01"], "peer": "wire", "sides": ["client"], {head}
        "steps": [ {steps}
            {{ "peer": {{ "send": {{ "ping": 7 }} }} }}, {{ "peer": {{ "expect": {{ "pong": 7 }} }} }} ] }}"#
    );
    workspace.write("scenarios/x.json", &text);
    fs::create_dir(workspace.path().join("sessions")).expect("a folder");
    workspace
}

/// Runs it on a shim with these settings, divided by commas.
fn run(workspace: &Workspace, clock: &str, has: &str) -> Ran {
    let program = env::current_exe().expect("this program has a path");
    let sessions = workspace.path().join("sessions");
    let behaviour = format!("{clock}records-{has}={}", sessions.display());
    let target = format!("mine=shim:{} bad-shim {behaviour}", program.display());
    workspace.run(&["run", "x", "--target", &target, "--format", "json"])
}

/// What the session of the only case was made with.
fn recorded(workspace: &Workspace) -> Value {
    let mut sessions = fs::read_dir(workspace.path().join("sessions")).expect("a folder");
    let session = sessions.next().expect("a session").expect("a file").path();
    assert!(sessions.next().is_none(), "one session only");
    let text = fs::read_to_string(&session).expect("a text");
    fs::remove_file(session).expect("our own file");
    serde_json::from_str(&text).expect("JSON")
}

#[track_caller]
fn only(ran: &Ran) -> CaseFinished {
    let mut cases = ran.cases();
    assert_eq!(cases.len(), 1, "{ran:#?}");
    cases.remove(0)
}

const ALL: &str = "accept_backlog,connection_write_timeout_us,keep_alive_interval_us,max_window,\
                   stream_close_timeout_us,stream_open_timeout_us";

pub(crate) fn are_what_the_scenario_names() {
    let rows = [
        // Nothing of what it does not name, whatever the shim has.
        ("", ALL, json!({})),
        (
            r#""settings": { "subject": { "accept_backlog": 3 } },"#,
            ALL,
            json!({ "accept_backlog": 3 }),
        ),
        // The live clock has its own values, of what was named.
        (
            r#""settings": { "subject": { "stream_open_timeout": "75s" } },
               "live": { "subject": { "stream_open_timeout": "2s" } },"#,
            ALL,
            json!({ "stream_open_timeout_us": 2_000_000 }),
        ),
        // Off is a wish like any other where the shim has the setting, and nothing where it has not.
        (
            r#""settings": { "subject": { "stream_close_timeout": "off" } },"#,
            ALL,
            json!({ "stream_close_timeout_us": 0 }),
        ),
        (
            r#""settings": { "subject": { "stream_close_timeout": "off" } },"#,
            "max_window",
            json!({}),
        ),
        // A wish is granted where the shim can.
        (
            r#""wishes": { "subject": { "accept_backlog": 3, "max_window": "1MiB" } },"#,
            "accept_backlog",
            json!({ "accept_backlog": 3 }),
        ),
        (r#""wishes": { "subject": { "accept_backlog": 3 } },"#, "max_window", json!({})),
        (
            r#""wishes": { "subject": { "accept_backlog": 3 } },
               "settings": { "subject": { "max_window": "1MiB" } },"#,
            ALL,
            json!({ "accept_backlog": 3, "max_window": 1_048_576 }),
        ),
    ];
    for (head, has, expected) in rows {
        let workspace = workspace(head, "");
        let ran = run(&workspace, "", has);
        ran.assert_code(0);
        assert_eq!(only(&ran).verdict, VerdictRecord::Pass);
        assert_eq!(recorded(&workspace), expected, "{head} on a shim with {has}");
        if !head.contains("live") {
            run(&workspace, "lockstep-", has).assert_code(0);
            assert_eq!(recorded(&workspace), expected, "{head} in lockstep on one with {has}");
        }
    }
}

pub(crate) fn that_are_needed_and_lack_are_a_skip() {
    for (head, has, reason) in [
        (
            r#""settings": { "subject": { "max_window": "1MiB" } },"#,
            "accept_backlog",
            "its windows have one size",
        ),
        (r#""settings": { "subject": { "accept_backlog": 3 } },"#, "max_window", "accept_backlog"),
        (
            r#""settings": { "subject": { "stream_open_timeout": "75s" } },"#,
            "max_window",
            "stream_open_timeout_us",
        ),
    ] {
        for clock in ["", "lockstep-"] {
            let workspace = workspace(head, "");
            let ran = run(&workspace, clock, has);
            ran.assert_code(4);
            let VerdictRecord::Skip { reason: found } = only(&ran).verdict else {
                panic!("{head}: {ran:#?}");
            };
            assert!(found.contains(reason), "{head}: expected {reason:?}, found {found:?}");
            let sessions = fs::read_dir(workspace.path().join("sessions")).expect("a folder");
            assert_eq!(sessions.count(), 0, "what it lacks is not asked of it");
        }
    }
}

pub(crate) fn of_a_call_if_supported() {
    let ping = |more: &str| format!(r#"{{ "subject": {{ "ping": {{}} }}{more} }},"#);
    for clock in ["", "lockstep-"] {
        let ran = run(&workspace("", &ping(r#", "if_supported": true"#)), clock, ALL);
        ran.assert_code(0);
        assert_eq!(only(&ran).verdict, VerdictRecord::Pass);
        let ran = run(&workspace("", &ping("")), clock, ALL);
        ran.assert_code(4);
        assert!(matches!(only(&ran).verdict, VerdictRecord::Skip { .. }), "{ran:#?}");
    }
}

pub(crate) fn own_pings_fail_nothing() {
    let workspace = workspace("", "");
    let ran = run(&workspace, "", "own_pings");
    ran.assert_code(0);
    assert_eq!(only(&ran).verdict, VerdictRecord::Pass);
}
