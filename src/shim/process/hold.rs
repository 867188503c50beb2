//! Holds each shim between its start and its first request, so that a debugger can be attached to it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::system::sink::stderr;

static HOLDS: AtomicBool = AtomicBool::new(false);

/// From now on each shim that starts is held until a line comes on stdin, or its end.
pub(crate) fn hold_each() {
    HOLDS.store(true, Ordering::SeqCst);
}

/// A shim has started: who it is is told, and it is held if it is to be.
pub(super) fn started(process: Option<u32>, command: &[String]) {
    if !HOLDS.load(Ordering::SeqCst) {
        return;
    }
    let process = process.map_or_else(|| "unknown".to_owned(), |process| process.to_string());
    let told = format!(
        "shim: process {process}: {}\nattach a debugger if you like, then press Enter: its first request comes after that",
        shell_words::join(command)
    );
    // Whoever closed stderr does not want to know.
    let _ = stderr().paragraph("debug: ".into(), &told);
    // The end of stdin lets it go too, and what cannot be read holds nobody.
    let _ = io::stdin().read_line(&mut String::new());
}
