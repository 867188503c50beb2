//! Scenarios at the limits of the format: each ends with an honest report, and none uses much memory.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

/// What a run came to.
struct Ended {
    code: Option<i32>,
    stdout: String,
    /// The most memory it ever had, in MiB, where `/proc` tells it.
    peak: u64,
}

#[test]
fn a_transfer_takes_no_memory_of_its_size() {
    for (name, bytes) in [("small", "1MiB"), ("large", "256MiB")] {
        let ended = run(
            "app",
            &format!(
                r#"{OPENED},
                {{ "subject": {{ "write": {{ "stream": "s", "bytes": "{bytes}", "label": "writer" }} }} }},
                {{ "peer": {{ "read": {{ "stream": "s", "bytes": "{bytes}" }} }} }},
                {{ "join": {{ "label": "writer" }} }}, {PROBE}"#
            ),
        );
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.stdout);
        assert!(ended.peak < 100, "{name}: {} MiB", ended.peak);
    }
}

#[test]
fn frames_without_end_are_made_as_they_go() {
    let ended = run(
        "wire",
        &format!(
            r#"{{ "peer": {{ "send": {{ "raw": {{ "version": 7, "type": 0, "stream": 1, "length": 9, "body_bytes": "16MiB" }}, "times": 15 }} }} }}, {PROBE}"#
        ),
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.peak < 100, "{} MiB", ended.peak);
}

#[test]
fn a_keep_alive_of_a_nanosecond_ends_at_the_limit_of_frames() {
    for side in ["subject", "peer"] {
        let ended = run_with(
            &format!(r#""settings": {{ "{side}": {{ "keep_alive_interval": "1ns" }} }},"#),
            "app",
            &format!(r#"{{ "wait": "1year" }}, {PROBE}"#),
        );
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        assert!(ended.stdout.contains("at most 400000 frames in a case"), "{}", ended.stdout);
        assert!(ended.peak < 200, "{} MiB", ended.peak);
    }
}

#[test]
fn many_calls_that_look_at_many_pieces_end_at_the_limit_of_effort() {
    let accepts = (0..1000).map(|i| {
        format!(r#"{{ "subject": {{ "accept": {{ "stream": "s{i}", "label": "c{i}" }} }} }},"#)
    });
    let joins =
        (0..1000).map(|i| format!(r#"{{ "join": {{ "label": "c{i}", "error": "eof" }} }},"#));
    let flood = r#"{ "wire": { "segment": { "to": "subject", "bytes": 1 } } },
        { "peer": { "send": { "ping": 7, "times": 50000 } } },"#;
    let steps: Vec<String> = accepts.chain([flood.to_owned()]).chain(joins).collect();
    let ended = run("wire", &format!("{}{PROBE}", steps.join("\n")));
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.stdout.contains("pieces, timers and running calls"), "{}", ended.stdout);
    assert!(ended.peak < 200, "{} MiB", ended.peak);
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_runs() {
    for times in ["1000000", "4294967295"] {
        let ended = run(
            "wire",
            &format!(
                r#"{{ "peer": {{ "send": {{ "window_update": "s", "flags": ["SYN"] }} }} }},
                {{ "peer": {{ "send": {{ "data": "s", "bytes": "16MiB", "times": {times} }} }} }}, {PROBE}"#
            ),
        );
        assert_eq!(ended.code, Some(3), "{}", ended.stdout);
        assert!(ended.peak < 50, "{} MiB", ended.peak);
    }
}

/// Runs these steps on the built-in implementation, as client.
fn run(peer: &str, steps: &str) -> Ended {
    run_with("", peer, steps)
}

/// As `run`, with more keys in the scenario's head.
fn run_with(head: &str, peer: &str, steps: &str) -> Ended {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = format!(
        r#"{{ "title": "t", "clauses": ["A-1"], "peer": "{peer}", "sides": ["client"], {head} "steps": [{steps}] }}"#
    );
    fs::write(folder.path().join("x.json"), text).expect("it can be written");
    start(folder.path())
}

fn start(folder: &Path) -> Ended {
    let stdout = folder.join("stdout");
    let file = fs::File::create(&stdout).expect("it can be made");
    let mut child = Command::new(env!("CARGO_BIN_EXE_yamux-conform"))
        .args(["run", "x.json", "--target", "built-in", "--clock", "virtual"])
        .current_dir(folder)
        .stdout(file)
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut peak = 0;
    let code = loop {
        peak = memory(&child).unwrap_or(peak);
        match child.try_wait().expect("it can be waited for") {
            Some(status) => break status.code(),
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    let stdout = fs::read_to_string(stdout).expect("it is text");
    Ended { code, stdout, peak }
}

/// The peak of a process's memory so far, in MiB.
fn memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024)
}

/// A stream that both applications hold.
const OPENED: &str =
    r#"{ "subject": { "open": { "stream": "s" } } }, { "peer": { "accept": { "stream": "s" } } }"#;

const PROBE: &str = r#"{ "probe": "ping" }"#;
