//! `Control`: an application's handle to its session.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::yamux::driver::StreamHandle;
use crate::yamux::driver::line::LinePlace;
use crate::yamux::driver::shared::{DriverState, State};
use crate::yamux::frame::{GoAwayCode, StreamId};
use crate::yamux::session::{EndReason, Error};

/// An application's handle to its session; cheap to clone and to share between tasks.
#[derive(Debug)]
pub struct Control {
    shared: Arc<DriverState>,
}

impl Control {
    pub(super) fn new(shared: Arc<DriverState>) -> Self {
        shared.add_user();
        Self { shared }
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &DriverState {
        &self.shared
    }

    /// Opens a stream; waits while the backlog of unacknowledged streams is full, never for the acknowledgement.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no stream was opened, and its place in the queue goes to the next caller.
    pub async fn open(&self) -> Result<StreamHandle, Error> {
        let mut opener = InLine::new(&self.shared, State::leave_opening);
        let opened = poll_fn(|cx| {
            self.shared.with(|state, now| state.poll_open(now, &mut opener.place, cx))
        });
        self.handle(opened.await)
    }

    /// Accepts and acknowledges the stream that has waited longest; waits if there is none.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no stream was accepted: the next caller gets it.
    pub async fn accept(&self) -> Result<StreamHandle, Error> {
        let mut accepter = InLine::new(&self.shared, State::leave_accepting);
        let accepted = poll_fn(|cx| {
            self.shared.with(|state, now| state.poll_accept(now, &mut accepter.place, cx))
        });
        self.handle(accepted.await)
    }

    fn handle(&self, result: Result<(StreamId, u64), Error>) -> Result<StreamHandle, Error> {
        let (id, serial) = result?;
        Ok(StreamHandle::new(Arc::clone(&self.shared), id, serial))
    }

    /// Pings the peer and returns the round-trip time; `ConnectionWriteTimeout` if no pong came within that timeout.
    ///
    /// # Cancel safety
    ///
    /// The first poll queues the ping. If the future is dropped after that, the pong is ignored.
    pub async fn ping(&self) -> Result<Duration, Error> {
        let value = self.shared.with(|state, now| state.begin_ping(now))?;
        let ping = PingInFlight { shared: &self.shared, value };
        poll_fn(|cx| self.shared.lock().poll_ping(ping.value, cx)).await
    }

    /// Tells the peer to open no more streams; existing streams go on.
    pub fn go_away(&self, code: GoAwayCode) -> Result<(), Error> {
        self.shared.with(|state, now| state.session.go_away(now, code))
    }

    /// Closes the session and waits, as `closed` does.
    ///
    /// # Cancel safety
    ///
    /// The call itself starts closing, not the first poll: dropping the future only stops the waiting.
    pub fn close(&self) -> impl Future<Output = EndReason> + Send + '_ {
        self.close_with(GoAwayCode::Normal)
    }

    /// Like `close`, with the given code.
    pub fn close_with(&self, code: GoAwayCode) -> impl Future<Output = EndReason> + Send + '_ {
        self.shared.with(|state, now| state.session.close_session_with(now, code));
        self.closed()
    }

    /// The code of the peer's go-away, if it is the reason why calls on the session return this error.
    pub fn told_code(&self, error: Error) -> Option<u32> {
        self.shared.lock().session.told_code(None, error)
    }

    /// Waits until the session is over: all output is written or discarded and our half of the transport is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future only stops the waiting.
    pub async fn closed(&self) -> EndReason {
        let mut waiter = InLine::new(&self.shared, State::leave_closing);
        poll_fn(|cx| self.shared.lock().poll_closed(&mut waiter.place, cx)).await
    }

    /// Why the session ended; `None` while it goes on.
    pub fn end_reason(&self) -> Option<EndReason> {
        self.shared.lock().session.end_reason()
    }

    /// The session's streams and memory.
    pub fn held(&self) -> Holdings {
        let state = self.shared.lock();
        Holdings { streams: state.session.live_streams(), bytes: state.session.held_bytes() }
    }

    /// The number of streams still in use on the wire.
    pub fn live_streams(&self) -> usize {
        self.shared.lock().session.live_streams()
    }
}

impl Clone for Control {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.shared.with(|state, now| state.remove_user(now));
    }
}

/// The streams and memory of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holdings {
    /// The number of streams still in use on the wire.
    pub streams: usize,
    /// The approximate memory of the streams and their buffered data, in bytes.
    pub bytes: usize,
}

/// A task's place in one of the queues; the task leaves when its call ends or is dropped.
struct InLine<'c> {
    shared: &'c DriverState,
    place: LinePlace,
    leave: fn(&mut State, &mut LinePlace) -> Option<Waker>,
}

impl<'c> InLine<'c> {
    fn new(
        shared: &'c DriverState,
        leave: fn(&mut State, &mut LinePlace) -> Option<Waker>,
    ) -> Self {
        Self { shared, place: LinePlace::default(), leave }
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        let next = (self.leave)(&mut self.shared.lock(), &mut self.place);
        if let Some(next) = next {
            next.wake();
        }
    }
}

/// Forgets the ping if its caller drops the future.
struct PingInFlight<'c> {
    shared: &'c DriverState,
    value: u32,
}

impl Drop for PingInFlight<'_> {
    fn drop(&mut self) {
        self.shared.lock().forget_ping(self.value);
    }
}
