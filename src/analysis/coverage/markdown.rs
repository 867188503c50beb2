//! Coverage as a Markdown table. Pure.

use crate::analysis::coverage::text::totals;
use crate::analysis::coverage::{ClauseCoverage, Coverage};

/// A row for each clause, and the totals.
pub(crate) fn coverage_markdown(coverage: &Coverage<'_>) -> String {
    let targets = || coverage.targets.iter();
    let mut out = format!("{}\n\n| clause | level | scenarios | mutants |", totals(coverage));
    out.extend(targets().map(|target| format!(" {} |", cell(target))));
    out.push_str("\n|---|---|---|---|");
    out.extend(targets().map(|_| "---|"));
    out.push('\n');
    for row in &coverage.clauses {
        out.push_str(&line(row));
        let words = |target: &&str| {
            row.told.get(*target).map_or_else(|| "-".to_owned(), |told| told.words())
        };
        out.extend(targets().map(|target| format!(" {} |", words(target))));
        out.push('\n');
    }
    out
}

fn line(row: &ClauseCoverage<'_>) -> String {
    let clause = format!("{}: {}", row.clause.id, cell(&row.clause.statement));
    let mutants = row.mutants.iter().map(|mutant| mutant.name).collect::<Vec<_>>().join(", ");
    format!("| {clause} | {} | {} | {mutants} |", row.levels(), row.asked_by())
}

/// Text that ends no cell, and is not markup.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}
