//! `GoShim`: the Go shim's program, built on first use and kept under a hash of everything it is made from.

use std::env;
use std::fs;
use std::hash::Hasher;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::child::ProcessGroup;

use crate::input::{self, InputError};

/// The Go shim, ready to be started.
#[derive(Clone, Debug)]
pub struct GoShim {
    /// Its program, for the live clock.
    pub program: PathBuf,
    /// Its program for the virtual clock; `None` where the toolchain is too old for it.
    pub lockstep: Option<PathBuf>,
    /// The toolchain it was built with: `go1.26.8`.
    pub toolchain: String,
}

/// Why there is no Go shim.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unavailable {
    /// No `go` on PATH.
    #[error("go is not on PATH")]
    NoGo,
    /// The shim's sources are nowhere near.
    #[error("the shim's sources ({SOURCES}) are in no folder from {0} upwards")]
    NoSources(PathBuf),
    /// `go` said no.
    #[error("go cannot build the shim:\n{0}")]
    Build(String),
    /// A file could not be read or written.
    #[error("cannot build the shim: {0}")]
    Io(String),
}

impl Unavailable {
    /// Whether the machine merely lacks something, so that the golden traces may stand in.
    pub const fn is_missing_toolchain(&self) -> bool {
        matches!(self, Self::NoGo | Self::NoSources(_))
    }
}

impl GoShim {
    /// Finds the program, building it if its sources or toolchain have changed; `say` hears what takes time.
    pub fn prepare(start: &Path, say: &mut dyn FnMut(&str)) -> Result<Self, Unavailable> {
        let toolchain = toolchain()?;
        let sources =
            find_sources(start).ok_or_else(|| Unavailable::NoSources(start.to_owned()))?;
        let folder = target_folder(&sources).join("shims");
        let io = |error: io::Error| Unavailable::Io(format!("{}: {error}", folder.display()));
        let hash = hash_sources(&sources, &toolchain)
            .map_err(|error| Unavailable::Io(error.to_string()))?;
        let program = folder.join(format!("go-hashicorp-{hash:016x}"));
        let lockstep = has_synctest(&toolchain)
            .then(|| folder.join(format!("go-hashicorp-lockstep-{hash:016x}")));
        let mut missing = vec![(&program, BUILD)];
        missing.extend(lockstep.as_ref().map(|program| (program, BUILD_LOCKSTEP)));
        missing.retain(|(program, _)| !program.is_file());
        if !missing.is_empty() {
            say("building the Go shim for hashicorp/yamux (first use; kept in target/shims)");
            fs::create_dir_all(&folder).map_err(io)?;
            build(&sources, &folder, &missing)?;
        }
        Ok(Self { program, lockstep, toolchain })
    }
}

/// Whether the toolchain has `testing/synctest`, which Go 1.25 brought.
fn has_synctest(toolchain: &str) -> bool {
    let minor = toolchain.strip_prefix("go1.").unwrap_or_default();
    let digits = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
    minor[..digits].parse::<u32>().is_ok_and(|minor| minor >= 25)
}

fn toolchain() -> Result<String, Unavailable> {
    let (child, _group) = start(Command::new("go").args(["env", "GOVERSION"]))?;
    let output = child.wait_with_output().map_err(|error| Unavailable::Io(error.to_string()))?;
    if !output.status.success() {
        return Err(Unavailable::Build(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn find_sources(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .map(|folder| folder.join(SOURCES))
        .find(|folder| folder.join("go.mod").is_file())
}

/// Cargo's target folder of the checkout the sources are in.
fn target_folder(sources: &Path) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => folder.into(),
        // `sources` is two folders below the checkout.
        None => sources.ancestors().nth(2).unwrap_or(sources).join("target"),
    }
}

/// Builds each program with its arguments for `go`, side by side.
fn build(
    sources: &Path,
    folder: &Path,
    programs: &[(&PathBuf, &[&str])],
) -> Result<(), Unavailable> {
    let error = |error: io::Error| Unavailable::Io(error.to_string());
    // Built under another name first: several processes may build at once, and none may see half a file.
    let unfinished =
        tempfile::Builder::new().prefix("building-").tempdir_in(folder).map_err(error)?;
    let mut running = Vec::new();
    for (index, (program, arguments)) in programs.iter().enumerate() {
        let (built, package) = (unfinished.path().join(index.to_string()), arguments.len() - 1);
        let mut command = Command::new("go");
        command
            .args(&arguments[..package])
            .arg("-o")
            .arg(&built)
            .arg(arguments[package])
            .current_dir(sources)
            .env("CGO_ENABLED", "0");
        running.push((start(&mut command)?, built, program));
    }
    for ((child, _group), built, program) in running {
        let output = child.wait_with_output().map_err(error)?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Unavailable::Build(words));
        }
        fs::rename(&built, program)
            .map_err(|error| Unavailable::Io(format!("{}: {error}", program.display())))?;
    }
    Ok(())
}

