//! `Options`: how a run is carried out, independent of its cases.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::report::Portion;
use crate::runner::plan::{Plan, PlannedTarget};
use crate::runner::verdict::Again;
use crate::scenario::Dialect;
use crate::shim::target::LedgerFile;

/// Files that were named rather than found beside the scenarios.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// The folder of goldens.
    pub golden: Option<PathBuf>,
    /// Ledgers.
    pub known: Vec<LedgerFile>,
    /// Dialects, each of one target or of all targets of unknown dialect.
    pub dialects: Vec<(Option<String>, Dialect)>,
}

/// How a run is carried out.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many live cases run at once.
    pub jobs: usize,
    /// The factor for time limits on the live clock.
    pub timeout_scale: f64,
    /// The seed of payload patterns; goldens are valid for 0.
    pub seed: u64,
    /// The folder of goldens; `None` compares with none.
    pub golden: Option<PathBuf>,
    /// The folder of goldens and the ledgers that were named, for the commands that repeat a case.
    pub named: Named,
    /// Whether targets of every dialect are compared with the reference.
    pub compares_all: bool,
    /// How many negative verdicts end the run; `None` means no number does.
    pub max_fail: Option<NonZeroUsize>,
    /// The limit of an attempt at a case in real time, if not the usual one.
    pub case_timeout: Option<Duration>,
    /// Whether a shim is being debugged, which removes the time limits.
    pub is_debugged: bool,
    /// How long the run may take in real time.
    pub run_timeout: Option<Duration>,
    /// The part of the selected cases that runs.
    pub portion: Portion,
    /// Clauses that are not held against any target: a case goes on after it has broken one of their rules.
    pub tolerated: BTreeSet<Arc<str>>,
}

impl Default for Options {
    /// The options of a first run on a machine that is not slow, without golden traces.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, NonZeroUsize::get);
        Self {
            // Live cases mostly wait, so that several fit on a core.
            jobs: (cores * 24).clamp(8, 48),
            timeout_scale: 1.0,
            seed: 0,
            golden: None,
            named: Named::default(),
            compares_all: false,
            max_fail: None,
            case_timeout: None,
            is_debugged: false,
            run_timeout: None,
            portion: Portion::default(),
            tolerated: BTreeSet::new(),
        }
    }
}

impl Options {
    /// The options that repeat a case of a target.
    pub(super) fn again(&self, target: &PlannedTarget, plan: &Plan) -> Again {
        let reference = plan.reference();
        let is_about = |ledger: &&LedgerFile| {
            let mut targets = std::iter::once(target).chain(reference);
            targets.any(|target| target.implementation == ledger.target)
        };
        let beside = reference.filter(|one| one.info.ran && !target.is_reference);
        Again {
            seed: self.seed,
            timeout_scale: (self.timeout_scale != 1.0).then(|| self.timeout_scale.to_string()),
            known: self.named.known.iter().filter(is_about).cloned().collect(),
            reference: beside.map(|reference| reference.info.asked.clone()),
            is_built_in_suite: plan.suite.as_ref().is_some_and(|suite| suite.folder.is_none()),
            golden: self.named.golden.clone(),
            dialect: (!self.named.dialects.is_empty())
                .then(|| (target.implementation.clone(), target.dialect)),
            compares_all: self.compares_all,
            told: None,
        }
    }

    /// The limit of an attempt at a case, if not the usual one.
    pub(super) fn case_limit(&self) -> Option<Duration> {
        if self.is_debugged { Some(DEBUGGED) } else { self.case_timeout }
    }

    /// The factor for the time limit of a shim's start.
    pub(super) fn start_scale(&self) -> f64 {
        if self.is_debugged { DEBUGGED.as_secs_f64() } else { self.timeout_scale }
    }

    /// The folder of goldens, if this plan is compared with any.
    pub(super) fn golden_root(&self, plan: &Plan) -> Option<&Path> {
        self.golden.as_deref().filter(|_| self.seed == 0 && plan.peer().is_none())
    }
}

/// Longer than anybody debugs.
const DEBUGGED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
