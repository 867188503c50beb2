//! `Driver`: the only loop that moves bytes between a session and its transport.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Sleep, sleep_until};

use crate::yamux::driver::shared::{Asleep, DriverState, wake_all};
use crate::yamux::session::{EndReason, InputEnd};
use crate::yamux::time::Time;

/// Moves bytes between a session and its transport until the session ends; resolves to the reason why it ended.
///
/// Each turn reads once, exchanges input for output under one lock, and writes. Dropping it ends the session.
#[derive(Debug)]
#[must_use = "no byte moves unless the driver is polled"]
pub struct Driver<T> {
    io: T,
    shared: Arc<DriverState>,
    phase: TransportPhase,
    input: BytesMut,
    is_input_over: bool,
    /// Whether the session wanted input when it was last asked.
    wants_input: bool,
    /// Output taken from the session, in order.
    pieces: VecDeque<Bytes>,
    /// Bytes the transport took and the session does not know of yet.
    moved: usize,
    has_failed: bool,
    needs_flush: bool,
    is_transport_full: bool,
    /// The next deadline of the session or of the phase.
    deadline: Option<Time>,
    sleep: Option<Pin<Box<Sleep>>>,
    wakers: Vec<Waker>,
}

/// How far the driver has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TransportPhase {
    Running,
    /// The session's last output is written; our half of the transport is being closed.
    ShuttingDown,
    /// Our half is closed. Input is discarded until the peer closes too: closing with unread input would make TCP
    /// reset the connection, and the peer might never read the last frames.
    Lingering(EndReason),
}

/// The result of a turn.
enum TurnEnd {
    /// Something moved; look again.
    Again,
    /// Nothing to do until a wake.
    Wait,
    /// The session has ended and its output is written or discarded.
    Ended,
}

/// What was read from the transport.
enum Input {
    Nothing,
    Bytes(Bytes),
    End(InputEnd),
}

impl<T: AsyncRead + AsyncWrite + Unpin> Driver<T> {
    pub(super) fn new(io: T, shared: Arc<DriverState>) -> Self {
        Self {
            io,
            shared,
            phase: TransportPhase::Running,
            input: BytesMut::new(),
            is_input_over: false,
            wants_input: true,
            pieces: VecDeque::new(),
            moved: 0,
            has_failed: false,
            needs_flush: false,
            is_transport_full: false,
            deadline: None,
            sleep: None,
            wakers: Vec::new(),
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> TurnEnd {
        let input = self.poll_input(cx);
        let had_input = !matches!(input, Input::Nothing);
        let wanted_input = self.wants_input;
        if self.exchange(input) {
            return TurnEnd::Ended;
        }
        self.poll_output(cx);
        let is_input_welcome_again = self.wants_input && !wanted_input;
        if had_input || self.moved > 0 || self.has_failed || is_input_welcome_again {
            return TurnEnd::Again;
        }
        if self.poll_sleep(cx) || !self.fall_asleep(cx) {
            return TurnEnd::Again;
        }
        TurnEnd::Wait
    }

    fn poll_input(&mut self, cx: &mut Context<'_>) -> Input {
        if self.is_input_over || !self.wants_input {
            return Input::Nothing;
        }
        if self.input.capacity() < READ_AT_LEAST {
            self.input.reserve(READ_BUFFER);
        }
        match pin!(self.io.read_buf(&mut self.input)).poll(cx) {
            Poll::Ready(Ok(0)) => {
                self.is_input_over = true;
                Input::End(InputEnd::Eof)
            }
            Poll::Ready(Ok(_)) => Input::Bytes(self.input.split().freeze()),
            Poll::Ready(Err(_)) => {
                self.is_input_over = true;
                Input::End(InputEnd::Failed)
            }
            Poll::Pending => Input::Nothing,
        }
    }

    /// Hands everything to the session and takes its output, under one lock. Returns whether to close the transport.
    fn exchange(&mut self, input: Input) -> bool {
        let now = self.shared.now();
        let mut state = self.shared.lock();
        state.driver = None;
        let session = &mut state.session;
        session.advance(now, std::mem::take(&mut self.moved));
        if std::mem::take(&mut self.has_failed) {
            session.handle_end(InputEnd::Failed);
        }
        match input {
            Input::Nothing => {}
            Input::Bytes(bytes) => session.handle_input(now, bytes),
            Input::End(end) => session.handle_end(end),
        }
        if session.poll_timeout().is_some_and(|at| at <= now) {
            session.handle_timeout(now);
        }
        // While the transport is full, small frames are better gathered in the session.
        if self.pieces.len() < SEGMENTS {
            session.take_output(&mut self.pieces);
        }
        self.deadline = session.poll_timeout();
        self.wants_input = session.wants_input();
        let is_over = session.poll_end();
        state.collect_wakers(&mut self.wakers);
        drop(state);
        wake_all(&mut self.wakers);
        is_over
    }

    /// Writes until there is nothing left or the transport is full.
    fn poll_output(&mut self, cx: &mut Context<'_>) {
        self.is_transport_full = false;
        while !self.pieces.is_empty() {
            let mut slices = [IoSlice::new(&[]); SEGMENTS];
            let count = self.pieces.len().min(SEGMENTS);
            for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
                *slice = IoSlice::new(piece);
            }
            match Pin::new(&mut self.io).poll_write_vectored(cx, &slices[..count]) {
                Poll::Ready(Ok(len)) if len > 0 => {
                    self.moved += len;
                    self.needs_flush = true;
                    drop_front(&mut self.pieces, len);
                }
                Poll::Ready(_) => {
                    self.has_failed = true;
                    return;
                }
                Poll::Pending => {
                    self.is_transport_full = true;
                    return;
                }
            }
        }
        if self.needs_flush {
            match Pin::new(&mut self.io).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.needs_flush = false,
                Poll::Ready(Err(_)) => self.has_failed = true,
                Poll::Pending => {}
            }
        }
    }

