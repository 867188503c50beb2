//! Lockstep, from the outside: this program is also a shim, whose clock stops for good, so each test starts one of its own.

mod echo;

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::echo::Echo;

fn main() {
    if env::args().any(|argument| argument == SHIM) {
        yamux_shim::serve::<Echo>()
    }
    if !cfg!(all(target_os = "linux", target_pointer_width = "64")) {
        // The clock cannot be stopped here, and `hello` says so.
        return;
    }
    let tests: [(&str, fn()); 8] = [
        ("bytes_go_in_and_out_as_the_step_says", bytes_go_in_and_out_as_the_step_says),
        ("time_stands_still_without_a_step", time_stands_still_without_a_step),
        ("time_stops_at_what_there_is_to_tell", time_stops_at_what_there_is_to_tell),
        (
            "a_timer_is_no_later_for_a_step_inside_a_tick",
            a_timer_is_no_later_for_a_step_inside_a_tick,
        ),
        ("two_sessions_share_the_clock", two_sessions_share_the_clock),
        ("every_session_says_the_same", every_session_says_the_same),
        ("an_end_takes_what_time_it_needs", an_end_takes_what_time_it_needs),
        ("a_process_has_one_clock", a_process_has_one_clock),
    ];
    for (name, test) in tests {
        test();
        println!("{name}: ok");
    }
}

const SHIM: &str = "as-a-shim";

/// The shim, and whoever asks it.
struct Shim {
    child: Child,
    lines: BufReader<ChildStdout>,
    next_id: u64,
}

impl Shim {
    fn start() -> Self {
        let program = env::current_exe().unwrap();
        let mut child = Command::new(program)
            .arg(SHIM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines, next_id: 1 }
    }

    /// With session `s`, and its stream `a`.
    fn with_stream() -> Self {
        let mut shim = Self::start();
        assert_eq!(shim.begin("s"), json!({}));
        shim.open("s");
        shim
    }

    fn send(&mut self, op: &str, mut request: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        (request["id"], request["op"]) = (json!(id), json!(op));
        let line = format!("{request}\n");
        self.child.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
        id
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no line: {line:?}"))
    }

    /// What the next line, which must be its answer, says.
    fn ask(&mut self, op: &str, request: Value) -> Value {
        let id = self.send(op, request);
        let answer = self.line();
        assert_eq!(answer["id"], id, "{answer}");
        answer.get("ok").unwrap_or(&answer).clone()
    }

    fn begin(&mut self, session: &str) -> Value {
        self.ask(
            "session",
            json!({"session": session, "side": "client", "clock": "lockstep", "settings": {}}),
        )
    }

    fn open(&mut self, session: &str) {
        let opened = self.ask("open", json!({"session": session, "stream": "a"}));
        assert_eq!(opened, json!({"stream_number": 1}));
    }

    fn step(&mut self, mut step: Value) -> Value {
        step["session"] = json!("s");
        self.ask("step", step)
    }

    /// A read that ends so long from now.
    fn read_for(&mut self, session: &str, micros: u64) -> u64 {
        let on = json!({"session": session, "stream": "a", "read_us": micros, "bytes": 1});
        assert_eq!(self.ask("set_deadline", on.clone()), json!({}));
        let read = self.send("read", on);
        self.tell(session);
        read
    }

    /// What was answered since the last step would end the next one at once.
    fn tell(&mut self, session: &str) {
        self.ask("step", json!({"session": session}));
    }

    fn fails_as(&mut self, read: u64, class: &str) {
        let answer = self.line();
        assert_eq!(
            (&answer["id"], &answer["err"]["class"]),
            (&json!(read), &json!(class)),
            "{answer}"
        );
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        assert!(status.success() || std::thread::panicking(), "{status}");
    }
}

