//! `Filter`: which scenarios are selected. Every filter must have matched something.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use glob::Pattern;

use crate::scenario::{Clauses, Level, Scenario, areas, meant, nearest};
use crate::yamux::frame::Side;

/// Selects scenarios: all given filters must match; of several values for one filter, one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Scenarios by id, each on one side or on all of its sides; empty means any.
    pub cases: Vec<(Arc<str>, Option<Side>)>,
    /// Globs over ids.
    pub ids: Vec<Pattern>,
    /// Globs over ids that are left out.
    pub skip: Vec<Pattern>,
    /// Tags.
    pub tags: Vec<String>,
    /// Areas: first parts of ids.
    pub areas: Vec<String>,
    /// Globs over the ids of clauses that scenarios name.
    pub clauses: Vec<Pattern>,
    /// Levels of clauses that scenarios name.
    pub levels: Vec<Level>,
    /// The only side.
    pub side: Option<Side>,
    /// The only cases, ids with their sides: those of a shard, or those that failed before.
    pub only: Option<Arc<HashMap<Arc<str>, Vec<Side>>>>,
}

impl Filter {
    /// The selected scenarios; the error names every filter that matches none at all.
    pub(crate) fn select(
        &self,
        scenarios: Vec<Scenario>,
        register: &Clauses,
    ) -> Result<Vec<Arc<Scenario>>, Vec<String>> {
        let unmatched = self.unmatched(&scenarios, register);
        if !unmatched.is_empty() {
            return Err(unmatched);
        }
        let any = |globs: &[Pattern], id: &str| globs.iter().any(|glob| glob.matches(id));
        Ok(scenarios
            .into_iter()
            .filter(|scenario| {
                self.names(scenario).is_none_or(|sides| !sides.is_empty())
                    && (self.ids.is_empty() || any(&self.ids, &scenario.id))
                    && !any(&self.skip, &scenario.id)
                    && (self.tags.is_empty()
                        || self.tags.iter().any(|tag| scenario.tags.contains(tag)))
                    && (self.areas.is_empty()
                        || self.areas.iter().any(|area| area == area_of(&scenario.id)))
                    && (self.clauses.is_empty()
                        || scenario.clauses.iter().any(|clause| any(&self.clauses, clause)))
                    && (self.levels.is_empty()
                        || self.levels.iter().any(|level| has_level(scenario, *level, register)))
                    && self.side.is_none_or(|side| scenario.sides.contains(&side))
            })
            .map(Arc::new)
            .collect())
    }

    /// Whether a case is among those that are named, or none is.
    pub(crate) fn is_named(&self, id: &str, side: Side) -> bool {
        let is_it = |only: &Option<Side>| only.is_none_or(|only| only == side);
        let is_among = |only: &HashMap<Arc<str>, Vec<Side>>| {
            only.get(id).is_some_and(|sides| sides.contains(&side))
        };
        let mut named = self.cases.iter();
        self.only.as_deref().is_none_or(is_among)
            && (self.cases.is_empty() || named.any(|(name, only)| **name == *id && is_it(only)))
    }

    /// The sides on which a scenario is named, if any scenario is.
    fn names(&self, scenario: &Scenario) -> Option<Vec<Side>> {
        if self.cases.is_empty() && self.only.is_none() {
            return None;
        }
        let named = |side: &Side| self.is_named(&scenario.id, *side);
        Some(scenario.sides.iter().copied().filter(named).collect())
    }

    /// The selected sides of a scenario.
    pub(crate) fn sides(&self, scenario: &Scenario) -> Vec<Side> {
        let sides = self.names(scenario).unwrap_or_else(|| scenario.sides.clone());
        sides.into_iter().filter(|side| self.side.is_none_or(|only| only == *side)).collect()
    }

    fn unmatched(&self, scenarios: &[Scenario], register: &Clauses) -> Vec<String> {
        let mut unmatched = Vec::new();
        let mut demand =
            |option: &str, value: &str, hint: &dyn Fn() -> Option<String>, is_matched: bool| {
                if !is_matched {
                    let hint = hint().unwrap_or_else(|| "see: yamux-conform list".to_owned());
                    unmatched.push(format!("{option} {value:?} matches no scenario; {hint}"));
                }
            };
        for (option, globs) in [("--id", &self.ids), ("--skip", &self.skip)] {
            for glob in globs {
                let is_matched = scenarios.iter().any(|scenario| glob.matches(&scenario.id));
                demand(option, glob.as_str(), &|| meant(glob.as_str(), scenarios), is_matched);
            }
        }
        let tags = || scenarios.iter().flat_map(|scenario| &scenario.tags).map(String::as_str);
        for tag in &self.tags {
            let hint = || named("tag", tag, tags().collect());
            demand("--tag", tag, &hint, tags().any(|other| other == tag));
        }
        let areas = areas(scenarios);
        let clauses = || scenarios.iter().flat_map(|scenario| &scenario.clauses).map(|id| &**id);
        for glob in &self.clauses {
            let hint = || named("clause", glob.as_str(), clauses().collect());
            demand("--clause", glob.as_str(), &hint, clauses().any(|clause| glob.matches(clause)));
        }
        for level in &self.levels {
            let mut all = scenarios.iter();
            let is_matched = all.any(|scenario| has_level(scenario, *level, register));
            demand("--level", &level.to_string(), &|| None, is_matched);
        }
        for area in &self.areas {
            let hint = || named("area", area, areas.clone());
            demand("--area", area, &hint, areas.contains(&**area));
        }
        unmatched
    }
}

/// The nearest of these names, or else all of them, if they are few.
fn named(what: &str, found: &str, names: BTreeSet<&str>) -> Option<String> {
    if let Some(near) = nearest(found, names.iter().copied()) {
        return Some(format!("did you mean {near}?"));
    }
    let all = names.iter().copied().collect::<Vec<_>>().join(", ");
    (1..=MOST_NAMED).contains(&names.len()).then(|| format!("there is the {what} {all}"))
}

/// How many names a message lists.
const MOST_NAMED: usize = 20;

/// Whether a scenario names a clause of this level.
fn has_level(scenario: &Scenario, level: Level, register: &Clauses) -> bool {
    let mut named = scenario.clauses.iter().filter_map(|id| register.find(id));
    named.any(|clause| clause.level == level)
}

fn area_of(id: &str) -> &str {
    id.split_once('/').map_or("", |(area, _)| area)
}
