//! `EarlyJudge`: the verdict a live case would get, asked for while other cases still run: some verdicts are confirmed by a
//! second run before they are reported.

use crate::runner::CaseRun;
use crate::runner::judge::goldens::Goldens;
use crate::runner::judge::{self, Court, Reference};
use crate::runner::plan::Plan;
use crate::runner::verdict::Verdict;

/// What a verdict depends on, as far as it is known from the start. The threads of a run share it.
pub(crate) struct EarlyJudge<'a> {
    plan: &'a Plan,
    goldens: &'a Goldens,
    compares_all: bool,
}

impl<'a> EarlyJudge<'a> {
    /// `goldens` are those that the run is compared with.
    pub(crate) const fn new(plan: &'a Plan, goldens: &'a Goldens, compares_all: bool) -> Self {
        Self { plan, goldens, compares_all }
    }

    /// The verdict on the case with this number. The golden replaces the reference's own run, which may not be over.
    pub(crate) fn verdict(&self, number: usize, run: &CaseRun) -> Verdict {
        let case = &self.plan.cases[number];
        let target = &self.plan.targets[case.target];
        let none = || Reference::None("it cannot be read".to_owned());
        let reference = if target.is_reference {
            Reference::None("it is the reference".to_owned())
        } else {
            self.plan
                .reference()
                .and_then(|reference| {
                    judge::golden_reference(self.goldens, &reference.implementation, case).ok()
                })
                .unwrap_or_else(none)
        };
        let court = Court {
            target,
            goldens: self.goldens,
            clauses: &self.plan.clauses,
            compares_all: self.compares_all,
            reference: &reference,
            compared_with: self.plan.reference(),
        };
        judge::judge(case, run, &court).verdict
    }
}
