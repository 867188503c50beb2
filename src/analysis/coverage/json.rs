//! Coverage as one JSON object. Pure.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::coverage::{ClauseCoverage, ClauseHeld, ClauseTally, Coverage};
use crate::scenario::{Dialects, Level, Provenance, generate};

/// What `coverage --format json` writes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CoverageJson<'a> {
    /// The version of this format.
    format: u32,
    /// The targets of the reports, by name.
    targets: Vec<&'a str>,
    /// The clauses, in the order of the register.
    clauses: Vec<CoverageRow<'a>>,
}

/// A clause and what covers it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CoverageRow<'a> {
    /// Its id.
    id: &'a str,
    /// What it demands.
    statement: &'a str,
    /// How binding it is for every yamux.
    level: Level,
    /// Who says so.
    provenance: &'a Provenance,
    /// Where a dialect binds more than that.
    dialects: &'a Dialects,
    /// The ids of the scenarios that name it.
    scenarios: Vec<&'a str>,
    /// The rule that is watched in every scenario, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    watched: Option<&'a str>,
    /// Why nothing asks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unasked: Option<&'a str>,
    /// The names of the mutants that break it.
    mutants: Vec<&'a str>,
    /// What the cases of each target said; no entry is that none was about it.
    verdicts: BTreeMap<&'a str, CoverageVerdict>,
}

/// What the cases of a target said.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct CoverageVerdict {
    /// What they come to.
    verdict: ClauseHeld,
    /// How many said what.
    cases: ClauseTally,
}

/// The record of the coverage.
pub(crate) fn coverage_json<'a>(coverage: &'a Coverage<'a>) -> CoverageJson<'a> {
    CoverageJson {
        format: 1,
        targets: coverage.targets.iter().copied().collect(),
        clauses: coverage.clauses.iter().map(row).collect(),
    }
}

/// The JSON Schema, as it stands in `schema/coverage.schema.json`.
pub(crate) fn coverage_schema() -> String {
    format!("{:#}\n", generate::<CoverageJson<'_>>())
}

fn row<'a>(row: &'a ClauseCoverage<'a>) -> CoverageRow<'a> {
    let told = row.told.iter().filter(|(_, tally)| **tally != ClauseTally::default());
    CoverageRow {
        id: &row.clause.id,
        statement: &row.clause.statement,
        level: row.clause.level,
        provenance: &row.clause.provenance,
        dialects: &row.clause.dialects,
        scenarios: row.scenarios.iter().map(|scenario| &*scenario.id).collect(),
        watched: row.watched.as_deref(),
        unasked: row.clause.unasked.as_deref(),
        mutants: row.mutants.iter().map(|mutant| mutant.name).collect(),
        verdicts: told
            .map(|(target, tally)| {
                (*target, CoverageVerdict { verdict: tally.held(), cases: *tally })
            })
            .collect(),
    }
}
