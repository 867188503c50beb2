//! A shim that keeps the protocol until its behaviour says otherwise: at once, or in sessions in which it is the server.

mod dying;
mod planted;
mod recording;

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{self, Command};
use std::time::Duration;
use std::{fs, thread};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// Two lawful frames of a server: a stream is opened, and four bytes are written.
pub(crate) const CUT_FRAMES: [u8; 28] = [
    0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, //
    0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 1, 2, 3, 4,
];

/// Serves on stdin and stdout.
pub(crate) fn serve(behaviour: &str) {
    let (behaviour, path) = behaviour.split_once('=').unwrap_or((behaviour, ""));
    let in_lockstep = behaviour.strip_prefix("lockstep-");
    if let Some(kind) = in_lockstep.unwrap_or(behaviour).strip_prefix("dying-") {
        return dying::serve(kind, in_lockstep.is_some(), Path::new(path));
    }
    if let Some(lacks) = in_lockstep.unwrap_or(behaviour).strip_prefix("records-") {
        return recording::serve(lacks, in_lockstep.is_some(), Path::new(path));
    }
    if behaviour == "forgets-fin" {
        return planted::serve();
    }
    begin(behaviour, Path::new(path));
    let mut is_bad = false;
    let mut now = 0;
    for line in io::stdin().lock().lines() {
        let line = line.expect("lines of text");
        let request: Value = serde_json::from_str(&line).expect("a request");
        let id = &request["id"];
        match request["op"].as_str().expect("an operation") {
            "hello" => {
                let clock = if in_lockstep.is_some() { "lockstep" } else { "live" };
                let mut ok = hello(clock);
                if behaviour == "protocol-99" || behaviour == "lockstep-protocol-99" {
                    ok["protocol"] = 99.into();
                }
                say(&json!({ "id": id, "ok": ok }));
            }
            "session" if in_lockstep.is_some() => {
                (is_bad, now) =
                    (request["side"] == "server" || in_lockstep == Some("always-hangs"), 0);
                say(&json!({ "id": id, "ok": {} }));
            }
            "step" => {
                if let Some(behaviour) = in_lockstep.filter(|_| is_bad) {
                    complain("this shim is bad as a server");
                    if let Some(time) = misstep(behaviour, &request, now) {
                        now = time;
                        continue;
                    }
                }
                now = step(&request, now);
            }
            "session" => {
                is_bad = request["side"] == "server";
                session(behaviour, Path::new(path), &request);
            }
            "end" if is_bad && behaviour == "never-ends" => {
                complain("this shim is bad as a server");
            }
            "bye" => {
                say(&json!({ "id": id, "ok": {} }));
                process::exit(0);
            }
            _ => say(&json!({ "id": id, "ok": {} })),
        }
    }
}

/// What it does before anything was asked.
#[expect(clippy::zombie_processes, reason = "whether the harness ends the child is the question")]
fn begin(behaviour: &str, path: &Path) {
    match behaviour {
        "exits" => {
            complain("this shim has no library");
            process::exit(3);
        }
        "silent" => sleep(),
        "garbage-hello" => print("Welcome to the yamux server!\n"),
        "endless-hello" => print_without_end(),
        "flood-hello" => flood(),
        "stderr" => {
            let mut stderr = io::stderr().lock();
            stderr.write_all(&[0xFF, 0xFE, b'\n']).expect("stderr is read");
            // More than any pipe holds, in one line.
            stderr.write_all(&vec![b'e'; 4 << 20]).expect("stderr is read");
        }
        "has-children" => {
            let child = Command::new("sleep").arg("600").spawn().expect("sleep is everywhere");
            for process in [process::id(), child.id()] {
                fs::write(path.join(process.to_string()), "").expect("a folder for it");
            }
        }
        _ => {}
    }
}

/// Takes a step: each ping is answered at once. Returns the time.
fn step(request: &Value, now: u64) -> u64 {
    let input =
        BASE64_STANDARD.decode(request["deliver"].as_str().unwrap_or_default()).expect("base64");
    let mut pongs = Vec::new();
    for header in input.chunks(12).filter(|header| header[..4] == [0, 2, 0, 1]) {
        pongs.extend_from_slice(&[0, 2, 0, 2]);
        pongs.extend_from_slice(&header[4..]);
    }
    let until = request["until_ns"].as_u64().filter(|_| pongs.is_empty());
    let now = until.unwrap_or(now);
    let mut out = String::new();
    BASE64_STANDARD.encode_string(&pongs, &mut out);
    say(&json!({ "id": request["id"], "ok": { "now_ns": now, "out": out } }));
    now
}

