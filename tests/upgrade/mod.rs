//! Two releases of a shim against each other, from runs and from reports.

use std::{env, fs};

use yamux_conform::harness::analysis::compare::{ChangeKind, CompareRecord};

use crate::harness::{Ran, Workspace};

/// What `--target` takes for a shim of this behaviour.
fn target(behaviour: &str) -> String {
    let program = env::current_exe().expect("this program has a path");
    format!("bad=shim:{} bad-shim {behaviour}", program.display())
}

fn compare(workspace: &Workspace, before: &str, after: &str, more: &[&str]) -> Ran {
    workspace.run(&[&["compare", before, after], more].concat())
}

pub(crate) fn is_worse_where_a_case_fails_or_dies_that_did_not() {
    let workspace = Workspace::with_echo();
    let (good, dying) = (target("good"), target("dying-frame"));
    let worse = compare(&workspace, &good, &dying, &["--verbose"]);
    worse.assert_code(1).assert_stdout("worse: 2 new failures, 0 the same");
    worse.assert_stdout("newly broken").assert_stdout("pass -> crashed");
    worse.assert_stdout("CRASHED ping/echo/server (bad, live clock)");
    worse.assert_stdout("the last calls and frames");
    let better = compare(&workspace, &dying, &good, &[]);
    better.assert_code(0).assert_stdout("not worse: 0 new failures, 2 fixed, 0 the same");
    better.assert_stdout("repaired").assert_stdout("crashed -> pass");
    let forgets = target(&format!("forgets={}", folder(&workspace)));
    let failing = compare(&workspace, &good, &forgets, &["--format", "markdown"]);
    failing.assert_code(1).assert_stdout("* `ping/echo` (server, live): pass → fail");
    compare(&workspace, &forgets, &dying, &[]).assert_code(1).assert_stdout("fails in a worse way");
}

pub(crate) fn is_not_worse_for_what_happens_in_one_run_only() {
    let workspace = Workspace::with_echo();
    let first = workspace.path().join("first");
    let once = target(&format!("forgets-at-first={}", first.display()));
    let good = target("good");
    let ran = compare(&workspace, &good, &once, &["--format", "json", "--jobs", "1"]);
    ran.assert_code(0);
    let told: CompareRecord = serde_json::from_str(&ran.stdout).expect("one object");
    assert!(first.exists() && !told.worse, "{told:#?}");
    assert_eq!((told.counts.same, told.counts.unsteady, told.exit), (1, 1, 0));
    assert_eq!((told.cases[0].change, told.cases[0].runs), (ChangeKind::Unsteady, (2, 2)));
    let same = compare(&workspace, &good, &good, &[]);
    same.assert_code(0).assert_stdout("not worse: 0 new failures, 2 the same");
}

pub(crate) fn can_be_the_report_of_an_earlier_run() {
    let workspace = Workspace::with_echo();
    let report = |file: &str, targets: &[&str]| {
        let named = targets.iter().flat_map(|target| ["--target", target]);
        let arguments: Vec<&str> = ["run", "--format", "json"].into_iter().chain(named).collect();
        workspace.write(file, &workspace.run(&arguments).stdout);
    };
    let (good, forgets) = (target("good"), target(&format!("forgets={}", folder(&workspace))));
    report("good.json", &[&good]);
    report("forgets.json", &[&forgets]);
    report("both.json", &["built-in", &forgets]);
    let ran = compare(&workspace, "good.json", "forgets.json", &[]);
    ran.assert_code(1).assert_stdout("worse: 1 new failure, 1 the same");
    ran.assert_stdout("note: a report has no traces, so that none are compared");
    compare(&workspace, "forgets.json", &good, &[]).assert_code(0).assert_stdout("1 fixed");
    compare(&workspace, "good.json", "forgets.json", &["--side", "client"])
        .assert_code(0)
        .assert_stdout("not worse: 0 new failures, 1 the same");
    let several = compare(&workspace, "good.json", "both.json", &[]);
    several.assert_code(2).assert_stderr("found bad in good.json and bad, built-in in both.json");
    compare(&workspace, "good.json", "both.json:bad", &[]).assert_code(1);
    compare(&workspace, "both.json", "both.json", &[]).assert_code(0).assert_stdout("4 the same");
    let apart = compare(&workspace, "good.json", "both.json:built-in", &[]);
    apart.assert_code(2).assert_stderr("have no clock in common");
    compare(&workspace, "good.json", "gone.json", &[])
        .assert_code(2)
        .assert_stderr("gone.json: there is no such report");
    let wrong = compare(&workspace, "good.json", "scenarios/clauses.json", &[]);
    wrong.assert_code(3).assert_stderr("scenarios/clauses.json:1: expected a line of run");
}

/// Where a shim notes its sessions.
fn folder(workspace: &Workspace) -> String {
    let folder = workspace.path().join("sessions");
    fs::create_dir_all(&folder).expect("a folder");
    folder.display().to_string()
}
