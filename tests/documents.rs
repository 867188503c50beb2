//! Everything that the documents and the help texts name exists: clauses, scenarios, files, and the targets of links.
#![expect(clippy::disallowed_methods, reason = "a test reads files")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use yamux_conform::harness::scenario::load;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document, and every source of the command line for the help texts in it: a name and its text.
fn texts() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)).into();
    for folder in ["docs", "docs/findings", "src/cli"] {
        let entries = fs::read_dir(root().join(folder)).expect("a folder");
        let entries = entries.map(|entry| entry.expect("an entry").path());
        paths.extend(entries.filter(|path| path.is_file()));
    }
    // The folder with an example of a shim is none of them.
    paths.retain(|path| path.is_file());
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("text");
        // What stands in tests is made up.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// Words of letters, digits and what may stand in ids and paths.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_./*<>…".contains(c);
    text.split(move |c| !is_part(c)).map(|word| word.trim_end_matches(['.', '/']))
}

fn is_clause(word: &str) -> bool {
    word.split_once('-').is_some_and(|(area, number)| {
        (2..=5).contains(&area.len())
            && area.bytes().all(|b| b.is_ascii_uppercase())
            && number.len() == 2
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

#[test]
fn every_clause_scenario_and_path_that_is_named_exists() {
    let library = load(&[root().join("scenarios")]).expect("right scenarios");
    let ids: BTreeSet<&str> = library.scenarios.iter().map(|scenario| &*scenario.id).collect();
    let areas: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
    let mut unknown = Vec::new();
    for (path, text) in texts() {
        for word in words(&text) {
            let is_pattern = word.contains(['*', '<', '>', '…']) || word.contains("...");
            let first = word.split('/').next().unwrap_or_default();
            let is_there = if is_clause(word) && word != "CRC-32" {
                library.clauses.find(word).is_some()
            } else if is_pattern || !word.contains('/') {
                true
            } else if areas.contains(first) {
                let cases = ["/client", "/server", ".client", ".server", ".client.trace"];
                ids.contains(cases.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word))
            } else if ["scenarios", "docs", "schema", "shims", "ci", ".ci"].contains(&first) {
                root().join(word).exists()
            } else {
                true
            };
            if !is_there {
                unknown.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn the_page_on_exploring_names_each_clause_that_the_model_judges_by() {
    let clauses = |text: &str| -> BTreeSet<String> {
        words(text).filter(|word| is_clause(word)).map(ToOwned::to_owned).collect()
    };
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("text");
    let files = ["breach", "debts", "results", "unasked", "violations"];
    let judged: BTreeSet<String> =
        files.iter().flat_map(|name| clauses(&read(&format!("src/model/{name}.rs")))).collect();
    let page = read("docs/exploring.md");
    let (_, section) = page.split_once("## What the model judges").expect("the section");
    let (table, _) = section.split_once("**What it does not judge.**").expect("its end");
    assert_eq!(clauses(table), judged);
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for (path, text) in texts().iter().filter(|(path, _)| path.extension() == Some("md".as_ref())) {
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split(')').next().unwrap_or_default();
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = path.parent().expect("a file is in a folder");
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            let headings = fs::read_to_string(&target).unwrap_or_default();
            let has_anchor = headings.lines().any(|line| {
                line.starts_with('#') && slug(line.trim_start_matches('#').trim()) == anchor
            });
            if !target.exists() || !(anchor.is_empty() || has_anchor) {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// How a heading is called in a link.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
