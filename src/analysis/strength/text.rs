//! A survey for people at a terminal: a line for each mutant, then what got through, then the totals.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::analysis::strength::{Assessment, Cell, Extent, Survey};

/// The survey as text.
pub fn text(survey: &Survey, judgement: &Assessment<'_>) -> String {
    let mut out = String::new();
    write(&mut out, survey, judgement).expect("a String takes everything");
    out
}

fn write(out: &mut String, survey: &Survey, judgement: &Assessment<'_>) -> std::fmt::Result {
    write_mutants(out, survey)?;
    if survey.extent == Extent::Full {
        write_matrix(out, survey)?;
    }
    write_impostors(out, survey)?;
    write_alone(out, survey)?;
    writeln!(out)?;
    write_judgement(out, judgement)?;
    let (caught, all) = (survey.caught(), survey.mutants.len());
    write!(out, "{all} mutants: {caught} caught, {} missed", all - caught)?;
    if let Some(rate) = survey.rate() {
        write!(out, " ({rate})")?;
    }
    let excused = judgement.passed.iter().filter(|(_, _, reason)| reason.is_some()).count();
    let passed = judgement.passed.len();
    writeln!(
        out,
        "; {} impostors: {} passes with a reason, {} without",
        survey.impostors.len(),
        excused,
        passed - excused
    )
}

fn write_mutants(out: &mut String, survey: &Survey) -> std::fmt::Result {
    let width = survey.mutants.iter().map(|mutant| mutant.name.len()).max().unwrap_or(0);
    for (index, mutant) in survey.mutants.iter().enumerate() {
        let number = index + 1;
        let (name, clause) = (mutant.name, mutant.clause);
        match survey.first_catch(index) {
            Some(by) => {
                writeln!(out, "{number:>3}  caught  {clause:7}  {name:width$}  {}", by.id)?;
            }
            None => {
                writeln!(out, "{number:>3}  MISSED  {clause:7}  {name:width$}  {}", mutant.wrong)?;
            }
        }
    }
    Ok(())
}

/// A row for each scenario, a column for each mutant in the order above: `x` if it catches it.
fn write_matrix(out: &mut String, survey: &Survey) -> std::fmt::Result {
    let width = survey.scenarios.iter().map(|scenario| scenario.id.len()).max().unwrap_or(0);
    writeln!(out, "\n{:width$}  catches, and which of the mutants above", "scenario")?;
    for (index, scenario) in survey.scenarios.iter().enumerate() {
        let row: String = (0..survey.mutants.len())
            .map(|mutant| if survey.cell(mutant, index) == Cell::Caught { 'x' } else { '.' })
            .collect();
        writeln!(out, "{:width$}  {:>3}  {row}", scenario.id, survey.catches_of(index))?;
    }
    Ok(())
}

fn write_impostors(out: &mut String, survey: &Survey) -> std::fmt::Result {
    if survey.impostors.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nimpostor                 passes, of {} scenarios", survey.scenarios.len())?;
    for row in &survey.impostors {
        writeln!(out, "  {:28}{}", row.impostor.name(), row.passed.len())?;
    }
    Ok(())
}

fn write_alone(out: &mut String, survey: &Survey) -> std::fmt::Result {
    let (Some(alone), Some(redundant)) = (survey.alone(), survey.redundant()) else {
        return Ok(());
    };
    writeln!(out, "\nmutants that only one scenario catches: {}", alone.len())?;
    for (scenario, mutant) in alone {
        writeln!(out, "  {}: {}", scenario.id, mutant.name)?;
    }
    writeln!(out, "\nscenarios that catch nothing that no other catches: {}", redundant.len())?;
    for scenario in redundant {
        writeln!(out, "  {}", scenario.id)?;
    }
    Ok(())
}

fn write_judgement(out: &mut String, judgement: &Assessment<'_>) -> std::fmt::Result {
    let Assessment { missed, idle, passed, stale, .. } = judgement;
    let mut excused: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (impostor, scenario, reason) in passed {
        let Some(reason) = reason else { continue };
        excused.entry((reason, &scenario.id)).or_default().insert(impostor.manner.name());
    }
    for ((reason, id), peers) in excused {
        let peers: Vec<&str> = peers.into_iter().collect();
        writeln!(out, "excused: {id} is passed by {}\n    {reason}", peers.join(", "))?;
    }
    for (mutant, reason) in missed {
        let (name, clause, wrong) = (mutant.name, mutant.clause, mutant.wrong);
        writeln!(out, "{}: no scenario catches {name} ({clause}), which {wrong}", word(*reason))?;
        write_reason(out, *reason)?;
    }
    for (scenario, reason) in idle {
        writeln!(out, "{}: {} catches no mutant", word(*reason), scenario.id)?;
        write_reason(out, *reason)?;
    }
    for (impostor, scenario, reason) in passed.iter().filter(|(_, _, reason)| reason.is_none()) {
        writeln!(
            out,
            "{}: the impostor {} passes {}",
            word(*reason),
            impostor.name(),
            scenario.id
        )?;
    }
    for problem in stale {
        writeln!(out, "STALE: {problem}")?;
    }
    Ok(())
}

const fn word(reason: Option<&str>) -> &'static str {
    if reason.is_some() { "excused" } else { "MISSED" }
}

fn write_reason(out: &mut String, reason: Option<&str>) -> std::fmt::Result {
    reason.map_or(Ok(()), |reason| writeln!(out, "    {reason}"))
}
