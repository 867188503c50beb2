//! `ClauseTally`: what the cases of one target said about one clause. Pure.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::{CaseFinished, VerdictRecord};

/// How many cases of a target said what about a clause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClauseTally {
    /// It was held to.
    pub held: u32,
    /// It does not bind the target, which did otherwise.
    pub differs: u32,
    /// It was broken as a ledger says.
    pub known: u32,
    /// It was broken.
    pub broken: u32,
    /// The case came to no answer: skipped, or another clause decided it.
    pub open: u32,
}

/// What all cases of a target come to: the first of these that any of them said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClauseHeld {
    /// It was broken.
    Broken,
    /// It was broken as a ledger says.
    Known,
    /// It does not bind the target, which did otherwise.
    Differs,
    /// It was held to.
    Held,
    /// No case came to an answer.
    Open,
}

impl ClauseTally {
    /// Counts one case; `is_about` means that it tests the clause, whether broken or not.
    pub(super) fn hear(&mut self, case: &CaseFinished, clause: &str, is_about: bool) {
        let is_broken = case.broken.as_ref().is_some_and(|broken| broken.id == clause);
        let count = match &case.verdict {
            VerdictRecord::Fail { .. }
            | VerdictRecord::Crashed { .. }
            | VerdictRecord::Stuck { .. }
                if is_broken =>
            {
                &mut self.broken
            }
            VerdictRecord::KnownFail { .. } if is_broken => &mut self.known,
            VerdictRecord::Differs { .. } | VerdictRecord::NotReached { .. } if is_broken => {
                &mut self.differs
            }
            _ if !is_about => return,
            // Every step did what was required; a changed trace or a ledger's entry concerns no clause.
            VerdictRecord::Pass
            | VerdictRecord::WeakPass { .. }
            | VerdictRecord::UnexpectedPass { .. }
            | VerdictRecord::TraceChanged { .. } => &mut self.held,
            _ => &mut self.open,
        };
        *count += 1;
    }

    /// Whether the clause holds.
    pub const fn held(&self) -> ClauseHeld {
        match *self {
            Self { broken: 1.., .. } => ClauseHeld::Broken,
            Self { known: 1.., .. } => ClauseHeld::Known,
            Self { differs: 1.., .. } => ClauseHeld::Differs,
            Self { held: 1.., .. } => ClauseHeld::Held,
            _ => ClauseHeld::Open,
        }
    }

    /// `held 12`, `broken 2 of 14`, `-`.
    pub fn words(&self) -> String {
        let Self { held, differs, known, broken, open } = *self;
        let all = held + differs + known + broken + open;
        let (word, count) = match self.held() {
            ClauseHeld::Broken => ("broken", broken),
            ClauseHeld::Known => ("known", known),
            ClauseHeld::Differs => ("differs", differs),
            ClauseHeld::Held => ("held", held),
            ClauseHeld::Open => {
                return if all == 0 { "-".to_owned() } else { format!("open {open}") };
            }
        };
        if count == all { format!("{word} {count}") } else { format!("{word} {count} of {all}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn tally(clause: &str, is_about: bool) -> ClauseTally {
        let mut tally = ClauseTally::default();
        for case in sample::cases() {
            tally.hear(&CaseFinished::from(&case), clause, is_about);
        }
        tally
    }

    #[test]
    fn a_case_that_broke_the_clause_counts_whatever_it_is_about() {
        let mut failed = sample::failed();
        failed.broken = Some(("FLOW-30".into(), "what it says".to_owned(), "must".to_owned()));
        let hear = |is_about| {
            let mut tally = ClauseTally::default();
            tally.hear(&CaseFinished::from(&failed), "FLOW-30", is_about);
            tally
        };
        let about = hear(true);
        assert_eq!(about, hear(false));
        assert_eq!(about, ClauseTally { broken: 1, ..ClauseTally::default() });
        assert_eq!(about.held(), ClauseHeld::Broken);
        assert!(about.words().starts_with("broken "), "{}", about.words());
    }

    #[test]
    fn a_failure_over_another_clause_leaves_this_one_open() {
        let other = tally("NONE-01", true);
        assert_eq!((other.broken, other.known, other.differs), (0, 0, 0));
        assert!(other.held > 0 && other.open > 0, "{other:?}");
        assert_eq!(tally("NONE-01", false), ClauseTally::default());
        assert_eq!(ClauseTally::default().words(), "-");
    }
}
