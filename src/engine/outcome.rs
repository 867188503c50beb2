//! `Outcome` and `Failure`: how a case ended, before goldens and known deviations have their say. Pure.

use std::sync::Arc;

use crate::endpoint::Death;
use crate::engine::rules::clause;
use crate::engine::{Actual, Alternative, Expected};
use crate::scenario::{Actor, Label, Position};
use crate::trace::Rung;

/// How a case ended. That a case failed is a value like any other; it is no error of the harness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step did what it had to do.
    Passed,
    /// Every step did something lawful, and at least one of them only a weaker thing.
    PassedWeaker {
        /// Why each weaker thing is lawful, in the scenario's words and the order of the steps; never empty.
        because: Vec<String>,
    },
    /// A step did not do what it had to do.
    Failed(Box<Failure>),
    /// The subject crashed or got stuck.
    Died(Death, Box<Failure>),
    /// The subject cannot be asked this.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Could not tell: an end could not be driven. Never a verdict on yamux.
    Broken {
        /// What went wrong.
        message: String,
        /// The last lines the shim wrote to its stderr.
        stderr: Vec<String>,
    },
}

impl Outcome {
    /// Whether a death at the end of the case says more than this: a crash explains whatever came before it, a call that never
    /// ends does not explain a step that failed.
    pub const fn yields_to(&self, death: Death) -> bool {
        match (self, death) {
            (Self::Passed | Self::PassedWeaker { .. }, _) => true,
            (Self::Failed(_) | Self::Broken { .. }, Death::Crashed) => true,
            (Self::Failed(_) | Self::Broken { .. }, Death::Stuck)
            | (Self::Died(..) | Self::Skipped { .. }, _) => false,
        }
    }
}

/// What went wrong in a case, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where the step begins in the scenario file; `None` where no step is to blame.
    pub position: Option<Position>,
    /// The step, from 1; `None` is the end of the script.
    pub step: Option<u32>,
    /// The round of the step, where it stands in a `for_each`.
    pub round: Option<u32>,
    /// The name of the step.
    pub name: Option<Label>,
    /// The end that is to blame: whose frame broke a rule, whose step it was, or who died.
    pub end: Actor,
    /// The clause that was broken: that of a rule, the step's own, or the one of its kind.
    pub clause: Arc<str>,
    /// What had to happen.
    pub expected: Expected,
    /// What happened.
    pub observed: Actual,
    /// The weaker outcomes that would have counted.
    pub alternatives: Vec<Alternative>,
    /// The last calls and frames, oldest first.
    pub rungs: Vec<Rung>,
    /// In how many of how many runs it happened, where not in each.
    pub runs: Option<(u32, u32)>,
    /// Where the subject died: the last lines of its stderr.
    pub stderr: Vec<String>,
}

impl Failure {
    /// How it failed, in tokens that stay the same from run to run; what a known deviation names:
    /// `write/success/524288 | stream-reset/458752`.
    pub fn fingerprint(&self) -> String {
        format!("{} | {}", self.expected.token(), self.observed.token())
    }

    /// Whether a rule watched in every scenario failed rather than a step.
    pub const fn is_of_rule(&self) -> bool {
        match &self.observed {
            Actual::Told(told) => told.is_rule,
            _ => self.rule().is_some(),
        }
    }

    /// The clause that was broken, where a rule watched in every scenario failed rather than a step.
    pub const fn rule(&self) -> Option<&'static str> {
        match &self.observed {
            // What a call has read is told in its step.
            Actual::Corrupt(..) => None,
            observed => clause::rule(observed),
        }
    }
}
