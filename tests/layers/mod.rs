//! The architecture's rules: no module uses a later one, pure modules are declared pure and name no IO, and every file
//! describes itself and stays short. A scan of lines is enough, because imports stand one module per line.
#![expect(clippy::disallowed_methods, reason = "a test reads files")]

mod house;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use house::{DOUBLED, GROUPS, HOUSE, PURE, Room};

const DENY: &str = "#![deny(clippy::disallowed_types, clippy::disallowed_methods)]";

/// What a pure module may not name, whether or not clippy.toml lists it.
const IO: [&str; 10] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::env",
    "std::io",
    "tokio::",
    "SystemTime",
    "Instant",
    "File::",
];

/// What only `sink` may name: the streams on which others read, and files that they read.
const STREAMS: [&str; 8] = [
    "io::stdout",
    "io::stderr",
    "anstream::",
    "Stdio::inherit",
    "NamedTempFile",
    "fs::write",
    "File::create",
    ".persist(",
];

const MAX_LINES: usize = 500;

/// How many files and folders a newcomer takes in at a glance. What [`ROOTS`] names is known already.
const MAX_NAMES: usize = 12;

const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "mod.rs"];

/// A file below `src`.
struct Source {
    /// From `src` on, with `/`.
    name: String,
    text: String,
}

impl Source {
    /// The module it belongs to; `None` for the roots of the library, the program and the groups of modules.
    fn module(&self) -> Option<&str> {
        let path = self.name.strip_suffix("/mod.rs").or_else(|| self.name.strip_suffix(".rs"));
        let path = path.unwrap_or(&self.name);
        if let Some(room) = room_at(path) {
            return Some(room.name());
        }
        let is_root = ["lib", "main"].contains(&path) || GROUPS.contains(&path);
        (!is_root).then_some(path)
    }

