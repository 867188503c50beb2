//! One end of a live case: a session of a shim, its socket, and what passes between them and the engine.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::endpoint::{CallId, EndpointEvent};
use crate::engine::{Death, Outcome};
use crate::runner::live::connection::{Caller, connect};
use crate::scenario::ErrorClass;
use crate::shim::endpoint::{Link, LiveEndpoint};
use crate::shim::process::{SessionNews, ShimProcess};
use crate::shim::protocol::{Operation, PROTOCOL};
use crate::trace::TransportEnd;

/// One end while its case runs.
pub(crate) struct LiveEnd<'a> {
    pub(crate) process: &'a ShimProcess,
    name: &'a str,
    link: Arc<Mutex<Link>>,
    socket: Option<TcpStream>,
    heard: UnboundedReceiver<SessionNews>,
    /// The call that each request in the shim carries out.
    calls: HashMap<u64, CallId>,
    buffer: BytesMut,
    /// When the shim was last sent a request or bytes.
    pub(crate) last_given: Option<Instant>,
    /// When bytes last came from it.
    pub(crate) last_heard: Option<Instant>,
}

impl<'a> LiveEnd<'a> {
    /// Makes the shim create a session and dial in; the endpoint is for the engine.
    pub(crate) async fn begin(
        (process, name): (&'a ShimProcess, &'a str),
        caller: Caller<'_>,
        deadline: Instant,
    ) -> Result<(Self, LiveEndpoint), Outcome> {
        let heard = process.register(name);
        let socket = match connect(process, name, caller, deadline).await {
            Ok(socket) => Some(socket),
            Err(outcome) => {
                process.unregister(name);
                return Err(outcome);
            }
        };
        let (endpoint, link) = LiveEndpoint::new();
        let (calls, buffer) = (HashMap::new(), BytesMut::new());
        let (last_given, last_heard) = (None, None);
        let end =
            Self { process, name, link, socket, heard, calls, buffer, last_given, last_heard };
        Ok((end, endpoint))
    }

    /// Waits until there is something to read, or room to write if that is wanted, and processes it.
    pub(crate) async fn turn(&mut self, must_write: bool) {
        let can_read = self.socket.is_some() && self.with_link(|link| link.wants_input());
        tokio::select! {
            heard = self.heard.recv() => self.take(heard.unwrap_or(SessionNews::Gone)),
            () = ready(self.socket.as_ref(), can_read, must_write) => {
                if can_read {
                    self.read_socket();
                }
            }
        }
    }

    /// Processes the lines of the shim.
    pub(crate) fn hear(&mut self) {
        while let Ok(heard) = self.heard.try_recv() {
            self.take(heard);
        }
    }

