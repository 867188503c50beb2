//! `Interrupt`: tells a run to stop, because of a signal or because a limit is reached.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::verdict::Signal;

/// Hears whether the run is to stop.
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
            // Nobody is left who could say so.
            std::future::pending::<()>().await;
        }
    }
}

/// Tells a run to stop.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Arc<watch::Sender<StopReason>>);

/// Goes off once a run has taken too long, unless it is dropped before.
#[must_use]
#[derive(Debug)]
pub struct Alarm(#[expect(dead_code, reason = "dropping it is its only use")] Sender<()>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopReason {
    No,
    /// The run has seen enough.
    Itself,
    /// Its time is over.
    TimedOut,
    By(Signal),
}

impl InterruptHandle {
    /// A handle that nobody has used yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(StopReason::No)))
    }

    /// The run has seen enough.
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

    /// From now on the run has so much time, as long as the alarm is kept.
    pub fn time_out_after(&self, limit: Duration) -> Alarm {
        let (alarm, called_off) = channel::<()>();
        let handle = self.clone();
        // Without a thread there is no alarm: a run that takes longer than it may is no reason for none at all.
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

    /// A signal has come.
    pub fn interrupt(&self, signal: Signal) {
        self.0.send_replace(StopReason::By(signal));
    }

    /// Whether it is to stop.
    pub fn has_come(&self) -> bool {
        *self.0.borrow() != StopReason::No
    }

    /// The signal that has come, if one has.
    pub fn signal(&self) -> Option<Signal> {
        match *self.0.borrow() {
            StopReason::By(signal) => Some(signal),
            StopReason::No | StopReason::Itself | StopReason::TimedOut => None,
        }
    }

    /// Something that hears it.
    pub fn ear(&self) -> Interrupt {
        Interrupt(self.0.subscribe())
    }
}

impl Default for InterruptHandle {
    fn default() -> Self {
        Self::new()
    }
}
