//! Signals end every command cleanly: the exit code names the signal, the finished cases are reported, and no child process
//! is left.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::harness::{Ran, Workspace, finish, start};

const HELLO: &str = r#"read line
echo '{"id":1,"ok":{"protocol":1,"implementation":{"name":"h","library":"h","version":"1","language":"sh"},"sides":["client","server"],"clocks":["CLOCK"],"actions":[],"settings":[]}}'
read line
case "$line" in *bye*) echo '{"id":2,"ok":{}}'; exit 0;; esac
"#;

/// Notes its own process and that of a child that ignores what can be ignored, and hangs. Several may do so at once.
const HANG: &str = r#"(trap '' INT TERM HUP; exec sleep 600) &
echo "$! $$" >> pids
wait
"#;

fn program(workspace: &Workspace, file: &str, text: &str) {
    workspace.write(file, &format!("#!/bin/sh\n{text}"));
    let permissions = fs::Permissions::from_mode(0o755);
    fs::set_permissions(workspace.path().join(file), permissions).expect("our own file");
}

/// A shim that greets, and hangs when it is asked for a session.
fn hanging(workspace: &Workspace, clock: &str) {
    program(workspace, "hanging", &(HELLO.replace("CLOCK", clock) + HANG));
}

/// Waits for something, but not for ever.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn is_running(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// The processes that have noted themselves.
fn noted(workspace: &Workspace) -> Vec<String> {
    let text = fs::read_to_string(workspace.path().join("pids")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.split_whitespace().map(str::to_owned).collect()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.expect("kill is everywhere").success());
}

/// Sends the signal once the hanging program has recorded itself, and returns the result. Checks that none of its children
/// are left.
#[track_caller]
fn end_hanging(workspace: &Workspace, command: &mut Command, name: &str) -> Ran {
    let mut child = start(command);
    until("a program that hangs", || {
        assert!(child.try_wait().expect("a child").is_none(), "it ended by itself");
        !noted(workspace).is_empty()
    });
    signal(&child, name);
    let ran = finish(child);
    for process in noted(workspace) {
        until(&format!("the end of {process}"), || !is_running(&process));
    }
    fs::remove_file(workspace.path().join("pids")).expect("our own file");
    // Far below every patience, and far above what a busy machine needs.
    assert!(ran.elapsed < Duration::from_secs(5), "it took {:?} to end", ran.elapsed);
    ran
}

const SIGNALS: [(&str, i32, &str); 3] =
    [("INT", 130, "interrupted"), ("TERM", 143, "terminated"), ("HUP", 129, "hung up")];

#[test]
fn a_run_reports_what_was_done_and_leaves_no_child() {
    for clock in ["live", "lockstep"] {
        let workspace = Workspace::with_echo();
        hanging(&workspace, clock);
        for (name, code, _) in SIGNALS {
            let mut arguments = vec!["run", "--target", "built-in", "--target", "shim:./hanging"];
            arguments.extend([
                "--timeout-scale",
                "20",
                "--format",
                "json",
                "--junit",
                "report.xml",
            ]);
            let ran = end_hanging(&workspace, &mut workspace.program(&arguments), name);
            ran.assert_code(code);
            let summary = ran.summary();
            assert!(summary.interrupted && i32::from(summary.exit) == code, "{summary:?}");
            assert_eq!(
                (summary.counts.passed, ran.cases().len()),
                (2, 2),
                "what was done is reported"
            );
            let report = workspace.path().join("report.xml");
            let xml = fs::read_to_string(&report).expect("a report");
            assert_eq!(xml.matches("<testcase").count(), 2, "{xml}");
            fs::remove_file(report).expect("our own file");
        }
    }
}

#[test]
fn the_last_line_names_the_signal() {
    let workspace = Workspace::with_echo();
    hanging(&workspace, "live");
    for (name, code, word) in SIGNALS {
        let arguments = ["run", "--target", "shim:./hanging", "--timeout-scale", "20"];
        let ran = end_hanging(&workspace, &mut workspace.program(&arguments), name);
        ran.assert_code(code).assert_stdout(&format!("0 passed, 0 failed, 2 not run ({word}, "));
    }
}

