//! What a library may do to its callers, done to a correct shim by a program between it and the harness.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{self, Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// What both directions know.
#[derive(Default)]
struct Between {
    /// Requests that are not answered: operation and session.
    asked: HashMap<u64, (String, String)>,
    /// Sessions in which a read is never answered.
    held: HashSet<String>,
    /// Requests that wait for the end of their session.
    waiting: HashMap<String, String>,
}

/// Runs the shim and passes its lines on, but for what the behaviour holds back.
pub(crate) fn stand_between(behaviour: &str, command: &[String]) {
    let (program, arguments) = command.split_first().expect("a command");
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shim");
    let between = Arc::new(Mutex::new(Between::default()));
    let shim = Arc::new(Mutex::new(child.stdin.take()));
    let requests = (behaviour.to_owned(), Arc::clone(&between), Arc::clone(&shim));
    thread::spawn(move || pass_requests(&requests.0, &requests.1, &requests.2));
    pass_answers(behaviour, &mut child, &between, &shim);
    process::exit(child.wait().expect("an end").code().unwrap_or(1));
}

fn pass_requests(behaviour: &str, between: &Mutex<Between>, shim: &Mutex<Option<ChildStdin>>) {
    for line in io::stdin().lock().lines() {
        let line = line.expect("lines of text");
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        if let (Some(id), Some(op)) = (request["id"].as_u64(), request["op"].as_str()) {
            let session = request["session"].as_str().unwrap_or_default().to_owned();
            let mut between = between.lock().expect("no panic");
            let has_a_read =
                between.asked.values().any(|asked| *asked == ("read".into(), session.clone()));
            between.asked.insert(id, (op.to_owned(), session.clone()));
            if behaviour == "the_end_waits_for_the_peer" && op == "end" && has_a_read {
                between.waiting.insert(session, line);
                continue;
            }
        }
        send(shim, &line);
    }
    shim.lock().expect("no panic").take();
}

fn pass_answers(
    behaviour: &str,
    child: &mut Child,
    between: &Mutex<Between>,
    shim: &Mutex<Option<ChildStdin>>,
) {
    let said = child.stdout.take().expect("a pipe");
    for line in BufReader::new(said).lines() {
        let line = line.expect("lines of text");
        let answer: Value = serde_json::from_str(&line).unwrap_or_default();
        let mut between = between.lock().expect("no panic");
        if let Some(waiting) = answer["session"].as_str().and_then(|it| between.waiting.remove(it))
            && answer["event"] == "session_end"
        {
            send(shim, &waiting);
        }
        let asked = answer["id"].as_u64().and_then(|id| between.asked.remove(&id));
        let (op, session) = asked.unwrap_or_default();
        let is_held = match behaviour {
            "no_end_is_answered" => op == "end" && answer["ok"].is_object(),
            "reads_are_not_woken" if op == "read" => {
                let class = answer["err"]["class"].as_str().unwrap_or_default();
                let is_over = matches!(class, "session_shutdown" | "transport" | "eof");
                let is_held = is_over && answer["err"]["bytes"] == 0;
                if is_held {
                    between.held.insert(session);
                }
                is_held
            }
            "reads_are_not_woken" => op == "end" && between.held.contains(&session),
            _ => false,
        };
        drop(between);
        if !is_held {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush()).expect("a harness that listens");
        }
    }
}

fn send(shim: &Mutex<Option<ChildStdin>>, line: &str) {
    if let Some(shim) = shim.lock().expect("no panic").as_mut() {
        // A shim that has ended is heard of by its end.
        let _ = writeln!(shim, "{line}").and_then(|()| shim.flush());
    }
}
