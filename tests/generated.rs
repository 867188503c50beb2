//! The committed schemas and documents are what the program writes today.
#![expect(clippy::disallowed_methods, reason = "a test reads files")]

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use yamux_conform::scenario::{clauses_schema, scenario_schema};
use yamux_conform::shim::protocol;
use yamux_conform::strength::{self, Judgement, markdown};

use crate::survey;

/// Fails with the command that writes the file anew.
fn assert_fresh(file: &str, command: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let found = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{file} is stale: run `{command} > {file}`");
}

#[test]
fn the_scenario_schema_is_fresh() {
    let command = "yamux-conform schema scenario";
    assert_fresh("schema/scenario.schema.json", command, &scenario_schema());
}

#[test]
fn the_clauses_schema_is_fresh() {
    let command = "yamux-conform schema clauses";
    assert_fresh("schema/clauses.schema.json", command, &clauses_schema());
}

#[test]
fn the_schema_of_exceptions_is_fresh() {
    let command = "yamux-conform schema mutants";
    assert_fresh("schema/mutants.schema.json", command, &strength::schema());
}

#[test]
fn the_schema_of_the_shim_protocol_is_fresh() {
    assert_fresh("schema/shim.schema.json", "yamux-conform schema shim", &protocol::schema());
}

#[test]
fn the_strength_of_the_scenarios_is_fresh() {
    let (survey, exceptions) = survey::survey();
    let document = markdown(survey, &Judgement::of(survey, exceptions, true));
    let command = "yamux-conform mutants --format markdown";
    assert_fresh("docs/strength.md", command, &document);
}
