//! The two ends of a session as the engine sees them. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod asked;
mod built_in;
mod burst;
mod lines;
pub(crate) mod mutant;
mod nature;
mod wire;

use bytes::Bytes;

pub(crate) use asked::AskedEndpoint;
pub use built_in::BuiltInEndpoint;
pub(crate) use built_in::{config, error_class, go_away_code};
pub(crate) use burst::{Body, Burst};
pub use nature::{Death, Habit};
pub use wire::WireEndpoint;

use crate::scenario::{Action, ErrorClass, Figures};
use crate::trace::TransportEnd;
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

/// The number of a call; unique within a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// One end of a session: the subject or the peer. It reads no clock, and no time of the case passes in a call of it but
/// `pass_time`. An end in another process may take real time to answer.
///
/// Change one thing, then poll until nothing comes out: `poll_transmit`, `poll_event`, `poll_end`.
pub trait Endpoint {
    /// Begins an application's call; exactly one `EndpointEvent::Finished` with its number follows, at once or later.
    fn perform(&mut self, now: Time, call: CallId, request: &Request);

    /// Takes bytes from the transport, in order.
    fn receive(&mut self, now: Time, bytes: Bytes);

    /// The other end's half of the transport has ended.
    fn receive_end(&mut self, now: Time, end: TransportEnd);

    /// A moment named by `poll_timeout` has come.
    fn handle_timeout(&mut self, now: Time);

    /// Sends a ping with this value; its pong shows the engine that everything before it was handled. Returns false if the
    /// end cannot: mid-frame, or after the end of its session.
    fn send_barrier(&mut self, now: Time, value: u32) -> bool;

    /// Puts frames and bytes on the wire as they are. Returns false if the end cannot: only a wire peer can.
    fn send_raw(&mut self, now: Time, burst: Burst) -> bool {
        let _ = (now, burst);
        false
    }

    /// At most `max` (more than 0) bytes for the transport; `None` for now if there are none.
    fn poll_transmit(&mut self, now: Time, max: usize) -> Option<Bytes>;

    /// The next event for the engine.
    fn poll_event(&mut self) -> Option<EndpointEvent>;

    /// Whether this end has ended the transport; asked once everything is transmitted.
    fn poll_end(&mut self) -> Option<TransportEnd>;

    /// When `handle_timeout` must be called.
    fn poll_timeout(&self) -> Option<Time>;

    /// Lets time pass at this end, from `now` up to `limit` (later than `now`) or to the first moment at which it has
    /// something to report; returns that moment. An end whose timers are in `poll_timeout` does not need this.
    fn pass_time(&mut self, now: Time, limit: Time) -> Time {
        let _ = now;
        limit
    }
}

/// An application's call with everything an end needs to carry it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The action.
    pub action: Action,
    /// What a write writes.
    pub pattern: Pattern,
    /// The call that a cancel gives up.
    pub of: Option<CallId>,
}

/// What an end reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointEvent {
    /// How many bytes a call has moved so far; only needed where the engine cannot see that nothing more can move.
    Progress {
        /// Which call.
        call: CallId,
        /// In total.
        bytes: u64,
    },
    /// A call has ended.
    Finished {
        /// Which call.
        call: CallId,
        /// How.
        result: CallResult,
    },
    /// The ping of `send_barrier` was answered; only needed where its value differs from the one the engine asked for.
    BarrierAnswered(u32),
    /// The session has ended, as this end sees it.
    SessionEnded {
        /// Why.
        class: ErrorClass,
        /// In the implementation's own words.
        native: String,
    },
    /// The implementation crashed or got stuck.
    Died(Death, String),
    /// This end cannot be driven any further: a problem of the harness, never a verdict on yamux.
    Broken(String),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallResult {
    /// It succeeded.
    Done(Done),
    /// The implementation returned an error.
    Failed {
        /// In words all implementations share.
        class: ErrorClass,
        /// In its own words.
        native: String,
        /// What was done before.
        done: Done,
    },
    /// The implementation has no such call.
    Unsupported {
        /// Why.
        reason: String,
    },
    /// The shim itself failed.
    Fault {
        /// How.
        message: String,
    },
}

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Bytes written or read.
    pub bytes: u64,
    /// CRC-32 (IEEE) of the bytes read.
    pub crc: Option<u32>,
    /// How many streams the endpoint holds.
    pub streams: Option<u32>,
    /// The number of the stream opened or accepted.
    pub stream_number: Option<u32>,
    /// The resources the endpoint holds.
    pub figures: Figures,
    /// The code of a reset or go-away that the caller saw.
    pub told: Option<u32>,
}
