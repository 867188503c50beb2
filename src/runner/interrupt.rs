//! `Interrupt`: hears that a run is to stop, by a signal or because it has seen enough.

use std::sync::Arc;

use tokio::sync::watch;

use crate::verdict::Signal;

/// Hears whether the run is to stop.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Receiver<Stop>);

impl Interrupt {
    /// Whether it is to stop.
    pub fn has_come(&self) -> bool {
        *self.0.borrow() != Stop::No
    }

    /// Waits until it is to stop.
    pub async fn wait(&self) {
        let mut stop = self.0.clone();
        if stop.wait_for(|stop| *stop != Stop::No).await.is_err() {
            // Nobody is left who could say so.
            std::future::pending::<()>().await;
        }
    }
}

/// Tells a run to stop.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Arc<watch::Sender<Stop>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    /// The run has seen enough.
    Itself,
    By(Signal),
}

impl InterruptHandle {
    /// A handle that nobody has used yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Stop::No)))
    }

    /// The run has seen enough.
    pub fn stop(&self) {
        self.0.send_if_modified(|stop| {
            let is_first = *stop == Stop::No;
            if is_first {
                *stop = Stop::Itself;
            }
            is_first
        });
    }

    /// A signal has come.
    pub fn interrupt(&self, signal: Signal) {
        self.0.send_replace(Stop::By(signal));
    }

    /// Whether it is to stop.
    pub fn has_come(&self) -> bool {
        *self.0.borrow() != Stop::No
    }

    /// The signal that has come, if one has.
    pub fn signal(&self) -> Option<Signal> {
        match *self.0.borrow() {
            Stop::By(signal) => Some(signal),
            Stop::No | Stop::Itself => None,
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