/// Starts `go` in a group of its own, which ends with this program; what it was making it then takes away.
fn start(go: &mut Command) -> Result<(Child, ProcessGroup), Unavailable> {
    go.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = go.spawn().map_err(|_| Unavailable::NoGo)?;
    let group = ProcessGroup::of_polite(child.id());
    Ok((child, group))
}

/// A hash of the toolchain and of every source, those of local `replace` folders included.
fn hash_sources(sources: &Path, toolchain: &str) -> io::Result<u64> {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(toolchain.as_bytes());
    for setting in ["GOFLAGS", "GOEXPERIMENT", "GOARCH", "GOOS"] {
        hasher.write(env::var_os(setting).unwrap_or_default().as_encoded_bytes());
    }
    hash_folder(sources, &mut hasher)?;
    let go_mod = sources.join("go.mod");
    for folder in local_replacements(&input::text(&go_mod).map_err(|error| named(&go_mod, error))?)
    {
        hash_folder(&sources.join(folder), &mut hasher)?;
    }
    Ok(hasher.finish())
}

fn hash_folder(folder: &Path, hasher: &mut impl Hasher) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        // A link to a folder could lead round in circles; the go command follows none either.
        if path.is_dir() && !path.is_symlink() {
            if path.file_name().is_none_or(|name| !name.as_encoded_bytes().starts_with(b".")) {
                hash_folder(&path, hasher)?;
            }
        } else if path
            .extension()
            .is_some_and(|extension| ["go", "mod", "sum"].iter().any(|wanted| extension == *wanted))
        {
            hasher.write(path.as_os_str().as_encoded_bytes());
            hasher.write(&input::bytes(&path).map_err(|error| named(&path, error))?);
        }
    }
    Ok(())
}

fn named(path: &Path, error: InputError) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

/// The folders that `replace` lines of a go.mod point to.
fn local_replacements(go_mod: &str) -> Vec<PathBuf> {
    go_mod
        .lines()
        .filter_map(|line| line.split("//").next()?.split_once("=>"))
        .filter_map(|(_, target)| target.split_whitespace().next())
        .filter(|target| target.starts_with('.') || target.starts_with('/'))
        .map(PathBuf::from)
        .collect()
}

/// What `go` is told for the live program; the last word is the package.
const BUILD: &[&str] = &["build", "-trimpath", "."];

/// The same for the program in lockstep: a test binary, because `testing/synctest` needs a test. Its sources keep their
/// paths, which say whether the library was replaced.
const BUILD_LOCKSTEP: &[&str] = &["test", "-c", "-tags", "lockstep", "./internal/lockstep"];

/// Where the shim's sources are, from the root of the checkout.
const SOURCES: &str = "shims/go-hashicorp";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_replacements_are_folders() {
        let go_mod =
            "require a v1\nreplace a => ../a\nreplace (\n\tb => /b // ours\n\tc v1 => d v2\n)\n";
        assert_eq!(local_replacements(go_mod), [PathBuf::from("../a"), PathBuf::from("/b")]);
    }

    #[test]
    fn virtual_time_needs_go_1_25() {
        for (toolchain, has) in [
            ("go1.24.9", false),
            ("go1.25", true),
            ("go1.26rc1", true),
            ("go2", false),
            ("", false),
        ] {
            assert_eq!(has_synctest(toolchain), has, "{toolchain}");
        }
    }

    #[test]
    fn the_hash_follows_sources_and_toolchain() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("go.mod"), "module m\n").unwrap();
        fs::write(folder.path().join("main.go"), "package main\n").unwrap();
        let hash = |toolchain| hash_sources(folder.path(), toolchain).unwrap();
        let first = hash("go1.26");
        assert_eq!(hash("go1.26"), first);
        assert_ne!(hash("go1.27"), first);
        fs::write(folder.path().join("main.go"), "package main // changed\n").unwrap();
        assert_ne!(hash("go1.26"), first);
    }
}
