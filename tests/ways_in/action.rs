//! The script behind the action: its reports and outputs, its exit code, its download.

use std::fs;
use std::process::Command;

use super::release::{VERSION, releases, serve, with_wrong_checksum};
use super::root;
use crate::harness::{Ran, Workspace, finish, start};
use crate::xml::assert_strict_junit;

/// A scenario that nothing passes: the pong has another value than the ping.
const IMPOSSIBLE: &str = r#"{
  "title": "A ping is answered otherwise",
  "clauses": ["PING-01"],
  "peer": "wire",
  "steps": [
    { "peer": { "send": { "ping": 7 } } },
    { "peer": { "expect": { "pong": 8 } } }
  ]
}
"#;

/// A job in a workspace, as a runner starts it.
struct Job<'a> {
    workspace: &'a Workspace,
    command: Command,
}

impl<'a> Job<'a> {
    fn new(workspace: &'a Workspace) -> Self {
        let mut command = Command::new("bash");
        command.arg(root("contrib/action/run.sh")).current_dir(workspace.path());
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GITHUB_PATH", "RUNNER_ARCH"] {
            command.env_remove(variable);
        }
        let file = |name: &str| workspace.path().join(name);
        for name in ["outputs", "summary"] {
            fs::write(file(name), "").expect("it can be written");
        }
        command.env("GITHUB_OUTPUT", file("outputs")).env("GITHUB_STEP_SUMMARY", file("summary"));
        command.env("GITHUB_ACTIONS", "true").env("RUNNER_TEMP", workspace.path());
        let system = if cfg!(target_os = "linux") { "Linux" } else { "macOS" };
        command.env("RUNNER_OS", system).env("CONFORM_TARGET", "built-in");
        command.env("YAMUX_CONFORM", env!("CARGO_BIN_EXE_yamux-conform"));
        Self { workspace, command }
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.command.env(variable, value);
        self
    }

    /// Without a program that is there already: from these releases.
    fn from(mut self, releases: &str) -> Self {
        self.command.env_remove("YAMUX_CONFORM").env("CONFORM_RELEASES", releases);
        self
    }

    fn run(mut self) -> Ran {
        finish(start(&mut self.command))
    }

    fn read(workspace: &Workspace, file: &str) -> String {
        fs::read_to_string(workspace.path().join(file)).unwrap_or_default()
    }

    /// Runs, and gives what the job has put out as well.
    fn outputs(self) -> (Ran, String) {
        let workspace = self.workspace;
        let ran = self.run();
        (ran, Self::read(workspace, "outputs"))
    }
}

