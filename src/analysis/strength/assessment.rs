//! `Assessment`: what got through a survey, with or without a reason, and exceptions that are not needed.

use crate::analysis::strength::{Exceptions, SourceMutants, Survey};
use crate::endpoint::mutant::{Impostor, Mutant};
use crate::scenario::{Position, Problem, Scenario};

/// What got through, each with the reason that allows it, if there is one.
#[derive(Clone, Debug)]
pub struct Assessment<'a> {
    /// Mutants that no scenario catches.
    pub missed: Vec<(&'a Mutant, Option<&'a str>)>,
    /// Scenarios that catch no mutant.
    pub idle: Vec<(&'a Scenario, Option<&'a str>)>,
    /// Scenarios that impostors pass.
    pub passed: Vec<(&'a Impostor, &'a Scenario, Option<&'a str>)>,
    /// The result of the changes to the source, if they were counted.
    pub source: Option<&'a SourceMutants>,
    /// Exceptions that are not needed.
    pub stale: Vec<Problem>,
}

impl<'a> Assessment<'a> {
    /// Compares the survey with the exceptions. Only a survey of everything (`is_whole`) can show that an exception is stale,
    /// or that a scenario catches nothing.
    pub fn of(survey: &'a Survey, exceptions: &'a Exceptions, is_whole: bool) -> Self {
        let passed = survey.impostors.iter().flat_map(|row| {
            row.passed.iter().map(|(index, _)| {
                let scenario = &*survey.scenarios[*index];
                let reason = exceptions.for_passed(row.impostor.manner.name(), &scenario.id);
                (&row.impostor, scenario, reason)
            })
        });
        let mut judgement = Self {
            missed: survey.missed().map(|m| (m, exceptions.for_mutant(m.name))).collect(),
            idle: Vec::new(),
            passed: passed.collect(),
            source: exceptions.source.as_ref(),
            stale: Vec::new(),
        };
        if is_whole {
            judgement.idle = survey.idle().map(|s| (&**s, exceptions.for_idle(&s.id))).collect();
            judgement.stale = judgement.stale_entries(exceptions);
        }
        judgement
    }

    /// Whether something got through without a reason, or a reason is not needed.
    pub fn is_negative(&self) -> bool {
        self.missed.iter().any(|(_, reason)| reason.is_none())
            || self.idle.iter().any(|(_, reason)| reason.is_none())
            || self.passed.iter().any(|(_, _, reason)| reason.is_none())
            || !self.stale.is_empty()
    }

    fn stale_entries(&self, exceptions: &Exceptions) -> Vec<Problem> {
        let mut stale = Vec::new();
        let mut note = |position: Position, message: String| {
            let (path, position) = (exceptions.path.clone(), Some(position));
            stale.push(Problem { path, position, message });
        };
        for (at, entry) in &exceptions.missed {
            if !self.missed.iter().any(|(mutant, _)| mutant.name == entry.mutant) {
                note(*at, format!("no mutant {:?} is missed; take the entry out", entry.mutant));
            }
        }
        for (at, entry) in &exceptions.idle {
            if !self.idle.iter().any(|(scenario, _)| *scenario.id == *entry.scenario) {
                let message =
                    format!("no scenario {:?} catches nothing; take the entry out", entry.scenario);
                note(*at, message);
            }
        }
        for (at, entry) in &exceptions.passed {
            for peer in &entry.peers {
                for id in &entry.scenarios {
                    let is_needed = self.passed.iter().any(|(impostor, scenario, _)| {
                        impostor.manner.name() == peer && *scenario.id == **id
                    });
                    if !is_needed {
                        note(*at, format!("no impostor {peer:?} passes {id:?}; take it out"));
                    }
                }
            }
        }
        stale
    }
}
