//! `Survey`: which scenario catches which mutant, and which impostors get through; computed on several threads.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::strength::case::{catches, fooled};
use crate::endpoint::mutant::{Impostor, Mutant};
use crate::engine::Outcome;
use crate::runner::virtual_time;
use crate::scenario::Scenario;
use crate::yamux::frame::Side;

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Each mutant until a scenario catches it, and each scenario until it has caught something.
    First,
    /// Each mutant until a second scenario catches it, which shows whether one does so alone.
    Second,
    /// Every scenario against every mutant.
    #[serde(rename = "all")]
    Full,
}

/// The result of one scenario against one mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Not needed, because the mutant is caught already.
    Untried,
    /// The scenario passes against it on every side.
    Missed,
    /// The scenario fails against it on at least one side.
    Caught,
}

/// An impostor and what it got through.
#[derive(Clone, Debug)]
pub struct ImpostorRow {
    /// The peer.
    pub impostor: Impostor,
    /// Indexes of the scenarios it passes, fully or weakly, each with the sides.
    pub passed: Vec<(usize, Vec<Side>)>,
}

/// The results of every peer that is wrong on purpose.
#[derive(Clone, Debug)]
pub struct Survey {
    /// How much was tried.
    pub extent: Extent,
    /// The scenarios, in the order of the library.
    pub scenarios: Vec<Arc<Scenario>>,
    /// The mutants, in the order of the registry.
    pub mutants: Vec<Mutant>,
    /// The impostors.
    pub impostors: Vec<ImpostorRow>,
    /// A row for each mutant, in it a cell for each scenario.
    cells: Vec<Vec<Cell>>,
    /// For each mutant the scenario that was the first to catch it.
    first: Vec<Option<usize>>,
}

/// Scenarios that a correct peer does not pass, so that their failing says nothing about a wrong one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(pub Vec<String>);

impl Survey {
    /// Runs them, on as many threads as `jobs` says (0 counts as 1).
    ///
    /// # Errors
    /// If the built-in yamux itself does not pass a scenario.
    pub fn run(
        scenarios: Vec<Arc<Scenario>>,
        mutants: Vec<Mutant>,
        impostors: Vec<Impostor>,
        extent: Extent,
        jobs: usize,
    ) -> Result<Self, Unfit> {
        let weights = weigh(&scenarios, jobs)?;
        let rows = spread(jobs, mutants.len(), |mutant| {
            mutant_row(&scenarios, &weights, &mutants[mutant], extent)
        });
        let (cells, first) = rows.into_iter().unzip();
        let impostors = spread(jobs, impostors.len() * scenarios.len(), |index| {
            fooled(&scenarios[index % scenarios.len()], &impostors[index / scenarios.len()])
        })
        .chunks(scenarios.len().max(1))
        .zip(&impostors)
        .map(|(sides, impostor)| ImpostorRow {
            impostor: *impostor,
            passed: sides.iter().cloned().enumerate().filter(|(_, s)| !s.is_empty()).collect(),
        })
        .collect();
        let mut survey = Self { extent, scenarios, mutants, impostors, cells, first };
        survey.try_idle_scenarios(jobs);
        Ok(survey)
    }

    /// Runs each scenario that has caught nothing so far against the untried mutants.
    fn try_idle_scenarios(&mut self, jobs: usize) {
        let idle: Vec<usize> =
            (0..self.scenarios.len()).filter(|scenario| self.catches_of(*scenario) == 0).collect();
        let columns = spread(jobs, idle.len(), |index| self.idle_column(idle[index]));
        for (scenario, tried) in idle.into_iter().zip(columns) {
            for (mutant, cell) in tried {
                self.cells[mutant][scenario] = cell;
            }
        }
    }

    /// The mutants that were not tried yet, up to the first that the scenario catches.
    fn idle_column(&self, scenario: usize) -> Vec<(usize, Cell)> {
        let script = &self.scenarios[scenario];
        let mut mutants: Vec<usize> = (0..self.mutants.len())
            .filter(|mutant| self.cells[*mutant][scenario] == Cell::Untried)
            .collect();
        mutants.sort_by_key(|mutant| Reverse(kinship(script, &self.mutants[*mutant])));
        let mut tried = Vec::new();
        for mutant in mutants {
            let is_caught = catches(script, &self.mutants[mutant]);
            tried.push((mutant, if is_caught { Cell::Caught } else { Cell::Missed }));
            if is_caught {
                break;
            }
        }
        tried
    }

    /// The result of the scenario with this index against the mutant with that one.
    pub fn cell(&self, mutant: usize, scenario: usize) -> Cell {
        self.cells[mutant][scenario]
    }

    /// The scenario that was the first to catch the mutant with this index.
    pub fn first_catch(&self, mutant: usize) -> Option<&Scenario> {
        self.first[mutant].map(|scenario| &*self.scenarios[scenario])
    }

    /// How many mutants the scenario with this index is known to catch.
    pub fn catches_of(&self, scenario: usize) -> usize {
        self.cells.iter().filter(|row| row[scenario] == Cell::Caught).count()
    }

