//! `Punctual`: whether this thread was scheduled in time. A negative live verdict without that says as much about the machine
//! as about the implementation, so such a case runs again.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep};

/// Watches the clock on its thread until dropped.
pub(crate) struct Punctual {
    last_stall: Rc<Cell<Option<Instant>>>,
    ticking: JoinHandle<()>,
}

impl Punctual {
    /// Starts watching. Must be called inside a `LocalSet`.
    pub(crate) fn watch() -> Self {
        let last_stall = Rc::new(Cell::new(None));
        let seen = Rc::clone(&last_stall);
        let ticking = spawn_local(async move {
            loop {
                let due = Instant::now() + TICK;
                sleep(TICK).await;
                if due.elapsed() > TOLERANCE {
                    seen.set(Some(Instant::now()));
                }
            }
        });
        Self { last_stall, ticking }
    }

    /// Whether the thread stalled at any time since `moment`.
    pub(crate) fn has_stalled_since(&self, moment: Instant) -> bool {
        self.last_stall.get().is_some_and(|stall| stall >= moment)
    }
}

impl Drop for Punctual {
    fn drop(&mut self) {
        self.ticking.abort();
    }
}

const TICK: Duration = Duration::from_millis(10);

/// Live timeouts are some hundred milliseconds; a delay this long can change which of two events comes first.
pub(crate) const TOLERANCE: Duration = Duration::from_millis(40);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::live::inquire::on_local_runtime;

    #[test]
    fn a_thread_that_was_busy_elsewhere_has_stalled() {
        on_local_runtime(async {
            let punctual = Punctual::watch();
            let began = Instant::now();
            sleep(TICK).await;
            while began.elapsed() < TICK + TOLERANCE * 3 {
                std::hint::spin_loop();
            }
            sleep(TICK).await;
            assert!(punctual.has_stalled_since(began));
        });
    }
}
