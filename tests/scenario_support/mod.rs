//! Scenario files in temporary folders.
#![expect(clippy::disallowed_methods, reason = "a test writes files")]

use std::fs;
use std::path::Path;

use yamux_conform::harness::scenario::{Scenario, load};

/// A file with these steps, and with the timeouts that their times may name.
pub(crate) fn file(peer: &str, steps: &str) -> String {
    let subject = r#""subject": { "connection_write_timeout": "10s", "keep_alive_interval": "30s",
        "stream_close_timeout": "5m", "stream_open_timeout": "75s" }"#;
    let of_peer = r#", "peer": { "stream_close_timeout": "5m" }"#;
    let of_peer = if peer == "app" { of_peer } else { "" };
    format!(
        r#"{{ "title": "t", "clauses": ["A-1"], "peer": "{peer}", "settings": {{ {subject}{of_peer} }}, "steps": [ {steps} ] }}"#
    )
}

/// The checked form of a right file.
pub(crate) fn scenario(text: &str) -> Scenario {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "x.json", text);
    match load(&[folder.path().join("x.json")]) {
        Ok(mut library) => library.scenarios.remove(0),
        Err(problems) => panic!("expected no problem, found {problems:#?}"),
    }
}

/// Writes a file below `root`, with its folders.
pub(crate) fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}
