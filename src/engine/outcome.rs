//! `Outcome` and `Failure`: how a case ended, before goldens and known deviations are applied. Pure.

use std::sync::Arc;

use crate::endpoint::Death;
use crate::engine::rules::clause;
use crate::engine::{Actual, Alternative, Expected};
use crate::scenario::{Actor, Label, Position};
use crate::trace::Rung;

/// How a case ended. A failed case is a value, not an error of the harness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step met its expectation.
    Passed,
    /// Every step was lawful, and at least one met only a weaker expectation.
    PassedWeaker {
        /// Why each weaker outcome is lawful, in the scenario's words and the order of the steps; never empty.
        because: Vec<String>,
    },
    /// A step did not meet its expectation.
    Failed(Box<Failure>),
    /// The subject crashed or got stuck.
    Died(Death, Box<Failure>),
    /// The case does not apply to the subject.
    Skipped {
        /// Why.
        reason: String,
    },
    /// An end could not be driven. Never a verdict on yamux.
    Broken {
        /// What went wrong.
        message: String,
        /// The last lines the shim wrote to its stderr.
        stderr: Vec<String>,
    },
}

impl Outcome {
    /// Whether a death at the end of the case outranks this outcome: a crash explains any earlier outcome, a call that
    /// never ends does not explain a failed step.
    pub const fn yields_to(&self, death: Death) -> bool {
        match (self, death) {
            (Self::Passed | Self::PassedWeaker { .. }, _) => true,
            (Self::Failed(_) | Self::Broken { .. }, Death::Crashed) => true,
            (Self::Failed(_) | Self::Broken { .. }, Death::Stuck)
            | (Self::Died(..) | Self::Skipped { .. }, _) => false,
        }
    }
}

/// What went wrong in a case, and at which step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where the step begins in the scenario file; `None` if no step is to blame.
    pub position: Option<Position>,
    /// The step, from 1; `None` for the end of the script.
    pub step: Option<u32>,
    /// The round of the step, if it is in a `for_each`.
    pub round: Option<u32>,
    /// The name of the step.
    pub name: Option<Label>,
    /// The end to blame: the one that broke a rule, owned the step, or died.
    pub end: Actor,
    /// The clause that was broken: that of the rule, of the step, or of its kind.
    pub clause: Arc<str>,
    /// What should have happened.
    pub expected: Expected,
    /// What happened.
    pub observed: Actual,
    /// The weaker outcomes that would have counted.
    pub alternatives: Vec<Alternative>,
    /// The last calls and frames, oldest first.
    pub rungs: Vec<Rung>,
    /// In how many of how many runs it happened, if not in all.
    pub runs: Option<(u32, u32)>,
    /// If the subject died: the last lines of its stderr.
    pub stderr: Vec<String>,
}

impl Failure {
    /// The fingerprint, in tokens that stay the same from run to run; a known deviation names it:
    /// `write/success/524288 | stream-reset/458752`.
    pub fn fingerprint(&self) -> String {
        format!("{} | {}", self.expected.token(), self.observed.token())
    }

    /// Whether a passive rule failed rather than a step.
    pub const fn is_of_rule(&self) -> bool {
        match &self.observed {
            Actual::Told(told) => told.is_rule,
            _ => self.rule().is_some(),
        }
    }

    /// The clause that was broken, if a passive rule failed rather than a step.
    pub const fn rule(&self) -> Option<&'static str> {
        match &self.observed {
            // Corrupt reads are reported in their step.
            Actual::Corrupt(..) => None,
            observed => clause::rule(observed),
        }
    }
}