#[test]
fn a_run_leaves_reports_outputs_and_a_summary() {
    let workspace = Workspace::with_echo();
    let (ran, outputs) = Job::new(&workspace).outputs();
    ran.assert_code(0).assert_stdout("2 passed, 0 failed");
    assert!(outputs.contains("\npassed=2\nfailed=0\n"), "{outputs}");
    assert!(outputs.starts_with("report=/"), "{outputs}");
    assert_strict_junit(&Job::read(&workspace, "yamux-conform-report/junit.xml"));
    let json = Job::read(&workspace, "yamux-conform-report/report.jsonl");
    assert!(json.lines().last().is_some_and(|line| line.contains(r#""event":"run_finished""#)));
    let summary = Job::read(&workspace, "summary");
    assert!(summary.contains("yamux-conform"), "{summary}");
}

#[test]
fn negative_verdicts_fail_the_job_unless_it_only_reports() {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/ping/impossible.json", IMPOSSIBLE);
    let (ran, outputs) = Job::new(&workspace).outputs();
    ran.assert_code(1).assert_stdout("::error file=scenarios/ping/impossible.json");
    assert!(outputs.contains("\npassed=2\nfailed=2\n"), "{outputs}");
    Job::new(&workspace).with("CONFORM_FAIL", "false").run().assert_code(0);
    let misspelt = Job::new(&workspace).with("CONFORM_FAIL", "no").run();
    misspelt.assert_code(2).assert_stderr("fail: expected true or false, found 'no'");
    // What is wrong with the job itself fails it all the same.
    let job = Job::new(&workspace).with("CONFORM_FAIL", "false");
    job.with("CONFORM_SCENARIOS", "ping/ecko").run().assert_code(3);
}

#[test]
fn lines_are_arguments_and_nothing_in_them_is_carried_out() {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/ping/impossible.json", IMPOSSIBLE);
    let shim = format!("mine=shim:{} shim", env!("CARGO_BIN_EXE_yamux-conform"));
    let targets = format!("built-in\n\n  {shim}\r\n");
    let job = Job::new(&workspace).with("CONFORM_TARGET", &targets);
    let job = job.with("CONFORM_SCENARIOS", "ping/echo/client\nping/echo/server");
    let ran = job.with("CONFORM_ARGS", "--clock 'live' --timeout-scale \"3\"").run();
    ran.assert_code(0).assert_stdout("mine").assert_stdout("0 failed");
    let hostile = "$(touch expanded) `touch expanded` ; touch expanded";
    for variable in ["CONFORM_TARGET", "CONFORM_SCENARIOS", "CONFORM_KNOWN", "CONFORM_ARGS"] {
        let ran = Job::new(&workspace).with(variable, hostile).run();
        assert_ne!(ran.code, Some(0), "{variable}");
    }
    assert!(!workspace.path().join("expanded").exists());
    let ran = Job::new(&workspace).with("CONFORM_ARGS", "--id 'ping").run();
    ran.assert_code(2).assert_stderr("args: a quote is not closed in: --id 'ping");
}

#[test]
fn folders_are_those_that_were_named() {
    let workspace = Workspace::with_echo();
    fs::create_dir(workspace.path().join("sub")).expect("a folder");
    let job = Job::new(&workspace).with("CONFORM_WORKING_DIR", "sub");
    let job = job.with("CONFORM_SCENARIOS", "../scenarios/ping").with("CONFORM_REPORT_DIR", "a/b");
    job.run().assert_code(0);
    assert!(workspace.path().join("sub/a/b/junit.xml").is_file());
}

#[test]
fn windows_is_refused_in_one_sentence() {
    let workspace = Workspace::with_echo();
    let ran = Job::new(&workspace).with("RUNNER_OS", "Windows").run();
    ran.assert_code(2).assert_stdout("::error title=yamux-conform::it runs on Linux and macOS");
}

#[test]
fn a_release_is_downloaded_and_runs() {
    let workspace = Workspace::with_echo();
    let releases = releases();
    for base in [format!("file://{}", releases.display()), serve(releases.to_owned())] {
        let job = Job::new(&workspace).from(&base).with("CONFORM_VERSION", VERSION);
        job.run().assert_code(0).assert_stdout("2 passed, 0 failed");
    }
}

#[test]
fn a_download_with_another_checksum_does_not_run() {
    let workspace = Workspace::with_echo();
    let releases = with_wrong_checksum();
    let file = format!("file://{}", releases.path().display());
    for base in [file, serve(releases.path().to_owned())] {
        let ran = Job::new(&workspace).from(&base).run();
        ran.assert_code(5).assert_stderr("expected the checksum 0000");
        assert!(!ran.stdout.contains("passed"), "{ran:?}");
    }
}

#[test]
fn a_release_that_is_not_there_or_not_in_reach_is_told() {
    let workspace = Workspace::with_echo();
    let base = serve(releases().to_owned());
    let ran = Job::new(&workspace).from(&base).with("CONFORM_VERSION", "v99.0.0").run();
    ran.assert_code(5).assert_stderr("there is no release 99.0.0 for ");
    let ran = Job::new(&workspace).from("http://127.0.0.1:9").run();
    ran.assert_code(5).assert_stderr("SHA256SUMS cannot be downloaded: ");
}
