//! `Sighting`: one run of one case, reduced to what can be compared.

use crate::analysis::compare::Grade;
use crate::report::{CaseFinished, FailureRecord, VerdictRecord};
use crate::trace::{Canonical, TraceDiff, diff_meaning};

/// An implementation's behaviour in one run of a case.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The case's line of a report.
    pub case: CaseFinished,
    /// The meaning of its trace, if it passed and that can be compared; a report has none.
    pub trace: Option<Canonical>,
    /// Whether it is from a report, in which a ledger may have turned the result of a race into a weak pass.
    pub is_told: bool,
}

impl Sighting {
    /// Its grade.
    pub fn grade(&self) -> Grade {
        Grade::of(&self.case)
    }

    /// How it failed or differed, if it did.
    pub fn failure(&self) -> Option<&FailureRecord> {
        match &self.case.verdict {
            VerdictRecord::Differs { failure }
            | VerdictRecord::NotReached { failure }
            | VerdictRecord::Crashed { failure }
            | VerdictRecord::Stuck { failure }
            | VerdictRecord::Fail { failure }
            | VerdictRecord::KnownFail { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Why a pass is a weak one.
    fn because(&self) -> &[String] {
        match &self.case.verdict {
            VerdictRecord::WeakPass { because } => because,
            _ => &[],
        }
    }

    /// Whether both have the same result in the same way, traces aside.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let place = |one: &Self| {
            one.failure()
                .map(|failure| (failure.step, failure.clause.clone(), failure.fingerprint.clone()))
        };
        let (own, others) = (self.grade(), other.grade());
        let is_pass = |grade| matches!(grade, Grade::Pass | Grade::Weak);
        if self.is_told != other.is_told && is_pass(own) && is_pass(others) {
            return true;
        }
        own == others && place(self) == place(other) && self.because() == other.because()
    }

    /// Where the two traces differ, if both are there.
    pub(super) fn trace_diff(&self, other: &Self) -> Option<TraceDiff> {
        diff_meaning(self.trace.as_ref()?, other.trace.as_ref()?)
    }
}
