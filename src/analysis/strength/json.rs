//! A survey for programs: one JSON object.

use crate::endpoint::mutant::Mutant;
use crate::scenario::Scenario;
use serde_json::{Value, json};

use crate::analysis::strength::{Assessment, Cell, Extent, Survey};
use crate::endpoint::mutant::bug;

/// The survey as one JSON object.
///
/// `caught_by` holds the scenarios that are known to catch a mutant: with `"tried": "all"` every one, else the first
/// one or two.
pub(crate) fn json(survey: &Survey, judgement: &Assessment<'_>) -> Value {
    let tried = match survey.extent {
        Extent::First => "first",
        Extent::Second => "second",
        Extent::Full => "all",
    };
    let missed = |name: &str| judgement.missed.iter().find(|(mutant, _)| mutant.name == name);
    let mutants = survey.mutants.iter().enumerate().map(|(index, mutant)| {
        let caught_by: Vec<&str> = survey
            .scenarios
            .iter()
            .enumerate()
            .filter(|(scenario, _)| survey.cell(index, *scenario) == Cell::Caught)
            .map(|(_, scenario)| &*scenario.id)
            .collect();
        json!({
            "name": mutant.name,
            "clause": mutant.clause,
            "wrong": mutant.wrong,
            "bug": bug(mutant.name),
            "outcome": if caught_by.is_empty() { "missed" } else { "caught" },
            "caught_by": caught_by,
            "reason": missed(mutant.name).and_then(|(_, reason)| *reason),
        })
    });
    let passed = judgement.passed.iter().map(|(impostor, scenario, reason)| {
        json!({ "peer": impostor.name(), "scenario": *scenario.id, "reason": reason })
    });
    let idle = judgement
        .idle
        .iter()
        .map(|(scenario, reason)| json!({ "scenario": *scenario.id, "reason": reason }));
    let alone =
        survey.alone().map(|alone| {
            let pair = |(scenario, mutant): (
                &Scenario,
                &Mutant,
            )| {
                json!({ "scenario": *scenario.id, "mutant": mutant.name })
            };
            alone.into_iter().map(pair).collect::<Vec<_>>()
        });
    let redundant = survey.redundant().map(|scenarios| {
        scenarios.iter().map(|scenario| scenario.id.to_string()).collect::<Vec<_>>()
    });
    json!({
        "tried": tried,
        "scenarios": survey.scenarios.len(),
        "caught": survey.caught(),
        "missed": survey.mutants.len() - survey.caught(),
        "is_negative": judgement.is_negative(),
        "mutants": mutants.collect::<Vec<_>>(),
        "impostors": survey.impostors.iter().map(|row| row.impostor.name()).collect::<Vec<_>>(),
        "passed": passed.collect::<Vec<_>>(),
        "idle": idle.collect::<Vec<_>>(),
        "alone": alone,
        "redundant": redundant,
        "stale": judgement.stale.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
