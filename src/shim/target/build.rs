//! `prepare`: the programs of a bundled implementation, built on first use in a copy of its shim's folder, which is stored
//! under a hash of all its inputs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};
use std::{env, fs, io};

use crate::shim::target::Edition;
use crate::shim::target::manifest::{Manifest, ShimProgram};
use crate::shim::target::sources::Sources;
use crate::system::child::ProcessGroup;
use crate::system::sink::path_name;
use crate::system::suite::Suite;

/// The programs of a bundled implementation, ready to be started.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The command of the live program.
    pub live: Vec<String>,
    /// The command of the program in lockstep; `None` if there is none, or the toolchain is too old for it.
    pub lockstep: Option<Vec<String>>,
}

/// Why a bundled implementation cannot be run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unavailable {
    /// Its toolchain is not on PATH.
    #[error("{program} is not on PATH")]
    NoToolchain {
        /// The program that is missing.
        program: String,
        /// What to do about it.
        install: String,
    },
    /// The edition is not available.
    #[error("{0}")]
    Edition(String),
    /// A command of the manifest failed.
    #[error("cannot build the shim: {0}")]
    Build(String),
    /// A file could not be read or written.
    #[error("cannot build the shim: {0}")]
    Io(String),
}

impl Unavailable {
    /// Whether the machine merely lacks something, so that the golden traces may be used instead.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::NoToolchain { .. })
    }

    /// What to do about it.
    pub fn next(&self) -> Option<&str> {
        match self {
            Self::NoToolchain { install, .. } => Some(install),
            Self::Edition(_) | Self::Build(_) | Self::Io(_) => None,
        }
    }
}

/// Finds the programs, building them if any of their inputs has changed; `say` receives messages about slow steps.
pub fn prepare(
    name: &str,
    variant: Option<&str>,
    edition: &Edition,
    start: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Prepared, Unavailable> {
    let mut manifest = Manifest::named(name)
        .ok_or_else(|| Unavailable::Edition(format!("{name} is not bundled")))?;
    let own = match variant {
        Some(variant) => manifest
            .variants
            .remove(variant)
            .ok_or_else(|| Unavailable::Edition(format!("{name} has no variant {variant:?}")))?,
        None => BTreeMap::new(),
    };
    manifest.environment.extend(own.clone());
    let uses = use_command(&manifest, edition)?;
    let toolchain = toolchain(&manifest)?;
    let sources = shim_folder(name, start)?;
    let root = target_folder(&sources).join("shims");
    let sources = Sources::of(sources, &manifest.shares);
    let hash = sources
        .hash(&toolchain, &manifest.environment, edition)
        .map_err(|error| Unavailable::Io(error.to_string()))?;
    let folder = root.join(format!("{name}-{hash:016x}"));
    let programs = programs(&manifest, &toolchain);
    if !folder.is_dir() {
        say(&format!("building the shim for {name} (first use; kept in {})", path_name(&root)));
        fs::create_dir_all(&root).map_err(|error| named(&root, &error))?;
        build(&sources, &folder, uses.as_ref(), &programs, &manifest.environment)?;
        forget_unused(&root);
    }
    // Distinguishes it from builds that are no longer used. A folder that cannot be marked is rebuilt some day.
    let _ = fs::File::open(&folder).and_then(|file| file.set_modified(SystemTime::now()));
    let built = folder.join(name).display().to_string();
    let started = |program: &ShimProgram| {
        let words = program.start.iter().map(|word| word.replace("{folder}", &built));
        with_environment(&own).chain(words).collect()
    };
    let lockstep = manifest.lockstep.as_ref().filter(|program| is_new_enough(program, &toolchain));
    Ok(Prepared { live: started(&manifest.live), lockstep: lockstep.map(started) })
}

/// The folder of a shim: in a folder from `start` upwards, else in the suite inside this program.
fn shim_folder(name: &str, start: &Path) -> Result<PathBuf, Unavailable> {
    let own = Path::new("shims").join(name);
    let is_there = |folder: &PathBuf| folder.join("shim.json").is_file();
    if let Some(found) = start.ancestors().map(|folder| folder.join(&own)).find(is_there) {
        return Ok(found);
    }
    let suite = Suite::built_in().map_err(|error| Unavailable::Io(error.to_string()))?;
    // `scenarios` is beside `shims`.
    let found = suite.scenarios.parent().map(|folder| folder.join(&own)).filter(is_there);
    found.ok_or_else(|| Unavailable::Io(format!("there is no {} in the suite", own.display())))
}

/// The words that set these variables for the command after them.
fn with_environment(variables: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    let env = (!variables.is_empty()).then(|| "env".to_owned());
    env.into_iter().chain(variables.iter().map(|(name, value)| format!("{name}={value}")))
}

/// The programs that this toolchain can build.
fn programs<'a>(manifest: &'a Manifest, toolchain: &str) -> Vec<&'a ShimProgram> {
    let all = std::iter::once(&manifest.live).chain(&manifest.lockstep);
    all.filter(|program| is_new_enough(program, toolchain)).collect()
}

