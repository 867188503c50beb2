//! `Recorded`: the cases of one release, read from a run or from a report.

use std::collections::BTreeSet;

use crate::analysis::compare::Sighting;
use crate::report::{RunFinished, RunStarted, TargetRecord};
use crate::runner::verdict::Clock;

/// A release and its results.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    /// Its name on the command line.
    pub asked: String,
    /// What ran, once for each clock.
    pub targets: Vec<TargetRecord>,
    /// Every run of every case.
    pub sightings: Vec<Sighting>,
    /// Whether it is a report, which has no traces, and whose cases may be gone by now.
    pub is_report: bool,
    /// Whether it was stopped early.
    pub is_cut: bool,
    /// The first line of a report.
    pub started: Option<Box<RunStarted>>,
    /// The last line of a report.
    pub finished: Option<Box<RunFinished>>,
}

impl Recorded {
    /// The names of what ran, each once.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.targets.iter().map(|target| &*target.name).collect()
    }

    /// The clocks that a target ran on.
    pub(super) fn clocks(&self, name: &str) -> BTreeSet<Clock> {
        let own = self.targets.iter().filter(|target| target.name == name);
        own.map(|target| target.clock).collect()
    }

    /// Only the target of that name; the error lists the targets there are.
    pub(crate) fn only(mut self, name: &str) -> Result<Self, String> {
        if !self.names().contains(name) {
            let names = listed(self.names());
            return Err(format!("{} has no target {name:?}; it has: {names}", self.asked));
        }
        self.targets.retain(|target| target.name == name);
        self.sightings.retain(|sighting| sighting.case.target == name);
        self.asked = format!("{}:{name}", self.asked);
        Ok(self)
    }

    /// Which target is compared with which: one with one, or several by name.
    pub(super) fn pairs<'a>(&'a self, after: &'a Self) -> Result<Vec<(&'a str, &'a str)>, String> {
        let (old, new) = (self.names(), after.names());
        if old.len() == 1 && new.len() == 1 || old == new && !old.is_empty() {
            return Ok(old.into_iter().zip(new).collect());
        }
        let (before, after) = (&self.asked, &after.asked);
        let (old, new) = (listed(old), listed(new));
        Err(format!(
            "expected one target in each or the same names in both, found {old} in {before} and {new} in {after}; pick one with FILE:TARGET"
        ))
    }
}

fn listed(names: BTreeSet<&str>) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.into_iter().collect::<Vec<_>>().join(", "),
    }
}
