//! `Grade`: a verdict before ledgers and golden traces changed it.

use crate::report::{CaseFinished, FailureRecord, VerdictRecord};

/// An implementation's behaviour in a case, regardless of known deviations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// It did what was required.
    Pass,
    /// It did something weaker that is lawful too.
    Weak,
    /// It deviated from a clause that does not bind it.
    Differs,
    /// It did so before the point of the scenario.
    NotReached,
    /// It cannot be asked this.
    Skip,
    /// It did not do what was required.
    Fail,
    /// No verdict is possible.
    Broken,
    /// It got stuck.
    Stuck,
    /// It crashed.
    Crashed,
}

impl Grade {
    /// The grade of a case. A known deviation counts as its failure; a changed trace and an unexpected pass count as passes.
    pub fn of(case: &CaseFinished) -> Self {
        match &case.verdict {
            VerdictRecord::Pass
            | VerdictRecord::UnexpectedPass { .. }
            | VerdictRecord::TraceChanged { .. } => Self::Pass,
            VerdictRecord::WeakPass { .. } => Self::Weak,
            VerdictRecord::Differs { .. } => Self::Differs,
            VerdictRecord::NotReached { .. } => Self::NotReached,
            VerdictRecord::Crashed { .. } => Self::Crashed,
            VerdictRecord::Stuck { .. } => Self::Stuck,
            VerdictRecord::Fail { .. } => Self::Fail,
            VerdictRecord::KnownFail { failure, .. } => Self::of_known(case, failure),
            VerdictRecord::Skip { .. } => Self::Skip,
            VerdictRecord::Broken { .. } => Self::Broken,
        }
    }

    /// The grade that a known deviation would have if it were not known. The record says whether the scenario's own clauses
    /// bind; any other clause is taken to bind.
    fn of_known(case: &CaseFinished, failure: &FailureRecord) -> Self {
        let is_free = |level: &str| ["should", "may"].contains(&level);
        let clause = case.clauses.iter().find(|clause| clause.id == failure.clause);
        match (&*failure.observed_token, clause) {
            ("crashed", _) => Self::Crashed,
            ("stuck", _) => Self::Stuck,
            (_, Some(clause)) if clause.level.split(';').next().is_some_and(is_free) => {
                Self::Differs
            }
            _ => Self::Fail,
        }
    }

    /// How bad it is: 0 is lawful, 1 a failure or no verdict, 2 a death.
    pub const fn badness(self) -> u8 {
        match self {
            Self::Pass | Self::Weak | Self::Differs | Self::NotReached | Self::Skip => 0,
            Self::Fail | Self::Broken => 1,
            Self::Stuck | Self::Crashed => 2,
        }
    }

    /// Whether it is not lawful.
    pub const fn is_negative(self) -> bool {
        self.badness() > 0
    }

    /// Whether the implementation died.
    pub const fn is_death(self) -> bool {
        self.badness() > 1
    }

    /// The grade in a word or two, as the table of a run has it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Weak => "weak pass",
            Self::Differs => "differs",
            Self::NotReached => "not reached",
            Self::Skip => "skip",
            Self::Fail => "fail",
            Self::Broken => "broken",
            Self::Stuck => "stuck",
            Self::Crashed => "crashed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::sample;

    #[test]
    fn what_ledgers_and_goldens_say_is_left_out() {
        let known = |observed: &str| {
            let failure = sample::failure("PING-01", "pong/7", observed);
            sample::case(VerdictRecord::KnownFail { failure, reason: "old".into(), link: None })
        };
        assert_eq!(Grade::of(&known("no-pong")), Grade::Fail);
        assert_eq!(Grade::of(&known("crashed")), Grade::Crashed);
        assert_eq!(Grade::of(&known("stuck")), Grade::Stuck);
        let mut free = known("no-pong");
        free.clauses[0].level = "should; opinion".to_owned();
        assert_eq!(Grade::of(&free), Grade::Differs);
        let surprise = VerdictRecord::UnexpectedPass { entry: "known/a.json:1:1".into() };
        assert_eq!(Grade::of(&sample::case(surprise)), Grade::Pass);
    }
}
