//! Collects what is part of the program though it is no Rust of it: the manifests of the bundled implementations,
//! `shims/NAME/shim.json`, for `target::manifest`, the files that `shim::init` gives out, and the suite, for `suite`.

#[path = "src/system/suite/hash.rs"]
mod hash;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    // Shims are led in process groups and waited for with poll(2): elsewhere nothing of it would compile.
    if env::var_os("CARGO_CFG_UNIX").is_none() {
        println!(
            "cargo::error=yamux-conform runs on Linux and macOS only; on Windows, build and run it inside WSL"
        );
        return Ok(());
    }
    println!("cargo::rerun-if-changed=shims");
    println!("cargo::rerun-if-changed=src/shim/init");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default());
    fs::write(out.join("manifests.rs"), manifests(&root.join("shims"))?)?;
    fs::write(out.join("skeletons.rs"), skeletons(&root)?)?;
    pack(&root, &out)
}

/// The suite as an archive, the same bytes each time, and the hashes that name it.
fn pack(root: &Path, out: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for folder in SUITE {
        println!("cargo::rerun-if-changed={folder}");
        collect(&root.join(folder), &format!("{folder}/"), &IN_NO_SUITE, &mut files)?;
    }
    println!("cargo::rerun-if-changed=mutants.json");
    files.push(("mutants.json".to_owned(), root.join("mutants.json")));
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    let mut scenarios = Vec::new();
    for (name, path) in files {
        let content = fs::read(path)?;
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, &name, &*content)?;
        if let Some(below) = name.strip_prefix("scenarios/")
            && below != hash::UPSTREAM_TESTS
        {
            scenarios.push((below.to_owned(), content));
        }
    }
    let archive = archive.into_inner()?.finish()?;
    scenarios.sort();
    let hash = hash::suite_hash(scenarios.iter().map(|(name, content)| (&**name, &**content)));
    println!("cargo::rustc-env=SUITE_HASH={hash}");
    let hash: String =
        Sha256::digest(&archive).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=ARCHIVE_HASH={hash}");
    fs::write(out.join("suite.tar.gz"), archive)
}

fn manifests(shims: &Path) -> io::Result<String> {
    let mut manifests = Vec::new();
    for name in names_in(shims)? {
        let path = shims.join(&name).join("shim.json");
        if path.is_file() {
            manifests.push((name, path));
        }
    }
    Ok(included(&manifests))
}

/// A folder a language, and what the shims of one language share.
fn skeletons(root: &Path) -> io::Result<String> {
    let init = root.join("src/shim/init");
    let mut folders: Vec<_> =
        SHARED.map(|shared| (shared.to_owned(), root.join(shared))).into_iter().collect();
    for name in names_in(&init)? {
        let folder = init.join(&name);
        if folder.is_dir() {
            folders.push((name, folder));
        }
    }
    let mut code = "&[".to_owned();
    for (name, folder) in folders {
        let mut files = Vec::new();
        collect(&folder, "", &LEFT, &mut files)?;
        // Writing to a text cannot fail.
        let _ = writeln!(code, "({name:?}, {}),", included(&files));
    }
    code.push(']');
    Ok(code)
}

/// The files of a folder and the folders in it, but for hidden ones and what a build leaves behind.
fn collect(
    folder: &Path,
    prefix: &str,
    left: &[&str],
    files: &mut Vec<(String, PathBuf)>,
) -> io::Result<()> {
    for name in names_in(folder)? {
        let path = folder.join(&name);
        let is_left = left.contains(&name.as_str()) || name == PROGRAM && path.is_file();
        match path.is_dir() {
            _ if is_left || name.starts_with('.') => {}
            true => collect(&path, &format!("{prefix}{name}/"), left, files)?,
            false => files.push((format!("{prefix}{name}"), path)),
        }
    }
    Ok(())
}

/// What is in a folder, in order.
fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(folder)?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Rust code for names and the texts of files.
fn included(files: &[(String, PathBuf)]) -> String {
    let mut code = "&[".to_owned();
    for (name, path) in files {
        // Writing to a text cannot fail.
        let _ = writeln!(code, "({name:?}, include_str!({:?})),", path.display().to_string());
    }
    code.push(']');
    code
}

const SHARED: [&str; 3] = ["shims/js", "shims/python", "shims/rust"];

const LEFT: [&str; 4] = ["target", "node_modules", "__pycache__", "Cargo.lock"];

/// What a shim in Go is called once it is built.
const PROGRAM: &str = "shim";

/// What a suite is made of, beside `mutants.json`.
const SUITE: [&str; 5] = ["scenarios", "golden", "known", "schema", "shims"];

/// As `LEFT`, but for lock files: the bundled shims pin what they need.
const IN_NO_SUITE: [&str; 3] = ["target", "node_modules", "__pycache__"];