    /// Whether the deadline has passed; if not, the timer will wake the driver.
    fn poll_sleep(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.deadline else {
            return false;
        };
        let deadline = self.shared.instant(deadline);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // A sleep that ends too early only costs one more check; the deadline moves with every write, and moving the
        // sleep each time would cost more.
        if sleep.deadline() > deadline || sleep.is_elapsed() {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx).is_ready()
    }

    /// Stores the driver's waker; `false` if there is work already.
    fn fall_asleep(&self, cx: &Context<'_>) -> bool {
        let mut state = self.shared.lock();
        if state.session.has_output() && !self.is_transport_full {
            return false;
        }
        let timeout = state.session.poll_timeout();
        if timeout.is_some_and(|at| self.deadline.is_none_or(|deadline| at < deadline)) {
            return false;
        }
        if state.session.is_ended() && state.session.output_len() == 0 {
            return false;
        }
        state.asleep = Asleep { until: self.deadline, is_transport_full: self.is_transport_full };
        state.driver = Some(cx.waker().clone());
        true
    }

    /// Closes our half of the transport, but waits no longer than for any write.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match Pin::new(&mut self.io).poll_shutdown(cx) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending if self.poll_sleep(cx) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Discards input until it ends or the time is up.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Bounded, so that a peer that never stops sending does not occupy the task.
        for _ in 0..TURNS {
            if self.is_input_over || self.poll_sleep(cx) {
                return Poll::Ready(());
            }
            self.input.clear();
            if self.input.capacity() < READ_AT_LEAST {
                self.input.reserve(READ_BUFFER);
            }
            match ready!(pin!(self.io.read_buf(&mut self.input)).poll(cx)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Tells all waiting tasks that the transport is closed.
    fn announce_end(&mut self) -> EndReason {
        let reason = self.shared.lock().close(&mut self.wakers);
        wake_all(&mut self.wakers);
        reason
    }

    fn wait_at_most(&mut self, duration: Duration) {
        self.deadline = Some(self.shared.now() + duration);
        self.sleep = None;
    }

    fn poll_running(&mut self, cx: &mut Context<'_>) -> Poll<TransportPhase> {
        for _ in 0..TURNS {
            match self.turn(cx) {
                TurnEnd::Again => {}
                TurnEnd::Wait => return Poll::Pending,
                TurnEnd::Ended => {
                    self.wait_at_most(SHUTDOWN);
                    return Poll::Ready(TransportPhase::ShuttingDown);
                }
            }
        }
        // Other tasks must have their turn on this thread too.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for Driver<T> {
    type Output = EndReason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<EndReason> {
        let this = self.get_mut();
        loop {
            match this.phase {
                TransportPhase::Running => this.phase = ready!(this.poll_running(cx)),
                TransportPhase::ShuttingDown => {
                    let reason = this.shared.lock().session.end_reason();
                    let is_dead = matches!(
                        reason,
                        Some(EndReason::TransportFailed | EndReason::KeepaliveTimeout)
                    );
                    // Remaining output was discarded: the transport takes nothing, not even an orderly end.
                    if is_dead || !this.pieces.is_empty() {
                        return Poll::Ready(this.announce_end());
                    }
                    ready!(this.poll_shutdown(cx));
                    let reason = this.announce_end();
                    this.wait_at_most(LINGER);
                    this.phase = TransportPhase::Lingering(reason);
                }
                TransportPhase::Lingering(reason) => {
                    ready!(this.poll_linger(cx));
                    return Poll::Ready(reason);
                }
            }
        }
    }
}

impl<T> Drop for Driver<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.session.handle_end(InputEnd::Failed);
        state.collect_wakers(&mut self.wakers);
        if state.closed.is_none() {
            state.close(&mut self.wakers);
        }
        drop(state);
        wake_all(&mut self.wakers);
    }
}

fn drop_front(pieces: &mut VecDeque<Bytes>, mut len: usize) {
    while let Some(front) = pieces.front_mut() {
        if front.len() > len {
            front.advance(len);
            return;
        }
        len -= front.len();
        pieces.pop_front();
    }
}

/// The number of segments in one vectored write; more gains nothing.
const SEGMENTS: usize = 64;
/// Large enough for many frames per read, and for whole 64 KiB bodies without a copy.
const READ_BUFFER: usize = 128 * 1024;
/// With less room left than this, a new buffer is allocated.
const READ_AT_LEAST: usize = 32 * 1024;
/// Turns before the driver yields to other tasks, for transports that are always ready.
const TURNS: usize = 64;
/// How long closing our half may take.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// How long to wait for the peer to close its half.
const LINGER: Duration = Duration::from_secs(1);
