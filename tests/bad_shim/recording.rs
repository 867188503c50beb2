//! A correct shim without calls, which records the settings of each session.

use std::io::{self, BufRead};
use std::net::TcpStream;
use std::path::Path;
use std::{fs, process};

use serde_json::{Value, json};

use super::{dial, hello, pongs, say, send, step};

/// Serves with these settings, divided by commas, and keeps each session's in `path`. With `own_pings` it has that habit,
/// with `lockstep_pairs` it plays both ends.
pub(super) fn serve(has: &str, is_lockstep: bool, path: &Path) {
    let (pairs, has): (Vec<&str>, Vec<&str>) =
        has.split(',').partition(|name| *name == "lockstep_pairs");
    let (habits, settings): (Vec<&str>, Vec<&str>) =
        has.into_iter().partition(|name| *name == "own_pings");
    let speak: fn(TcpStream) = if habits.is_empty() { pongs } else { ping_and_pongs };
    let mut now = 0;
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("text")).expect("a request");
        let id = &request["id"];
        match request["op"].as_str().expect("an operation") {
            "hello" => {
                let mut ok = hello(if is_lockstep { "lockstep" } else { "live" });
                ok["settings"] = json!(settings);
                ok["habits"] = json!(habits);
                ok["lockstep_pairs"] = json!(!pairs.is_empty());
                ok["unsupported"] =
                    json!([{ "name": "max_window", "reason": "its windows have one size" }]);
                say(&json!({ "id": id, "ok": ok }));
            }
            "session" => {
                now = 0;
                let name = request["session"].as_str().expect("a session");
                fs::write(path.join(name), request["settings"].to_string()).expect("a folder");
                match is_lockstep {
                    true => say(&json!({ "id": id, "ok": {} })),
                    false => say(&dial(&request, speak)),
                }
            }
            "step" => now = step(&request, now),
            "ping" => {
                say(&json!({ "id": id, "unsupported": { "reason": "it has no such call" } }));
            }
            operation => {
                say(&json!({ "id": id, "ok": {} }));
                if operation == "bye" {
                    process::exit(0);
                }
            }
        }
    }
}

fn ping_and_pongs(mut socket: TcpStream) {
    send(&mut socket, &[0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    pongs(socket);
}
