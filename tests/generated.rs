//! The committed schemas and documents are what the program writes today.
#![expect(clippy::disallowed_methods, reason = "a test reads files")]

use std::fs;
use std::path::Path;

use clap::ValueEnum;
use pretty_assertions::assert_eq;
use yamux_conform::harness::analysis::coverage::{
    Coverage, UpstreamTests, clauses_page, upstream_page,
};
use yamux_conform::harness::analysis::explore::found_by_stories;
use yamux_conform::harness::analysis::strength::{Assessment, markdown};
use yamux_conform::harness::cli::SchemaName;
use yamux_conform::harness::endpoint::mutant::all;
use yamux_conform::harness::scenario::load;

use crate::survey;

/// Fails with the command that regenerates the file.
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
fn the_pages_on_clauses_and_on_tests_of_others_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = load(&[root.join("scenarios")]).expect("right scenarios");
    let (scenarios, mutants) = (library.scenarios.iter().collect::<Vec<_>>(), all());
    let coverage = Coverage::of(&library.clauses, &scenarios, &mutants, &[]);
    let command = "yamux-conform coverage --document clauses";
    assert_fresh("docs/clauses.md", command, &clauses_page(&coverage, &library.clauses));
    let ids = scenarios.iter().map(|scenario| &*scenario.id).collect();
    let list = UpstreamTests::load(&root.join("scenarios/upstream-tests.json"), &ids);
    let command = "yamux-conform coverage --document upstream-tests";
    assert_fresh("docs/upstream-tests.md", command, &upstream_page(&list.expect("a right list")));
}

#[test]
fn the_strength_of_the_scenarios_is_fresh() {
    let (survey, exceptions) = survey::survey();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let clauses = load(&[root.join("scenarios/ping")]).expect("right scenarios").clauses;
    let document = markdown(survey, &Assessment::of(survey, exceptions, true));
    let document = document + &found_by_stories(&clauses);
    let command = "yamux-conform mutants --format markdown";
    assert_fresh("docs/strength.md", command, &document);
}
