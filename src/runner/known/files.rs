//! Files and folders named after targets.

use std::path::Path;

use crate::scenario::nearest;
use crate::system::sink::path_name;

/// Files and folders whose name, without `.json`, is a misspelling of one of these targets' names.
pub(crate) fn misspelt(folder: &Path, targets: &[&str]) -> Vec<String> {
    let names = names(folder);
    let slip = |name: &String| {
        let stem = name.strip_suffix(".json").unwrap_or(name);
        let near = nearest(stem, targets.iter().copied()).filter(|_| !targets.contains(&stem))?;
        // `go-hashicorp-2` is a name of its own.
        (!stem.starts_with(near)).then(|| {
            let path = folder.join(name);
            format!("{}: no target is called {stem:?}, did you mean {near:?}?", path_name(path))
        })
    };
    names.iter().filter_map(slip).collect()
}

/// The content of a folder, sorted, except hidden files and `*.md`, which describe it.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.') && !name.ends_with(".md"));
    names.sort();
    names
}
