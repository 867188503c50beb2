//! Clauses that nothing tests, and reasons for that which are out of date. Pure.

use crate::analysis::coverage::{ClauseCoverage, Coverage};
use crate::scenario::{Clause, Clauses, Finding, Problem, Scenario};
use std::path::Path;

/// Each clause of a complete register without scenario, rule and reason, and each reason that is empty or not needed.
pub(crate) fn unasked(path: &Path, clauses: &Clauses, scenarios: &[&Scenario]) -> Vec<Problem> {
    let coverage = Coverage::of(clauses, scenarios, &[], &[]);
    let rows = clauses.placed().zip(&coverage.clauses);
    let findings = rows.filter_map(|((at, clause), row)| {
        wrong(clause, row, clauses.is_complete()).map(|message| Finding::new(at, message))
    });
    Problem::of_file(path, findings.collect())
}

fn wrong(clause: &Clause, row: &ClauseCoverage<'_>, is_complete: bool) -> Option<String> {
    let id = &clause.id;
    match &clause.unasked {
        Some(reason) if reason.trim().is_empty() => {
            Some(format!("expected why nothing asks {id} in \"unasked\", found no text"))
        }
        Some(_) if row.is_asked() => {
            let by = match row.scenarios.first() {
                Some(scenario) => format!("{} names it", scenario.id),
                None => "it is watched in every scenario".to_owned(),
            };
            Some(format!("{id} has a reason in \"unasked\", but {by}: delete the reason"))
        }
        // Only if the register says that it is complete; one copied from another suite need not be.
        None if is_complete && !row.is_asked() => Some(format!(
            "expected a scenario that names {id}, found none: write one, or say why there is none in \"unasked\""
        )),
        _ => None,
    }
}
