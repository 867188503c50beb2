//! The committed schemas and documents are what the program writes today.
#![expect(clippy::disallowed_methods, reason = "a test reads files")]

use std::fs;
use std::path::Path;

use clap::ValueEnum;
use pretty_assertions::assert_eq;
use yamux_conform::cli::SchemaName;
use yamux_conform::strength::{Assessment, markdown};

use crate::survey;

/// Fails with the command that writes the file anew.
fn assert_fresh(file: &str, command: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let found = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{file} is stale: run `{command} > {file}`");
}

#[test]
fn every_schema_is_fresh() {
    for name in SchemaName::value_variants() {
        let value = name.to_possible_value().expect("none is hidden");
        let name_of_it = value.get_name();
        let command = format!("yamux-conform schema {name_of_it}");
        assert_fresh(&format!("schema/{name_of_it}.schema.json"), &command, &name.schema());
    }
}

#[test]
fn the_strength_of_the_scenarios_is_fresh() {
    let (survey, exceptions) = survey::survey();
    let document = markdown(survey, &Assessment::of(survey, exceptions, true));
    let command = "yamux-conform mutants --format markdown";
    assert_fresh("docs/strength.md", command, &document);
}
