//! `Clauses`: the register of yamux's requirements. Pure.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::Position;
use crate::scenario::read::place::Place;
use crate::scenario::read::problem::Finding;

/// One thing yamux requires, or leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Its name, such as "FLOW-30".
    pub id: String,
    /// What is required, in one sentence.
    pub statement: String,
    /// How binding it is for every yamux.
    pub level: Level,
    /// Who says so.
    pub provenance: Provenance,
    /// Where a dialect binds more than that.
    #[serde(default)]
    pub dialects: Dialects,
    /// Why it has neither a scenario nor a rule that is watched in every scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub unasked: Option<String>,
}

/// Where dialects bind more than the texts and their purpose do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dialects {
    /// What hashicorp/yamux does besides.
    pub hashicorp: Option<Binding>,
    /// What the specification of libp2p adds.
    pub libp2p: Option<Binding>,
}

impl Dialects {
    const fn get(&self, dialect: Dialect) -> Option<&Binding> {
        match dialect {
            Dialect::Spec => None,
            Dialect::Hashicorp => self.hashicorp.as_ref(),
            Dialect::Libp2p => self.libp2p.as_ref(),
        }
    }
}

/// How binding a clause is, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// How binding.
    pub level: Level,
    /// Who says so.
    pub provenance: Provenance,
}

/// How binding a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "kebab-case")]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Either way is lawful.
    May,
    /// There is a reason to do so; who has a better one may differ.
    Should,
    /// Who does otherwise is wrong.
    Must,
}

/// What a yamux is judged by beyond what every yamux must do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Nothing: the texts and their purpose alone.
    #[default]
    Spec,
    /// What hashicorp/yamux does besides.
    Hashicorp,
    /// What the specification of libp2p adds.
    Libp2p,
}

/// Who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The text, the code or the reason.
    pub source: Source,
    /// The place in the text or the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// For a purpose: what goes wrong otherwise. For a consensus: what was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// What a clause rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[derive(Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Source {
    /// hashicorp/yamux, spec.md, at the revision that the register names.
    HashicorpSpec,
    /// libp2p/specs, yamux/README.md, at the revision that the register names.
    Libp2pSpec,
    /// Without it yamux does not do what it is for.
    Purpose,
    /// Every implementation that was tried does it.
    Consensus,
    /// The code of hashicorp/yamux.
    Reference,
    /// This harness.
    Opinion,
}

impl Clause {
    /// How binding it is in a dialect, and the source.
    pub fn binding(&self, dialect: Dialect) -> (Level, &Provenance) {
        match self.dialects.get(dialect) {
            Some(binding) => (binding.level, &binding.provenance),
            None => (self.level, &self.provenance),
        }
    }
}

impl fmt::Display for Provenance {
    /// `hashicorp-spec, "Flow control"`, `purpose: a writer would wait for ever`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)?;
        if let Some(section) = &self.section {
            write!(f, ", {section:?}")?;
        }
        self.because.as_ref().map_or(Ok(()), |because| write!(f, ": {because}"))
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
    /// The texts that clauses cite.
    texts: Texts,
    /// Whether each clause must have a scenario, a rule that is watched in every scenario, or a reason in `unasked`.
    #[serde(default)]
    complete: bool,
    /// The clauses, in the order a reader should meet them.
    clauses: Vec<Clause>,
}

/// The texts that clauses cite.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Texts {
    /// hashicorp/yamux, spec.md.
    hashicorp_spec: CitedText,
    /// libp2p/specs, yamux/README.md.
    libp2p_spec: CitedText,
}

/// A text at a revision.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CitedText {
    /// Where it is read.
    pub url: String,
    /// The commit whose words count.
    pub revision: String,
}

/// The clauses of a library in the order of the register.
#[derive(Clone, Debug, Default)]
pub struct Clauses {
    is_there: bool,
    is_complete: bool,
    texts: Option<Texts>,
    list: Vec<Clause>,
    /// The position of each clause.
    positions: Vec<Position>,
    index: BTreeMap<String, usize>,
}

impl Clauses {
    /// The clause with this id.
    pub fn find(&self, id: &str) -> Option<&Clause> {
        self.index.get(id).map(|index| &self.list[*index])
    }

    /// All clauses, in the order of the register.
    pub fn iter(&self) -> impl Iterator<Item = &Clause> {
        self.list.iter()
    }

    /// Whether there is a register at all; without one, clause ids cannot be checked.
    pub const fn is_there(&self) -> bool {
        self.is_there
    }

    /// Whether every clause needs a scenario, a rule that is watched in every scenario, or a reason why not.
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The texts that clauses cite, with the source that provenances name.
    pub fn texts(&self) -> Vec<(Source, &CitedText)> {
        self.texts.as_ref().map_or_else(Vec::new, |texts| {
            vec![
                (Source::HashicorpSpec, &texts.hashicorp_spec),
                (Source::Libp2pSpec, &texts.libp2p_spec),
            ]
        })
    }

    /// The clauses, each with its position in the register.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (Position, &Clause)> {
        self.positions.iter().copied().zip(&self.list)
    }

    /// The ids.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.index.keys().map(String::as_str)
    }
}

/// Checks the register; returns it, or every problem in it.
pub(super) fn check(register: ClauseRegister, place: Place<'_>) -> Result<Clauses, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut clauses = Clauses {
        is_there: true,
        is_complete: register.complete,
        texts: Some(register.texts),
        ..Clauses::default()
    };
    let place = place.get("clauses");
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
        check_provenance(&clause.provenance, place.get("provenance"), &mut findings);
        for dialect in [Dialect::Hashicorp, Dialect::Libp2p] {
            let Some(binding) = clause.dialects.get(dialect) else { continue };
            let place = place.get("dialects").get(&dialect.to_string());
            check_provenance(&binding.provenance, place.get("provenance"), &mut findings);
            if binding.level <= clause.level {
                let message = format!("a dialect only adds: every yamux {} do this", clause.level);
                findings.push(Finding::new(place.get("level").value(), message));
            }
        }
        if clauses.index.contains_key(&clause.id) {
            let message = format!("clause {:?} is there twice", clause.id);
            findings.push(Finding::new(place.get("id").value(), message));
        }
        clauses.index.insert(clause.id.clone(), number);
        clauses.positions.push(place.value());
        clauses.list.push(clause);
    }
    if findings.is_empty() { Ok(clauses) } else { Err(findings) }
}

/// Checks that a text or code is cited with its section, and that a reason is given.
fn check_provenance(provenance: &Provenance, place: Place<'_>, findings: &mut Vec<Finding>) {
    let is_told = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    let missing = match provenance.source {
        Source::HashicorpSpec | Source::Libp2pSpec | Source::Reference => {
            (!is_told(&provenance.section)).then_some(("section", "which section says so"))
        }
        Source::Purpose => {
            (!is_told(&provenance.because)).then_some(("because", "what goes wrong otherwise"))
        }
        Source::Consensus => {
            (!is_told(&provenance.because)).then_some(("because", "what was tried"))
        }
        Source::Opinion => None,
    };
    if let Some((key, what)) = missing {
        let message = format!("expected {key:?}: {what}");
        findings.push(Finding::new(place.value(), message));
    }
}
