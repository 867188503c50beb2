//! Decides what runs, and owns the clocks.

mod group;
mod judge;
mod live;
mod live_case;
mod lockstep;
mod plan;
mod process;
mod punctual;
mod run;
pub mod virtual_time;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use group::kill_shims;
pub use live::inquire;
pub use plan::{Case, Filter, How, PlannedPeer, PlannedTarget, Plays, cases};
pub use run::{Audience, Options, Plan, run};

use crate::engine::Outcome;
use crate::time::Time;
use crate::trace::Trace;

/// What running a case gave.
#[derive(Clone, Debug)]
pub struct CaseRun {
    /// How it ended.
    pub outcome: Outcome,
    /// What crossed the wire.
    pub trace: Trace,
    /// How long it took on its own clock.
    pub case_time: Time,
    /// How long it took for whoever waited.
    pub elapsed: Duration,
}

impl CaseRun {
    /// A case that never got as far as its first byte.
    fn without_trace(outcome: Outcome, elapsed: Duration) -> Self {
        Self { outcome, trace: Trace::default(), case_time: Time::ZERO, elapsed }
    }
}

/// Hears whether the run is to stop.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Receiver<Stop>);

impl Interrupt {
    /// Whether it is to stop.
    pub fn has_come(&self) -> bool {
        *self.0.borrow() != Stop::No
    }

    /// Waits until it is to stop.
    pub async fn wait(&self) {
        let mut stop = self.0.clone();
        if stop.wait_for(|stop| *stop != Stop::No).await.is_err() {
            // Nobody is left who could say so.
            std::future::pending::<()>().await;
        }
    }
}

/// Tells a run to stop.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Arc<watch::Sender<Stop>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    /// The run has seen enough.
    Itself,
    ByUser,
}

impl InterruptHandle {
    /// A handle that nobody has used yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Stop::No)))
    }

    /// The run has seen enough.
    pub fn stop(&self) {
        self.0.send_if_modified(|stop| {
            let is_first = *stop == Stop::No;
            if is_first {
                *stop = Stop::Itself;
            }
            is_first
        });
    }

    /// The user wants it to stop.
    pub fn interrupt(&self) {
        self.0.send_replace(Stop::ByUser);
    }

    /// Whether it is to stop.
    pub fn has_come(&self) -> bool {
        *self.0.borrow() != Stop::No
    }

    /// Whether the user wants it to stop.
    pub fn is_by_user(&self) -> bool {
        *self.0.borrow() == Stop::ByUser
    }

    /// Something that hears it.
    pub fn ear(&self) -> Interrupt {
        Interrupt(self.0.subscribe())
    }
}

impl Default for InterruptHandle {
    fn default() -> Self {
        Self::new()
    }
}