    /// Whether it belongs to a pure module.
    fn is_pure(&self) -> bool {
        let path = self.name.strip_suffix("/mod.rs").or_else(|| self.name.strip_suffix(".rs"));
        path.is_some_and(|path| {
            PURE.iter().any(|pure| {
                path.strip_prefix(pure).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
    }

    /// Its lines without comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
    }

    /// Every module that it names, and in which line.
    fn edges(&self) -> Vec<(usize, String)> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut edges = Vec::new();
        for (number, code) in self.code() {
            for (at, _) in code.match_indices("crate::") {
                if code[..at].ends_with(is_part) {
                    continue;
                }
                let rest = &code[at + "crate::".len()..];
                let path = rest.split(|c| !is_part(c) && c != ':').next().unwrap_or_default();
                let path = path.trim_end_matches(':').replace("::", "/");
                let named = path.split('/').next().unwrap_or_default().to_owned();
                edges.push((number, room_at(&path).map_or(named, |room| room.name().to_owned())));
            }
        }
        edges
    }
}

/// The innermost module that holds the file or item at `path`.
fn room_at(path: &str) -> Option<&'static Room> {
    let holds = |room: &&Room| {
        path.strip_prefix(room.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    HOUSE.iter().filter(holds).max_by_key(|room| room.path.len())
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).expect("below the root").display().to_string();
                let text = fs::read_to_string(&path).expect("a source in UTF-8");
                sources.push(Source { name: name.replace('\\', "/"), text });
            }
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources
}

/// The edges of a source that are not allowed, in words.
fn wrong_edges(source: &Source) -> Vec<String> {
    let Some(module) = source.module() else { return Vec::new() };
    let Some(room) = HOUSE.iter().find(|room| room.name() == module) else {
        return vec![format!(
            "src/{}: the module {module} has no place in the house; add it to HOUSE in tests/layers/house.rs",
            source.name
        )];
    };
    let uses: Vec<&str> = room.uses.split_whitespace().collect();
    let mut wrong = Vec::new();
    for (line, used) in source.edges() {
        let problem = match () {
            () if used == module || uses.contains(&&*used) => continue,
            () if used.is_empty() => "several modules in one `crate::{…}`".to_owned(),
            () if HOUSE.iter().any(|room| room.name() == used) => {
                format!("{module} uses {used}, which it may not")
            }
            () => format!("{module} -> {used} names no module of the house"),
        };
        wrong.push(format!(
            "src/{}:{line}: {problem}; {module} may use only: {}",
            source.name, room.uses
        ));
    }
    for (line, code) in source.code() {
        if code.contains("super::super") {
            wrong.push(format!(
                "src/{}:{line}: super::super hides an edge; write crate::…",
                source.name
            ));
        }
    }
    wrong
}

/// Names of IO in a source of a pure module, in words.
fn io_names(source: &Source) -> Vec<String> {
    if source.text.contains("#![expect(clippy::disallowed_") {
        return Vec::new();
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (line, code) in source.code() {
        // A string may well speak of it.
        let code: String = code.split('"').step_by(2).collect();
        for name in IO {
            let is_named = code.match_indices(name).any(|(at, _)| {
                let rest = &code[at + name.len()..];
                !code[..at].ends_with(is_part)
                    && (name.ends_with(':') || !rest.starts_with(is_part))
            });
            if is_named {
                found.push(format!(
                    "src/{}:{line}: {name} in a pure module; take the value as an argument, or move the file to a module that does IO",
                    source.name
                ));
            }
        }
    }
    found
}

/// Places at which a source writes by itself, in words. Its tests may.
fn streams(source: &Source) -> Vec<String> {
    let tests = source.code().find(|(_, code)| code.trim() == "#[cfg(test)]");
    let end = tests.map_or(usize::MAX, |(line, _)| line);
    let code = source.code().take_while(|(line, _)| *line < end);
    let written = code.filter(|(_, code)| STREAMS.iter().any(|name| code.contains(name)));
    let message = "text and reports leave through crate::sink, which makes them harmless";
    written.map(|(line, _)| format!("src/{}:{line}: {message}", source.name)).collect()
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_module_uses_a_later_one() {
    assert_none(&sources().iter().flat_map(wrong_edges).collect::<Vec<_>>());
}

#[test]
fn every_module_stands_on_earlier_ones_and_uses_what_it_may() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (floor, room) in HOUSE.iter().enumerate() {
        let (name, uses) = (room.name(), room.uses);
        let own = sources.iter().filter(|source| source.module() == Some(name));
        let used: BTreeSet<String> = own.flat_map(Source::edges).map(|(_, used)| used).collect();
        for other in uses.split_whitespace() {
            if !HOUSE[..floor].iter().any(|room| room.name() == other) {
                wrong.push(format!("{name} -> {other} runs upwards"));
            }
            if !used.contains(other) {
                wrong.push(format!("{name} may use {other} in HOUSE, but does not; take it out"));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_page_on_the_architecture_shows_the_house() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(path).expect("the page");
    let mut table = "| module | pure? | uses | what lives there |\n|---|---|---|---|\n".to_owned();
    for Room { path, kind, uses, holds } in &HOUSE {
        let uses: Vec<String> = uses.split_whitespace().map(|name| format!("`{name}`")).collect();
        table.push_str(&format!("| `{path}` | {kind} | {} | {holds} |\n", uses.join(" ")));
    }
    assert!(page.contains(&table), "docs/architecture.md should have this table:\n\n{table}");
}

/// Which files use which: an edge to the root of a folder around the file itself is none, because it holds what they
/// share.
fn file_edges(sources: &[Source]) -> BTreeMap<&str, BTreeSet<&str>> {
    let module = |source: &Source| {
        let path = source.name.trim_end_matches(".rs").trim_end_matches("/mod");
        path.replace('/', "::")
    };
    let files: BTreeMap<String, &str> =
        sources.iter().map(|source| (module(source), &*source.name)).collect();
    let mut edges = BTreeMap::new();
    for source in sources {
        let tests = source.text.find("#[cfg(test)]").unwrap_or(source.text.len());
        let lines = source.text[..tests].lines();
        let code: Vec<&str> = lines.map(|line| line.split("//").next().unwrap_or("")).collect();
        let code = code.join("\n");
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_' || c == ':'));
            let mut path = rest[..end.unwrap_or(rest.len())].trim_end_matches(':');
            while !files.contains_key(path) && !path.is_empty() {
                path = path.rsplit_once("::").map_or("", |(folder, _)| folder);
            }
            let Some(used) = files.get(path).copied().filter(|used| *used != source.name) else {
                continue;
            };
            let folder = used.strip_suffix("mod.rs");
            if !folder.is_some_and(|folder| source.name.starts_with(folder)) {
                edges.entry(&*source.name).or_insert_with(BTreeSet::new).insert(used);
            }
        }
    }
    edges
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = sources();
    let mut edges = file_edges(&sources);
    assert!(edges.len() > 100, "the scan sees the edges");
    // A file that uses none of those that are left is in no circle; what remains at the end is, or leads to one.
    while let Some(leaf) = edges.values().flatten().copied().find(|file| !edges.contains_key(file))
    {
        edges.values_mut().for_each(|used| _ = used.remove(leaf));
        edges.retain(|_, used| !used.is_empty());
    }
    assert!(edges.is_empty(), "these files use each other in a circle, or lead to one: {edges:#?}");
}

#[test]
fn no_type_name_stands_in_two_files() {
    let sources = sources();
    let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in &sources {
        for (_, code) in source.code().filter(|(_, code)| !code.starts_with(' ')) {
            let mut words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let is_type = words.any(|word| ["struct", "enum", "trait", "type"].contains(&word));
            if let Some(name) = words.next().filter(|name| is_type && !name.is_empty()) {
                files.entry(name).or_default().insert(&source.name);
            }
        }
    }
    assert!(files.len() > 300, "the scan sees the types");
    let is_allowed = |name: &str| DOUBLED.iter().any(|(doubled, _)| *doubled == name);
    let doubled = files.iter().filter(|(name, files)| files.len() > 1 && !is_allowed(name));
    assert_none(&doubled.map(|(name, files)| format!("{name}: {files:?}")).collect::<Vec<_>>());
    for (name, _) in DOUBLED {
        assert!(files[name].len() > 1, "{name} stands in one file; take it out of DOUBLED");
    }
}

#[test]
fn paths_of_the_library_stand_in_imports_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (line, code) in source.code() {
            let words = code.trim_start();
            let is_import = words.starts_with("use ") || words.contains(" use ");
            let is_named = code.contains("crate::") && !code.contains("pub(in crate::");
            if is_named && !is_import && !words.starts_with('#') {
                wrong.push(format!("src/{}:{line}: import what `crate::` leads to", source.name));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_level_is_a_dozen_names_at_most() {
    let mut levels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let mut rest = source.name.as_str();
        let mut level = "src".to_owned();
        while let Some((folder, below)) = rest.split_once('/') {
            levels.entry(level.clone()).or_default().insert(folder.to_owned());
            level = format!("{level}/{folder}");
            rest = below;
        }
        if !ROOTS.contains(&rest) {
            levels.entry(level).or_default().insert(rest.to_owned());
        }
    }
    let full = levels.iter().filter(|(_, names)| names.len() > MAX_NAMES);
    assert_none(&full.map(|(level, names)| format!("{level}: {names:?}")).collect::<Vec<_>>());
}

#[test]
fn every_pure_module_denies_io() {
    let sources = sources();
    let mut wrong = Vec::new();
    for module in PURE {
        let names = [format!("{module}.rs"), format!("{module}/mod.rs")];
        let Some(root) = sources.iter().find(|source| names.contains(&source.name)) else {
            wrong.push(format!("{module} is no module; correct PURE in tests/layers/house.rs"));
            continue;
        };
        if !root.text.lines().any(|line| line == DENY) {
            wrong.push(format!("src/{}: the module is pure, so that it needs {DENY}", root.name));
        }
    }
    for source in &sources {
        if source.text.lines().any(|line| line == DENY) && !source.is_pure() {
            wrong.push(format!("src/{}: denies IO, so that it belongs in PURE", source.name));
        }
    }
    assert_none(&wrong);
}

#[test]
fn no_pure_module_names_io() {
    let sources = sources();
    assert_none(
        &sources.iter().filter(|source| source.is_pure()).flat_map(io_names).collect::<Vec<_>>(),
    );
}

#[test]
fn nothing_is_written_beside_the_sink() {
    let sources = sources();
    let is_test = |source: &&Source| {
        let name = Path::new(&source.name).file_stem().unwrap_or_default().display();
        let declared = ["", "pub(crate) "].map(|seen| format!("#[cfg(test)]\n{seen}mod {name};"));
        sources.iter().any(|other| declared.iter().any(|text| other.text.contains(text)))
    };
    let others = sources.iter().filter(|source| source.module() != Some("sink"));
    let others = others.filter(|source| !is_test(source));
    assert_none(&others.flat_map(streams).collect::<Vec<_>>());
}

#[test]
fn no_file_is_longer_than_the_limit() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!(
                "src/{}: {lines} lines, at most {MAX_LINES} are allowed; split it by what it is about",
                source.name
            ));
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_file_begins_with_what_it_holds() {
    let mut wrong = Vec::new();
    for source in sources() {
        let doc = source.text.lines().take_while(|line| line.starts_with("//!")).count();
        if doc == 0 || !source.text.starts_with("//! ") {
            wrong.push(format!("src/{}: the first line is no //! doc", source.name));
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_file_of_tests_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).expect("a text");
    let (manifest, main) = (read("Cargo.toml"), read("tests/main.rs"));
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root.join("tests")).expect("the folder of tests") {
        let file = entry.expect("an entry").file_name().display().to_string();
        let Some(name) = file.strip_suffix(".rs") else { continue };
        let is_program = manifest.contains(&format!("[[test]]\nname = \"{name}\"\n"));
        if !is_program && !main.contains(&format!("\nmod {name};\n")) {
            wrong.push(format!("tests/{file} is not run; add mod {name}; to tests/main.rs"));
        }
    }
    assert_none(&wrong);
}

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned() }
}

#[test]
fn the_scan_sees_every_form_of_an_edge() {
    let upward = [
        "use crate::runner::run;",
        "    let x = crate::cli::run();",
        "pub(in crate::report) fn x() {}",
        "use crate::{cli, runner};",
        "use super::super::cli;",
        "use crate::unheard_of::X;",
    ];
    for text in upward {
        assert_eq!(wrong_edges(&source("engine/act.rs", text)).len(), 1, "{text}");
    }
    let fine = [
        "use crate::yamux::time::Time;",
        "use crate::engine::X;",
        "/// see crate::cli",
        "mycrate::cli()",
    ];
    for text in fine {
        assert_none(&wrong_edges(&source("engine/act.rs", text)));
    }
    assert_eq!(wrong_edges(&source("new/mod.rs", "")).len(), 1);
    assert_none(&wrong_edges(&source("main.rs", "use crate::cli::Cli;")));
    let message =
        &wrong_edges(&source("yamux/frame/mod.rs", "use crate::yamux::session::Session;"))[0];
    let expected =
        "src/yamux/frame/mod.rs:1: frame uses session, which it may not; frame may use only: ";
    assert_eq!(message, expected);
}

#[test]
fn the_scan_sees_what_is_written_beside_the_sink() {
    let text = "use std::io;\nlet out = io::stdout();\n#[cfg(test)]\nmod tests { fs::write(a, b) }";
    assert_eq!(streams(&source("cli/list.rs", text)).len(), 1);
    assert_eq!(streams(&source("runner/golden.rs", "fs::write(&path, text)?;")).len(), 1);
    assert_none(&streams(&source(
        "runner/golden.rs",
        "write_file(&path, text)?; // not fs::write",
    )));
}

#[test]
fn the_scan_sees_io_but_not_words_about_it() {
    let io = [
        "use std::fs;",
        "std::time::Instant::now()",
        "use std::time::{Duration, Instant};",
        "tokio::spawn(x)",
    ];
    for text in io {
        assert!(!io_names(&source("engine/act.rs", text)).is_empty(), "{text}");
    }
    for text in ["let Instantly = 1;", "// std::fs", "let text = \"std::fs\";", "use std::fmt;"] {
        assert_none(&io_names(&source("engine/act.rs", text)));
    }
}
