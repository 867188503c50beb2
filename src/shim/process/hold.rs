//! Holds each shim between its start and its first request, so that a debugger can be attached to it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::system::sink::stderr;

static HOLDS: AtomicBool = AtomicBool::new(false);

/// From now on each new shim is held until a line comes on stdin, or its end.
pub(crate) fn hold_each() {
    HOLDS.store(true, Ordering::SeqCst);
}

/// A shim has started: prints its process, and holds it if that is wanted.
pub(super) fn started(process: Option<u32>, command: &[String]) {
    if !HOLDS.load(Ordering::SeqCst) {
        return;
    }
    let process = process.map_or_else(|| "unknown".to_owned(), |process| process.to_string());
    let told = format!(
        "shim: process {process}: {}\nattach a debugger if you like, then press Enter: its first request comes after that",
        shell_words::join(command)
    );
    // Nobody reads a closed stderr.
    let _ = stderr().paragraph("debug: ".into(), &told);
    // The end of stdin releases it too, and so does an error.
    let _ = io::stdin().read_line(&mut String::new());
}
