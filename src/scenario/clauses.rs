//! `Clauses`: the register of what yamux requires. Pure.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::problem::Finding;
use crate::scenario::syntax::{Node, Place};

/// One thing yamux requires, or leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Its name, such as "FLOW-30".
    pub id: String,
    /// What is required, in one sentence.
    pub statement: String,
    /// How binding it is.
    pub level: Level,
    /// Who says so.
    pub provenance: Provenance,
}

/// How binding a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Without it two implementations do not work together.
    Must,
    /// Without it they work together, but worse.
    Should,
    /// What the reference does; others may lawfully differ.
    Reference,
    /// Nobody has decided.
    Open,
}

/// Who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The text or the code.
    pub source: Source,
    /// The place in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
}

/// A text or code that says what yamux is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// hashicorp/yamux, spec.md.
    HashicorpSpec,
    /// libp2p/specs, yamux.
    Libp2pSpec,
    /// The code of hashicorp/yamux.
    Reference,
    /// This harness.
    Opinion,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Reference => "reference",
            Self::Open => "open",
        })
    }
}

impl fmt::Display for Provenance {
    /// `hashicorp-spec, "Flow control"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::HashicorpSpec => "hashicorp-spec",
            Source::Libp2pSpec => "libp2p-spec",
            Source::Reference => "reference",
            Source::Opinion => "opinion",
        })?;
        self.section.as_ref().map_or(Ok(()), |section| write!(f, ", {section:?}"))
    }
}

/// What yamux requires: the register beside the scenarios.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Clauses")]
pub(super) struct ClauseRegister {
    /// Where the schema of this file is, for editors.
    #[serde(rename = "$schema")]
    #[expect(dead_code, reason = "editors read it")]
    schema: Option<String>,
    /// The clauses, in the order a reader should meet them.
    clauses: Vec<Clause>,
}

/// The clauses of a library in the order of the register.
#[derive(Clone, Debug, Default)]
pub struct Clauses {
    is_there: bool,
    list: Vec<Clause>,
    index: BTreeMap<String, usize>,
}

impl Clauses {
    /// The clause with that id.
    pub fn find(&self, id: &str) -> Option<&Clause> {
        self.index.get(id).map(|index| &self.list[*index])
    }

    /// All clauses, in the order of the register.
    pub fn iter(&self) -> impl Iterator<Item = &Clause> {
        self.list.iter()
    }

    /// Whether there is a register at all; without one nobody can say that a clause id is wrong.
    pub const fn is_there(&self) -> bool {
        self.is_there
    }

    /// The ids.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.index.keys().map(String::as_str)
    }
}

/// The register, or every problem in it.
pub(super) fn check(register: ClauseRegister, root: &Node) -> Result<Clauses, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut clauses = Clauses { is_there: true, ..Clauses::default() };
    let place = Place::root(root).get("clauses");
    for (number, clause) in register.clauses.into_iter().enumerate() {
        let place = place.item(number);
        let lawful = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if clause.id.is_empty() || !clause.id.bytes().all(lawful) {
            let message =
                format!("expected a clause id of letters, digits and \"-\", found {:?}", clause.id);
            findings.push(Finding::new(place.get("id").value(), message));
        }
        if clause.statement.trim().is_empty() {
            findings.push(Finding::new(place.get("statement").value(), "the statement is empty"));
        }
        if clauses.index.contains_key(&clause.id) {
            let message = format!("clause {:?} is there twice", clause.id);
            findings.push(Finding::new(place.get("id").value(), message));
        }
        clauses.index.insert(clause.id.clone(), number);
        clauses.list.push(clause);
    }
    if findings.is_empty() { Ok(clauses) } else { Err(findings) }
}