/// Does otherwise, at this time; returns the time if that was the answer.
fn misstep(behaviour: &str, request: &Value, now: u64) -> Option<u64> {
    let until = request["until_ns"].as_u64().unwrap_or(now);
    let answer = |now: u64, out: &[u8]| {
        let ok = json!({ "now_ns": now, "out": BASE64_STANDARD.encode(out) });
        say(&json!({ "id": request["id"], "ok": ok }));
        Some(now)
    };
    match behaviour {
        "hurries" => return answer(until + 1, &[]),
        "goes-back" => return answer(if now == 0 { until / 2 } else { 0 }, &[]),
        "overflows" => {
            let room = request["room"].as_u64().expect("room is limited");
            return answer(now, &vec![0; usize::try_from(room).expect("it is little") + 1]);
        }
        "endless-step" => print(&"x".repeat(9 << 20)),
        "ends-twice" => ends_twice(request),
        "rambles" => {
            say(&json!({ "event": "fault", "message": "y".repeat(1 << 20) }));
        }
        "dies" => process::exit(101),
        "garbage" => print("panic: index out of range\n"),
        "floods" => flood(),
        "floods-stderr" => flood_stderr(),
        "dribbles" => dribble(),
        "stuck" => {
            say(&json!({ "event": "stuck", "reason": "a lock is held for ever" }));
            process::exit(0);
        }
        _ => sleep(),
    }
    None
}

fn session(behaviour: &str, path: &Path, request: &Value) {
    let id = &request["id"];
    if behaviour == "always-dies" || behaviour == "dies-once" && !path.exists() {
        fs::write(path, "").unwrap_or_default();
        process::exit(101);
    }
    if behaviour == "always-hangs" {
        sleep();
    }
    if request["side"] == "client" {
        return say(&dial(request, pongs));
    }
    complain("this shim is bad as a server");
    match behaviour {
        "floods-stderr" => flood_stderr(),
        "dribbles" => dribble(),
        "impostor" => say(&dial_among_impostors(request)),
        "nameless" => dial_as(Value::Null, request),
        "misnames" => dial_as("127.0.0.1:1".into(), request),
        "rambles" => dial_as("y".repeat(1 << 20).into(), request),
        "ends-twice" => {
            say(&dial(request, pongs));
            ends_twice(request);
        }
        "dies" => process::exit(101),
        "hangs" | "has-children" => sleep(),
        "freezes" => {
            say(&dial(request, |_| sleep()));
            sleep();
        }
        "garbage" => print("panic: index out of range\n"),
        "endless" => print_without_end(),
        "floods" => flood(),
        "answers-twice" => {
            let ok = dial(request, pongs);
            // In one piece, so that the second one is there before the case goes on.
            print(&format!("{ok}\n{ok}\n"));
        }
        "never-dials" => say(&json!({ "id": id, "ok": { "local": "127.0.0.1:1" } })),
        "faults" => {
            say(&json!({ "id": id, "fault": { "message": "the library is out of order" } }));
        }
        "hangs-up" => {
            say(&dial(request, drop));
        }
        "forgets-at-first" if is_first(path) => say(&dial(request, pongs_but_to_seven)),
        "forgets" | "forgets-once" | "forgets-later" | "is-mended" | "pings" | "pings-once"
        | "is-slow" | "is-slow-once" => {
            say(&dial_counted(behaviour, path, request));
        }
        wire => {
            let name = request["session"].as_str().expect("a session").to_owned();
            let wire = wire.to_owned();
            say(&dial(request, move |socket| speak(&wire, &name, socket)));
        }
    }
}

/// Dials, and says it did so from there.
fn dial_as(local: Value, request: &Value) {
    dial(request, pongs);
    say(&json!({ "id": request["id"], "ok": { "local": local } }));
}

fn ends_twice(request: &Value) {
    let ended = json!({ "event": "session_end", "session": request["session"], "class": "eof" });
    // In one piece, so that the second one is there before the case goes on.
    print(&format!("{ended}\n").repeat(2));
}

/// Dials behind three others, which have nothing to say for the shim.
fn dial_among_impostors(request: &Value) -> Value {
    let address = request["dial"].as_str().expect("an address");
    let impostors: Vec<_> = (0..3).map(|_| TcpStream::connect(address)).collect();
    let ok = dial(request, pongs);
    for impostor in impostors {
        let mut impostor = impostor.expect("the harness listens");
        thread::spawn(move || {
            send(&mut impostor, b"GET / HTTP/1.1\r\n\r\n");
            sleep();
        });
    }
    ok
}

/// Dials, and leaves a file for each session, so that a test can count them.
fn dial_counted(behaviour: &str, path: &Path, request: &Value) -> Value {
    let name = request["session"].as_str().expect("a session");
    fs::write(path.join(name), "").expect("a folder for it");
    let is_first = !name.contains("attempt");
    let is_good = match behaviour {
        "is-mended" => true,
        "forgets-later" => is_first,
        _ => behaviour.ends_with("-once") && !is_first,
    };
    let speak = match behaviour {
        _ if is_good => pongs,
        "forgets" | "forgets-once" | "forgets-later" => pongs_but_to_seven,
        "is-slow" | "is-slow-once" => only_pings,
        _ => slow_pong_and_ping,
    };
    dial(request, speak)
}

