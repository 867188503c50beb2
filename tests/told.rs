//! The output of a run: suggestions for typing errors, lines that fit, and the Markdown written alongside.

use std::fs;

use crate::harness::{Ran, Workspace, finish, start};

/// A scenario that fails: no pong has that value.
const WRONG: &str = r#"{
  "title": "A ping is answered with another value",
  "clauses": ["PING-01"],
  "tags": ["flood"],
  "peer": "wire",
  "steps": [
    { "peer": { "send": { "ping": 7 } } },
    { "peer": { "expect": { "pong": 8 } } }
  ]
}"#;

fn with_wrong() -> Workspace {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/ping/wrong-value.json", WRONG);
    workspace
}

fn run(workspace: &Workspace, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = workspace.program(&[&["run", "--target", "built-in"], arguments].concat());
    command.envs(variables.iter().copied());
    finish(start(&mut command))
}

#[test]
fn what_is_not_there_gets_the_guess_that_was_meant() {
    let workspace = with_wrong();
    for (arguments, hint) in [
        (&["list", "-i", "wrong"][..], "did you mean -i '*wrong*' (1 of 2)?"),
        (&["list", "-i", "pnig/*"], "did you mean 'ping/*'?"),
        (&["list", "-i", "scenarios/ping/*"], "did you mean 'ping/*'?"),
        (&["list", "-i", "ping/echo.json"], "the id is ping/echo"),
        (&["list", "-i", "PING-01"], "yamux-conform explain PING-01 names the scenarios"),
        (&["list", "-i", "ping"], "that is an area: yamux-conform list --area ping"),
        (&["list", "--area", "pnig"], "did you mean ping?"),
        (&["list", "--area", "elephant"], "there is the area ping"),
        (&["list", "--tag", "flod"], "did you mean flood?"),
        (&["list", "ping/ecoh"], "did you mean ping/echo?"),
        (&["list", "scenarios/ping/ecoh.json"], "did you mean ping/echo?"),
        (&["list", "PING-01"], "yamux-conform explain PING-01 names the scenarios"),
        (&["list", "wrong-valeu"], "did you mean ping/wrong-value?"),
        (&["explain", "PNIG-01"], "did you mean PING-01?"),
        (&["explain", "ping/ecoh"], "did you mean ping/echo?"),
        (&["explain", "ping/echo.json"], "the id is ping/echo"),
        (&["run", "--dialect", "hashicrop"], "did you mean hashicorp?"),
        (&["run", "--fliter", "ping/*"], "similar argument exists: '--id'"),
        (&["rnu"], "similar subcommand exists: 'run'"),
        (&["mutants", "--only", "elephant-in-the-room"], "see: yamux-conform mutants"),
    ] {
        let ran = workspace.run(arguments);
        assert_ne!(ran.code, Some(0), "{arguments:?}");
        ran.assert_stderr(hint);
    }
}

#[test]
fn lines_are_as_wide_as_columns_says() {
    let workspace = with_wrong();
    for width in ["80", "120"] {
        let ran = run(&workspace, &[("COLUMNS", width)], &[]);
        let width = width.parse().expect("a number");
        for line in ran.assert_code(1).stdout.lines() {
            let copied = ["  again ", "  step ", "  fingerprint "];
            let is_copied = copied.iter().any(|begin| line.starts_with(begin));
            assert!(line.chars().count() <= width || is_copied, "{line}");
        }
    }
}

#[test]
fn a_run_is_told_by_area_and_verbosely_by_scenario_and_by_side() {
    let workspace = Workspace::with_echo();
    let usual = run(&workspace, &[], &[]);
    usual.assert_code(0).assert_stdout("\n        cases  built-in\n  ping      2  ✓\n");
    assert!(!usual.stdout.contains("echo"), "{usual:#?}");
    run(&workspace, &[], &["-v"]).assert_stdout("\n  echo  ✓✓ ");
    run(&workspace, &[], &["-vv"]).assert_stdout("\n  echo client  ✓ 0.000 s");
}

#[test]
fn markdown_is_written_beside_the_report_and_behind_the_summary_of_a_step() {
    let workspace = with_wrong();
    workspace.write("summary.md", "before\n");
    let summary = workspace.path().join("summary.md");
    let named = summary.to_str().expect("a name");
    let ran = run(&workspace, &[("GITHUB_STEP_SUMMARY", named)], &["--markdown", "out/report.md"]);
    ran.assert_code(1).assert_stdout("\nFAIL ping/wrong-value/client (built-in, virtual clock)\n");
    let report = fs::read_to_string(workspace.path().join("out/report.md")).expect("a report");
    assert!(report.starts_with("| yamux-conform "), "{report}");
    assert!(report.contains("| ping | 2 pass, 2 **fail** |"), "{report}");
    assert!(report.contains("<summary><code>FAIL ping/wrong-value/client (built-in"), "{report}");
    assert!(report.contains("\n  again       yamux-conform run scenarios/ping/wrong"), "{report}");
    let summary = fs::read_to_string(summary).expect("a summary");
    assert_eq!(summary, format!("before\n{report}\n"));
}

#[test]
fn the_summary_of_a_step_is_no_larger_than_github_takes() {
    let workspace = with_wrong();
    let before = "x".repeat((1 << 20) - 2200);
    workspace.write("summary.md", &before);
    let path = workspace.path().join("summary.md");
    let named = path.to_str().expect("a name");
    run(&workspace, &[("GITHUB_STEP_SUMMARY", named)], &[]).assert_code(1);
    let summary = fs::read_to_string(path).expect("a summary");
    let added = summary.strip_prefix(&before).expect("what was there is still there");
    assert!(summary.len() <= 1 << 20 && added.contains("no room is left for them"), "{added}");
    let ran = run(&workspace, &[("GITHUB_STEP_SUMMARY", "nowhere/summary.md")], &[]);
    ran.assert_code(1).assert_stderr("nowhere/summary.md");
}

#[test]
fn an_annotation_names_a_file_of_the_repository_alone() {
    let workspace = with_wrong();
    let root = workspace.path().to_str().expect("a name");
    let github =
        |root| run(&workspace, &[("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", root)], &[]);
    let named = "\n::error file=scenarios/ping/wrong-value.json,line=8,col=5,title=FAIL ping/wrong";
    github(root).assert_stdout(named);
    let elsewhere = format!("{root}/golden");
    fs::create_dir_all(&elsewhere).expect("a folder");
    github(&elsewhere).assert_stdout("\n::error title=FAIL ping/wrong-value/client");
}
