//! Coverage for people: a row for each clause. Pure.

use crate::analysis::coverage::Coverage;
use crate::system::sink::columns_of;

/// A table; with `is_full` the scenarios and mutants of each clause are named below its row.
pub(crate) fn coverage_text(coverage: &Coverage<'_>, is_full: bool) -> String {
    let mut rows = vec![head(coverage)];
    for row in &coverage.clauses {
        let mut cells = vec![
            row.clause.id.clone(),
            row.levels(),
            row.asked_by(),
            row.mutants.len().to_string(),
        ];
        let words = |target: &&str| {
            row.told.get(*target).map_or_else(|| "-".to_owned(), |told| told.words())
        };
        cells.extend(coverage.targets.iter().map(words));
        rows.push(cells);
    }
    let mut table = aligned(&rows).into_iter();
    let mut out = table.next().unwrap_or_default();
    for (line, row) in table.zip(&coverage.clauses) {
        out.push_str(&line);
        if !is_full {
            continue;
        }
        out.push_str(&format!("  {}\n", row.clause.statement));
        let scenarios =
            row.scenarios.iter().map(|scenario| format!("  scenario {}\n", scenario.id));
        let watched = row.watched.iter().map(|rule| format!("  watched  {rule}\n"));
        let unasked = row.clause.unasked.iter().map(|reason| format!("  unasked  {reason}\n"));
        let mutants = row.mutants.iter().map(|mutant| format!("  mutant   {}\n", mutant.name));
        out.extend(scenarios.chain(watched).chain(unasked).chain(mutants));
    }
    out + &totals(coverage) + "\n"
}

fn head(coverage: &Coverage<'_>) -> Vec<String> {
    let own = ["clause", "level", "scenarios", "mutants"].into_iter();
    own.chain(coverage.targets.iter().copied()).map(str::to_owned).collect()
}

/// `268 clauses: 262 with scenarios, 5 only watched, 1 unasked with a reason; 250 have mutants`.
pub(super) fn totals(coverage: &Coverage<'_>) -> String {
    let rows = &coverage.clauses;
    let asked = rows.iter().filter(|row| !row.scenarios.is_empty()).count();
    let watched =
        rows.iter().filter(|row| row.scenarios.is_empty() && row.watched.is_some()).count();
    let unasked = rows.iter().filter(|row| !row.is_asked()).count();
    let mutants = rows.iter().filter(|row| !row.mutants.is_empty()).count();
    let all = rows.len();
    format!(
        "{all} clauses: {asked} with scenarios, {watched} only watched in every scenario, {unasked} unasked; {mutants} have mutants"
    )
}

/// Rows of cells as lines, each column as wide as its widest cell.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| columns_of(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            format!("{cell}{}", " ".repeat(width.saturating_sub(columns_of(cell))))
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
