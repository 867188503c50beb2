//! A survey as a document: the same on every machine, so that a test can tell whether the committed one is fresh.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::analysis::strength::{Assessment, Cell, Extent, MissedSource, SourceMutants, Survey};
use crate::endpoint::mutant::{ReadyAnswer, bug};

/// The survey as Markdown.
pub fn markdown(survey: &Survey, judgement: &Assessment<'_>) -> String {
    let mut out = String::new();
    write(&mut out, survey, judgement).expect("a String takes everything");
    out
}

fn write(out: &mut String, survey: &Survey, judgement: &Assessment<'_>) -> std::fmt::Result {
    let (caught, all) = (survey.caught(), survey.mutants.len());
    writeln!(out, "# How strong the scenarios are\n")?;
    write!(out, "**{caught} of {all} mutants are caught")?;
    if let Some(rate) = survey.rate() {
        write!(out, ": {rate}")?;
    }
    writeln!(out, "**, by {} scenarios.\n", survey.scenarios.len())?;
    writeln!(
        out,
        "A mutant is the built-in yamux made wrong in exactly one way. It is caught if some scenario fails against it that\n\
         passes against the right one. Written by `yamux-conform mutants --format markdown`.\n"
    )?;
    write_groups(out, survey)?;
    write_impostors(out, survey)?;
    write_exceptions(out, judgement)?;
    judgement.source.map_or(Ok(()), |source| write_source(out, source))?;
    write_alone(out, survey)?;
    write_mutants(out, survey)?;
    if survey.extent == Extent::Full {
        write_matrix(out, survey)?;
    }
    Ok(())
}

fn write_groups(out: &mut String, survey: &Survey) -> std::fmt::Result {
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (index, mutant) in survey.mutants.iter().enumerate() {
        let group = mutant.clause.split('-').next().unwrap_or_default();
        let (all, caught) = groups.entry(group).or_default();
        *all += 1;
        *caught += usize::from(survey.first_catch(index).is_some());
    }
    writeln!(out, "| clauses | mutants | caught | missed |\n|---|---|---|---|")?;
    for (group, (all, caught)) in groups {
        writeln!(out, "| {group} | {all} | {caught} | {} |", all - caught)?;
    }
    Ok(())
}

fn write_impostors(out: &mut String, survey: &Survey) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Impostors\n\n\
         They are no yamux at all: a habit on the wire, and the same answer to every call: that it is done, that it has\n\
         failed, or none. The numbers are scenarios passed, with each answer.\n"
    )?;
    writeln!(out, "| peer | what it does | done | failed | none |\n|---|---|---|---|---|")?;
    let mut rows = survey.impostors.iter().peekable();
    while let Some(row) = rows.next() {
        let manner = row.impostor.manner;
        let mut passed: BTreeMap<u8, usize> = BTreeMap::new();
        let place = |answer| match answer {
            ReadyAnswer::Done => 0,
            ReadyAnswer::Failed => 1,
            ReadyAnswer::Nothing => 2,
        };
        passed.insert(place(row.impostor.answer), row.passed.len());
        while let Some(next) = rows.next_if(|next| next.impostor.manner == manner) {
            passed.insert(place(next.impostor.answer), next.passed.len());
        }
        let count = |place| passed.get(&place).map_or_else(|| "-".to_owned(), usize::to_string);
        let (done, failed, none) = (count(0), count(1), count(2));
        writeln!(out, "| {} | {} | {done} | {failed} | {none} |", manner.name(), manner.words())?;
    }
    Ok(())
}

