//! Bad input as a table: what is wrong with a file, what reads it, and the message. No row hangs, panics or is accepted.

mod commands;
mod files;
mod loads;

use std::path::Path;

use crate::harness::{Ran, Workspace};

/// A workspace in which all is right, but for one file that holds these bytes.
fn workspace(file: &str, bytes: &[u8]) -> Workspace {
    let workspace = Workspace::with_echo();
    let path = workspace.path().join(file);
    write(&path, bytes);
    workspace
}

#[expect(clippy::disallowed_methods, reason = "a test writes files")]
fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folders");
    std::fs::write(path, bytes).expect("a file");
}

/// Checks the exit code and message of a run. Whatever was quoted, the output is at most a few pages.
#[track_caller]
fn assert_refused(ran: &Ran, code: i32, message: &str, about: &str) {
    assert_eq!(ran.code, Some(code), "{about}: {ran:#?}");
    assert!(ran.stderr.contains(message), "{about}: expected {message:?} in {ran:#?}");
    assert!(ran.stderr.len() < 40_000, "{about}: {} bytes of messages", ran.stderr.len());
    assert!(!ran.stderr.contains("panicked"), "{about}: {ran:#?}");
}
