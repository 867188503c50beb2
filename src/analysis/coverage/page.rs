//! The page on the clauses, `docs/clauses.md`. Pure.

use std::fmt::Write as _;

use crate::analysis::coverage::markdown::cell;
use crate::analysis::coverage::text::totals;
use crate::analysis::coverage::{ClauseCoverage, Coverage};
use crate::scenario::{Clauses, Dialect};

/// Every clause under a heading with its id, so that `clauses.md#flow-30` links to it.
pub fn clauses_page(coverage: &Coverage<'_>, register: &Clauses) -> String {
    let mut out = String::new();
    write(&mut out, coverage, register).expect("a String takes everything");
    out
}

fn write(out: &mut String, coverage: &Coverage<'_>, register: &Clauses) -> std::fmt::Result {
    writeln!(out, "# Clauses\n\n{HEAD}")?;
    writeln!(out, "| source | is |\n|---|---|")?;
    for (source, text) in register.texts() {
        let revision = text.revision.get(..12).unwrap_or(&text.revision);
        writeln!(out, "| {source} | [{}]({}) at {revision} |", text.url, text.url)?;
    }
    writeln!(out, "{SOURCES}\n")?;
    writeln!(out, "{}.\n", totals(coverage))?;
    writeln!(out, "| area | clauses | must | should | may |\n|---|---|---|---|---|")?;
    let areas = areas(&coverage.clauses);
    for (area, rows) in &areas {
        let count =
            |level: &str| rows.iter().filter(|row| row.clause.level.to_string() == level).count();
        let (anchor, name) = (area.to_lowercase(), name(area));
        let (must, should, may) = (count("must"), count("should"), count("may"));
        writeln!(
            out,
            "| [{area}](#{anchor}): {name} | {} | {must} | {should} | {may} |",
            rows.len()
        )?;
    }
    for (area, rows) in &areas {
        writeln!(out, "\n## {area}")?;
        for row in rows {
            write_clause(out, row)?;
        }
    }
    Ok(())
}

fn write_clause(out: &mut String, row: &ClauseCoverage<'_>) -> std::fmt::Result {
    let clause = row.clause;
    writeln!(out, "\n### {}\n\n{}\n", clause.id, cell(&clause.statement))?;
    writeln!(out, "* **{}**: {}", clause.level, cell(&clause.provenance.to_string()))?;
    for dialect in [Dialect::Hashicorp, Dialect::Libp2p] {
        let (level, provenance) = clause.binding(dialect);
        if level != clause.level {
            let provenance = cell(&provenance.to_string());
            writeln!(out, "* **{level}** in the dialect {dialect}: {provenance}")?;
        }
    }
    let scenarios = row.scenarios.iter();
    let scenarios: Vec<String> =
        scenarios.map(|one| format!("[{}](../scenarios/{}.json)", one.id, one.id)).collect();
    if !scenarios.is_empty() {
        writeln!(out, "* scenarios: {}", scenarios.join(", "))?;
    }
    if let Some(rule) = &row.watched {
        writeln!(out, "* watched in every scenario: {rule}")?;
    }
    if let Some(reason) = &clause.unasked {
        writeln!(out, "* unasked: {}", cell(reason))?;
    }
    let mutants = row.mutants.iter();
    let mutants: Vec<String> = mutants.map(|mutant| format!("`{}`", mutant.name)).collect();
    match mutants.is_empty() {
        true => writeln!(out, "* mutants: none"),
        false => writeln!(out, "* mutants: {}", mutants.join(", ")),
    }
}

/// The clauses of each area, areas in the order of their first clause.
fn areas<'a>(rows: &'a [ClauseCoverage<'a>]) -> Vec<(&'a str, Vec<&'a ClauseCoverage<'a>>)> {
    let mut areas: Vec<(&str, Vec<&ClauseCoverage<'_>>)> = Vec::new();
    for row in rows {
        let area = row.clause.id.split('-').next().unwrap_or_default();
        match areas.iter_mut().find(|(name, _)| *name == area) {
            Some((_, rows)) => rows.push(row),
            None => areas.push((area, vec![row])),
        }
    }
    areas
}

/// The subject of an area.
fn name(area: &str) -> &str {
    let named = NAMES.iter().find(|(id, _)| *id == area);
    named.map_or("clauses of its own", |(_, name)| name)
}

const NAMES: [(&str, &str); 19] = [
    ("ACC", "accepting streams"),
    ("CLO", "closing streams, and the close timeout"),
    ("DATA", "data"),
    ("DROP", "letting go of a stream"),
    ("FAIR", "fairness between streams"),
    ("FIN", "half-close"),
    ("FLOW", "windows and credit"),
    ("FRM", "framing"),
    ("GOA", "go away"),
    ("KA", "keep-alive"),
    ("LIM", "limits and floods"),
    ("OPEN", "opening streams"),
    ("PING", "pings"),
    ("RST", "resets"),
    ("SES", "the session and its end"),
    ("SID", "stream numbers"),
    ("STALL", "a transport that takes nothing"),
    ("TMO", "timeouts and deadlines"),
    ("WAIT", "calls that wait"),
];

const HEAD: &str = "\
What yamux requires, one sentence each, and what asks it. Written by `yamux-conform coverage --document clauses` from
`scenarios/clauses.json`, the scenarios and the mutants; `yamux-conform explain FLOW-30` shows one clause,
`yamux-conform coverage --report FILE` what implementations made of them.

* **must**: an implementation that does otherwise fails. **should** and **may**: it differs, and fails nothing. A dialect binds
  more: hashicorp/yamux is also judged by what its own code does.
* Scenarios name the clause at their head or in a step. What is watched in every scenario needs none of its own.
* A mutant is a yamux made wrong in one way, which breaks this clause: [how strong the scenarios are](strength.md). Where a clause
  has none of its own, mutants of other clauses fail its scenarios: each scenario catches one.
";

const SOURCES: &str = "\
| purpose | without it yamux does not do what it is for |
| consensus | every implementation that was tried does it |
| reference | the code of hashicorp/yamux |
| opinion | this harness |";
