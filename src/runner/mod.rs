//! Decides what runs, and owns the clocks.

mod crew;
pub(crate) mod golden;
mod judge;
pub(crate) mod known;
mod live;
mod lockstep;
mod options;
mod plan;
mod run;
pub(crate) mod verdict;
pub mod virtual_time;

use std::sync::Arc;
use std::time::Duration;

pub use crate::runner::live::inquire::inquire;
pub(crate) use options::Named;
pub use options::Options;
pub use plan::{Case, How, Plan, PlannedTarget, Plays};
pub(crate) use plan::{
    Entrant, Filter, Pairing, Pairs, Refused, Swept, Wanted, cases, pairs, prepare, swept_cases,
};
pub(crate) use run::interrupt::Interrupt;
pub use run::interrupt::InterruptHandle;
pub use run::{Audience, run};

use crate::engine::{Measured, Note, Outcome};
use crate::model::{Breach, Model};
use crate::trace::Trace;
use crate::yamux::time::Time;

/// The result of running a case.
#[derive(Clone, Debug)]
pub struct CaseRun {
    /// How it ended.
    pub outcome: Outcome,
    /// What crossed the wire.
    pub trace: Trace,
    /// What the applications did.
    pub notes: Vec<Note>,
    /// The measured answers.
    pub answers: Vec<Measured>,
    /// The session as the model has seen it.
    pub(crate) model: Arc<Model>,
    /// How long it took on its own clock.
    pub case_time: Time,
    /// How long it took in real time.
    pub elapsed: Duration,
}

/// How many processes of a shim to use: one for each core keeps all of them busy.
fn processes(jobs: usize, cases: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.min(jobs).min(cases)
}

impl CaseRun {
    /// What the model objects to where the script is the judge: nothing, as long as the two agree.
    pub fn remarks(&self) -> &[Breach] {
        self.model.remarks()
    }

    /// Whether it was given up once that time was over.
    fn is_cut_short(&self, limit: Duration) -> bool {
        matches!(self.outcome, Outcome::Skipped { .. }) && self.elapsed >= limit
    }

    /// A case that never reached its first byte.
    fn without_trace(outcome: Outcome, elapsed: Duration) -> Self {
        Self {
            outcome,
            trace: Trace::default(),
            notes: Vec::new(),
            answers: Vec::new(),
            model: Arc::default(),
            case_time: Time::ZERO,
            elapsed,
        }
    }
}
