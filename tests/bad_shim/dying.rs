//! A shim that is correct until it dies, on whichever side it plays.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead};
use std::net::TcpStream;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{complain, dial, hello, pongs_if, say, sleep, step};

/// Serves until it dies so; `path` is what it remembers from one process to the next.
pub(super) fn serve(kind: &str, is_lockstep: bool, path: &Path) {
    begin(kind, path);
    let is_stuck = Arc::new(AtomicBool::new(false));
    let (mut doomed, mut now) = (HashSet::new(), 0);
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("text")).expect("a request");
        let (id, session) = (&request["id"], request["session"].as_str().unwrap_or_default());
        if is_stuck.load(Ordering::Relaxed) {
            sleep();
        }
        let ok = || say(&json!({ "id": id, "ok": {} }));
        match request["op"].as_str().expect("an operation") {
            "hello" => {
                let mut hello = hello(if is_lockstep { "lockstep" } else { "live" });
                hello["actions"] = json!(["ping"]);
                say(&json!({ "id": id, "ok": hello }));
            }
            "session" => {
                complain("this shim will die");
                now = 0;
                let dies = is_doomed(kind, path);
                doomed.extend(dies.then(|| session.to_owned()));
                if is_lockstep {
                    ok();
                } else {
                    let (kind, session) = (kind.to_owned(), session.to_owned());
                    let is_stuck = Arc::clone(&is_stuck);
                    let speak =
                        move |socket| speak(&kind, &session, dies.then_some(&*is_stuck), socket);
                    say(&dial(&request, speak));
                }
            }
            "step" => {
                let dies = doomed.contains(session);
                if dies && has_echo(&request) && die_at_the_frame(kind, session) {
                    sleep();
                }
                if dies && kind == "transport" && !request["end"].is_null() {
                    process::abort();
                }
                now = step(&request, now);
            }
            operation @ ("ping" | "end") => die_in_a_call(kind, operation, id, session),
            "bye" => {
                ok();
                process::exit(0);
            }
            _ => ok(),
        }
    }
}

/// Answers, unless it dies of the call instead.
fn die_in_a_call(kind: &str, operation: &str, id: &Value, session: &str) {
    let ok = || say(&json!({ "id": id, "ok": {} }));
    match (kind, operation) {
        ("call", "ping") | ("end", "end") => process::abort(),
        ("call-faults", "ping") => {
            say(&json!({ "id": id, "fault": { "message": "the shim is out of order" } }));
        }
        ("end-unclassified", "end") => {
            unclassified(session);
            ok();
        }
        // The thread that reads sees the end of the transport, or nothing ever does.
        ("transport" | "call-hangs", _) => {}
        _ => ok(),
    }
}

/// Some starts fail.
fn begin(kind: &str, path: &Path) {
    let fails = match kind {
        "after-a-start" => !path.exists(),
        "and-never-starts-again" => path.join("2").exists(),
        _ => false,
    };
    if fails {
        if kind == "after-a-start" {
            fs::write(path, "").expect("a folder for it");
        }
        complain("this shim cannot start");
        process::exit(3);
    }
}

/// Whether it dies in the session that begins now.
fn is_doomed(kind: &str, path: &Path) -> bool {
    match kind {
        "in-its-fifth" => number(path) == 5,
        "and-never-starts-again" => number(path) == 2,
        "after-a-start" => false,
        _ => true,
    }
}

/// The number of the session that begins now, whichever process it is in: the first name that is free.
fn number(path: &Path) -> u32 {
    let is_new = |number: &u32| File::create_new(path.join(number.to_string())).is_ok();
    (1..=1000).find(is_new).expect("fewer sessions")
}

/// Dies at the ping of the echo, or tells that it is stuck from there on.
fn die_at_the_frame(kind: &str, session: &str) -> bool {
    match kind {
        "frame" | "in-its-fifth" | "and-never-starts-again" => process::abort(),
        "exits" => process::exit(0),
        "unclassified" => unclassified(session),
        "deadlock" => return true,
        _ => {}
    }
    false
}

fn unclassified(session: &str) {
    say(&json!({ "event": "session_end", "session": session, "class": "unclassified",
        "native": "index out of range" }));
}

fn has_echo(request: &Value) -> bool {
    let input = request["deliver"].as_str().unwrap_or_default();
    let input = BASE64_STANDARD.decode(input).expect("base64");
    input.chunks(12).any(|frame| frame.ends_with(&[0, 0, 0, 7]))
}

/// Answers pings until it dies, if it is to.
fn speak(kind: &str, session: &str, is_stuck: Option<&AtomicBool>, socket: TcpStream) {
    pongs_if(socket, |_, value| {
        let Some(is_stuck) = is_stuck.filter(|_| value == 7) else { return true };
        if die_at_the_frame(kind, session) {
            is_stuck.store(true, Ordering::Relaxed);
            sleep();
        }
        // A session that has ended answers nothing: the pong could be faster than the word of the end.
        kind != "unclassified"
    });
    if kind == "transport" {
        process::abort();
    }
}
