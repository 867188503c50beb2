//! `DriverState`: the session and the tasks that wait for it.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use crate::yamux::driver::line::{LinePlace, WaitLine};
use crate::yamux::frame::{Side, StreamId};
use crate::yamux::session::{Config, EndReason, Error, Event, Session, StreamIdHasher};
use crate::yamux::time::Time;

/// State shared by the driver and all handles. The mutex is never held across a system call or a wake.
#[derive(Debug)]
pub(super) struct DriverState {
    began: Instant,
    state: Mutex<State>,
}

/// The session and the waiting tasks.
#[derive(Debug)]
pub(super) struct State {
    pub(super) session: Session,
    /// The driver's waker, while it sleeps. A call that gives it work takes the waker, so it is woken only once.
    pub(super) driver: Option<Waker>,
    /// What the driver knew when it went to sleep.
    pub(super) asleep: Asleep,
    /// Set when the driver is done with the transport.
    pub(super) closed: Option<EndReason>,
    /// The number of controls and handles.
    users: usize,
    /// Waiting readers and writers; a stream without any has no entry.
    waiting: HashMap<StreamId, WaitingTasks, BuildHasherDefault<StreamIdHasher>>,
    accepting: WaitLine,
    opening: WaitLine,
    closing: WaitLine,
    pings: HashMap<u32, Pinging>,
    next_serial: u64,
    /// Handles whose stream number the peer has reused.
    superseded: HashMap<StreamId, Superseded>,
}

/// What the driver knew when it went to sleep.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asleep {
    /// When its timer wakes it.
    pub(super) until: Option<Time>,
    /// Whether it waits for the transport to take more: new output then does not wake it.
    pub(super) is_transport_full: bool,
}

#[derive(Debug, Default)]
struct WaitingTasks {
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Debug, Default)]
struct Pinging {
    result: Option<Result<Duration, Error>>,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Superseded {
    /// The newest such handle.
    serial: u64,
    /// How many are left.
    handles: usize,
}

/// The direction of a stream that a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Read,
    Write,
}

impl DriverState {
    pub(super) fn new(side: Side, config: Config) -> Self {
        let state = State {
            session: Session::new(Time::ZERO, side, config),
            driver: None,
            asleep: Asleep::default(),
            closed: None,
            users: 0,
            waiting: HashMap::default(),
            accepting: WaitLine::default(),
            opening: WaitLine::default(),
            closing: WaitLine::default(),
            pings: HashMap::new(),
            next_serial: 0,
            superseded: HashMap::new(),
        };
        Self { began: Instant::now(), state: Mutex::new(state) }
    }

    /// The current time of the session.
    pub(super) fn now(&self) -> Time {
        Time::ZERO + self.began.elapsed()
    }

    /// The instant of a session time.
    pub(super) fn instant(&self, time: Time) -> Instant {
        self.began + time.elapsed()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside the session would leave it as it was; all other tasks go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `act` on the session, then wakes the tasks it affects.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut State, Time) -> R) -> R {
        let now = self.now();
        let mut wakers = Vec::new();
        let result = {
            let mut state = self.lock();
            let result = act(&mut state, now);
            state.collect_wakers(&mut wakers);
            state.wake_driver(&mut wakers);
            result
        };
        wake_all(&mut wakers);
        result
    }

    pub(super) fn add_user(&self) {
        self.lock().users += 1;
    }
}

impl State {
    /// Removes a control or handle; removing the last one closes the session.
    pub(super) fn remove_user(&mut self, now: Time) {
        self.users -= 1;
        if self.users == 0 {
            self.session.close_session(now);
        }
    }