fn is_new_enough(program: &ShimProgram, toolchain: &str) -> bool {
    program.since.as_deref().is_none_or(|since| numbers(toolchain) >= numbers(since))
}

/// The numbers in a version, up to anything that is no version: `go1.26rc1` is 1, 26.
fn numbers(version: &str) -> Vec<u32> {
    let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut numbers = Vec::new();
    for part in digits.split('.') {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        numbers.extend(part[..end].parse::<u32>());
        if end < part.len() {
            break;
        }
    }
    numbers
}

/// The command that makes the shim use the edition; `None` for the one that it pins.
fn use_command(manifest: &Manifest, edition: &Edition) -> Result<Option<Vec<String>>, Unavailable> {
    let (command, placeholder, value) = match edition {
        Edition::Pinned => return Ok(None),
        Edition::Version(version) => (&manifest.use_version, "{version}", version.clone()),
        Edition::Checkout(path) => {
            let path = fs::canonicalize(path)
                .map_err(|error| Unavailable::Edition(format!("{}: {error}", path_name(path))))?;
            if !path.is_dir() {
                return Err(Unavailable::Edition(format!(
                    "{}: expected a folder",
                    path_name(&path)
                )));
            }
            (&manifest.use_checkout, "{checkout}", path.display().to_string())
        }
    };
    let Some(command) = command else {
        let only = format!("the shim of {} works with {} only", manifest.library, manifest.version);
        return Err(Unavailable::Edition(only));
    };
    let fill =
        |word: &String| word.replace("{library}", &manifest.library).replace(placeholder, &value);
    Ok(Some(command.iter().map(fill).collect()))
}

fn toolchain(manifest: &Manifest) -> Result<String, Unavailable> {
    let words: Vec<String> = std::iter::once(&manifest.toolchain.program)
        .chain(&manifest.toolchain.version)
        .cloned()
        .collect();
    let missing = |_| Unavailable::NoToolchain {
        program: manifest.toolchain.program.clone(),
        install: manifest.toolchain.install.clone(),
    };
    let (child, _group) = spawn(&words, Path::new("."), &manifest.environment).map_err(missing)?;
    Ok(String::from_utf8_lossy(&finish(&words, child)?).trim().to_owned())
}

/// Cargo's target folder of the checkout the sources are in.
fn target_folder(sources: &Path) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => folder.into(),
        // `sources` is two folders below the checkout.
        None => sources.ancestors().nth(2).unwrap_or(sources).join("target"),
    }
}

