//! `ServedStream`: one stream of a session that is served, what gives up a call on it, and how a call on it ends.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio::time::Instant;

use crate::endpoint::{CallResult, Done, error_class};
use crate::scenario::ErrorClass;
use crate::yamux::driver::StreamHandle;
use crate::yamux::session::Error;

/// One stream; its reads and its writes each happen in the order they were asked for.
pub(super) struct ServedStream {
    /// `None` once the handle was dropped.
    pub(super) handle: RefCell<Option<StreamHandle>>,
    pub(super) reads: Mutex<()>,
    pub(super) writes: Mutex<()>,
    pub(super) read_deadline: watch::Sender<Option<Instant>>,
    pub(super) write_deadline: watch::Sender<Option<Instant>>,
}

impl ServedStream {
    pub(super) fn new(handle: StreamHandle) -> Self {
        Self {
            handle: RefCell::new(Some(handle)),
            reads: Mutex::new(()),
            writes: Mutex::new(()),
            read_deadline: watch::Sender::new(None),
            write_deadline: watch::Sender::new(None),
        }
    }

    /// Sets or clears the deadlines that are given.
    pub(super) fn set_deadlines(
        &self,
        read: Option<Option<Duration>>,
        write: Option<Option<Duration>>,
    ) {
        for (deadline, after) in [(&self.read_deadline, read), (&self.write_deadline, write)] {
            if let Some(after) = after {
                deadline.send_replace(after.map(|after| Instant::now() + after));
            }
        }
    }
}

/// Gives up a call.
#[derive(Default)]
pub(super) struct GivingUp {
    is_given_up: Cell<bool>,
    told: Notify,
}

impl GivingUp {
    pub(super) fn give_up(&self) {
        self.is_given_up.set(true);
        self.told.notify_waiters();
    }

    /// Until the call is given up.
    pub(super) async fn given_up(&self) {
        while !self.is_given_up.get() {
            self.told.notified().await;
        }
    }
}

/// The call is about a stream whose handle is gone.
pub(super) fn dropped() -> CallResult {
    CallResult::Fault { message: "the stream was dropped".to_owned() }
}

/// A call that ended before the library ended it.
pub(super) fn cut_short(class: ErrorClass, native: &str, done: Done) -> CallResult {
    CallResult::Failed { class, native: native.to_owned(), done }
}

/// How the library ended a call.
pub(super) fn failed(error: &Error, done: Done) -> CallResult {
    CallResult::Failed { class: error_class(error), native: error.to_string(), done }
}