#[test]
fn a_shim_that_does_not_greet_can_be_interrupted() {
    let workspace = Workspace::with_echo();
    program(&workspace, "silent", HANG);
    for (command, code) in [("run", 130), ("bless", 130)] {
        let mut command = workspace.program(&[command, "--target", "shim:./silent"]);
        end_hanging(&workspace, &mut command, "INT").assert_code(code);
    }
    let mut check = workspace.program(&["shim", "check", "--", "./silent"]);
    end_hanging(&workspace, &mut check, "TERM").assert_code(143);
}

#[test]
fn a_check_of_a_shim_that_hangs_can_be_interrupted() {
    let workspace = Workspace::with_echo();
    hanging(&workspace, "live");
    let mut check = workspace.program(&["shim", "check", "--", "./hanging"]);
    end_hanging(&workspace, &mut check, "HUP").assert_code(129);
}

#[test]
fn what_is_cut_short_is_not_blessed() {
    let workspace = Workspace::with_echo();
    hanging(&workspace, "live");
    let mut bless =
        workspace.program(&["bless", "--target", "built-in", "--target", "shim:./hanging"]);
    let ran = end_hanging(&workspace, &mut bless, "TERM");
    ran.assert_code(143).assert_stderr("terminated: nothing is written");
    assert!(!workspace.path().join("golden").exists());
}

#[test]
fn a_build_of_the_go_shim_ends_too() {
    let workspace = Workspace::with_echo();
    workspace.write("shims/go-hashicorp/shim.json", "{}");
    workspace.write("shims/go/go.mod", "");
    let build =
        format!("case $1 in env) echo go1.26.8; exit;; esac\ncd {}\n", workspace.path().display());
    program(&workspace, "bin/go", &(build + &HANG.replace("trap '' INT TERM HUP; ", "")));
    let path = format!("{}:/usr/bin:/bin", workspace.path().join("bin").display());
    let mut run = workspace.program(&["run"]);
    run.env("PATH", path).env_remove("CARGO_TARGET_DIR");
    end_hanging(&workspace, &mut run, "INT").assert_code(130);
    let left = fs::read_dir(workspace.path().join("target/shims")).expect("a folder");
    assert_eq!(left.count(), 0, "half-built programs are taken away");
}

#[test]
fn whatever_computes_can_be_interrupted() {
    let workspace = Workspace::with_echo();
    let scenarios = format!("{}/scenarios", env!("CARGO_MANIFEST_DIR"));
    let commands: [&[&str]; 2] = [
        &["mutants", &scenarios, "--matrix"],
        &["run", &scenarios, "--target", "built-in", "--repeat", "1000", "--golden", "none"],
    ];
    for command in commands {
        let child = start(&mut workspace.program(command));
        // There is nothing to wait for: it must end so wherever it is.
        until("its listener", || {
            fs::read_dir(format!("/proc/{}/task", child.id())).is_ok_and(|tasks| tasks.count() > 1)
        });
        signal(&child, "TERM");
        let ran = finish(child);
        ran.assert_code(143);
        assert!(ran.elapsed < Duration::from_secs(5), "it took {:?} to end", ran.elapsed);
    }
}

#[test]
fn under_nohup_a_hangup_ends_nothing() {
    let workspace = Workspace::with_echo();
    hanging(&workspace, "live");
    let run = workspace.program(&["run", "--target", "shim:./hanging", "--timeout-scale", "20"]);
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(run.get_program());
    nohup.args(run.get_args()).current_dir(workspace.path());
    let mut child = start(&mut nohup);
    until("a program that hangs", || !noted(&workspace).is_empty());
    signal(&child, "HUP");
    thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().expect("a child").is_none(), "it goes on");
    signal(&child, "TERM");
    finish(child).assert_code(143);
}

/// The processes that a process has started.
fn children(process: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children
        .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_shim_does_not_outlive_a_harness_that_is_killed() {
    let workspace = Workspace::with_echo();
    let run = ["run", "--target", "built-in", "--clock", "live", "--repeat", "5000"];
    let mut child = start(&mut workspace.program(&run));
    let mut shims = Vec::new();
    until("two shims at work", || {
        shims = children(child.id());
        shims.len() == 2
    });
    child.kill().expect("our own child");
    child.wait().expect("our own child");
    for shim in shims {
        until("the end of a shim", || !is_running(&shim));
    }
}
