//! The protocol with a library that has everything.

mod fake;

use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::output::Output;
use crate::request::Request;
use crate::server::Server;
use crate::tests::fake::Fake;

/// A harness with one session and one stream, `a`.
struct Harness {
    server: Arc<Server<Fake>>,
    lines: Receiver<Value>,
    runtime: Runtime,
    listener: TcpListener,
}

/// Gives each line to the test.
struct Lines(Sender<Value>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(serde_json::from_slice(line).unwrap());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Harness {
    fn new() -> Self {
        let (sender, lines) = mpsc::channel();
        let server = Server::live(Output::to(Lines(sender)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { server, lines, runtime: Runtime::new().unwrap(), listener }
    }

    fn with_stream() -> Self {
        let harness = Self::new();
        assert!(harness.begin(json!({})).get("ok").is_some());
        harness.send(json!({"id": 2, "op": "open", "session": "s", "stream": "a"}));
        assert_eq!(harness.line(), json!({"id": 2, "ok": {"stream_number": 1}}));
        harness
    }

    fn begin(&self, settings: Value) -> Value {
        let dial = self.listener.local_addr().unwrap().to_string();
        self.send(json!({
            "id": 1, "op": "session", "session": "s", "side": "client", "dial": dial, "settings": settings
        }));
        self.line()
    }

    fn send(&self, request: Value) {
        let _inside = self.runtime.enter();
        self.server.handle(Request::parse(request.to_string().as_bytes()));
    }

    fn line(&self) -> Value {
        self.lines.recv_timeout(Duration::from_secs(10)).expect("a line")
    }

    /// Sends a request about stream `a` and returns the next line.
    fn ask(&self, id: u64, op: &str, mut fields: Value) -> Value {
        for (name, value) in [("id", json!(id)), ("op", json!(op)), ("session", json!("s"))] {
            fields[name] = value;
        }
        fields["stream"] = json!("a");
        self.send(fields);
        self.line()
    }
}

fn crc(seed: u32, offset: u64, bytes: usize) -> u32 {
    let mut buf = vec![0; bytes];
    crate::pattern::fill(&mut buf, seed, offset);
    crc32fast::hash(&buf)
}

#[test]
fn reads_are_made_in_the_order_in_which_they_were_asked_for() {
    let harness = Harness::with_stream();
    for (id, bytes) in [(3, 4), (4, 6)] {
        harness
            .send(json!({"id": id, "op": "read", "session": "s", "stream": "a", "bytes": bytes}));
    }
    harness.send(json!({"id": 5, "op": "write", "session": "s", "stream": "a", "bytes": 5, "times": 2, "seed": 7}));
    let mut lines: Vec<Value> = (0..4).map(|_| harness.line()).collect();
    // That the write goes on is told once; what the reads tell of their parts depends on how they meet it.
    while lines.iter().filter(|line| line.get("ok").is_some()).count() < 3 {
        lines.push(harness.line());
    }
    let place = |line: &Value| lines.iter().position(|one| one == line);
    let first = place(&json!({"id": 3, "ok": {"bytes": 4, "crc32": crc(7, 0, 4)}}));
    let second = place(&json!({"id": 4, "ok": {"bytes": 6, "crc32": crc(7, 4, 6)}}));
    assert!(first.is_some() && second.is_some() && first < second, "{lines:?}");
    assert!(place(&json!({"id": 5, "ok": {"bytes": 10}})).is_some(), "{lines:?}");
    assert!(place(&json!({"event": "progress", "of": 5, "bytes": 5})).is_some(), "{lines:?}");
}

#[test]
fn a_write_that_waits_sees_the_close() {
    let harness = Harness::with_stream();
    let progress = harness.ask(3, "write", json!({"bytes": 11}));
    assert_eq!(progress, json!({"event": "progress", "of": 3, "bytes": 10}));
    harness.send(json!({"id": 4, "op": "close", "session": "s", "stream": "a"}));
    let mut lines = [harness.line(), harness.line()];
    lines.sort_by_key(|line| line["id"].as_u64());
    assert_eq!(lines[0]["err"]["class"], "stream_closed");
    assert_eq!(lines[0]["err"]["bytes"], 10);
    assert_eq!(lines[1], json!({"id": 4, "ok": {}}));
}

#[test]
fn the_end_of_a_stream_is_ok_for_a_read_to_the_end_only() {
    let harness = Harness::with_stream();
    assert_eq!(harness.ask(3, "write", json!({"bytes": 2})), json!({"id": 3, "ok": {"bytes": 2}}));
    assert_eq!(harness.ask(4, "half_close", json!({})), json!({"id": 4, "ok": {}}));
    let progress = harness.ask(5, "read", json!({"to_end": true}));
    assert_eq!(progress, json!({"event": "progress", "of": 5, "bytes": 2}));
    assert_eq!(harness.line(), json!({"id": 5, "ok": {"bytes": 2, "crc32": crc(0, 0, 2)}}));
    let more = harness.ask(6, "read", json!({"bytes": 1}));
    assert_eq!((&more["err"]["class"], &more["err"]["bytes"]), (&json!("eof"), &json!(0)));
}

#[test]
fn dropping_a_stream_gives_up_the_calls_that_wait() {
    for (op, label_is_free) in [("drop", true), ("reset", false)] {
        let harness = Harness::with_stream();
        harness.send(json!({"id": 3, "op": "read", "session": "s", "stream": "a", "bytes": 1}));
        // The read waits: nothing was written. Its answer may come before the other.
        harness.send(json!({"id": 4, "op": "count_streams", "session": "s"}));
        assert_eq!(harness.line(), json!({"id": 4, "ok": {"streams": 1}}));
        harness.send(json!({"id": 5, "op": op, "session": "s", "stream": "a"}));
        let mut lines = [harness.line(), harness.line()];
        lines.sort_by_key(|line| line["id"].as_u64());
        let class = lines[0]["err"]["class"].as_str().unwrap();
        // One that had not begun to wait finds the stream gone.
        assert!(["cancelled", "stream_reset"].contains(&class), "{lines:?}");
        assert_eq!(lines[1], json!({"id": 5, "ok": {}}));
        let again = harness.ask(6, "read", json!({"bytes": 1}));
        match label_is_free {
            true => assert!(again.get("fault").is_some(), "{again}"),
            false => assert_eq!(again["err"]["class"], "stream_reset"),
        }
    }
}

#[test]
fn a_deadline_holds_for_the_half_that_it_names() {
    let harness = Harness::with_stream();
    assert_eq!(harness.ask(3, "set_deadline", json!({"write_us": 0}))["ok"], json!({}));
    assert_eq!(harness.ask(4, "write", json!({"bytes": 1}))["ok"]["bytes"], 1);
    assert_eq!(harness.ask(5, "set_deadline", json!({"read_us": 0}))["ok"], json!({}));
    assert_eq!(harness.ask(6, "read", json!({"bytes": 1}))["err"]["class"], "deadline");
    assert_eq!(harness.ask(7, "set_deadline", json!({"read_us": null}))["ok"], json!({}));
    assert_eq!(harness.ask(8, "read", json!({"bytes": 1}))["ok"]["bytes"], 1);
    assert!(harness.ask(9, "set_deadline", json!({})).get("fault").is_some());
}

#[test]
fn end_is_answered_last() {
    let harness = Harness::with_stream();
    harness.send(json!({"id": 3, "op": "accept", "session": "s", "stream": "b"}));
    harness.send(json!({"id": 4, "op": "ping", "session": "s"}));
    let ping = json!({"id": 4, "err": {"class": "deadline", "native": "no pong"}});
    assert_eq!(harness.line(), ping);
    harness.send(json!({"id": 5, "op": "end", "session": "s"}));
    assert_eq!(
        harness.line(),
        json!({"event": "session_end", "session": "s", "class": "session_shutdown", "native": "closed"})
    );
    let accept = json!({"id": 3, "err": {"class": "session_shutdown", "native": "closed"}});
    assert_eq!(harness.line(), accept);
    assert_eq!(harness.line(), json!({"id": 5, "ok": {}}));
    assert!(harness.begin(json!({})).get("ok").is_some(), "the name is free");
}

#[test]
fn a_session_that_has_ended_refuses_what_comes() {
    let harness = Harness::with_stream();
    harness.send(json!({"id": 3, "op": "close_session", "session": "s"}));
    let lines = [harness.line(), harness.line()];
    assert!(lines.contains(&json!({"id": 3, "ok": {}})), "{lines:?}");
    for (id, op) in [(4, "open"), (5, "accept"), (6, "ping"), (7, "go_away"), (8, "count_streams")]
    {
        harness.send(json!({"id": id, "op": op, "session": "s", "stream": "b"}));
        assert_eq!(harness.line()["err"]["class"], "session_shutdown", "{op}");
    }
}

#[test]
fn what_cannot_be_had_is_unsupported_and_what_is_wrong_is_a_fault() {
    let harness = Harness::new();
    let key =
        |line: Value| line.as_object().unwrap().keys().find(|key| *key != "id").unwrap().clone();
    assert_eq!(key(harness.begin(json!({"close_resets": true}))), "unsupported");
    assert_eq!(key(harness.begin(json!({"max_window": 1}))), "unsupported");
    assert_eq!(key(harness.begin(json!({"max_window": "1"}))), "fault");
    assert_eq!(key(harness.begin(json!({"max_window": 2}))), "ok");
    assert_eq!(key(harness.begin(json!({}))), "fault");
    for (op, expected) in [("tea", "unsupported"), ("read", "fault"), ("step", "unsupported")] {
        assert_eq!(key(harness.ask(2, op, json!({"bytes": 1}))), expected, "{op}");
    }
    harness.send(json!({"id": 3, "op": "hello", "protocols": [2]}));
    assert_eq!(key(harness.line()), "unsupported");
    harness.send(json!([]));
    assert_eq!(harness.line()["event"], "fault");
}
