//! Cost is linear in the size of the input: sixteen times as much of anything takes about sixteen times the work.

use std::fmt::Write;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::harness::Workspace;
use crate::register::{clause, register};

/// Sizes are this far apart: four doublings.
const TIMES: usize = 16;

/// What that may cost. A doubling that costs 2.6 times as much is noise and growing tables; where something is looked for
/// one by one, it costs four times as much.
const MOST: f64 = 2.6 * 2.6 * 2.6 * 2.6;

/// Runs the program with these arguments on what `make` makes of a size, and holds the work for `TIMES` times `size`
/// against that for `size`; what the program costs with next to nothing is taken off both. It must end with this code.
#[track_caller]
fn assert_linear(arguments: &[&str], code: i32, size: usize, make: impl Fn(&Workspace, usize)) {
    let of = |size| {
        let workspace = Workspace::new();
        workspace.write("scenarios/clauses.json", &register(&clause("A-1", "must", "")));
        make(&workspace, size);
        workspace
    };
    let (empty, small, large) = (of(1), of(size), of(size * TIMES));
    large.run(arguments).assert_code(code);
    let mut ratios = Vec::new();
    // Once more where the machine was busy with something else.
    for _ in 0..3 {
        let [empty, small, large] =
            [&empty, &small, &large].map(|workspace| work(workspace, arguments));
        let ratio = (large - empty) / (small - empty).max(empty / 4.0);
        if ratio < MOST {
            return;
        }
        ratios.push(ratio);
    }
    panic!("{TIMES} times the size costs {ratios:?} times the work, at most {MOST} is right");
}

/// The median work of three runs.
fn work(workspace: &Workspace, arguments: &[&str]) -> f64 {
    let mut runs = [(); 3].map(|()| one_run(workspace, arguments));
    runs.sort_by(f64::total_cmp);
    runs[1]
}

/// The processor time of a run, where the system tells it, else how long it took; in seconds.
fn one_run(workspace: &Workspace, arguments: &[&str]) -> f64 {
    let mut command: Command = workspace.program(arguments);
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let id = Pid::from_child(&child);
    let ended = waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    ended.expect("the program ends");
    let elapsed = began.elapsed().as_secs_f64();
    // What has ended and was not waited for still tells.
    let work = processor_time(&child).unwrap_or(elapsed);
    child.wait().expect("it has ended");
    work
}

fn processor_time(child: &Child) -> Option<f64> {
    let told = fs::read_to_string(format!("/proc/{}/schedstat", child.id())).ok()?;
    let nanos: f64 = told.split_whitespace().next()?.parse().ok()?;
    (nanos > 0.0).then_some(nanos / 1e9)
}

const RUN: &[&str] = &["run", "--target", "built-in", "--clock", "virtual"];
const CHECK: &[&str] = &["check"];

