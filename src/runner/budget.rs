//! `TimeBudget`: how much real time a case may take on the live clock, with everything of it that runs again. One hostile case
//! costs less than ten seconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The time of one case. Clones share it.
#[derive(Clone)]
pub(crate) struct TimeBudget {
    scale: f64,
    spent: Arc<Mutex<Duration>>,
}

impl TimeBudget {
    /// A whole one, on a machine that needs so much longer than usual.
    pub(crate) fn new(timeout_scale: f64) -> Self {
        Self { scale: timeout_scale, spent: Arc::default() }
    }

    /// How long the next attempt may take.
    pub(crate) fn next(&self) -> Duration {
        match self.spent() {
            Duration::ZERO => FIRST.mul_f64(self.scale),
            spent => WHOLE.mul_f64(self.scale).saturating_sub(spent).max(self.least()),
        }
    }

    /// Whether another attempt that takes as long as the last one would be over in time.
    pub(crate) fn has_room_for(&self, last: Duration) -> bool {
        self.spent() + last <= WHOLE.mul_f64(self.scale)
    }

    /// An attempt has taken so long.
    pub(crate) fn spend(&self, elapsed: Duration) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += elapsed;
    }

    fn spent(&self) -> Duration {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn least(&self) -> Duration {
        LEAST.mul_f64(self.scale)
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
        let budget = TimeBudget::new(1.0);
        assert_eq!(budget.next(), FIRST);
        budget.clone().spend(FIRST);
        assert_eq!(budget.next(), LEAST);
        budget.spend(LEAST);
        assert!(!budget.has_room_for(LEAST) && FIRST + LEAST < Duration::from_secs(10));
        let budget = TimeBudget::new(2.0);
        budget.spend(Duration::from_secs(1));
        assert_eq!(budget.next(), Duration::from_secs(18));
        assert!(budget.has_room_for(Duration::from_secs(18)));
    }
}
