//! `TimeBudget`: how much real time a case may take on the live clock, with everything of it that runs again. One hostile case
//! costs less than ten seconds, and what it measures.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::MEASURED_AT_MOST;
use crate::scenario::{Scenario, StepKind};

/// The time of one case. Clones share it.
#[derive(Clone)]
pub(crate) struct TimeBudget {
    scale: f64,
    /// What an attempt waits for on purpose.
    measures: Duration,
    spent: Arc<Mutex<Duration>>,
}

impl TimeBudget {
    /// That of a scenario, on a machine that needs so much longer than usual.
    pub(crate) fn of(scenario: &Scenario, timeout_scale: f64) -> Self {
        let measured = scenario.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Measure(measure) => Some(measure.duration.min(MEASURED_AT_MOST)),
            _ => None,
        });
        Self::new(timeout_scale, measured.sum())
    }

    fn new(scale: f64, measures: Duration) -> Self {
        Self { scale, measures, spent: Arc::default() }
    }

    /// How long the next attempt may take.
    pub(crate) fn next(&self) -> Duration {
        match self.spent() {
            Duration::ZERO => FIRST.mul_f64(self.scale) + self.measures,
            spent => self.whole().saturating_sub(spent).max(self.least()),
        }
    }

    /// Whether another attempt that takes as long as the last one would be over in time.
    pub(crate) fn has_room_for(&self, last: Duration) -> bool {
        self.spent() + last <= self.whole()
    }

    /// An attempt has taken so long.
    pub(crate) fn spend(&self, elapsed: Duration) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += elapsed;
    }

    fn spent(&self) -> Duration {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for two attempts.
    fn whole(&self) -> Duration {
        WHOLE.mul_f64(self.scale) + 2 * self.measures
    }

    fn least(&self) -> Duration {
        LEAST.mul_f64(self.scale) + self.measures
    }
}

/// More than any case takes that is not held up.
const FIRST: Duration = Duration::from_millis(6500);
const WHOLE: Duration = Duration::from_millis(9500);

/// Enough for a case in an idle process of its own.
const LEAST: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_attempts_take_less_than_ten_seconds_and_a_short_one_leaves_much() {
        let budget = TimeBudget::new(1.0, Duration::ZERO);
        assert_eq!(budget.next(), FIRST);
        budget.clone().spend(FIRST);
        assert_eq!(budget.next(), LEAST);
        budget.spend(LEAST);
        assert!(!budget.has_room_for(LEAST) && FIRST + LEAST < Duration::from_secs(10));
        let budget = TimeBudget::new(2.0, Duration::ZERO);
        budget.spend(Duration::from_secs(1));
        assert_eq!(budget.next(), Duration::from_secs(18));
        assert!(budget.has_room_for(Duration::from_secs(18)));
    }

    #[test]
    fn what_a_case_measures_comes_on_top_in_each_attempt() {
        let second = Duration::from_secs(1);
        let budget = TimeBudget::new(1.0, 5 * second);
        assert_eq!(budget.next(), FIRST + 5 * second);
        budget.spend(FIRST + 5 * second);
        assert!(budget.next() >= LEAST + 5 * second);
    }
}
