//! `Streak`: how many cases in a row a shim has broken. A shim that breaks several in a row breaks the rest too, at up to ten
//! seconds each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::engine::Outcome;
use crate::runner::CaseRun;

/// Cases broken since the last one that was carried out. Clones, one for each process of the shim, share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streak(Arc<AtomicU32>);

impl Streak {
    /// Counts the result of a case.
    pub(crate) fn note(&self, run: &CaseRun) {
        match run.outcome {
            Outcome::Broken { .. } | Outcome::Died(..) => self.note_break(),
            Outcome::Skipped { .. } => {}
            Outcome::Passed | Outcome::PassedWeaker { .. } | Outcome::Failed(_) => {
                self.0.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Counts the loss of the shim with no case to blame.
    pub(crate) fn note_break(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the remaining cases should be skipped.
    pub(crate) fn is_too_long(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MOST
    }

    /// Why the rest did not run.
    pub(crate) fn why(&self) -> String {
        format!("not run: the shim broke {MOST} cases in a row")
    }
}

/// This many broken cases in a row are no accident.
const MOST: u32 = 8;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_cases_that_are_broken_one_after_the_other_count() {
        let run = |outcome| CaseRun::without_trace(outcome, Duration::ZERO);
        let broken = || run(Outcome::Broken { message: "it hung".to_owned(), stderr: Vec::new() });
        let streak = Streak::default();
        for _ in 1..MOST {
            streak.clone().note(&broken());
        }
        streak.note(&run(Outcome::Skipped { reason: "no reset".to_owned() }));
        assert!(!streak.is_too_long());
        streak.note(&run(Outcome::Passed));
        streak.note(&broken());
        assert!(!streak.is_too_long());
        for _ in 1..MOST {
            streak.note_break();
        }
        assert!(streak.is_too_long());
    }
}
