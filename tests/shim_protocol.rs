//! The document on shims agrees with the protocol's types: every line of its transcripts, every operation, setting, error
//! class and event.
#![expect(clippy::disallowed_methods, reason = "a test reads files")]

use std::fs;
use std::path::Path;

use yamux_conform::harness::analysis::interop::InteropRecord;
use yamux_conform::harness::shim::protocol::{
    Capabilities, Operation, OperationName, ShimAnswer, ShimEvent, ShimLine, ShimReply,
    ShimRequest, ShimSettings, Stepped,
};

use crate::harness::Workspace;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/writing-a-shim.md");
    fs::read_to_string(path).expect("the document on shims")
}

/// The lines of the transcripts, each with its direction.
fn transcript(document: &str) -> impl Iterator<Item = (char, &str)> {
    document.lines().filter_map(|line| {
        let (direction, rest) = line.split_at_checked(2)?;
        let is_line = matches!(direction, "> " | "< ") && rest.starts_with('{');
        is_line.then_some((direction.chars().next()?, rest))
    })
}

#[test]
fn every_line_of_a_transcript_is_one_of_the_protocol() {
    let document = document();
    let (mut requests, mut replies, mut events) = (Vec::new(), 0, 0);
    for (direction, line) in transcript(&document) {
        if direction == '>' {
            let request = ShimRequest::parse(line).unwrap_or_else(|bad| panic!("{bad:?}: {line}"));
            requests.push(request);
            continue;
        }
        match ShimLine::parse(line).unwrap_or_else(|error| panic!("{error}: {line}")) {
            ShimLine::Event(event) => {
                assert_ne!(event, ShimEvent::Unknown, "{line}");
                events += 1;
            }
            ShimLine::Reply(ShimReply { id, answer }) => {
                let asked = requests.iter().rev().find(|request| request.id == id);
                let asked = asked.unwrap_or_else(|| panic!("nothing asked for {line}"));
                is_answer_to(&asked.operation, answer).unwrap_or_else(|e| panic!("{e}: {line}"));
                replies += 1;
            }
        }
    }
    assert!(requests.len() > 15 && replies == requests.len() && events > 10);
}

/// Whether the `ok` has the fields of its operation.
fn is_answer_to(asked: &Operation, answer: ShimAnswer) -> Result<(), String> {
    match (asked, answer) {
        (Operation::Hello { .. }, answer) => Capabilities::read(answer).map(drop),
        (Operation::Step(_), ShimAnswer::Ok(ok)) => {
            serde_json::from_value::<Stepped>(ok).map(drop).map_err(|error| error.to_string())
        }
        (_, answer) => answer.into_result().map(drop),
    }
}

#[test]
fn every_name_of_the_protocol_is_explained() {
    let document = document();
    let life = ["hello", "session", "step", "end", "bye"].map(str::to_owned);
    let operations = OperationName::actions().map(|name| name.to_string()).chain(life);
    for name in operations.chain(ShimSettings::all_names()) {
        let is_explained = document.contains(&format!("`{name}`"));
        assert!(is_explained, "docs/writing-a-shim.md does not explain {name}");
    }
}

/// The built-in yamux as a shim in lockstep is judged as it is in this process, alone and at both ends.
#[test]
fn the_built_in_shim_passes_in_lockstep() {
    let program = env!("CARGO_BIN_EXE_yamux-conform");
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").display().to_string();
    let workspace = Workspace::new();
    // A command is split at blanks.
    std::os::unix::fs::symlink(program, workspace.path().join("conform")).expect("a fresh name");
    let shim = "mine=shim:./conform shim";
    // What the built-in one may say of errors is what the reference says.
    let dialect = ["--dialect", "mine=hashicorp"];
    let alone = ["run", &scenarios, "--clock", "virtual", "--target", shim, dialect[0], dialect[1]];
    let both = [&alone[..], &["--peer", shim]].concat();
    let in_process = ["run", &scenarios, "--target", "built-in"];
    let counted = |arguments: &[&str]| {
        let ran = workspace.run(arguments);
        ran.assert_code(0);
        let summary = ran.stdout.lines().last().unwrap_or_default();
        summary.split(" (").next().unwrap_or_default().to_owned()
    };
    assert_eq!(counted(&alone), counted(&in_process));
    assert!(counted(&both).contains(" 0 failed"), "{both:?}");
}

/// The table of what a call may say says what `src/engine/rules/classes.rs` says, row by row.
#[test]
fn the_classes_of_a_situation_are_those_of_the_engine() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine/rules/classes.rs");
    let source = fs::read_to_string(path).expect("the classes of the engine");
    let document = document();
    for (row, situation) in [
        ("the session is over, whoever ended it", "SessionOver"),
        ("the peer has reset the stream", "PeerReset"),
        ("its own application has reset or dropped the stream", "OwnReset"),
        ("its own application has closed the stream, or half of it", "OwnClose"),
    ] {
        let other = arm(&source, situation, "_").expect("an arm for every call");
        let read = arm(&source, situation, "Action::Read { .. }").unwrap_or_else(|| other.clone());
        assert!(read.contains("stream_") && other.contains("stream_"), "{read}, {other}");
        let line = format!("| {row} | {read} | {other} |");
        assert!(document.contains(&line), "docs/writing-a-shim.md needs the line\n{line}");
    }
    let arms = source.matches("(Self::").count();
    assert_eq!(arms, 7, "the engine knows other situations than the document");
}

/// The classes of an arm of `Situation::classes`, as the document has them.
fn arm(source: &str, situation: &str, action: &str) -> Option<String> {
    let (_, arm) = source.split_once(&format!("(Self::{situation}, {action}) => "))?;
    let (list, _) = arm.split_once(",\n")?;
    let list = match source.split_once(&format!("const {list}: &[ErrorClass] =")) {
        Some((_, list)) => list.split_once(';')?.0,
        None => list,
    };
    let names = list.split("ErrorClass::").skip(1).map(|name| {
        let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let mut class = String::new();
        for c in name.chars() {
            if c.is_uppercase() && !class.is_empty() {
                class.push('_');
            }
            class.extend(c.to_lowercase());
        }
        format!("`{class}`")
    });
    Some(names.collect::<Vec<_>>().join(", "))
}

/// Two programs on one wire, each of them right: neither the harness's pings between their frames nor the rest of the way
/// is in anybody's way.
#[test]
fn the_built_in_shim_passes_against_itself_over_sockets() {
    let program = env!("CARGO_BIN_EXE_yamux-conform");
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").display().to_string();
    let workspace = Workspace::new();
    std::os::unix::fs::symlink(program, workspace.path().join("conform")).expect("a fresh name");
    let ran = workspace.run(&[
        "interop",
        "one=shim:./conform shim",
        "other=shim:./conform shim",
        "--clock",
        "live",
        "--wire-faults",
        "--scenarios",
        &scenarios,
        "--dialect",
        "one=hashicorp",
        "--dialect",
        "other=hashicorp",
        "--format",
        "json",
    ]);
    ran.assert_code(0);
    let record: InteropRecord = serde_json::from_str(&ran.stdout).expect("one object");
    let pairs: Vec<_> = record.pairs.iter().map(|pair| (pair.failed, pair.differed)).collect();
    assert_eq!(pairs, [(0, 0); 4]);
    assert!(record.pairs.iter().all(|pair| pair.passed > 60), "{:?}", record.problems);
}
