//! `VirtualTime`: tokio's timers and the clock of the process, which move only when they are told to.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::time::{Instant, advance, sleep_until};

use crate::clock;
use crate::pool::Bell;

/// Time since it was made. Tokio has whole milliseconds only, counted from here: a timer is due at the first of them that
/// is not too early.
pub(crate) struct VirtualTime {
    /// It has timers and no tasks. Its time passes on its own only while it runs something, which it does in `pass`.
    runtime: Runtime,
    begun: Instant,
    /// What the clock of the process said.
    clock_begun: Duration,
}

impl VirtualTime {
    /// Time stands still from here on. What was begun under another one must be over.
    pub(crate) fn begin() -> Self {
        clock::stop();
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime without threads");
        let begun = {
            let _inside = runtime.enter();
            Instant::now()
        };
        Self { runtime, begun, clock_begun: clock::passed() }
    }

    /// As long as the guard lives, timers that are made on this thread are of this time.
    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }

    pub(crate) fn now(&self) -> Duration {
        let _inside = self.runtime.enter();
        self.begun.elapsed()
    }

    /// Lets time pass to the next timer that wakes somebody, or to `until` if that is sooner. All timers that are due then have
    /// fired, and nobody has looked yet.
    pub(crate) fn pass(&self, until: Duration, bell: &Bell) {
        let now = self.now();
        let next_tick = floor(now) + TICK;
        if now == floor(now) && until >= next_tick {
            // A runtime that has nothing to do goes on to its next timer.
            self.runtime.block_on(async {
                let mut limit = pin!(sleep_until(self.begun + floor(until)));
                poll_fn(|cx| match bell.poll_rung(cx) {
                    Poll::Ready(()) => Poll::Ready(()),
                    Poll::Pending => limit.as_mut().poll(cx),
                })
                .await;
            });
        } else {
            // No timer is due inside a tick.
            self.runtime.block_on(advance(until.min(next_tick).saturating_sub(now)));
        }
        clock::set_passed(self.clock_begun + self.now());
    }
}

fn floor(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

const TICK: Duration = Duration::from_millis(1);
