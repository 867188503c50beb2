//! `FailedStep` and `StepName`: which step failed, and how a ledger names it. Pure.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The step in which a case failed, by every name that a ledger may use for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailedStep<'a> {
    /// Its number, from 1; `None` means the end of the scenario.
    pub number: Option<u32>,
    /// Its name.
    pub name: Option<&'a str>,
    /// The clause broken in it, if that is a rule for every scenario.
    pub clause: Option<&'a str>,
}

/// A ledger's name for a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StepName {
    /// Its number, from 1.
    Number(u32),
    /// Its name, the clause that was broken in it, or `end`.
    Name(String),
}

impl StepName {
    /// An entry's name for this step: a rule by its clause, which is the same wherever it is broken, and a step by a name
    /// that stays when another step is inserted above it.
    pub(super) fn of(step: FailedStep<'_>) -> Self {
        match (step.clause.or(step.name), step.number) {
            (Some(name), _) => Self::Name(name.to_owned()),
            (None, Some(number)) => Self::Number(number),
            (None, None) => Self::Name(END.to_owned()),
        }
    }

    /// Whether it names this step.
    pub(super) fn is(&self, step: FailedStep<'_>) -> bool {
        match self {
            Self::Number(number) => step.number == Some(*number),
            Self::Name(name) if name == END => step.number.is_none(),
            Self::Name(name) => [step.name, step.clause].contains(&Some(name.as_str())),
        }
    }
}

impl fmt::Display for StepName {
    /// As it is written in a ledger.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "{name:?}"),
        }
    }
}

impl fmt::Display for FailedStep<'_> {
    /// As an entry has it: `6`, `"end"`, `"FLOW-01"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        StepName::of(*self).fmt(f)
    }
}

impl JsonSchema for StepName {
    fn schema_name() -> Cow<'static, str> {
        "StepName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The number of a step (from 1), its name in the scenario, the clause that a rule for every scenario is about, or \"end\" for what comes after the last step.",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": u32::MAX },
                { "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" },
            ],
        })
    }
}

/// The name of the place after the last step.
const END: &str = "end";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_known_by_its_number_its_name_or_the_broken_clause() {
        let step = FailedStep { number: Some(6), name: Some("closing"), clause: Some("FLOW-01") };
        let name = |text: &str| StepName::Name(text.to_owned());
        assert!(StepName::Number(6).is(step) && !StepName::Number(7).is(step));
        assert!(name("closing").is(step) && name("FLOW-01").is(step));
        assert!(!name("FLOW-02").is(step) && !name("end").is(step) && !name("6").is(step));
        let end = FailedStep::default();
        assert!(name("end").is(end) && !StepName::Number(6).is(end) && !name("closing").is(end));
        let named = FailedStep { clause: None, ..step };
        assert_eq!(
            [step, named, FailedStep { name: None, ..named }, end].map(|step| step.to_string()),
            ["\"FLOW-01\"", "\"closing\"", "6", "\"end\""]
        );
    }
}
