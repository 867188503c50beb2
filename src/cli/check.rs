//! `yamux-conform check`: are the files right?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::ExitCode;
use crate::cli::output::{self, complain};
use crate::cli::selection::{Selected, Selection};
use crate::cli::targets::Refused;
use crate::golden::{self, GoldenKey};
use crate::known::Known;

/// Check scenarios, clauses, ledgers and golden traces without running anything
///
/// Names every problem of every file, each with its line and column. Exit code 3 if there is one.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Scenario files, and folders that are searched for them
    #[arg(value_name = "PATH", default_value = "scenarios")]
    pub paths: Vec<PathBuf>,

    /// A ledger of known deviations. May be given several times [default: those in the folder `known` beside the
    /// scenarios]
    #[arg(long, value_name = "FILE")]
    pub known: Vec<PathBuf>,

    /// Where the golden traces are [default: the folder `golden` beside the scenarios]
    #[arg(long, value_name = "DIR")]
    pub golden: Option<PathBuf>,
}

impl CheckArgs {
    /// Checks, and says how the program ends.
    pub fn execute(&self) -> ExitCode {
        let mut problems = Vec::new();
        let selection = Selection::of_paths(self.paths.clone());
        let selected = match selection.load() {
            Ok(selected) => Some(selected),
            Err(Refused(_, messages)) => {
                problems.extend(messages);
                None
            }
        };
        let beside = |name: &str| selected.as_ref().map(|selected| selected.beside(name));
        problems.extend(self.ledgers(beside("known").as_deref()));
        if let (Some(selected), Some(root)) =
            (&selected, self.golden.clone().or_else(|| beside("golden")))
        {
            problems.extend(goldens(&root, selected));
            if selected.is_whole(&self.paths) {
                problems.extend(orphans(&root, selected));
            }
        }
        if !problems.is_empty() {
            return complain(ExitCode::BadInput, &problems);
        }
        let scenarios = selected.map_or(0, |selected| selected.scenarios.len());
        output::print(|out| {
            writeln!(out, "{scenarios} scenarios and what belongs to them are right")
        })
    }

    fn ledgers(&self, folder: Option<&Path>) -> Vec<String> {
        let mut paths = self.known.clone();
        if paths.is_empty()
            && let Some(entries) = folder.and_then(|folder| folder.read_dir().ok())
        {
            let found = entries.filter_map(Result::ok).map(|entry| entry.path());
            paths.extend(
                found.filter(|path| path.extension().is_some_and(|extension| extension == "json")),
            );
            paths.sort();
        }
        let mut problems = Vec::new();
        for path in paths {
            if path.symlink_metadata().is_err() {
                problems.push(format!("{}: there is no such ledger", path.display()));
            }
            if let Err(found) = Known::load(&path) {
                problems.extend(found.iter().map(ToString::to_string));
            }
        }
        problems
    }
}

/// Golden traces of the selected scenarios that cannot be read.
fn goldens(root: &Path, selected: &Selected) -> Vec<String> {
    let keys = keys(root, selected);
    keys.iter()
        .filter_map(|key| golden::load(root, key).err())
        .map(|error| error.to_string())
        .collect()
}

/// Files among the golden traces that belong to no case.
pub(super) fn orphans(root: &Path, selected: &Selected) -> Vec<String> {
    match golden::orphans(root, &keys(root, selected)) {
        Ok(orphans) => orphans
            .iter()
            .map(|path| format!("{}: belongs to no case; delete it", path.display()))
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Every case of every target that has goldens.
fn keys(root: &Path, selected: &Selected) -> BTreeSet<GoldenKey> {
    let folders = root.read_dir().into_iter().flatten().filter_map(Result::ok);
    let targets: Vec<String> = folders
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let mut keys = BTreeSet::new();
    for target in targets {
        for (id, sides) in &selected.all {
            keys.extend(sides.iter().map(|side| GoldenKey {
                target: target.clone(),
                id: id.to_string(),
                side: *side,
            }));
        }
    }
    keys
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform check
  yamux-conform check my-scenarios/one.json
  yamux-conform check --known known/go-hashicorp.json --golden golden";
