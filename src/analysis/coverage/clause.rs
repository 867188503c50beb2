//! `Coverage`: for each clause, what tests it and with what result. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::coverage::ClauseTally;
use crate::endpoint::mutant::Mutant;
use crate::engine::watched;
use crate::report::CaseFinished;
use crate::scenario::{Clause, Clauses, Dialect, Scenario};

/// Every clause of a register, with what covers it.
#[derive(Clone, Debug)]
pub struct Coverage<'a> {
    /// In the order of the register.
    pub clauses: Vec<ClauseCoverage<'a>>,
    /// The targets of the cases, by name; none without a report.
    pub targets: BTreeSet<&'a str>,
}

/// A clause with what covers it.
#[derive(Clone, Debug)]
pub struct ClauseCoverage<'a> {
    /// The clause.
    pub clause: &'a Clause,
    /// The scenarios that name it, at their head or in a step.
    pub scenarios: Vec<&'a Scenario>,
    /// The rule that is checked in every scenario.
    pub watched: Option<String>,
    /// The mutants that break it.
    pub mutants: Vec<&'a Mutant>,
    /// The results of cases, target by target.
    pub told: BTreeMap<&'a str, ClauseTally>,
}

impl<'a> Coverage<'a> {
    /// Relates scenarios, mutants and the cases of reports to each clause.
    pub fn of(
        clauses: &'a Clauses,
        scenarios: &[&'a Scenario],
        mutants: &'a [Mutant],
        cases: &'a [CaseFinished],
    ) -> Self {
        let watched: BTreeMap<&str, String> = watched().collect();
        let asked = by_clause(scenarios);
        let row = |clause: &'a Clause| ClauseCoverage {
            clause,
            scenarios: asked.get(&*clause.id).cloned().unwrap_or_default(),
            watched: watched.get(&*clause.id).cloned(),
            mutants: mutants.iter().filter(|one| one.clause == clause.id).collect(),
            told: BTreeMap::new(),
        };
        let mut coverage = Self {
            clauses: clauses.iter().map(row).collect(),
            targets: cases.iter().map(|case| &*case.target).collect(),
        };
        for row in &mut coverage.clauses {
            row.hear(cases);
        }
        coverage
    }
}

impl<'a> ClauseCoverage<'a> {
    /// Counts each case's result for the clause.
    fn hear(&mut self, cases: &'a [CaseFinished]) {
        let ids: BTreeSet<&str> = self.scenarios.iter().map(|scenario| &*scenario.id).collect();
        for case in cases {
            let is_about = self.watched.is_some()
                || ids.contains(&*case.id)
                || case.clauses.iter().any(|clause| clause.id == self.clause.id);
            self.told.entry(&case.target).or_default().hear(case, &self.clause.id, is_about);
        }
    }

    /// How binding it is: `may; hashicorp: must`.
    pub fn levels(&self) -> String {
        let own = self.clause.level;
        let more = [Dialect::Hashicorp, Dialect::Libp2p].map(|dialect| {
            let (level, _) = self.clause.binding(dialect);
            (level != own).then(|| format!("; {dialect}: {level}"))
        });
        let more: String = more.into_iter().flatten().collect();
        format!("{own}{more}")
    }

    /// Whether a scenario names it or a rule checks it.
    pub fn is_asked(&self) -> bool {
        !self.scenarios.is_empty() || self.watched.is_some()
    }

    /// How many scenarios test it, or what replaces them.
    pub fn asked_by(&self) -> String {
        match (self.scenarios.len(), &self.watched) {
            (0, Some(_)) => "watched".to_owned(),
            (0, None) if self.clause.unasked.is_some() => "unasked".to_owned(),
            (0, None) => "none".to_owned(),
            (count, Some(_)) => format!("{count}, watched"),
            (count, None) => count.to_string(),
        }
    }
}

/// The scenarios that name each clause, in their order.
fn by_clause<'a>(scenarios: &[&'a Scenario]) -> BTreeMap<&'a str, Vec<&'a Scenario>> {
    let mut asked: BTreeMap<&str, Vec<&Scenario>> = BTreeMap::new();
    for scenario in scenarios {
        let of_steps = scenario.steps.iter().filter_map(|step| step.clause.as_ref());
        let named: BTreeSet<&str> =
            scenario.clauses.iter().chain(of_steps).map(|clause| &**clause).collect();
        for clause in named {
            asked.entry(clause).or_default().push(scenario);
        }
    }
    asked
}
