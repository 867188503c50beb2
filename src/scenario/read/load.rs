//! Loading: walks paths, reads files, parses and checks them. The only file of this folder that does IO.
#![expect(clippy::disallowed_methods, reason = "finding scenario files is what this file is for")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::scenario::check::check;
use crate::scenario::clauses::{self, ClauseRegister, Clauses};
use crate::scenario::read::document::Document;
use crate::scenario::read::nearest::Hints;
use crate::scenario::read::place::Place;
use crate::scenario::read::problem::{Finding, Problem};
use crate::scenario::read::syntax::{Node, parse, said};
use crate::scenario::read::validate::validate;
use crate::scenario::read::{for_each, schema};
use crate::scenario::{Position, Scenario};
use crate::system::input;
use crate::system::sink::path_name;

/// Checked scenarios with the register they refer to.
#[derive(Clone, Debug)]
pub struct Library {
    /// Sorted by id; no id twice.
    pub scenarios: Vec<Scenario>,
    /// The register.
    pub clauses: Clauses,
    /// The folder that ids are relative to.
    pub root: PathBuf,
}

/// Loads scenario files and folders of them, or returns every problem of every file.
///
/// Ids are relative to the root: the nearest folder at or above a path that holds `clauses.json`, and not above the
/// checkout; if there is none, the given folder (or the file's own). Folders are searched recursively; names that begin
/// with a dot, and links to folders, are skipped. A link to a file is a scenario with the name of the link.
/// Without a `clauses.json`, clause ids are not checked.
pub fn load(paths: &[PathBuf]) -> Result<Library, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut files: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut root: Option<PathBuf> = None;
    for path in paths {
        match root_of(path).and_then(|found| collect(path, &mut files).map(|()| found)) {
            Err(problem) => problems.push(problem),
            Ok(found) => {
                let first = root.get_or_insert_with(|| found.clone());
                if absolute(first) != absolute(&found) {
                    problems.push(unread(
                        path,
                        format!(
                            "it belongs to the scenarios in {}, the paths before it to those in {}: load one at a time",
                            path_name(found),
                            path_name(first)
                        ),
                    ));
                }
            }
        }
    }
    let root = root.unwrap_or_default();
    let clauses = load_clauses(&root, &mut problems);
    let mut scenarios = Vec::new();
    let absolute_root = absolute(&root);
    let mut hints = Hints::default();
    for (key, path) in &files {
        match load_scenario(path, (key, &absolute_root), &clauses, &mut hints) {
            Ok(scenario) => scenarios.push(scenario),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        problems.sort_by(|a, b| (&a.path, a.position).cmp(&(&b.path, b.position)));
        return Err(problems);
    }
    scenarios.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Library { scenarios, clauses, root })
}

/// The folder that ids below `path` are relative to.
fn root_of(path: &Path) -> Result<PathBuf, Problem> {
    // A broken link is reported when it is read.
    path.symlink_metadata().map_err(|error| unread(path, cannot("read", &error)))?;
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    // The parent of `x.json` is "", which names nothing.
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    // First as named, so that messages stay short, then up from the current folder.
    let here = absolute(folder);
    let named =
        folder.ancestors().take_while(|_| !folder.components().any(|c| c == Component::ParentDir));
    let checkout = here.ancestors().position(|folder| folder.join(CHECKOUT).exists());
    let upward = checkout.map_or(usize::MAX, |position| position + 1);
    let found = named
        .take(upward)
        .chain(here.ancestors().take(upward))
        .find(|folder| folder.join(REGISTER).symlink_metadata().is_ok());
    let found = found.unwrap_or(folder);
    Ok(if found == Path::new("") { PathBuf::from(".") } else { found.to_owned() })
}

/// Collects every scenario file at or below `path` under its absolute path.
fn collect(path: &Path, files: &mut BTreeMap<PathBuf, PathBuf>) -> Result<(), Problem> {
    if path.is_dir() {
        return collect_folder(path, files);
    }
    if path.extension().is_none_or(|extension| extension != "json") {
        return Err(unread(path, "expected a .json file or a folder of them".to_owned()));
    }
    for (name, what) in
        [(REGISTER, "the register of clauses"), (UPSTREAM_TESTS, "the tests of others")]
    {
        if path.file_name().is_some_and(|own| own == name) {
            return Err(unread(path, format!("expected a scenario, found {what}")));
        }
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = absolute(folder.unwrap_or_else(|| Path::new(".")));
    files.insert(folder.join(path.file_name().unwrap_or_default()), path.to_owned());
    Ok(())
}

/// Opens one folder at a time, however deep they are.
fn collect_folder(folder: &Path, files: &mut BTreeMap<PathBuf, PathBuf>) -> Result<(), Problem> {
    let mut folders = vec![(absolute(folder), folder.to_owned())];
    while let Some((key, folder)) = folders.pop() {
        let failed = |error| unread(&folder, cannot("list", &error));
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') || name == REGISTER || name == UPSTREAM_TESTS
            {
                continue;
            }
            let (key, path) = (key.join(&name), folder.join(&name));
            // The type of the entry itself: a link to a folder, which could lead in circles, is not a folder.
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push((key, path));
            } else if path.extension() == Some(OsStr::new("json")) {
                files.insert(key, path);
            }
        }
    }
    Ok(())
}

