//! For a shim's build script: what is really linked, and by which compiler.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Gives the shim `LIBRARY_VERSION`, as its `Cargo.lock` has it, and `RUST_VERSION`.
pub(crate) fn tell(library: &str) {
    let lock = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).join("Cargo.lock");
    let lock = fs::read_to_string(lock).expect("Cargo.lock beside Cargo.toml");
    let (version, is_folder) = find(&lock, library).expect("the library in Cargo.lock");
    // A folder of this machine: its path is nobody's business.
    let version = if is_folder { format!("{version} => replaced") } else { version };
    println!("cargo::rustc-env=LIBRARY_VERSION={version}");
    let compiler = Command::new(env::var("RUSTC").unwrap()).arg("--version").output();
    let compiler = String::from_utf8(compiler.expect("rustc").stdout).expect("a version");
    let version: Vec<&str> = compiler.split_whitespace().take(2).collect();
    println!("cargo::rustc-env=RUST_VERSION={}", version.join(" "));
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-changed=../rust/locked.rs");
}

/// The library's version, and whether it comes out of a folder instead of a registry.
fn find(lock: &str, library: &str) -> Option<(String, bool)> {
    let name = format!("name = \"{library}\"");
    let package = lock.split("[[package]]").find(|text| text.lines().any(|line| line == name))?;
    let version = package.lines().find_map(|line| line.strip_prefix("version = "))?;
    let is_folder = !package.lines().any(|line| line.starts_with("source = "));
    Some((version.trim_matches('"').to_owned(), is_folder))
}