fn write_exceptions(out: &mut String, judgement: &Assessment<'_>) -> std::fmt::Result {
    writeln!(out, "\n## Exceptions\n")?;
    for (mutant, reason) in &judgement.missed {
        let reason = reason.unwrap_or("**no reason is given**");
        writeln!(out, "* No scenario catches `{}`: {reason}.", mutant.name)?;
    }
    for (scenario, reason) in &judgement.idle {
        let reason = reason.unwrap_or("**no reason is given**");
        writeln!(out, "* `{}` catches no mutant: {reason}.", scenario.id)?;
    }
    // An exception holds for each of its peers with each of its scenarios.
    let mut passes: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for (impostor, scenario, reason) in &judgement.passed {
        let (peers, ids) = passes.entry(reason.unwrap_or("**no reason is given**")).or_default();
        peers.insert(impostor.manner.name());
        ids.insert(&scenario.id);
    }
    for (reason, (peers, ids)) in passes {
        let peers: Vec<&str> = peers.into_iter().collect();
        writeln!(out, "* Passed by {}: {reason}.", peers.join(", "))?;
        for id in ids {
            writeln!(out, "  * {id}")?;
        }
    }
    Ok(())
}

fn write_source(out: &mut String, source: &SourceMutants) -> std::fmt::Result {
    let SourceMutants { tool, mutants, caught_by_scenarios, caught_by_tests, missed } = source;
    let left: usize = missed.iter().map(|entry| entry.mutants.len()).sum();
    writeln!(
        out,
        "\n## The source of the core\n\n\
         {tool} changes `frame` and `session` in {mutants} ways, one at a time. The scenarios notice\n\
         **{caught_by_scenarios}**, on the built-in yamux and by its golden traces; the tests notice **{caught_by_tests}** of the others; nothing notices\n\
         **{left}**. `ci/mutants` counts them.\n"
    )?;
    for MissedSource { mutants, reason } in missed {
        writeln!(out, "* {reason}:")?;
        for mutant in mutants {
            writeln!(out, "  * `{mutant}`")?;
        }
    }
    Ok(())
}

fn write_alone(out: &mut String, survey: &Survey) -> std::fmt::Result {
    let (Some(alone), Some(redundant)) = (survey.alone(), survey.redundant()) else {
        return Ok(());
    };
    writeln!(
        out,
        "\n## Load-bearing scenarios\n\n\
         Each of these alone catches a mutant: without it, `yamux-conform mutants` fails. The other {} scenarios catch\n\
         nothing that no other catches.\n",
        redundant.len()
    )?;
    writeln!(out, "| scenario | mutants that only it catches |\n|---|---|")?;
    let mut by_scenario: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (scenario, mutant) in alone {
        by_scenario.entry(&scenario.id).or_default().push(mutant.name);
    }
    for (id, mutants) in by_scenario {
        writeln!(out, "| {id} | {} |", mutants.join(", "))?;
    }
    Ok(())
}

fn write_mutants(out: &mut String, survey: &Survey) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Mutants\n\n\
         | mutant | clause | what it does | the scenario that catches it first |\n|---|---|---|---|"
    )?;
    for (index, mutant) in survey.mutants.iter().enumerate() {
        let by = survey.first_catch(index).map_or("**missed**", |scenario| &*scenario.id);
        let bug = bug(mutant.name).map_or_else(String::new, |bug| format!(" ({bug})"));
        let (name, clause, wrong) = (mutant.name, mutant.clause, mutant.wrong);
        writeln!(out, "| {name} | {clause} | {wrong}{bug} | {by} |")?;
    }
    Ok(())
}

fn write_matrix(out: &mut String, survey: &Survey) -> std::fmt::Result {
    writeln!(out, "\n## Matrix\n\n| scenario | mutants it catches |\n|---|---|")?;
    for (index, scenario) in survey.scenarios.iter().enumerate() {
        let caught: Vec<&str> = survey
            .mutants
            .iter()
            .enumerate()
            .filter(|(mutant, _)| survey.cell(*mutant, index) == Cell::Caught)
            .map(|(_, mutant)| mutant.name)
            .collect();
        writeln!(out, "| {} | {} |", scenario.id, caught.join(", "))?;
    }
    Ok(())
}
