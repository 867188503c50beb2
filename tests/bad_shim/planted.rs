//! The built-in yamux as a shim, with one bug: it forgets to send FIN.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{self, Command, Stdio};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::say;

/// Passes requests on to the built-in yamux, and its answers back.
pub(super) fn serve() {
    let program = env!("CARGO_BIN_EXE_yamux-conform");
    let mut yamux = Command::new(program)
        .arg("shim")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut requests = yamux.stdin.take().expect("a pipe");
    let answers = BufReader::new(yamux.stdout.take().expect("a pipe"));
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let line = line.expect("text") + "\n";
            requests.write_all(line.as_bytes()).expect("it is read");
        }
    });
    for line in answers.lines() {
        let mut answer: Value = serde_json::from_str(&line.expect("text")).expect("an answer");
        if let Some(out) = answer["ok"]["out"].as_str() {
            let mut out = BASE64_STANDARD.decode(out).expect("base64");
            forget_fin(&mut out);
            answer["ok"]["out"] = json!(BASE64_STANDARD.encode(&out));
        }
        say(&answer);
    }
    let _ = yamux.wait();
    process::exit(0);
}

/// Clears the flag in all frames of these bytes, which begin with one.
fn forget_fin(mut out: &mut [u8]) {
    while let Some((header, rest)) = out.split_first_chunk_mut::<12>() {
        let [0, kind @ 0..=3, 0, flags @ 0..=15, .., a, b, c, d] = header else { return };
        if *kind < 2 {
            *flags &= !4;
        }
        let body = if *kind == 0 { u32::from_be_bytes([*a, *b, *c, *d]) as usize } else { 0 };
        out = rest.get_mut(body..).unwrap_or_default();
    }
}
