//! `TimeBudget`: how much real time a case may take on the live clock, repeated runs included. One hostile case costs less
//! than ten seconds plus what it measures.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::MEASURED_AT_MOST;
use crate::scenario::{Scenario, StepKind};

/// The time of one case. Clones share it.
#[derive(Clone)]
pub(crate) struct TimeBudget {
    /// How long the first attempt may take, all of them, and any of them at least.
    first: Duration,
    whole: Duration,
    least: Duration,
    /// What an attempt waits for on purpose.
    measures: Duration,
    /// Whether the user set a limit.
    is_given: bool,
    spent: Arc<Mutex<Duration>>,
}

impl TimeBudget {
    /// The budget of a scenario, scaled for a slow machine, or with the user's limit.
    pub(crate) fn of(scenario: &Scenario, timeout_scale: f64, limit: Option<Duration>) -> Self {
        let measured = scenario.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Measure(measure) => Some(measure.duration.min(MEASURED_AT_MOST)),
            _ => None,
        });
        match limit {
            Some(limit) => Self::limited(limit, measured.sum()),
            None => Self::new(timeout_scale, measured.sum()),
        }
    }

    fn new(scale: f64, measures: Duration) -> Self {
        let [first, whole, least] = [FIRST, WHOLE, LEAST].map(|limit| limit.mul_f64(scale));
        Self { first, whole, least, measures, is_given: false, spent: Arc::default() }
    }

    /// Each attempt may take that long; a case that has used it all up gets one more short attempt.
    fn limited(limit: Duration, measures: Duration) -> Self {
        let (whole, least) = (limit + limit / 2, limit.min(LEAST));
        let spent = Arc::default();
        Self { first: limit, whole, least, measures, is_given: true, spent }
    }

    /// How long the next attempt may take.
    pub(crate) fn next(&self) -> Duration {
        match self.spent() {
            Duration::ZERO => self.first + self.measures,
            spent => {
                let left = self.whole().saturating_sub(spent);
                left.max(self.least + self.measures)
            }
        }
    }

    /// Whether another attempt as long as the last one would end in time.
    pub(crate) fn has_room_for(&self, last: Duration) -> bool {
        self.spent() + last <= self.whole()
    }

    /// How long to wait for an answer that usually takes at most `usual`: as long as the attempt if the user set a limit, for
    /// a reason of their own.
    pub(crate) fn patience(&self, limit: Duration, usual: Duration) -> Duration {
        if self.is_given { limit } else { limit.min(usual) }
    }

    /// Subtracts the time of an attempt.
    pub(crate) fn spend(&self, elapsed: Duration) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += elapsed;
    }

    fn spent(&self) -> Duration {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for two attempts.
    fn whole(&self) -> Duration {
        self.whole + 2 * self.measures
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
    fn a_limit_that_was_given_is_that_of_an_attempt() {
        let limit = Duration::from_millis(500);
        let budget = TimeBudget::limited(limit, Duration::ZERO);
        assert_eq!(budget.next(), limit);
        budget.spend(limit);
        assert_eq!(budget.next(), limit);
        assert!(!budget.has_room_for(limit));
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
