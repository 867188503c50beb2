//! `Interrupt`: tells a run to stop, because of a signal or because a limit is reached.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::runner::verdict::Signal;

/// Shows whether the run is to stop.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Receiver<StopReason>);

impl Interrupt {
    /// Whether it is to stop.
    pub fn has_come(&self) -> bool {
        *self.0.borrow() != StopReason::No
    }

    /// Waits until it is to stop.
    pub async fn wait(&self) {
        let mut stop = self.0.clone();
        if stop.wait_for(|stop| *stop != StopReason::No).await.is_err() {
            // Nobody is left who could stop it.
            std::future::pending::<()>().await;
        }
    }
}

/// Tells a run to stop.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Arc<watch::Sender<StopReason>>);

/// Stops a run that takes too long, unless dropped before.
#[must_use]
#[derive(Debug)]
pub struct Alarm(#[expect(dead_code, reason = "dropping it is its only use")] Sender<()>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopReason {
    No,
    /// The run reached a limit of verdicts.
    Itself,
    /// Its time is over.
    TimedOut,
    By(Signal),
}

impl InterruptHandle {
    /// A handle on a run that is not stopped.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(StopReason::No)))
    }

    /// Stops the run because a limit is reached.
    pub fn stop(&self) {
        self.stop_as(StopReason::Itself);
    }

    fn stop_as(&self, reason: StopReason) {
        self.0.send_if_modified(|stop| {
            let is_first = *stop == StopReason::No;
            if is_first {
                *stop = reason;
            }
            is_first
        });
    }

    /// Limits the time of the run from now on, as long as the alarm is kept.
    pub fn time_out_after(&self, limit: Duration) -> Alarm {
        let (alarm, called_off) = channel::<()>();
        let handle = self.clone();
        // Without a thread there is no alarm: a run without its time limit is better than none.
        let _ = thread::Builder::new().name("alarm".to_owned()).spawn(move || {
            if called_off.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                handle.stop_as(StopReason::TimedOut);
            }
        });
        Alarm(alarm)
    }

    /// Whether its time was over.
    pub fn is_timed_out(&self) -> bool {
        *self.0.borrow() == StopReason::TimedOut
    }

    /// Stops the run because of a signal.
    pub fn interrupt(&self, signal: Signal) {
        self.0.send_replace(StopReason::By(signal));
    }

    /// Whether it is to stop.
    pub fn has_come(&self) -> bool {
        *self.0.borrow() != StopReason::No
    }

    /// The signal, if there was one.
    pub fn signal(&self) -> Option<Signal> {
        match *self.0.borrow() {
            StopReason::By(signal) => Some(signal),
            StopReason::No | StopReason::Itself | StopReason::TimedOut => None,
        }
    }

    /// A receiver.
    pub fn ear(&self) -> Interrupt {
        Interrupt(self.0.subscribe())
    }
}

impl Default for InterruptHandle {
    fn default() -> Self {
        Self::new()
    }
}
