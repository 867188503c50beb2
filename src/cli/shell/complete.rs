//! Completions beyond options: scenarios, areas, tags, clauses and targets.
//!
//! The user is waiting, so files are listed and not read, except the register and the tags.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap_complete::CompletionCandidate;
use clap_complete::engine::{PathCompleter, ValueCompleter};
use serde_json::Value;

use crate::scenario::load;
use crate::shim::target::Target;
use crate::system::input;
use crate::system::sink::{escape, is_harmless};
use crate::system::suite::Suite;

/// Scenarios by their ids, and paths.
pub(crate) fn selected(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = candidates(ids(), current);
    found.extend(PathCompleter::any().complete(current));
    found
}

/// Scenarios by their ids, areas as globs.
pub(crate) fn id_globs(current: &OsStr) -> Vec<CompletionCandidate> {
    let globs = area_names().into_iter().map(|area| format!("{area}/*"));
    candidates(ids().into_iter().chain(globs), current)
}

/// Scenarios, their files, and clauses.
pub(crate) fn explained(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = candidates(ids(), current);
    found.extend(clauses(current));
    found.extend(PathCompleter::any().complete(current));
    found
}

/// Areas of scenarios.
pub(crate) fn areas(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(area_names(), current)
}

/// Tags of scenarios, for which every file is read.
pub(crate) fn tags(current: &OsStr) -> Vec<CompletionCandidate> {
    let scenarios = load(&[suite()]).map(|library| library.scenarios).unwrap_or_default();
    let tags: BTreeSet<String> = scenarios.into_iter().flat_map(|scenario| scenario.tags).collect();
    candidates(tags, current)
}

/// Clauses of the register, each with its statement.
pub(crate) fn clauses(current: &OsStr) -> Vec<CompletionCandidate> {
    let text = input::text(&suite().join("clauses.json")).unwrap_or_default();
    let register: Value = serde_json::from_str(&text).unwrap_or_default();
    let clauses = register["clauses"].as_array().into_iter().flatten();
    let named = clauses.filter_map(|clause| {
        let id = clause["id"].as_str()?;
        let is_wanted = is_begun(id, current) && id.chars().all(is_harmless);
        is_wanted.then(|| {
            let statement = clause["statement"].as_str();
            let statement = statement.map(|text| escape(text).into_owned().into());
            CompletionCandidate::new(id).help(statement)
        })
    });
    named.collect()
}

/// Values of `--target`, as far as they can be listed.
pub(crate) fn targets(current: &OsStr) -> Vec<CompletionCandidate> {
    let names = Target::bundled().into_iter().map(str::to_owned);
    let mut names: BTreeSet<String> = names.collect();
    names.extend([Target::BUILT_IN.to_owned(), "all".to_owned()]);
    candidates(names, current)
}

fn candidates(
    words: impl IntoIterator<Item = String>,
    current: &OsStr,
) -> Vec<CompletionCandidate> {
    // File names may contain anything, and a shell prints them as they are.
    let is_plain = |word: &String| word.chars().all(is_harmless);
    let begun = words.into_iter().filter(|word| is_begun(word, current) && is_plain(word));
    begun.map(CompletionCandidate::new).collect()
}

fn is_begun(word: &str, current: &OsStr) -> bool {
    current.to_str().is_some_and(|current| word.starts_with(current))
}

fn area_names() -> BTreeSet<String> {
    ids().into_iter().filter_map(|id| Some(id.split_once('/')?.0.to_owned())).collect()
}

/// The ids of the scenarios of the suite.
fn ids() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut folders: Vec<(PathBuf, String)> = vec![(suite(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match name.strip_suffix(".json") {
                _ if name.starts_with('.') => {}
                _ if is_folder => folders.push((entry.path(), format!("{prefix}{name}/"))),
                Some(stem) if !prefix.is_empty() => _ = ids.insert(format!("{prefix}{stem}")),
                _ => {}
            }
        }
    }
    ids
}

/// The folder of the scenarios that a command would use; a missing one has none.
fn suite() -> PathBuf {
    Suite::find(None).map(|suite| suite.scenarios).unwrap_or_default()
}
