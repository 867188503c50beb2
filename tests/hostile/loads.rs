//! Loads: very many scenarios, steps and shims; a full disk, a terminal that goes away, `bless` that is killed.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::harness::{Workspace, finish};

const BUILT_IN: &[&str] = &["run", "--target", "built-in", "--side", "client"];

/// A workspace with this many scenarios, each of one ping.
fn many(scenarios: usize) -> Workspace {
    let workspace = Workspace::with_echo();
    let echo = fs::read_to_string(workspace.path().join("scenarios/ping/echo.json"));
    let echo = echo.expect("it was written");
    for number in 1..scenarios {
        workspace.write(&format!("scenarios/ping/echo-{number}.json"), &echo);
    }
    workspace
}

/// A workspace with one scenario of this many steps.
fn long(steps: usize) -> Workspace {
    let workspace = Workspace::with_echo();
    let steps = vec![r#"{ "probe": "ping" }"#; steps].join(",\n");
    let text = format!(
        r#"{{ "title": "t", "clauses": ["PING-01"], "peer": "wire", "steps": [ {steps} ] }}"#
    );
    workspace.write("scenarios/ping/echo.json", &text);
    workspace
}

#[test]
fn ten_thousand_scenarios_are_checked_and_run() {
    let workspace = many(10_000);
    workspace.run(&["check"]).assert_code(0).assert_stdout("right: 10000 scenarios");
    workspace.run(BUILT_IN).assert_code(0).assert_stdout("10000 passed, 0 failed");
}

#[test]
fn as_many_steps_as_there_may_be_are_run_and_two_hundred_thousand_are_refused() {
    // Of a probe's steps there may be ten times as few.
    long(1000).run(BUILT_IN).assert_code(0).assert_stdout("1 passed");
    let ran = long(200_000).run(BUILT_IN);
    ran.assert_code(3).assert_stderr("scenarios/ping/echo.json:");
    ran.assert_stderr("expected at most 10000 items, found 200000");
}

#[test]
fn sixty_four_shims_at_once_pass_what_one_passes() {
    let workspace = many(128);
    let target = format!("x=shim:{} shim", env!("CARGO_BIN_EXE_yamux-conform"));
    let ran = workspace.run(&["run", "--target", &target, "--clock", "live", "-j", "64", "-q"]);
    ran.assert_code(0).assert_stdout("256 passed, 0 failed");
}

/// A disk of 64 KiB needs a mount namespace; the test is skipped where the system does not give this user one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_leaves_whole_files_only() {
    let alone = |command: &mut Command| {
        command.args(["--map-root-user", "--mount", "sh", "-c"]);
    };
    let mut try_it = Command::new("unshare");
    alone(&mut try_it);
    let can = try_it.arg("mount -t tmpfs tmpfs /tmp").stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("not asked: there is no namespace of mounts to be had");
        return;
    }
    let workspace = many(200);
    fs::create_dir(workspace.path().join("small")).expect("a folder");
    let script = format!(
        "mount -t tmpfs -o size=64k tmpfs small && {} bless --target built-in --golden small >/dev/null; echo \"code $?\"; \
         find small -name '.*.tmp'; find small -type f -exec tail -c 1 {{}} \\; | grep -c . ; \
         {} run --target built-in --golden small --json small/r.jsonl >/dev/null; echo \"code $?\"",
        env!("CARGO_BIN_EXE_yamux-conform"),
        env!("CARGO_BIN_EXE_yamux-conform"),
    );
    let mut command = workspace.program(&[]);
    let environment: Vec<_> = command
        .get_envs()
        .map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned)))
        .collect();
    command = Command::new("unshare");
    alone(&mut command);
    for (key, value) in environment {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    let ran = finish(crate::harness::start(command.arg(script).current_dir(workspace.path())));
    ran.assert_stderr("No space left on device");
    assert_eq!(ran.stdout, "code 3\n0\ncode 1\n", "no rest of a file, no half of one: {ran:#?}");
}

#[test]
fn a_terminal_that_goes_away_is_told_by_the_exit_code_and_costs_no_report() {
    let workspace = many(500);
    let terminal =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&terminal).expect("a terminal");
    unlockpt(&terminal).expect("a terminal");
    let name = ptsname(&terminal, Vec::new()).expect("a name");
    let open = || {
        let path = name.to_str().expect("a path");
        let file = fs::OpenOptions::new().read(true).write(true).open(path).expect("a terminal");
        Stdio::from(OwnedFd::from(file))
    };
    let mut command =
        workspace.program(&["run", "--target", "built-in", "-vv", "--json", "r.jsonl"]);
    let child = command.stdin(open()).stdout(open()).stderr(open()).spawn();
    let child = child.expect("the program starts");
    drop(command);
    let mut terminal = fs::File::from(terminal);
    let mut first = [0; 64];
    let read = terminal.read(&mut first).expect("the run says something");
    assert!(read > 0);
    drop(terminal);
    let ran = finish(child);
    assert_eq!(ran.code, Some(1), "lines were lost");
    let report = fs::read_to_string(workspace.path().join("r.jsonl")).expect("a report");
    assert!(report.lines().last().is_some_and(|line| line.contains("run_finished")), "{report}");
}

#[test]
fn bless_that_is_killed_leaves_whole_files_and_can_be_run_again() {
    let workspace = many(100);
    let golden = workspace.path().join("golden");
    let mut cut_short = 0;
    for moment in 0..12 {
        let mut child = workspace
            .program(&["bless", "--target", "built-in", "-q"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        thread::sleep(Duration::from_millis(20 * moment));
        // It may have ended by itself.
        let _ = child.kill();
        let status = child.wait().expect("it has ended");
        cut_short += usize::from(!status.success());
        let ran = workspace.run(&["check"]);
        assert!(ran.code == Some(0) || ran.code == Some(1), "no file is wrong: {ran:#?}");
        if ran.code == Some(0) && golden.exists() {
            fs::remove_dir_all(&golden).expect("a folder");
        }
    }
    assert!(cut_short > 0, "it was never killed while it ran");
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    workspace.run(&["check"]).assert_code(0).assert_stdout("200 golden traces");
}