/// Whether this is the first process of all that has a session; the others learn of it from the file.
fn is_first(path: &Path) -> bool {
    let own = process::id().to_string();
    if !path.exists() {
        fs::write(path, &own).expect("a folder for it");
    }
    fs::read_to_string(path).expect("the first one wrote it") == own
}

/// What it says on the wire.
fn speak(behaviour: &str, session: &str, mut socket: TcpStream) {
    match behaviour {
        "wire-garbage" => send(&mut socket, b"GET / HTTP/1.1\r\n\r\n"),
        "wire-huge" => {
            send(&mut socket, &[0, 0, 0, 1, 0, 0, 0, 2, 255, 255, 255, 255]);
            while socket.write_all(&[0; 65536]).is_ok() {}
        }
        "wire-flood" => {
            let pings = [0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1].repeat(4096);
            while socket.write_all(&pings).is_ok() {}
        }
        "wire-breaches" => {
            // An acknowledgement of a stream that nobody opened.
            let breaches = [0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0].repeat(4096);
            while socket.write_all(&breaches).is_ok() {}
        }
        "wire-streams" => {
            let mut number: u32 = 2;
            loop {
                let mut frames = Vec::new();
                for _ in 0..4096 {
                    frames.extend_from_slice(&[0, 1, 0, 1]);
                    frames.extend_from_slice(&number.to_be_bytes());
                    frames.extend_from_slice(&[0; 4]);
                    number += 2;
                }
                if socket.write_all(&frames).is_err() {
                    return;
                }
            }
        }
        "wire-cut" => {
            // Cases are numbered from 0; each session is cut one byte later.
            let number = session.trim_start_matches('s').split('-').next().expect("a first part");
            let number: usize = number.parse().expect("s and a number");
            send(&mut socket, &CUT_FRAMES[..number]);
            // What is unread when a socket closes turns its end into a reset.
            let _ = socket.shutdown(std::net::Shutdown::Write);
            let _ = socket.read_to_end(&mut Vec::new());
        }
        _ => pongs(socket),
    }
}

/// Answers pings, which is all that a session needs here.
fn pongs(socket: TcpStream) {
    pongs_if(socket, |_, _| true);
}

/// Answers every ping but that of the echo.
fn pongs_but_to_seven(socket: TcpStream) {
    pongs_if(socket, |_, value| value != 7);
}

/// Sends pings, and has no time for any answer.
fn only_pings(mut socket: TcpStream) {
    for number in 0_u32.. {
        let ping = [&[0, 2, 0, 1, 0, 0, 0, 0][..], &number.to_be_bytes()].concat();
        if socket.write_all(&ping).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Is slow to answer the echo, and sends a ping of its own with it.
fn slow_pong_and_ping(socket: TcpStream) {
    pongs_if(socket, |socket, value| {
        if value == 7 {
            thread::sleep(Duration::from_millis(100));
            send(socket, &[0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        }
        true
    });
}

fn pongs_if(mut socket: TcpStream, is_answered: impl Fn(&mut TcpStream, u32) -> bool) {
    let mut header = [0; 12];
    while socket.read_exact(&mut header).is_ok() {
        let value = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        if header[..4] == [0, 2, 0, 1] && is_answered(&mut socket, value) {
            header[3] = 2;
            send(&mut socket, &header);
        }
    }
}

/// Dials; returns the answer to be given.
fn dial(request: &Value, speak: impl FnOnce(TcpStream) + Send + 'static) -> Value {
    let address = request["dial"].as_str().expect("an address");
    let socket = TcpStream::connect(address).expect("the harness listens");
    let local = socket.local_addr().expect("a socket has an address").to_string();
    thread::spawn(move || speak(socket));
    json!({ "id": request["id"], "ok": { "local": local } })
}

fn send(socket: &mut TcpStream, bytes: &[u8]) {
    // A harness that has hung up has seen enough.
    let _ = socket.write_all(bytes);
}

fn hello(clock: &str) -> Value {
    json!({
        "protocol": 1,
        "implementation": { "name": "bad", "library": "none", "version": "0", "language": "rust" },
        "sides": ["client", "server"],
        "clocks": [clock],
        "actions": [],
        "settings": [],
    })
}

fn complain(text: &str) {
    writeln!(io::stderr(), "{text}").expect("stderr is read");
}

fn say(line: &Value) {
    print(&format!("{line}\n"));
}

fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
        process::exit(0);
    }
}

fn print_without_end() {
    print(&"x".repeat(5 << 20));
    sleep();
}

fn flood() -> ! {
    let line = format!("{}\n", json!({ "event": "log", "text": "y".repeat(1000) }));
    let lines = line.repeat(100);
    loop {
        print(&lines);
    }
}

fn flood_stderr() -> ! {
    let lines = "this shim is bad as a server\n".repeat(1000);
    loop {
        io::stderr().write_all(lines.as_bytes()).expect("stderr is read");
    }
}

/// A byte a second, of a line that has no end.
fn dribble() -> ! {
    loop {
        print("x");
        thread::sleep(Duration::from_secs(1));
    }
}

/// Hangs, as a deadlock would.
fn sleep() -> ! {
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}
