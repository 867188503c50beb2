//! `Suite`: scenarios with their clauses, golden traces, ledgers and shims, from a folder or from inside this program.

mod hash;
mod packed;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde_json::Value;

use crate::system::input;
use crate::system::sink::path_name;

pub use packed::HASH;
pub(crate) use packed::export;

/// The folder of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    /// The folder that holds the scenarios and `clauses.json`. Golden traces, ledgers and shims are beside it.
    pub scenarios: PathBuf,
    /// Whether it is the one inside this program.
    pub is_built_in: bool,
}

/// The folder that was named holds none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SuiteError {
    /// The folder that was named holds none.
    #[error("--suite {}: expected a folder with scenarios/clauses.json in it, found none; yamux-conform export DIR writes one", path_name(.0))]
    NotThere(PathBuf),
    /// There is no cache folder to unpack the one inside this program to.
    #[error("there is no folder to unpack the suite to: neither {cache} nor HOME is set; set {cache}", cache = packed::CACHE)]
    NoCache,
    /// It cannot be unpacked there.
    #[error("the suite cannot be unpacked to {}: {_1}; set {} to a folder that can be written", path_name(.0), packed::CACHE)]
    Unpack(PathBuf, io::Error),
}

impl Suite {
    /// The suite that was named; else the one at or above the current folder; else the one inside this program.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, SuiteError> {
        if let Some(folder) = named {
            let inside = folder.join(SCENARIOS);
            let found = [&*inside, folder].into_iter().find(|folder| is_suite(folder));
            let scenarios = found.ok_or_else(|| SuiteError::NotThere(folder.to_owned()))?;
            return Ok(Self::of_folder(scenarios.to_owned()));
        }
        // The shortest path to it.
        if is_suite(Path::new(SCENARIOS)) {
            return Ok(Self::of_folder(SCENARIOS.into()));
        }
        let here = env::current_dir().unwrap_or_default();
        let above = here.ancestors().map(|folder| folder.join(SCENARIOS));
        match above.into_iter().find(|folder| is_suite(folder)) {
            Some(scenarios) => Ok(Self::of_folder(scenarios)),
            None => Self::built_in(),
        }
    }

    /// The suite inside this program, unpacked.
    pub(crate) fn built_in() -> Result<Self, SuiteError> {
        Ok(Self { scenarios: packed::unpacked()?.join(SCENARIOS), is_built_in: true })
    }

    /// The suite whose scenarios are in this folder.
    pub(crate) fn of_folder(scenarios: PathBuf) -> Self {
        let own = packed::folder().ok().map(|folder| folder.join(SCENARIOS));
        let is_built_in =
            own.is_some_and(|own| std::path::absolute(&scenarios).is_ok_and(|it| it == own));
        Self { scenarios, is_built_in }
    }

    /// How many scenarios it has, and the hash of them and of its clauses: 12 hexadecimal digits.
    pub(crate) fn extent(&self) -> io::Result<(usize, String)> {
        let mut files = Vec::new();
        collect(&self.scenarios, "", &mut files)?;
        files.sort();
        let pairs = files.iter().map(|(name, content)| (&**name, &**content));
        // All but the register.
        Ok((files.len().saturating_sub(1), hash::suite_hash(pairs)))
    }
}

/// Whether these are scenarios of ours: they are if there is a register of clauses, even a broken one, whose problems are
/// then reported. A register that names another schema is somebody else's.
fn is_suite(folder: &Path) -> bool {
    let register = folder.join("clauses.json");
    let Ok(text) = input::text(&register) else { return register.symlink_metadata().is_ok() };
    let schema = serde_json::from_str::<Value>(&text).ok();
    let schema = schema.as_ref().and_then(|register| register.get("$schema")?.as_str());
    schema.is_none_or(|schema| schema.ends_with("clauses.schema.json"))
}

/// The scenarios and the register at or below a folder, but not the list of other projects' tests: it changes no verdict.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, below) = (entry.path(), format!("{prefix}{name}"));
        if name.starts_with('.') || below == hash::UPSTREAM_TESTS {
        } else if entry.file_type()?.is_dir() {
            collect(&path, &format!("{below}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let content =
                input::bytes(&path).map_err(|error| io::Error::other(error.to_string()))?;
            files.push((below, content));
        }
    }
    Ok(())
}

/// The folder of the scenarios, in that of a suite.
const SCENARIOS: &str = "scenarios";
