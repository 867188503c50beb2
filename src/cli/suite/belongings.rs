//! The files of a suite besides its scenarios: golden traces and ledgers that are missing, and files that belong to nothing.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::selection::Selected;
use crate::runner::golden::{self, GoldenKey};
use crate::runner::known::{self, Deviation, Known};
use crate::system::sink::path_name;

/// Files among the golden traces that belong to no case. Needs the whole suite.
pub(crate) fn orphans(root: &Path, selected: &Selected) -> Vec<String> {
    let targets = folders(root);
    let keys: BTreeSet<GoldenKey> =
        targets.iter().flat_map(|target| keys(target, selected)).collect();
    match golden::orphans(root, &keys) {
        Ok(orphans) => orphans
            .iter()
            .map(|path| format!("{}: belongs to no case; delete it", path_name(path)))
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Golden traces that a target lacks: it should have one for each case, except those that its ledger says fail, and those it
/// cannot run, which its `skipped.txt` lists. The error is that this list cannot be read.
pub(crate) fn missing(
    root: &Path,
    target: &str,
    known: &Known,
    selected: &Selected,
) -> Result<Vec<String>, String> {
    let skipped = golden::skipped(root, target).map_err(|error| error.to_string())?;
    let is_excused = |key: &GoldenKey| {
        skipped.contains_key(&key.case())
            || known.entry_for(Deviation::Verdict, &key.id, key.side).is_some()
    };
    let missing = keys(target, selected)
        .filter(|key| key.path(root).symlink_metadata().is_err() && !is_excused(key));
    Ok(missing.map(|key| golden::missing(root, &key)).collect())
}

/// Wrong lines of a target's `skipped.txt`: the case does not exist, or has a golden trace nevertheless.
pub(crate) fn wrongly_skipped(
    root: &Path,
    target: &str,
    selected: &Selected,
) -> Result<Vec<String>, String> {
    let skipped = golden::skipped(root, target).map_err(|error| error.to_string())?;
    let without: BTreeSet<String> = keys(target, selected)
        .filter(|key| key.path(root).symlink_metadata().is_err())
        .map(|key| key.case())
        .collect();
    let wrong = skipped.into_keys().filter(|case| !without.contains(case));
    Ok(wrong
        .map(|case| {
            let list = root.join(target).join(golden::SKIPPED);
            format!(
                "{}: {case} is no case without a golden trace; delete the line",
                path_name(list)
            )
        })
        .collect())
}

/// Targets that have golden traces there.
pub(crate) fn folders(root: &Path) -> Vec<String> {
    let mut names = known::names(root);
    names.retain(|name| root.join(name).is_dir());
    names
}

/// Every case of a target, selected or not.
pub(crate) fn keys<'a>(
    target: &'a str,
    selected: &'a Selected,
) -> impl Iterator<Item = GoldenKey> + 'a {
    let cases =
        selected.all.iter().flat_map(|(id, sides)| sides.iter().map(move |side| (id, *side)));
    cases.map(move |(id, side)| GoldenKey { target: target.to_owned(), id: id.to_string(), side })
}