    pub(crate) fn with_link<T>(&self, look: impl FnOnce(&mut Link) -> T) -> T {
        look(&mut self.link.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn pass_on_requests(&mut self) {
        while let Some((call, operation)) = self.with_link(|link| link.requests.pop_front()) {
            let operation = operation.addressed(|call| {
                self.calls.iter().find(|(_, begun)| **begun == call).map(|(id, _)| *id)
            });
            let id = self.process.send(operation, self.name);
            self.last_given = Some(Instant::now());
            self.calls.insert(id, call);
        }
    }

    pub(crate) fn take(&mut self, heard: SessionNews) {
        let event = match heard {
            SessionNews::Answer { id, answer } => {
                let Some(call) = self.calls.remove(&id) else { return };
                match answer.into_result() {
                    Ok(result) => EndpointEvent::Finished { call, result },
                    Err(error) => {
                        EndpointEvent::Broken(format!("the shim's answer makes no sense: {error}"))
                    }
                }
            }
            SessionNews::Progress { of, bytes } => match self.calls.get(&of) {
                Some(&call) => EndpointEvent::Progress { call, bytes },
                None => return,
            },
            SessionNews::SessionEnd { class, native } => {
                EndpointEvent::SessionEnded { class, native }
            }
            SessionNews::Gone => match self.process.death() {
                Some(how) => EndpointEvent::Died(Death::Crashed, how),
                None => EndpointEvent::Broken(self.process.trouble("the shim is gone")),
            },
        };
        self.with_link(|link| link.events.push_back(event));
    }

    /// Reads what is available, up to what the engine has room for.
    fn read_socket(&mut self) {
        while self.with_link(|link| link.wants_input()) {
            let Some(socket) = &self.socket else { return };
            self.buffer.reserve(READ_SIZE);
            match socket.try_read_buf(&mut self.buffer) {
                Ok(0) => {
                    return self.with_link(|link| link.ended_by_shim = Some(TransportEnd::Eof));
                }
                Ok(_) => {
                    self.last_heard = Some(Instant::now());
                    let bytes = self.buffer.split().freeze();
                    self.with_link(|link| link.push_from_socket(bytes));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {
                    return self.with_link(|link| link.ended_by_shim = Some(TransportEnd::Reset));
                }
            }
        }
    }

    /// Writes what the socket accepts; returns whether more is left.
    pub(crate) fn write_socket(&mut self) -> bool {
        loop {
            let Some(socket) = &self.socket else { return false };
            let Some(mut bytes) = self.with_link(|link| link.to_socket.pop_front()) else { break };
            self.last_given = Some(Instant::now());
            match socket.try_write(&bytes) {
                Ok(written) if written == bytes.len() => {}
                Ok(written) => {
                    bytes.advance(written);
                    self.put_back(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.put_back(bytes);
                    return true;
                }
                // The reading side shows how the shim ended it.
                Err(_) => return false,
            }
        }
        if let Some(end) = self.with_link(|link| link.end_socket.take()) {
            self.end_socket(end);
        }
        false
    }

    fn put_back(&self, bytes: Bytes) {
        self.with_link(|link| link.to_socket.push_front(bytes));
    }

    fn end_socket(&mut self, end: TransportEnd) {
        let Some(socket) = self.socket.take() else { return };
        if end == TransportEnd::Reset {
            // A zero linger turns the close into a TCP reset; without it the shim sees an orderly end.
            let _ = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
            self.with_link(|link| link.ended_by_shim = Some(TransportEnd::Reset));
            return;
        }
        // Only this half ends: the shim's bytes are still read.
        if socket2::SockRef::from(&socket).shutdown(std::net::Shutdown::Write).is_ok() {
            self.socket = Some(socket);
        }
    }

    /// Whether the shim no longer responds, because it is stuck in its library or gone; the error is that it is gone for an
    /// unknown reason.
    pub(crate) async fn is_deaf(
        &self,
        patience: Duration,
    ) -> Result<Option<(Death, String)>, String> {
        let hello = Operation::Hello { protocols: vec![PROTOCOL] };
        if self.process.ask(hello, None, patience).await.is_some() {
            return Ok(None);
        }
        match (self.process.death(), self.process.gone()) {
            (Some(how), _) => Ok(Some((Death::Crashed, how))),
            (None, Some(why)) => Err(why),
            (None, None) => {
                let message = "its shim answers nothing any more".to_owned();
                self.process.kill_with_dump(&message).await;
                Ok(Some((Death::Stuck, message)))
            }
        }
    }

    /// Ends the session within `patience`, and returns whether the implementation died of the case, or of its end.
    pub(crate) async fn die(
        &mut self,
        patience: Duration,
        interrupted: impl Future<Output = ()>,
    ) -> Option<(Death, String)> {
        self.socket = None;
        if self.process.gone().is_none() {
            let is_answered = tokio::select! {
                answer = self.process.ask(Operation::End, Some(self.name), patience) => answer.is_some(),
                () = interrupted => true,
            };
            if !is_answered && self.process.gone().is_none() {
                let message = "its session does not end: it has not answered \"end\"".to_owned();
                return Some((Death::Stuck, message));
            }
        }
        while let Ok(heard) = self.heard.try_recv() {
            if let SessionNews::SessionEnd { class: ErrorClass::Unclassified, native } = heard {
                return Some((Death::Crashed, native));
            }
        }
        self.process.death().map(|how| (Death::Crashed, how))
    }
}

impl Drop for LiveEnd<'_> {
    fn drop(&mut self) {
        self.process.unregister(self.name);
    }
}

/// Waits until the socket is ready for one of the wanted operations.
async fn ready(socket: Option<&TcpStream>, can_read: bool, must_write: bool) {
    let Some(socket) = socket else { return std::future::pending().await };
    // An error shows when the socket is used.
    match (can_read, must_write) {
        (false, false) => std::future::pending().await,
        (true, false) => drop(socket.readable().await),
        (false, true) => drop(socket.writable().await),
        (true, true) => tokio::select! {
            _ = socket.readable() => {}
            _ = socket.writable() => {}
        },
    }
}

const READ_SIZE: usize = 64 * 1024;