fn text(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

fn now(seconds: f64) -> Value {
    json!({"now_ns": (seconds * 1e9).round() as u64})
}

fn bytes_go_in_and_out_as_the_step_says() {
    let mut shim = Shim::start();
    shim.begin("s");
    let stepped = shim.step(json!({"deliver": text(b"abcdefg"), "segment": 3, "room": 2}));
    assert_eq!(stepped, json!({"now_ns": 0, "out": text(b"3a"), "left": 8}));
    assert_eq!(shim.step(json!({"room": 0})), json!({"now_ns": 0, "left": 8}));
    assert_eq!(shim.step(json!({})), json!({"now_ns": 0, "out": text(b"bc3def1g")}));
    shim.send("step", json!({"session": "s", "deliver": text(b"z"), "end": "eof"}));
    assert_eq!(shim.line()["class"], "eof");
    assert_eq!(shim.line()["ok"], json!({"now_ns": 0, "out": text(b"1z"), "end": "eof"}));
    assert!(shim.ask("step", json!({"session": "t"}))["fault"].is_object());
    let torn = shim.step(json!({"deliver": "no base64!"}));
    assert!(torn["fault"].is_object(), "{torn}");
}

fn time_stands_still_without_a_step() {
    let mut shim = Shim::with_stream();
    shim.read_for("s", 1000);
    assert_eq!(shim.ask("count_streams", json!({"session": "s"})), json!({"streams": 0}));
    assert_eq!(shim.step(json!({})), now(0.0));
}

/// The timer is tokio's, and the time that has passed by then is that of `std`.
fn time_stops_at_what_there_is_to_tell() {
    let mut shim = Shim::with_stream();
    let read = shim.read_for("s", 300_000_000);
    assert_eq!(shim.step(json!({"until_ns": 299_999_999_999_u64})), now(299.999_999_999));
    let step = shim.send("step", json!({"session": "s", "until_ns": 3_600_000_000_000_u64}));
    shim.fails_as(read, "deadline");
    assert_eq!(shim.line(), json!({"id": step, "ok": now(300.0)}));
    assert_eq!(shim.ask("count_streams", json!({"session": "s"})), json!({"streams": 300}));
    shim.tell("s");
    assert_eq!(shim.step(json!({"until_ns": 3_600_000_000_000_u64})), now(3600.0));
}

fn a_timer_is_no_later_for_a_step_inside_a_tick() {
    let mut shim = Shim::with_stream();
    let read = shim.read_for("s", 10_000);
    assert_eq!(shim.step(json!({"until_ns": 400_000})), now(0.000_4));
    assert_eq!(shim.step(json!({"until_ns": 700_000})), now(0.000_7));
    let step = shim.send("step", json!({"session": "s", "until_ns": 20_000_001}));
    shim.fails_as(read, "deadline");
    assert_eq!(shim.line(), json!({"id": step, "ok": now(0.01)}));
    assert_eq!(shim.step(json!({"until_ns": 20_000_001})), now(0.020_000_001));
    // Tokio rounds up to the next of its ticks.
    let read = shim.read_for("s", 1000);
    let step = shim.send("step", json!({"session": "s", "until_ns": 30_000_000}));
    shim.fails_as(read, "deadline");
    assert_eq!(shim.line(), json!({"id": step, "ok": now(0.022)}));
}

fn two_sessions_share_the_clock() {
    let mut shim = Shim::with_stream();
    assert_eq!(shim.begin("t"), json!({}));
    shim.open("t");
    assert!(shim.begin("u")["fault"].is_object());
    let reads = [shim.read_for("t", 1_000_000), shim.read_for("s", 2_000_000)];
    for (read, seconds) in reads.into_iter().zip([1.0, 2.0]) {
        let step = shim.send("step", json!({"session": "s", "until_ns": 5_000_000_000_u64}));
        shim.fails_as(read, "deadline");
        assert_eq!(shim.line(), json!({"id": step, "ok": now(seconds)}));
        assert_eq!(shim.ask("step", json!({"session": "t"})), now(seconds));
    }
    shim.ask("step", json!({"session": "t", "deliver": text(b"a"), "room": 0}));
    assert_eq!(shim.step(json!({"until_ns": 5_000_000_000_u64})), now(5.0));
    assert_eq!(shim.ask("step", json!({"session": "t"}))["out"], text(b"1a"));
}

/// Also of what is drawn by chance.
fn every_session_says_the_same() {
    let mut shim = Shim::start();
    let mut first = None;
    for _ in 0..20 {
        shim.begin("s");
        shim.open("s");
        let read = shim.read_for("s", 1_000_000);
        shim.send("step", json!({"session": "s", "until_ns": 2_000_000_000_u64}));
        shim.fails_as(read, "deadline");
        shim.line();
        let drawn = shim.ask("go_away", json!({"session": "s"}));
        let said = shim.step(json!({"until_ns": 2_000_000_000_u64}));
        assert!(said["out"].as_str().unwrap().len() > 100 && drawn == json!({}), "{said}");
        assert_eq!(*first.get_or_insert(said.clone()), said);
        shim.send("end", json!({"session": "s"}));
        assert_eq!(shim.line()["event"], "session_end");
        assert_eq!(shim.line()["ok"], json!({}));
    }
}

/// The library's close takes ten seconds; a call that the library forgets keeps the end from its answer.
fn an_end_takes_what_time_it_needs() {
    let mut shim = Shim::with_stream();
    shim.send("end", json!({"session": "s"}));
    assert_eq!(shim.line()["event"], "session_end");
    assert_eq!(shim.line()["ok"], json!({}));
    shim.begin("s");
    assert_eq!(shim.step(json!({})), now(0.0));
    shim.open("s");
    shim.send("write", json!({"session": "s", "stream": "a", "bytes": 1}));
    shim.send("end", json!({"session": "s"}));
    assert_eq!(shim.line()["event"], "session_end");
    assert_eq!(shim.ask("hello", json!({"protocols": [1]}))["protocol"], 1);
}

fn a_process_has_one_clock() {
    let mut shim = Shim::start();
    assert_eq!(shim.ask("hello", json!({"protocols": [1]}))["clocks"], json!(["live", "lockstep"]));
    shim.begin("s");
    let live = json!({"session": "t", "side": "client", "dial": "127.0.0.1:9", "settings": {}});
    assert!(shim.ask("session", live)["fault"].is_object());
    assert_eq!(shim.ask("bye", json!({})), json!({}));
}