    /// How many mutants some scenario catches.
    pub fn caught(&self) -> usize {
        self.first.iter().flatten().count()
    }

    /// The percentage of mutants caught, rounded down to a tenth: `99.5 %`; `None` without mutants.
    pub fn rate(&self) -> Option<String> {
        let tenths = (self.caught() * 1000).checked_div(self.mutants.len())?;
        let (whole, tenth) = (tenths / 10, tenths % 10);
        Some(if tenth == 0 { format!("{whole} %") } else { format!("{whole}.{tenth} %") })
    }

    /// The mutants that no scenario catches.
    pub fn missed(&self) -> impl Iterator<Item = &Mutant> {
        self.mutants.iter().zip(&self.first).filter(|(_, first)| first.is_none()).map(|(m, _)| m)
    }

    /// The scenarios that catch no mutant.
    pub fn idle(&self) -> impl Iterator<Item = &Arc<Scenario>> {
        self.scenarios
            .iter()
            .enumerate()
            .filter(|(scenario, _)| self.catches_of(*scenario) == 0)
            .map(|(_, scenario)| scenario)
    }

    /// Each mutant that only one scenario catches, with that scenario; `None` if that was not tried.
    pub fn alone(&self) -> Option<Vec<(&Scenario, &Mutant)>> {
        if self.extent == Extent::First {
            return None;
        }
        let single = |(row, mutant): (&Vec<Cell>, _)| {
            let mut catchers = row.iter().zip(&self.scenarios).filter(|(c, _)| **c == Cell::Caught);
            let (_, scenario) = catchers.next()?;
            catchers.next().is_none().then_some((&**scenario, mutant))
        };
        Some(self.cells.iter().zip(&self.mutants).filter_map(single).collect())
    }

    /// The scenarios that catch mutants, but none that no other catches too; `None` if that was not tried.
    pub fn redundant(&self) -> Option<Vec<&Scenario>> {
        let alone = self.alone()?;
        let is_redundant = |(index, scenario): &(usize, &Arc<Scenario>)| {
            self.catches_of(*index) > 0 && alone.iter().all(|(other, _)| other.id != scenario.id)
        };
        Some(self.scenarios.iter().enumerate().filter(is_redundant).map(|(_, s)| &**s).collect())
    }
}

/// The length of each scenario in entries of its trace: the same on every machine, unlike a time.
fn weigh(scenarios: &[Arc<Scenario>], jobs: usize) -> Result<Vec<usize>, Unfit> {
    let weighed = spread(jobs, scenarios.len(), |index| {
        let script = &scenarios[index];
        let mut entries = 0;
        for side in &script.sides {
            let run = virtual_time::run(script, *side, 0);
            if !matches!(run.outcome, Outcome::Passed | Outcome::PassedWeaker { .. }) {
                return Err(format!("{}/{side}", script.id));
            }
            entries += run.trace.entries.len();
        }
        Ok(entries)
    });
    let mut weights = Vec::new();
    let mut unfit = Vec::new();
    for result in weighed {
        match result {
            Ok(entries) => weights.push(entries),
            Err(case) => unfit.push(case),
        }
    }
    if unfit.is_empty() { Ok(weights) } else { Err(Unfit(unfit)) }
}

/// A mutant against the scenarios: first those about the clause it breaks, then related ones, then short ones before long
/// ones.
fn mutant_row(
    scenarios: &[Arc<Scenario>],
    weights: &[usize],
    mutant: &Mutant,
    extent: Extent,
) -> (Vec<Cell>, Option<usize>) {
    let mut order: Vec<usize> = (0..scenarios.len()).collect();
    order.sort_by_key(|index| (Reverse(kinship(&scenarios[*index], mutant)), weights[*index]));
    let mut row = vec![Cell::Untried; scenarios.len()];
    let mut first = None;
    let mut caught = 0;
    for index in order {
        let is_caught = catches(&scenarios[index], mutant);
        row[index] = if is_caught { Cell::Caught } else { Cell::Missed };
        if is_caught {
            first = first.or(Some(index));
            caught += 1;
            if extent == Extent::First || (extent == Extent::Second && caught == 2) {
                break;
            }
        }
    }
    (row, first)
}

/// How closely a scenario is related to what a mutant breaks: 2 for the same clause, 1 for the same group of clauses, else 0.
fn kinship(scenario: &Scenario, mutant: &Mutant) -> u8 {
    let group = |clause: &str| clause.split_once('-').map_or(0, |(group, _)| group.len());
    let nearness = |clause: &Arc<str>| {
        if **clause == *mutant.clause {
            return 2;
        }
        u8::from(clause[..group(clause)] == mutant.clause[..group(mutant.clause)])
    };
    scenario.clauses.iter().map(nearness).max().unwrap_or(0)
}

/// `work` for each index below `count`, on `jobs` threads; the results in the order of the indexes.
fn spread<T: Send>(jobs: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(count));
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, count.max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let result = work(index);
                    // A thread that panicked has pushed nothing, and the scope propagates its panic.
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