/// Reads one scenario that is in no file; its clause ids are not checked.
pub(crate) fn load_text(id: &str, text: &str) -> Result<Scenario, Vec<Problem>> {
    let path = Path::new(id);
    let found = |findings| Problem::of_file(path, findings);
    let (clauses, mut hints) = (Clauses::default(), Hints::default());
    let scenario = read_scenario(text, (Arc::from(id), path), &clauses, &mut hints);
    scenario.map_err(found)
}

/// Parses text as a scenario: checks its form, then its rounds, then everything else.
fn read_scenario(
    text: &str,
    named: (Arc<str>, &Path),
    clauses: &Clauses,
    hints: &mut Hints,
) -> Result<Scenario, Vec<Finding>> {
    let (document, root) = read_text::<Document>(text, schema::scenario())?;
    for_each::check(&root)?;
    check(&document, Place::root(&root, schema::scenario()), named, clauses, hints)
}

fn load_clauses(root: &Path, problems: &mut Vec<Problem>) -> Clauses {
    let path = root.join(REGISTER);
    let checked = read_file(&path, |text| {
        let (register, node) = read_text::<ClauseRegister>(text, schema::clauses())?;
        clauses::check(register, Place::root(&node, schema::clauses()))
    });
    checked.map(Option::unwrap_or_default).unwrap_or_else(|found| {
        problems.extend(found);
        // Ids cannot be checked against a broken register, which must be repaired first.
        Clauses::default()
    })
}

fn load_scenario(
    path: &Path,
    (absolute_path, root): (&Path, &Path),
    clauses: &Clauses,
    hints: &mut Hints,
) -> Result<Scenario, Vec<Problem>> {
    let id = id(absolute_path, root).map_err(|message| vec![unread(path, message)])?;
    read_file(path, |text| read_scenario(text, (id, path), clauses, hints))?
        .ok_or_else(|| vec![unread(path, "expected a file, found nothing".to_owned())])
}

/// The path below the root, without `.json`, separated by `/`.
fn id(path: &Path, root: &Path) -> Result<Arc<str>, String> {
    let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let lawful = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    match parts.iter().find(|part| part.is_empty() || !part.bytes().all(lawful)) {
        Some(part) => Err(format!(
            "expected a path of a-z, 0-9 and \"-\", since it is the scenario's id, found {part:?}"
        )),
        None => Ok(Arc::from(parts.join("/"))),
    }
}

/// Reads a file with `read`, or returns every problem in it; `None` if there is nothing at that path.
pub(crate) fn read_file<T>(
    path: &Path,
    read: impl FnOnce(&str) -> Result<T, Vec<Finding>>,
) -> Result<Option<T>, Vec<Problem>> {
    let Some(text) = input_text(path).map_err(|problem| vec![problem])? else { return Ok(None) };
    read(&text).map(Some).map_err(|findings| Problem::of_file(path, findings))
}

/// The text of a file; `None` if there is nothing at that path.
pub(crate) fn input_text(path: &Path) -> Result<Option<String>, Problem> {
    input::text_if_there(path).map_err(|error| Problem {
        path: path.to_owned(),
        position: error.place.map(|(line, column)| Position { line, column }),
        message: error.message,
    })
}

/// Parses text as a `T`, whose form `schema` describes, with its syntax tree, which knows the positions; finds every
/// violation of the schema.
pub(crate) fn read_text<T: DeserializeOwned>(
    text: &str,
    schema: &Value,
) -> Result<(T, Node), Vec<Finding>> {
    let node = parse(text)?;
    let read = serde_json::from_str(text);
    // The syntax tree accepts more than JSON, such as a line break in a string.
    if read.is_err()
        && let Err(error) = serde_json::from_str::<IgnoredAny>(text)
    {
        return Err(vec![said(text, &error)]);
    }
    let findings = validate(&node, schema);
    if !findings.is_empty() {
        return Err(findings);
    }
    // The schema comes from `T`, so what passes it parses as a `T`; if not, the author still gets a message.
    read.map(|read| (read, node)).map_err(|error| vec![said(text, &error)])
}

fn unread(path: &Path, message: String) -> Problem {
    Problem { path: path.to_owned(), position: None, message }
}

fn cannot(verb: &str, error: &std::io::Error) -> String {
    format!("cannot {verb} it: {error}")
}

fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// The register of clauses, which marks the root.
pub(crate) const REGISTER: &str = "clauses.json";

/// The file beside it that says which scenario covers which test of other projects.
pub(crate) const UPSTREAM_TESTS: &str = "upstream-tests.json";

/// The entry that marks the top of a checkout.
const CHECKOUT: &str = ".git";
