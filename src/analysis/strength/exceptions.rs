//! `Exceptions`: what may get through, each with its reason. They are in `mutants.json` beside the scenarios.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scenario::{Finding, Place, Position, Problem, generate, read_file, read_text};

/// What may get through, as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exceptions")]
struct Written {
    /// The schema, for editors.
    #[serde(default, rename = "$schema", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    schema: Option<String>,
    /// Mutants that no scenario needs to catch.
    #[serde(default)]
    missed: Vec<MissedMutant>,
    /// Scenarios that need not catch a mutant.
    #[serde(default)]
    idle: Vec<IdleScenario>,
    /// Scenarios that an impostor may pass.
    #[serde(default)]
    passed: Vec<PassedScenarios>,
    /// What became of changes to the source of the core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<SourceMutants>,
}

/// Changes that a tool made to the source of the core, one at a time, and what noticed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceMutants {
    /// The tool and its version.
    pub tool: String,
    /// How many changes could be compiled.
    pub mutants: u32,
    /// How many the scenarios notice, on the built-in implementation and with its golden traces.
    pub caught_by_scenarios: u32,
    /// How many of the others the tests notice.
    pub caught_by_tests: u32,
    /// Those that nothing notices.
    pub missed: Vec<MissedSource>,
}

/// Changes to the source that nothing needs to notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissedSource {
    /// Their names, as the tool prints them, but for line and column.
    pub mutants: Vec<String>,
    /// Why, for people.
    pub reason: String,
}

/// A mutant that no scenario needs to catch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissedMutant {
    /// Its name.
    pub mutant: String,
    /// Why, for people.
    pub reason: String,
}

/// A scenario that need not catch a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleScenario {
    /// Its id.
    pub scenario: String,
    /// Why, for people.
    pub reason: String,
}

/// Scenarios that impostors may pass, because they do what these ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassedScenarios {
    /// The habits of the peers: names without what they answer.
    pub peers: Vec<String>,
    /// Ids. Each must be passed by each of the peers.
    pub scenarios: Vec<String>,
    /// Why, for people.
    pub reason: String,
}

/// What may get through, each with its reason and its place in the file.
#[derive(Clone, Debug, Default)]
pub struct Exceptions {
    /// The path of the file.
    pub path: PathBuf,
    /// Mutants.
    pub missed: Vec<(Position, MissedMutant)>,
    /// Scenarios.
    pub idle: Vec<(Position, IdleScenario)>,
    /// Impostors.
    pub passed: Vec<(Position, PassedScenarios)>,
    /// Changes to the source.
    pub source: Option<SourceMutants>,
}

impl Exceptions {
    /// Reads the file; a missing file has no exceptions.
    ///
    /// # Errors
    /// Every problem of the file, each at its place.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        Ok(read_file(path, |text| Self::read(path, text))?.unwrap_or_default())
    }

    fn read(path: &Path, text: &str) -> Result<Self, Vec<Finding>> {
        let (written, node) = read_text::<Written>(text, &SCHEMA)?;
        let root = Place::root(&node, &SCHEMA);
        let exceptions = Self {
            path: path.to_owned(),
            missed: placed(root.get("missed"), written.missed),
            idle: placed(root.get("idle"), written.idle),
            passed: placed(root.get("passed"), written.passed),
            source: written.source,
        };
        let reasons = exceptions.missed.iter().map(|(at, entry)| (at, &entry.reason));
        let reasons = reasons.chain(exceptions.idle.iter().map(|(at, entry)| (at, &entry.reason)));
        let reasons =
            reasons.chain(exceptions.passed.iter().map(|(at, entry)| (at, &entry.reason)));
        let findings: Vec<Finding> = reasons
            .filter(|(_, reason)| reason.trim().is_empty())
            .map(|(at, _)| Finding::new(*at, "expected text in \"reason\", found none"))
            .collect();
        if findings.is_empty() { Ok(exceptions) } else { Err(findings) }
    }

    /// Why this mutant may be missed.
    pub fn for_mutant(&self, name: &str) -> Option<&str> {
        self.missed.iter().find(|(_, entry)| entry.mutant == name).map(|(_, e)| &*e.reason)
    }

    /// Why this scenario need not catch anything.
    pub fn for_idle(&self, id: &str) -> Option<&str> {
        self.idle.iter().find(|(_, entry)| entry.scenario == id).map(|(_, e)| &*e.reason)
    }

    /// Why impostors with this habit may pass this scenario.
    pub fn for_passed(&self, habit: &str, id: &str) -> Option<&str> {
        let is_meant = |entry: &PassedScenarios| {
            entry.peers.iter().any(|peer| peer == habit)
                && entry.scenarios.iter().any(|scenario| scenario == id)
        };
        self.passed.iter().find(|(_, entry)| is_meant(entry)).map(|(_, e)| &*e.reason)
    }
}

/// The JSON Schema of the file, as it stands in `schema/mutants.schema.json`.
pub(crate) fn schema() -> String {
    format!("{:#}\n", &*SCHEMA)
}

static SCHEMA: LazyLock<Value> = LazyLock::new(generate::<Written>);

fn placed<T>(list: Place<'_>, entries: Vec<T>) -> Vec<(Position, T)> {
    entries.into_iter().enumerate().map(|(i, entry)| (list.item(i).value(), entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Exceptions, Vec<String>> {
        Exceptions::read(Path::new("mutants.json"), text).map_err(|findings| {
            findings.iter().map(|found| format!("{}: {}", found.position, found.message)).collect()
        })
    }

    #[test]
    fn an_entry_knows_its_place_and_its_reason() {
        let text = r#"{
  "missed": [ { "mutant": "m", "reason": "because" } ],
  "passed": [
    { "peers": ["mute"], "scenarios": ["a/b"], "reason": "it may" }
  ]
}"#;
        let exceptions = read(text).unwrap();
        assert_eq!(exceptions.for_mutant("m"), Some("because"));
        assert_eq!(exceptions.for_mutant("n"), None);
        assert_eq!(exceptions.for_passed("mute", "a/b"), Some("it may"));
        assert_eq!(exceptions.for_passed("mute", "a/c"), None);
        assert_eq!(exceptions.passed[0].0.line, 4);
    }

    #[test]
    fn an_exception_without_a_reason_is_a_problem_with_its_place() {
        let problems = read("{\n \"idle\": [\n  { \"scenario\": \"a\", \"reason\": \" \" }\n ]\n}");
        assert_eq!(problems.unwrap_err(), ["3:3: expected text in \"reason\", found none"]);
        let problems = read("{\n \"idle\": [ { \"scenario\": \"a\" } ] }").unwrap_err();
        assert!(problems[0].starts_with("2:12: "), "{problems:?}");
    }
}
