//! Every scenario fails against a peer that is wrong in exactly one way, every such peer is caught, and an impostor passes
//! nothing; and `yamux-conform mutants` says so, or names what gets through.
#![expect(clippy::disallowed_methods, reason = "a test copies files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use yamux_conform::harness::analysis::strength::{Assessment, behind, text};
use yamux_conform::harness::endpoint::mutant::Tamper;
use yamux_conform::harness::runner::virtual_time;

use crate::{support, survey};

struct Faithful;

impl Tamper for Faithful {}

#[test]
fn a_tamper_that_changes_nothing_changes_no_outcome() {
    for scenario in support::library().scenarios {
        let scenario = Arc::new(scenario);
        for side in scenario.sides.clone() {
            let plain = virtual_time::run(&scenario, side, 0).outcome;
            let behind = behind(&scenario, side, Box::new(Faithful)).outcome;
            assert_eq!(
                format!("{:?}", std::mem::discriminant(&plain)),
                format!("{:?}", std::mem::discriminant(&behind)),
                "{}/{side}: {plain:?} becomes {behind:?}",
                scenario.id
            );
        }
    }
}

#[test]
fn nothing_gets_through_without_a_reason() {
    let (survey, exceptions) = survey::survey();
    let judgement = Assessment::of(survey, exceptions, true);
    assert!(!judgement.is_negative(), "{}", text(survey, &judgement));
}

/// A folder of its own, with these files in it.
struct Workspace(TempDir);

impl Workspace {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// One with the register of clauses and a scenario that asks for one pong.
    fn with_echo() -> Self {
        let workspace = Self::new();
        workspace.write("scenarios/clauses.json", include_str!("../scenarios/clauses.json"));
        workspace.write("scenarios/ping/echo.json", ECHO);
        workspace
    }

    /// A copy of the scenarios but one, and of the exceptions.
    fn without(id: &str) -> Self {
        let workspace = Self::new();
        let left_out = root().join(format!("scenarios/{id}.json"));
        assert!(left_out.is_file(), "{id}");
        let folders = entries(&root().join("scenarios"));
        let files = folders.iter().filter(|path| path.is_dir()).flat_map(|path| entries(path));
        let others = ["scenarios/clauses.json", "mutants.json"].map(|file| root().join(file));
        for path in files.chain(others).filter(|path| *path != left_out) {
            let below = path.strip_prefix(root()).expect("below the root").display().to_string();
            workspace.write(&below, &fs::read_to_string(&path).expect("a text"));
        }
        workspace
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ran {
        run(self.0.path(), arguments)
    }
}

/// What a run of the program gave.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    output: String,
}

impl Ran {
    #[track_caller]
    fn assert(&self, code: i32, text: &str) {
        assert_eq!(self.code, Some(code), "the exit code of {self:#?}");
        assert!(self.output.contains(text), "expected {text:?} in the output of {self:#?}");
    }
}

/// Runs the program in a folder.
#[track_caller]
fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yamux-conform"));
    command.env("YAMUX_CONFORM_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    let output = command.args(arguments).current_dir(folder).output().expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    Ran { code: output.status.code(), output: String::from_utf8_lossy(&text).into_owned() }
}

/// Runs the program in this repository.
#[track_caller]
fn here(arguments: &[&str]) -> Ran {
    run(&root(), arguments)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn without_a_load_bearing_scenario_the_command_names_what_gets_through() {
    for (scenario, mutant) in [
        ("go-away/on-a-stream", "go-away-only-on-zero"),
        ("limits/last-stream-number", "numbers-begin-again"),
    ] {
        let document = fs::read_to_string(root().join("docs/strength.md")).expect("a text");
        assert!(document.contains(&format!("| {scenario} | {mutant} |")), "{scenario}");
        let ran = Workspace::without(scenario).run(&["mutants"]);
        ran.assert(1, &format!("MISSED: no scenario catches {mutant} ("));
    }
}

#[test]
fn one_mutant_against_one_scenario_is_caught_or_missed() {
    let fin = ["mutants", "--only", "second-fin-*", "--scenario"];
    here(&[&fin[..], &["half-close/peers-second-fin-*"]].concat())
        .assert(0, "\n1 mutants: 1 caught, 0 missed (100 %)");
    here(&[&fin[..], &["ping/in-both-directions"]].concat())
        .assert(1, "\n1 mutants: 0 caught, 1 missed (0 %)");
}

#[test]
fn an_impostor_that_passes_is_named_with_the_scenario() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&["mutants", "--only", "mute/*"]);
    ran.assert(0, "");
    let ran = workspace.run(&["mutants", "--only", "resets-every-stream/done"]);
    ran.assert(1, "MISSED: the impostor resets-every-stream/done passes ping/echo");
    workspace.write(
        "mutants.json",
        r#"{ "passed": [ { "peers": ["resets-every-stream"], "scenarios": ["ping/echo"], "reason": "it answers pings" } ] }"#,
    );
    workspace.run(&["mutants", "--only", "resets-every-stream/done"]).assert(0, "");
}

#[test]
fn an_exception_that_is_not_needed_fails_with_its_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mutants.json");
    let text = fs::read_to_string(root().join("mutants.json")).expect("a text");
    let entry = "\"missed\": [\n    { \"mutant\": \"fin-never\", \"reason\": \"x\" }\n  ]";
    fs::write(&path, text.replace("\"missed\": []", entry)).expect("it can be written");
    let path = path.display().to_string();
    let ran = here(&["mutants", "--exceptions", &path]);
    ran.assert(1, "mutants.json:4:5: no mutant \"fin-never\" is missed");
}

#[test]
fn wrong_exceptions_and_empty_selections_are_told_apart() {
    let workspace = Workspace::with_echo();
    workspace.run(&["mutants", "--only", "unheard-of"]).assert(4, "");
    workspace.write("mutants.json", "{ \"missed\": [ { \"mutant\": \"x\" } ] }");
    workspace.run(&["mutants"]).assert(3, "mutants.json:1:15: ");
}

#[test]
fn a_scenario_that_a_right_peer_fails_catches_nothing() {
    let workspace = Workspace::new();
    let text = r#"{ "title": "t", "clauses": ["A-1"], "peer": "wire", "steps": [
        { "peer": { "expect": { "pong": 1, "within": "1s" } } } ] }"#;
    workspace.write("scenarios/ping/never.json", text);
    let ran = workspace.run(&["mutants", "scenarios"]);
    ran.assert(1, "ping/never/client fails against the right peer already");
}

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
