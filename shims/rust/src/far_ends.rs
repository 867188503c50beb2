//! `FarEnds`: the transports of the sessions in lockstep, as the harness sees them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use tokio::time::Instant;

use crate::memory::{FarEnd, connect};
use crate::socket::Socket;

/// The other ends of the sessions that there are.
#[derive(Default)]
pub(crate) struct FarEnds(Mutex<BTreeMap<String, Transport>>);

/// The transport of a session, as the harness sees it.
pub(crate) struct Transport {
    pub(crate) end: FarEnd,
    pub(crate) begun: Instant,
    /// How much output the harness takes, as far as it has said.
    pub(crate) room: usize,
    /// Whether the harness knows that it has ended.
    pub(crate) is_over: bool,
}

impl FarEnds {
    /// Makes the transport of a new session.
    pub(crate) fn connect(&self, name: &str, capacity: Option<u64>) -> Result<Socket, String> {
        let mut transports = self.transports();
        if transports.len() >= 2 {
            return Err("in lockstep there are at most the two ends of one connection: end the sessions before".to_owned());
        }
        let (near, end) = connect(capacity.map_or(USUAL_CAPACITY, size));
        let (begun, room, is_over) = (Instant::now(), usize::MAX, false);
        transports.insert(name.to_owned(), Transport { end, begun, room, is_over });
        Ok(near.into())
    }

    /// Whether there is something of any transport that the harness must hear of now.
    pub(crate) fn have_news(&self) -> bool {
        self.transports().values().any(|transport| {
            let has_output = transport.room > 0 && transport.end.waiting() > 0;
            has_output || transport.end.has_ended() && !transport.is_over
        })
    }

    pub(crate) fn transports(&self) -> MutexGuard<'_, BTreeMap<String, Transport>> {
        self.0.lock().expect("no panic is survived")
    }
}

/// A size of the protocol as one of this machine.
pub(crate) fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// What waits in a connection if nobody says: a window, as in the built-in yamux, so that both stand still at the same
/// point when the transport does.
const USUAL_CAPACITY: usize = 256 * 1024;