    /// Adds the wakers of all tasks that the session's events concern.
    pub(super) fn collect_wakers(&mut self, wakers: &mut Vec<Waker>) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Readable(id) => wakers.extend(self.take_waiting(id, Wait::Read)),
                Event::Writable(id) => wakers.extend(self.take_waiting(id, Wait::Write)),
                Event::Acceptable => wakers.extend(self.accepting.call()),
                Event::Openable => wakers.extend(self.opening.call()),
                Event::Pong { value, round_trip } => {
                    wakers.extend(self.finish_ping(value, Ok(round_trip)));
                }
                Event::PingTimedOut { value } => {
                    let late = Err(Error::ConnectionWriteTimeout);
                    wakers.extend(self.finish_ping(value, late));
                }
                Event::Ended(_) => {
                    self.accepting.call_all(wakers);
                    self.opening.call_all(wakers);
                    let pings: Vec<u32> = self.pings.keys().copied().collect();
                    for value in pings {
                        wakers.extend(self.finish_ping(value, Err(Error::SessionShutdown)));
                    }
                }
                // The task concerned learns of it from its next call.
                Event::Acked(_) | Event::Finished(_) | Event::GoAway(_) | Event::Reset(_) => {}
            }
        }
    }

    /// Adds the driver's waker, if the driver sleeps and has work.
    fn wake_driver(&mut self, wakers: &mut Vec<Waker>) {
        if self.driver.is_none() {
            return;
        }
        let session = &self.session;
        let has_output = session.has_output() && !self.asleep.is_transport_full;
        let is_earlier = || {
            session
                .poll_timeout()
                .is_some_and(|at| self.asleep.until.is_none_or(|until| at < until))
        };
        if has_output || session.is_ended() || is_earlier() {
            wakers.extend(self.driver.take());
        }
    }

    /// Waits for a stream's event.
    pub(super) fn wait(&mut self, id: StreamId, wait: Wait, cx: &Context<'_>) {
        let waiting = self.waiting.entry(id).or_default();
        let slot = match wait {
            Wait::Read => &mut waiting.reader,
            Wait::Write => &mut waiting.writer,
        };
        match slot {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *slot = Some(cx.waker().clone()),
        }
    }

    fn take_waiting(&mut self, id: StreamId, wait: Wait) -> Option<Waker> {
        let waiting = self.waiting.get_mut(&id)?;
        let waker = match wait {
            Wait::Read => waiting.reader.take(),
            Wait::Write => waiting.writer.take(),
        };
        if waiting.reader.is_none() && waiting.writer.is_none() {
            self.waiting.remove(&id);
        }
        waker
    }

    /// The next stream that waits to be accepted; the task then leaves the queue.
    pub(super) fn poll_accept(
        &mut self,
        now: Time,
        place: &mut LinePlace,
        cx: &Context<'_>,
    ) -> Poll<Result<(StreamId, u64), Error>> {
        let reused = self.session.next_accepted().filter(|id| self.session.holds(*id));
        match self.session.accept(now) {
            Ok(id) => {
                if reused.is_some() {
                    self.supersede(id);
                }
                Poll::Ready(Ok((id, self.serial())))
            }
            Err(Error::Blocked) => {
                self.accepting.wait(place, cx);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// A new stream; the task then leaves the queue.
    pub(super) fn poll_open(
        &mut self,
        now: Time,
        place: &mut LinePlace,
        cx: &Context<'_>,
    ) -> Poll<Result<(StreamId, u64), Error>> {
        match self.session.open(now) {
            Ok(id) => Poll::Ready(Ok((id, self.serial()))),
            Err(Error::Blocked) => {
                self.opening.wait(place, cx);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// A task that accepted or gave up calls the next one, if an accept would return now.
    pub(super) fn leave_accepting(&mut self, place: &mut LinePlace) -> Option<Waker> {
        let was_called = self.accepting.leave(place);
        (was_called && !self.accepting.is_empty() && self.session.may_accept())
            .then(|| self.accepting.call())?
    }

    /// Like `leave_accepting`, for a task that opened.
    pub(super) fn leave_opening(&mut self, place: &mut LinePlace) -> Option<Waker> {
        let was_called = self.opening.leave(place);
        (was_called && !self.opening.is_empty() && self.session.may_open())
            .then(|| self.opening.call())?
    }

    pub(super) fn poll_closed(
        &mut self,
        place: &mut LinePlace,
        cx: &Context<'_>,
    ) -> Poll<EndReason> {
        if let Some(reason) = self.closed {
            return Poll::Ready(reason);
        }
        self.closing.wait(place, cx);
        Poll::Pending
    }

    #[cfg(test)]
    pub(super) fn waiting_for_the_end(&self) -> usize {
        self.closing.len()
    }

    /// Removes a task that saw the end or gave up; the others go on waiting.
    pub(super) fn leave_closing(&mut self, place: &mut LinePlace) -> Option<Waker> {
        self.closing.leave(place);
        None
    }

    /// The driver is done with the transport.
    pub(super) fn close(&mut self, wakers: &mut Vec<Waker>) -> EndReason {
        let reason = self.session.end_reason().unwrap_or(EndReason::TransportFailed);
        self.closed = Some(reason);
        self.closing.call_all(wakers);
        reason
    }

    pub(super) fn begin_ping(&mut self, now: Time) -> Result<u32, Error> {
        let value = self.session.ping(now)?;
        self.pings.insert(value, Pinging::default());
        Ok(value)
    }

    pub(super) fn poll_ping(
        &mut self,
        value: u32,
        cx: &Context<'_>,
    ) -> Poll<Result<Duration, Error>> {
        match self.pings.get_mut(&value) {
            Some(Pinging { result: Some(result), .. }) => Poll::Ready(*result),
            Some(pinging) => {
                pinging.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(Err(Error::SessionShutdown)),
        }
    }

    pub(super) fn forget_ping(&mut self, value: u32) {
        self.pings.remove(&value);
    }

    fn finish_ping(&mut self, value: u32, result: Result<Duration, Error>) -> Option<Waker> {
        let pinging = self.pings.get_mut(&value)?;
        if pinging.result.is_none() {
            pinging.result = Some(result);
        }
        pinging.waker.take()
    }

    const fn serial(&mut self) -> u64 {
        self.next_serial += 1;
        self.next_serial
    }

    /// Invalidates the handle of an earlier stream with that number.
    fn supersede(&mut self, id: StreamId) {
        let serial = self.next_serial;
        let superseded = self.superseded.entry(id).or_insert(Superseded { serial, handles: 0 });
        superseded.serial = serial;
        superseded.handles += 1;
        self.waiting.remove(&id);
    }

    /// Whether the handle's number still refers to its stream.
    pub(super) fn is_current(&self, id: StreamId, serial: u64) -> bool {
        self.superseded.is_empty() || self.superseded.get(&id).is_none_or(|by| by.serial < serial)
    }

    /// Removes a handle; returns whether its number still referred to its stream.
    pub(super) fn drop_handle(&mut self, id: StreamId, serial: u64) -> bool {
        if self.is_current(id, serial) {
            self.waiting.remove(&id);
            return true;
        }
        if let Some(superseded) = self.superseded.get_mut(&id) {
            superseded.handles -= 1;
            if superseded.handles == 0 {
                self.superseded.remove(&id);
            }
        }
        false
    }
}

pub(super) fn wake_all(wakers: &mut Vec<Waker>) {
    for waker in wakers.drain(..) {
        waker.wake();
    }
}
