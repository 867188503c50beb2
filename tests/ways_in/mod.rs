//! The ways to install and use the program: the archive of a release, the action for GitHub, the template for GitLab. Each
//! runs as it would on a CI server, with this build as the release.

mod action;
mod archive;
mod release;
mod yaml;

use std::path::{Path, PathBuf};

/// A file of this project.
fn root(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}
