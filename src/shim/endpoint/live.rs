//! `LiveEndpoint`: an implementation in another process, as queues. The runner, which owns process and socket, moves their
//! content; nothing here does IO.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::endpoint::{CallId, Endpoint, EndpointEvent, Request};
use crate::shim::protocol::Operation;
use crate::trace::TransportEnd;
use crate::yamux::time::Time;

/// One session of a shim, as the engine drives it.
#[derive(Debug)]
pub(crate) struct LiveEndpoint {
    link: Arc<Mutex<Link>>,
}

/// The queues between the engine and the runner, which owns the process and the socket.
#[derive(Debug, Default)]
pub(crate) struct Link {
    /// Calls for the shim, not yet sent.
    pub(crate) requests: VecDeque<(CallId, Operation)>,
    /// Bytes for the socket.
    pub(crate) to_socket: VecDeque<Bytes>,
    /// Bytes from the socket, and how many.
    from_socket: VecDeque<Bytes>,
    held: usize,
    /// How the shim's side of the socket ended.
    pub(crate) ended_by_shim: Option<TransportEnd>,
    /// How the engine wants the socket ended, once `to_socket` is empty.
    pub(crate) end_socket: Option<TransportEnd>,
    /// Events for the engine.
    pub(crate) events: VecDeque<EndpointEvent>,
}

impl Link {
    /// Queues bytes from the socket for the engine.
    pub(crate) fn push_from_socket(&mut self, bytes: Bytes) {
        self.held += bytes.len();
        self.from_socket.push_back(bytes);
    }

    /// Whether more should be read from the socket: an engine that takes nothing must make the shim wait.
    pub(crate) const fn wants_input(&self) -> bool {
        self.held < MAX_HELD && self.ended_by_shim.is_none()
    }
}

impl LiveEndpoint {
    /// An endpoint and its link.
    pub(crate) fn new() -> (Self, Arc<Mutex<Link>>) {
        let link = Arc::new(Mutex::new(Link::default()));
        (Self { link: Arc::clone(&link) }, link)
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint for LiveEndpoint {
    fn perform(&mut self, _now: Time, call: CallId, request: &Request) {
        self.link().requests.push_back((call, Operation::of(request)));
    }

    fn receive(&mut self, _now: Time, bytes: Bytes) {
        self.link().to_socket.push_back(bytes);
    }

    fn receive_end(&mut self, _now: Time, end: TransportEnd) {
        self.link().end_socket.get_or_insert(end);
    }

    fn handle_timeout(&mut self, _now: Time) {}

    fn send_barrier(&mut self, _now: Time, _value: u32) -> bool {
        // The shim's session cannot be asked for a ping of a given value.
        false
    }

    fn poll_transmit(&mut self, _now: Time, max: usize) -> Option<Bytes> {
        let mut link = self.link();
        let next = link.from_socket.front_mut()?;
        let piece = next.split_to(next.len().min(max));
        if next.is_empty() {
            link.from_socket.pop_front();
        }
        link.held -= piece.len();
        Some(piece)
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        self.link().events.pop_front()
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        let link = self.link();
        if link.from_socket.is_empty() { link.ended_by_shim } else { None }
    }

    fn poll_timeout(&self) -> Option<Time> {
        None
    }
}

/// Bytes from the socket beyond which no more is read.
const MAX_HELD: usize = 256 * 1024;