/// A scenario of these steps, with a probe behind them; its backlog is never full.
fn scenario(peer: &str, steps: impl IntoIterator<Item = String>) -> String {
    let ends: &[&str] = if peer == "app" { &["subject", "peer"] } else { &["subject"] };
    let settings: Vec<String> = ends
        .iter()
        .map(|end| {
            format!(r#""{end}": {{ "accept_backlog": 1000000, "stream_open_timeout": "off", "stream_close_timeout": "5m" }}"#)
        })
        .collect();
    let mut text = format!(
        r#"{{ "title": "t", "clauses": ["A-1"], "peer": "{peer}", "sides": ["client"],
        "settings": {{ {} }}, "steps": ["#,
        settings.join(", ")
    );
    for step in steps {
        writeln!(text, "{step},").expect("a string takes everything");
    }
    text.push_str(r#"{ "probe": "ping" } ] }"#);
    text
}

/// Runs one scenario, of as many steps as the size says.
#[track_caller]
fn assert_steps_linear(peer: &str, steps: impl Fn(usize) -> Vec<String>) {
    assert_linear(RUN, 0, 600, |workspace, size| {
        workspace.write("scenarios/x.json", &scenario(peer, steps(size)));
    });
}

fn subject(call: &str) -> String {
    format!(r#"{{ "subject": {{ {call} }} }}"#)
}

fn peer(call: &str) -> String {
    format!(r#"{{ "peer": {{ {call} }} }}"#)
}

fn open(stream: usize) -> String {
    subject(&format!(r#""open": {{ "stream": "s{stream}" }}"#))
}

fn accept(stream: usize) -> String {
    peer(&format!(r#""accept": {{ "stream": "s{stream}" }}"#))
}

#[test]
fn many_opened_streams() {
    assert_steps_linear("app", |size| (0..size).map(open).collect());
}

#[test]
fn many_held_streams_with_calls_that_wait_on_them() {
    assert_steps_linear("app", |size| {
        let streams = size / 5;
        let waiting = (0..streams).map(|stream| {
            peer(&format!(
                r#""read": {{ "stream": "s{stream}", "bytes": 9, "label": "r{stream}" }}"#
            ))
        });
        let written = (0..streams)
            .map(|stream| subject(&format!(r#""write": {{ "stream": "s{stream}", "bytes": 9 }}"#)));
        let joined =
            (0..streams).map(|stream| format!(r#"{{ "join": {{ "label": "r{stream}" }} }}"#));
        let held = (0..streams).flat_map(|stream| [open(stream), accept(stream)]);
        held.chain(waiting).chain(written).chain(joined).collect()
    });
}

#[test]
fn many_frames_that_are_expected_late() {
    assert_steps_linear("wire", |size| {
        let streams = size / 3;
        let frames = (0..streams).map(|stream| {
            peer(&format!(
                r#""expect_frame": {{ "type": "window_update", "stream": "s{stream}", "flags": ["SYN"] }}"#
            ))
        });
        let seen = (0..streams)
            .rev()
            .map(|stream| peer(&format!(r#""expect": {{ "opened": "s{stream}" }}"#)));
        (0..streams).map(open).chain(frames).chain(seen).collect()
    });
}

#[test]
fn many_streams_that_leave_before_they_are_accepted() {
    assert_steps_linear("wire", |size| {
        let frame = |flag: &'static str| {
            move |stream: usize| {
                peer(&format!(r#""send": {{ "window_update": "s{stream}", "flags": ["{flag}"] }}"#))
            }
        };
        (0..size / 2).map(frame("SYN")).chain((0..size / 2).rev().map(frame("RST"))).collect()
    });
}

#[test]
fn many_numbers_of_the_wrong_side() {
    assert_steps_linear("wire", |size| {
        let stray =
            |n| peer(&format!(r#""send": {{ "data": "s{n}", "bytes": 0, "id": "wrong_parity" }}"#));
        (0..size).map(stray).collect()
    });
}

#[test]
fn many_pings_with_pongs_in_any_order() {
    assert_steps_linear("wire", |size| {
        let pings = (0..size / 2).map(|n| peer(&format!(r#""send": {{ "ping": {n} }}"#)));
        let pongs = (0..size / 2).rev().map(|n| peer(&format!(r#""expect": {{ "pong": {n} }}"#)));
        pings.chain(pongs).collect()
    });
}

#[test]
fn many_steps_with_times() {
    assert_steps_linear("app", |size| {
        let closed = |stream| {
            let timed = r#""within": "subject.stream_close_timeout + 1s""#;
            let close = subject(&format!(r#""half_close": {{ "stream": "s{stream}" }}"#));
            let ping =
                format!(r#"{{ "subject": {{ "ping": {{ {timed} }} }}, "name": "n{stream}" }}"#);
            let from = subject(&format!(r#""ping": {{ "within": "1year", "from": "n{stream}" }}"#));
            [open(stream), accept(stream), close, ping, from]
        };
        (0..size / 5).flat_map(closed).collect()
    });
}

#[test]
fn many_calls_on_one_stream() {
    assert_steps_linear("app", |size| {
        let both = [
            subject(r#""write": { "stream": "s0", "bytes": 9 }"#),
            peer(r#""read": { "stream": "s0", "bytes": 9 }"#),
        ];
        let calls = (0..size / 2).flat_map(|_| both.clone());
        [open(0), accept(0)].into_iter().chain(calls).collect()
    });
}

/// A trace of this many pings, and pongs in the other order.
fn trace(pings: usize, last: &str) -> String {
    let mut text = "# yamux-conform trace v1\n# case: a.client\n# target: t\n# clock: virtual\n# form: exact\n".to_owned();
    for n in 0..pings {
        writeln!(text, "0.000 P>S ping SYN #{n}").expect("a string takes everything");
    }
    for n in (0..pings).rev() {
        writeln!(text, "0.000 S>P ping ACK #{n}").expect("a string takes everything");
    }
    text + last
}

#[test]
fn long_traces() {
    assert_linear(&["diff", "a.trace", "b.trace"], 1, 2000, |workspace, size| {
        workspace.write("a.trace", &trace(size, "0.000 S>P end eof\n"));
        workspace.write("b.trace", &trace(size, "0.000 S>P go_away - code=1\n"));
    });
}

#[test]
fn many_typos_among_many_names() {
    assert_linear(CHECK, 3, 600, |workspace, size| {
        let known =
            (0..size / 2).map(|n| subject(&format!(r#""open": {{ "stream": "stream{n}" }}"#)));
        let typos = (0..size / 2)
            .map(|n| subject(&format!(r#""half_close": {{ "stream": "streem{n}" }}"#)));
        workspace.write("scenarios/x.json", &scenario("app", known.chain(typos)));
    });
}

/// So many scenarios in one folder.
fn folder(workspace: &Workspace, size: usize) {
    for n in 0..size {
        workspace.write(&format!("scenarios/x{n}.json"), &scenario("app", []));
    }
}

/// A ledger with this many entries; `case` is what they name.
fn ledger(workspace: &Workspace, size: usize, case: impl Fn(usize) -> String) {
    let entry = |n| {
        let case = case(n);
        format!(
            r#"{{ "case": "{case}", "what": "verdict", "fingerprint": "pong/{n} | no-pong", "reason": "r" }}"#
        )
    };
    let entries: Vec<String> = (0..size).map(entry).collect();
    let text = format!("{{ \"entries\": [\n{}\n] }}", entries.join(",\n"));
    workspace.write("known/built-in.json", &text);
}

#[test]
fn many_scenarios_in_a_folder() {
    assert_linear(RUN, 0, 150, folder);
}

#[test]
fn many_entries_in_a_ledger() {
    assert_linear(RUN, 1, 200, |workspace, size| {
        folder(workspace, size / 2);
        ledger(workspace, size, |n| format!("x{}", n / 2));
    });
}

#[test]
fn many_entries_that_name_no_scenario() {
    assert_linear(CHECK, 1, 500, |workspace, size| {
        folder(workspace, size / 10);
        ledger(workspace, size, |n| format!("y{n}"));
    });
}
