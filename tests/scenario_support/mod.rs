//! Scenario files in temporary folders.
#![expect(clippy::disallowed_methods, reason = "a test writes files")]

use std::fs;
use std::path::Path;

use yamux_conform::scenario::{Scenario, load};

/// A file with these steps.
pub(crate) fn file(peer: &str, steps: &str) -> String {
    format!(
        r#"{{ "title": "t", "clauses": ["A-1"], "peer": "{peer}", "settings": {{ "subject": {{ "keep_alive_interval": "30s" }} }}, "steps": [ {steps} ] }}"#
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
