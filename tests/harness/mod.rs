//! Runs the program in a folder of its own, with its time and output.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;
use yamux_conform::harness::report::{CaseFinished, Record, RunFinished};

/// A folder with scenarios in it, gone with its owner.
pub(crate) struct Workspace(TempDir);

impl Workspace {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// One with the register of clauses and the scenario `ping/echo`, which every implementation passes.
    pub(crate) fn with_echo() -> Self {
        let workspace = Self::new();
        // One scenario does not ask every clause.
        let register = include_str!("../../scenarios/clauses.json");
        workspace.write("scenarios/clauses.json", &register.replace("\"complete\": true,", ""));
        workspace.write("scenarios/ping/echo.json", ECHO);
        workspace
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    /// The program, to be run in this folder.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yamux-conform"));
        command.args(arguments).current_dir(self.path());
        // Nothing of a test is kept in anybody's home.
        command.env("YAMUX_CONFORM_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        for variable in
            ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"]
        {
            command.env_remove(variable);
        }
        command
    }

    /// Runs the program here.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        finish(start(&mut self.program(arguments)))
    }
}

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: Option<i32>,
    /// What it wrote to stdout.
    pub(crate) stdout: String,
    /// What it wrote to stderr.
    pub(crate) stderr: String,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

impl Ran {
    /// Fails unless the program ended with this code.
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "the exit code of {self:#?}");
        self
    }

    /// Fails unless this stands in stdout.
    #[track_caller]
    pub(crate) fn assert_stdout(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "expected {text:?} in the stdout of {self:#?}");
        self
    }

    /// Fails unless this stands in stderr.
    #[track_caller]
    pub(crate) fn assert_stderr(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "expected {text:?} in the stderr of {self:#?}");
        self
    }

    /// The lines of `--format json`.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Record> {
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
        };
        self.stdout.lines().map(parse).collect()
    }

    /// The cases of `--format json`.
    #[track_caller]
    pub(crate) fn cases(&self) -> Vec<CaseFinished> {
        let of_case = |record| match record {
            Record::CaseFinished(case) => Some(*case),
            _ => None,
        };
        self.records().into_iter().filter_map(of_case).collect()
    }

    /// The end of `--format json`.
    #[track_caller]
    pub(crate) fn summary(&self) -> RunFinished {
        match self.records().pop() {
            Some(Record::RunFinished(summary)) => summary,
            other => panic!("expected run_finished in the last line, found {other:?}"),
        }
    }
}

/// Starts the program with its output in pipes.
pub(crate) fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Waits for its end, but not for ever: a program that hangs is killed, and has no exit code.
///
/// # Panics
/// If it took much memory, whatever it did.
#[track_caller]
pub(crate) fn finish(mut child: Child) -> Ran {
    let began = Instant::now();
    let stdout = child.stdout.take().map(|pipe| thread::spawn(move || read(pipe)));
    let stderr = child.stderr.take().map(|pipe| thread::spawn(move || read(pipe)));
    let mut peak = 0;
    let status = loop {
        peak = memory(child.id()).unwrap_or(peak);
        match child.try_wait().expect("it can be waited for") {
            Some(status) => break Some(status),
            None if began.elapsed() > LONGEST => {
                child.kill().expect("it can be killed");
                child.wait().expect("it can be waited for");
                break None;
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let elapsed = began.elapsed();
    assert!(peak < MUCH, "it took {peak} KiB of memory");
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader.map_or_else(String::new, |reader| reader.join().expect("a reader"))
    };
    let code = status.and_then(|status| status.code());
    Ran { code, stdout: text(stdout), stderr: text(stderr), elapsed }
}

fn read(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).expect("a pipe can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The peak of a process's memory so far, in KiB, where `/proc` tells it.
fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Nothing here takes a tenth of it, even on a busy machine.
const LONGEST: Duration = Duration::from_secs(90);

/// In KiB. A debug build takes about a third of it for the longest trace there is.
const MUCH: u64 = 400 * 1024;

/// A scenario that asks for one pong.
const ECHO: &str = r#"{
  "title": "A ping is answered",
  "clauses": ["PING-01"],
  "peer": "wire",
  "steps": [
    { "peer": { "send": { "ping": 7 } } },
    { "peer": { "expect": { "pong": 7 } } }
  ]
}
"#;
