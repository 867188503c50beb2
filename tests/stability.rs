//! The promise of `docs/stability.md`: a frozen format changes only with a new version, and no released id disappears
//! silently.
#![expect(clippy::disallowed_methods, reason = "a test reads files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use clap::{CommandFactory, ValueEnum};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use yamux_conform::harness::cli::{Cli, SchemaName};
use yamux_conform::harness::scenario::load;

/// `schema/stability.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frozen {
    /// The versions of each format, the newest last.
    formats: BTreeMap<String, Vec<FrozenVersion>>,
    /// What each exit code means, as `--help` begins to say it.
    exit_codes: BTreeMap<String, String>,
    /// The ids of the clauses that a release has had.
    clauses: BTreeSet<String>,
    /// The ids of the scenarios that a release has had.
    scenarios: BTreeSet<String>,
    /// Ids of either that are gone, and why.
    retired: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrozenVersion {
    version: String,
    /// Of the schema without its descriptions.
    sha256: String,
}

fn frozen() -> Frozen {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/stability.json");
    let text = fs::read_to_string(path).expect("schema/stability.json");
    serde_json::from_str(&text).expect("schema/stability.json says what is frozen")
}

/// The schema without the words for people. What looks like one below `properties` is a key of the format.
fn without_words(schema: &mut Value, are_names: bool) {
    match schema {
        Value::Object(keys) => {
            if !are_names {
                keys.retain(|key, _| !["description", "title", "examples"].contains(&&**key));
            }
            for (key, value) in keys {
                without_words(value, !are_names && ["properties", "$defs"].contains(&&**key));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without_words(item, false)),
        _ => {}
    }
}

fn digest(schema: &str) -> String {
    let mut schema: Value = serde_json::from_str(schema).expect("a schema is JSON");
    without_words(&mut schema, false);
    Sha256::digest(schema.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `MAJOR.MINOR`.
fn number(version: &str) -> (u32, u32) {
    let parts = version.split_once('.').expect("MAJOR.MINOR");
    (parts.0.parse().expect("a number"), parts.1.parse().expect("a number"))
}

/// What is wrong with the versions of a format, whose schema has this digest today.
fn wrong_versions(name: &str, versions: &[FrozenVersion], digest: &str) -> Option<String> {
    let Some(last) = versions.last() else {
        return Some(format!("{name}: schema/stability.json has no version of it"));
    };
    let ascends = versions.windows(2).all(|pair| {
        number(&pair[0].version) < number(&pair[1].version) && pair[0].sha256 != pair[1].sha256
    });
    if !ascends {
        return Some(format!("{name}: each version is later than the one before it, and differs"));
    }
    (last.sha256 != digest).then(|| {
        let (major, minor) = number(&last.version);
        format!(
            "schema/{name}.schema.json is not that of version {}. If every file and reader of {major}.{minor} works on, add \
             version {major}.{}, else {}.0, with \"sha256\": \"{digest}\" to schema/stability.json, and tell it in CHANGELOG.md",
            last.version,
            minor + 1,
            major + 1
        )
    })
}

#[test]
fn a_frozen_schema_changes_only_with_a_new_version() {
    let mut frozen = frozen().formats;
    let mut wrong = Vec::new();
    for name in SchemaName::value_variants() {
        let value = name.to_possible_value().expect("none is hidden");
        let versions = frozen.remove(value.get_name()).unwrap_or_default();
        wrong.extend(wrong_versions(value.get_name(), &versions, &digest(&name.schema())));
    }
    wrong.extend(frozen.keys().map(|name| format!("{name}: there is no such format")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_released_id_goes_without_a_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let library = load(&[root]).expect("right scenarios");
    let scenarios: BTreeSet<String> =
        library.scenarios.iter().map(|scenario| scenario.id.to_string()).collect();
    let clauses: BTreeSet<String> =
        library.clauses.iter().map(|clause| clause.id.to_string()).collect();
    let Frozen { scenarios: had, clauses: had_clauses, retired, .. } = frozen();
    assert!(had.len() > 300 && had_clauses.len() > 100, "the lists are read");
    let gone = had.difference(&scenarios).chain(had_clauses.difference(&clauses));
    let gone: Vec<&String> = gone.filter(|id| !retired.contains_key(*id)).collect();
    assert!(gone.is_empty(), "gone, and not under `retired` in schema/stability.json: {gone:?}");
    let back: Vec<&String> =
        retired.keys().filter(|id| scenarios.contains(*id) || clauses.contains(*id)).collect();
    assert!(back.is_empty(), "retired ids are never used again: {back:?}");
}

#[test]
fn every_exit_code_means_what_it_meant() {
    let help = Cli::command().render_long_help().to_string();
    for (code, meaning) in frozen().exit_codes {
        let line = format!("\n  {code:<3}  {meaning}");
        assert!(help.contains(&line), "exit code {code} no longer means {meaning:?}:\n{help}");
    }
}

#[test]
fn a_change_of_a_schema_is_seen_and_its_words_are_not() {
    let schema = r#"{ "description": "a", "properties": { "description": { "type": "string", "title": "b" } } }"#;
    let told = schema.replace("\"a\"", "\"other words\"").replace("\"b\"", "\"c\"");
    assert_eq!(digest(schema), digest(&told));
    let (other_type, other_key) =
        (schema.replace("string", "number"), schema.replace("{ \"description\": {", "{ \"x\": {"));
    assert!(digest(schema) != digest(&other_type) && digest(schema) != digest(&other_key));
    let version = |version: &str, sha256: &str| FrozenVersion {
        version: version.to_owned(),
        sha256: sha256.to_owned(),
    };
    let wrong = |versions: &[FrozenVersion], digest| wrong_versions("known", versions, digest);
    assert_eq!(wrong(&[version("1.0", "aa"), version("1.1", "bb")], "bb"), None);
    let unversioned = wrong(&[version("1.4", "aa")], "bb").expect("a change without a version");
    assert!(unversioned.contains("add version 1.5, else 2.0"), "{unversioned}");
    assert!(wrong(&[version("1.1", "aa"), version("1.0", "bb")], "bb").is_some());
    assert!(wrong(&[version("1.0", "aa"), version("1.1", "aa")], "aa").is_some());
    assert!(wrong(&[], "aa").is_some());
}
