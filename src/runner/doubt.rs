//! `Bench`: whether what a live case gave would count against its implementation, asked while other cases still run.

use crate::runner::CaseRun;
use crate::runner::goldens::Goldens;
use crate::runner::judge::{self, Court, Reference};
use crate::runner::run::Plan;
use crate::target::Target;

/// What a verdict depends on and is there from the start. The threads of a run share it.
pub(crate) struct Bench<'a> {
    plan: &'a Plan,
    goldens: &'a Goldens,
}

impl<'a> Bench<'a> {
    /// `goldens` are those that the run is compared with.
    pub(crate) const fn new(plan: &'a Plan, goldens: &'a Goldens) -> Self {
        Self { plan, goldens }
    }

    /// Whether the case with this number would come to a negative verdict. The golden stands in for the reference's own
    /// run, which need not be over.
    pub(crate) fn is_negative(&self, number: usize, run: &CaseRun) -> bool {
        let case = &self.plan.cases[number];
        let target = &self.plan.targets[case.target];
        let none = || Reference::None("it cannot be read".to_owned());
        let reference = if target.folder == Target::REFERENCE {
            Reference::None("it is the reference".to_owned())
        } else {
            judge::golden_reference(self.goldens, Target::REFERENCE, case)
                .unwrap_or_else(|_| none())
        };
        let court = Court {
            target,
            goldens: self.goldens,
            reference: &reference,
            reference_known: self.plan.reference_known(),
        };
        judge::judge(case, run, &court).verdict.is_negative()
    }
}
