//! `Class` and `Failure`: why the library said no; `Over`: how a session ended.

use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;

/// A word of the protocol's closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The call was given up by its caller.
    Cancelled,
    /// The transport took nothing for the connection write timeout.
    ConnectionWriteTimeout,
    /// A deadline passed, or a pong did not come in time.
    Deadline,
    /// The stream ended in order; of a session: the transport did.
    Eof,
    /// The peer did not answer a keep-alive ping.
    KeepaliveTimeout,
    /// The peer broke the protocol.
    Protocol,
    /// The peer said go away.
    RemoteGoAway,
    /// The session is closed on this side.
    SessionShutdown,
    /// The stream was closed on this side.
    StreamClosed,
    /// The stream was reset.
    StreamReset,
    /// No stream number is left.
    StreamsExhausted,
    /// The transport failed.
    Transport,
    /// Anything else.
    Unclassified,
    /// The peer sent more than the window allowed.
    WindowExceeded,
}

/// The library's no, in the protocol's word and in its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The protocol's word.
    pub class: Class,
    /// The library's own.
    pub native: String,
}

impl Failure {
    /// A failure of this class that the library words so.
    pub fn new(class: Class, native: impl ToString) -> Self {
        Self { class, native: native.to_string() }
    }
}

/// How the session ended, once it has.
#[derive(Clone, Default)]
pub(crate) struct Over(Arc<Mutex<Option<Arc<Failure>>>>);

impl Over {
    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_some()
    }

    pub(crate) fn cause(&self) -> Option<Arc<Failure>> {
        self.lock().clone()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Arc<Failure>>> {
        self.0.lock().expect("no panic is survived")
    }
}