/// Builds all programs in parallel in a copy of the sources, which then becomes `folder`.
fn build(
    sources: &Sources,
    folder: &Path,
    uses: Option<&Vec<String>>,
    programs: &[&ShimProgram],
    environment: &BTreeMap<String, String>,
) -> Result<(), Unavailable> {
    let root = folder.parent().unwrap_or(folder);
    // Built under another name first: several processes may build at once, and none may see half a program.
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(root)
        .map_err(|error| named(root, &error))?;
    // In a folder of its own inside: the temporary one is private, this one need not be.
    let copy = unfinished.path().join("shim");
    let inside = sources.copy(&copy).map_err(|error| Unavailable::Io(error.to_string()))?;
    let builds: Vec<_> =
        programs.iter().map(|program| &program.build).filter(|words| !words.is_empty()).collect();
    for commands in [uses.into_iter().collect(), builds] {
        let mut running = Vec::new();
        for words in commands {
            let spawned = spawn(words, &inside, environment);
            let (child, group) = spawned
                .map_err(|error| Unavailable::Build(format!("{}: {error}", words.join(" "))))?;
            running.push((words, child, group));
        }
        for (words, child, _group) in running {
            finish(words, child)?;
        }
    }
    match fs::rename(&copy, folder) {
        // Another process was faster, with the same sources.
        Err(_) if folder.is_dir() => Ok(()),
        renamed => renamed.map_err(|error| named(folder, &error)),
    }
}

/// Waits for the end of a command, which must succeed; its output.
fn finish(words: &[String], child: Child) -> Result<Vec<u8>, Unavailable> {
    let output = child.wait_with_output().map_err(|error| Unavailable::Io(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let last_words = String::from_utf8_lossy(&output.stderr);
    Err(Unavailable::Build(format!("{} failed:\n{}", words.join(" "), last_words.trim())))
}

/// Starts a command in a group of its own, which ends with this program; an unfinished build is then removed.
fn spawn(
    words: &[String],
    folder: &Path,
    environment: &BTreeMap<String, String>,
) -> io::Result<(Child, ProcessGroup)> {
    let (program, arguments) =
        words.split_first().ok_or_else(|| io::Error::other("an empty command"))?;
    let child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = ProcessGroup::of_polite(child.id());
    Ok((child, group))
}

/// Removes builds that were not used for a week.
fn forget_unused(root: &Path) {
    let is_old = |path: &Path| {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > UNUSED))
    };
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        if is_own(&entry.file_name()) && is_old(&entry.path()) {
            // A build still in use by a very long run stays usable on Unix, and is rebuilt.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether the name is one of this program's: all other files belong to somebody else.
fn is_own(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let is_built = name.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    is_built || name.starts_with(UNFINISHED)
}

fn named(path: &Path, error: &io::Error) -> Unavailable {
    Unavailable::Io(format!("{}: {error}", path_name(path)))
}

/// The prefix of an unfinished build.
const UNFINISHED: &str = "building-";

/// A build takes seconds to minutes, and a week is longer than anybody's break.
const UNUSED: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::target::content;

    #[test]
    fn a_program_may_need_a_newer_toolchain() {
        let program =
            ShimProgram { since: Some("go1.25".to_owned()), build: Vec::new(), start: Vec::new() };
        for (toolchain, is_enough) in [
            ("go1.24.9", false),
            ("go1.25", true),
            ("go1.26rc1", true),
            ("go1.26.8", true),
            ("go2", true),
            ("", false),
        ] {
            assert_eq!(is_new_enough(&program, toolchain), is_enough, "{toolchain}");
        }
    }

    #[test]
    fn only_what_was_built_here_is_ever_taken_away() {
        let root = tempfile::tempdir().unwrap();
        for (name, age) in [
            ("go-hashicorp", 2 * UNUSED),
            ("my-shim", 2 * UNUSED),
            ("building-x", 2 * UNUSED),
            ("go-hashicorp-0123456789abcdef", 2 * UNUSED),
            ("go-hashicorp-fedcba9876543210", UNUSED / 2),
        ] {
            let folder = root.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::File::open(&folder).unwrap().set_modified(SystemTime::now() - age).unwrap();
        }
        forget_unused(root.path());
        let left = content::sources(root.path()).unwrap();
        let left: Vec<_> = left.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(left, ["go-hashicorp", "go-hashicorp-fedcba9876543210", "my-shim"]);
    }
}
