//! Shared by several test programs: the scenarios of this repository.

use std::path::PathBuf;

use yamux_conform::harness::scenario::{Library, load};

/// Every scenario of the repository.
///
/// # Panics
/// If one of them is wrong, with all that is wrong.
pub(crate) fn library() -> Library {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    match load(&[root]) {
        Ok(library) => library,
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{} problems in scenarios/:\n{}", problems.len(), lines.join("\n"));
        }
    }
}
