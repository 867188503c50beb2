//! A survey for programs: one JSON object, and its schema.

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::strength::{Assessment, Cell, Extent, Survey};
use crate::endpoint::mutant::bug;
use crate::scenario::generate;

/// What `mutants --format json` writes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SurveyRecord<'a> {
    /// The version of this format.
    format: u32,
    /// How many scenarios each mutant was tried on.
    tried: Extent,
    /// The number of scenarios.
    scenarios: usize,
    /// The number of mutants that a scenario catches.
    caught: usize,
    /// The number of mutants that none catches.
    missed: usize,
    /// Whether the exit code is 1.
    is_negative: bool,
    /// Each mutant.
    mutants: Vec<MutantRecord<'a>>,
    /// The impostors, by name.
    impostors: Vec<String>,
    /// The impostors that pass a scenario.
    passed: Vec<PassedRecord<'a>>,
    /// The scenarios that catch nothing.
    idle: Vec<IdleRecord<'a>>,
    /// The scenarios that alone catch a mutant; null unless at least a second was looked for.
    alone: Option<Vec<AloneRecord<'a>>>,
    /// The scenarios that catch no mutant alone; null unless at least a second was looked for.
    redundant: Option<Vec<&'a str>>,
    /// What in `mutants.json` belongs to nothing.
    stale: Vec<String>,
}

/// A mutant and the scenarios that catch it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MutantRecord<'a> {
    /// Its name.
    name: &'a str,
    /// The clause that it breaks.
    clause: &'a str,
    /// What it does wrong.
    wrong: &'a str,
    /// The public bug that it is.
    bug: Option<&'a str>,
    /// Whether a scenario catches it.
    outcome: MutantOutcome,
    /// The scenarios that are known to catch it: every one if `tried` is `all`, else the first or the first two.
    caught_by: Vec<&'a str>,
    /// Why `mutants.json` lets it get through.
    reason: Option<&'a str>,
}

/// Whether a scenario catches a mutant.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MutantOutcome {
    /// One does.
    Caught,
    /// None does.
    Missed,
}

/// An impostor that passes a scenario.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PassedRecord<'a> {
    /// The impostor.
    peer: String,
    /// The scenario.
    scenario: &'a str,
    /// Why `mutants.json` lets it.
    reason: Option<&'a str>,
}

/// A scenario that catches nothing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct IdleRecord<'a> {
    /// The scenario.
    scenario: &'a str,
    /// Why `mutants.json` lets it.
    reason: Option<&'a str>,
}

/// A scenario that alone catches a mutant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AloneRecord<'a> {
    /// The scenario.
    scenario: &'a str,
    /// The mutant.
    mutant: &'a str,
}

/// The record of the survey.
pub(crate) fn json<'a>(survey: &'a Survey, judgement: &Assessment<'a>) -> SurveyRecord<'a> {
    let alone = survey.alone().map(|pairs| {
        let pairs = pairs.into_iter();
        pairs
            .map(|(scenario, mutant)| AloneRecord { scenario: &scenario.id, mutant: mutant.name })
            .collect()
    });
    SurveyRecord {
        format: FORMAT,
        tried: survey.extent,
        scenarios: survey.scenarios.len(),
        caught: survey.caught(),
        missed: survey.mutants.len() - survey.caught(),
        is_negative: judgement.is_negative(),
        mutants: (0..survey.mutants.len()).map(|at| mutant(survey, judgement, at)).collect(),
        impostors: survey.impostors.iter().map(|row| row.impostor.name()).collect(),
        passed: judgement
            .passed
            .iter()
            .map(|(impostor, scenario, reason)| PassedRecord {
                peer: impostor.name(),
                scenario: &scenario.id,
                reason: *reason,
            })
            .collect(),
        idle: judgement
            .idle
            .iter()
            .map(|(scenario, reason)| IdleRecord { scenario: &scenario.id, reason: *reason })
            .collect(),
        alone,
        redundant: survey
            .redundant()
            .map(|scenarios| scenarios.into_iter().map(|scenario| &*scenario.id).collect()),
        stale: judgement.stale.iter().map(ToString::to_string).collect(),
    }
}

fn mutant<'a>(survey: &'a Survey, judgement: &Assessment<'a>, at: usize) -> MutantRecord<'a> {
    let mutant = &survey.mutants[at];
    let scenarios = survey.scenarios.iter().enumerate();
    let caught_by: Vec<&str> = scenarios
        .filter(|(scenario, _)| survey.cell(at, *scenario) == Cell::Caught)
        .map(|(_, scenario)| &*scenario.id)
        .collect();
    let missed = judgement.missed.iter().find(|(missed, _)| missed.name == mutant.name);
    MutantRecord {
        name: mutant.name,
        clause: mutant.clause,
        wrong: mutant.wrong,
        bug: bug(mutant.name),
        outcome: if caught_by.is_empty() { MutantOutcome::Missed } else { MutantOutcome::Caught },
        caught_by,
        reason: missed.and_then(|(_, reason)| *reason),
    }
}

/// The schema of the survey's record.
pub(crate) fn survey_schema() -> String {
    format!("{:#}\n", generate::<SurveyRecord<'_>>())
}

const FORMAT: u32 = 1;
