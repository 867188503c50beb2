//! `UpstreamTests`: which scenario covers which test of other projects, `scenarios/upstream-tests.json`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::scenario::{Finding, Place, Problem, generate, nearest, read_file, read_text};

/// Tests of other projects, and the scenarios that ask the same.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamTests {
    /// The schema, for editors.
    #[serde(default, rename = "$schema")]
    #[schemars(with = "String")]
    #[expect(dead_code, reason = "editors read it")]
    schema: Option<String>,
    /// The projects.
    pub projects: Vec<UpstreamProject>,
}

/// A project whose tests were read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamProject {
    /// Its name: `hashicorp/yamux`.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Where its source is.
    #[schemars(length(min = 1))]
    pub url: String,
    /// The commit that was read.
    #[schemars(length(min = 1))]
    pub revision: String,
    /// What to know of its tests.
    #[serde(default)]
    pub note: Option<String>,
    /// Its files with tests.
    pub files: Vec<UpstreamFile>,
}

/// A file with tests.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamFile {
    /// Its path in the project.
    #[schemars(length(min = 1))]
    pub file: String,
    /// Its tests, in their order.
    pub tests: Vec<UpstreamTest>,
}

/// A test of another project.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamTest {
    /// Its name.
    #[schemars(length(min = 1))]
    pub test: String,
    /// What it demands.
    #[schemars(length(min = 1))]
    pub pins: String,
    /// The ids of the scenarios that demand the same.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// Why no scenario does, or what of it none does.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
}

impl UpstreamTests {
    /// Reads the list; a missing file is an empty list. `ids` are all scenarios.
    ///
    /// # Errors
    /// Every problem of the file, each at its place.
    pub fn load(path: &Path, ids: &BTreeSet<&str>) -> Result<Self, Vec<Problem>> {
        Ok(read_file(path, |text| Self::read(text, ids))?.unwrap_or_default())
    }

    fn read(text: &str, ids: &BTreeSet<&str>) -> Result<Self, Vec<Finding>> {
        let (list, node) = read_text::<Self>(text, &SCHEMA)?;
        let mut findings = Vec::new();
        let mut names = BTreeSet::new();
        let projects = Place::root(&node, &SCHEMA).get("projects");
        for (number, project) in list.projects.iter().enumerate() {
            let place = projects.item(number);
            let mut once = |name: (&str, &str, &str), place: Place<'_>| {
                if names.insert((project.name.clone(), name.1.to_owned(), name.2.to_owned())) {
                    return;
                }
                findings.push(Finding::new(place.value(), format!("{} is there twice", name.0)));
            };
            once((&project.name, "", ""), place.get("name"));
            for (number, file) in project.files.iter().enumerate() {
                let place = place.get("files").item(number);
                once((&file.file, &file.file, ""), place.get("file"));
                for (number, test) in file.tests.iter().enumerate() {
                    let place = place.get("tests").item(number).get("test");
                    once((&test.test, &file.file, &test.test), place);
                }
            }
            check_rows(project, place, ids, &mut findings);
        }
        if findings.is_empty() { Ok(list) } else { Err(findings) }
    }

    /// Every test.
    pub fn tests(&self) -> impl Iterator<Item = &UpstreamTest> {
        self.projects.iter().flat_map(UpstreamProject::tests)
    }
}

impl UpstreamProject {
    /// Its tests.
    pub fn tests(&self) -> impl Iterator<Item = &UpstreamTest> {
        self.files.iter().flat_map(|file| &file.tests)
    }
}

/// Each row has a scenario or a reason, and each scenario exists.
fn check_rows(
    project: &UpstreamProject,
    place: Place<'_>,
    ids: &BTreeSet<&str>,
    findings: &mut Vec<Finding>,
) {
    for (number, file) in project.files.iter().enumerate() {
        let rows = place.get("files").item(number).get("tests");
        for (number, test) in file.tests.iter().enumerate() {
            let place = rows.item(number);
            let is_told = test.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
            if test.scenarios.is_empty() && !is_told {
                let message = format!(
                    "expected \"scenarios\" or a \"reason\" for {}, found neither: name the scenario that covers it, or say why none does",
                    test.test
                );
                findings.push(Finding::new(place.value(), message));
            }
            let mut seen = BTreeSet::new();
            for (number, id) in test.scenarios.iter().enumerate() {
                let place = place.get("scenarios").item(number);
                if !ids.contains(&**id) {
                    let hint = nearest(id, ids.iter().copied());
                    let hint =
                        hint.map_or_else(String::new, |near| format!(", did you mean {near:?}?"));
                    findings.push(Finding::new(place.value(), format!("no scenario {id:?}{hint}")));
                } else if !seen.insert(id) {
                    findings.push(Finding::new(place.value(), format!("{id} is there twice")));
                }
            }
        }
    }
}

/// The JSON Schema of the file, as it stands in `schema/upstream-tests.schema.json`.
pub(crate) fn upstream_schema() -> String {
    format!("{:#}\n", &*SCHEMA)
}

static SCHEMA: LazyLock<Value> = LazyLock::new(generate::<UpstreamTests>);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tests: &str) -> Result<usize, Vec<String>> {
        let text = format!(
            r#"{{ "projects": [ {{ "name": "p", "url": "u", "revision": "r", "files": [ {{ "file": "f",
"tests": [
{tests}
] }} ] }} ] }}"#
        );
        let read = UpstreamTests::read(&text, &["ping/burst"].into());
        read.map(|list| list.tests().count()).map_err(|findings| {
            findings.iter().map(|one| format!("{}: {}", one.position, one.message)).collect()
        })
    }

    #[test]
    fn a_row_has_a_scenario_that_is_there_or_a_reason() {
        let right = r#"{ "test": "a", "pins": "x", "scenarios": ["ping/burst"] },
            { "test": "b", "pins": "x", "reason": "it tests a buffer of its own" }"#;
        assert_eq!(read(right), Ok(2));
        let neither = read(r#"{ "test": "a", "pins": "x" }"#).unwrap_err();
        assert!(neither[0].starts_with("3:1: expected \"scenarios\" or a \"reason\" for a"));
        let unknown = read(r#"{ "test": "a", "pins": "x", "scenarios": ["ping/brust"] }"#);
        assert_eq!(
            unknown.unwrap_err(),
            ["3:43: no scenario \"ping/brust\", did you mean \"ping/burst\"?"]
        );
    }

    #[test]
    fn nothing_is_there_twice() {
        let row = r#"{ "test": "a", "pins": "x", "reason": "y" }"#;
        assert_eq!(read(&format!("{row},\n{row}")).unwrap_err(), ["4:11: a is there twice"]);
        let twice =
            read(r#"{ "test": "a", "pins": "x", "scenarios": ["ping/burst", "ping/burst"] }"#);
        assert_eq!(twice.unwrap_err(), ["3:57: ping/burst is there twice"]);
    }
}
