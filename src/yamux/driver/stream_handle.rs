//! `StreamHandle`: one stream as `AsyncRead + AsyncWrite`, and without copies.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::poll_proceed;

use crate::yamux::driver::shared::{DriverState, State, Wait};
use crate::yamux::frame::StreamId;
use crate::yamux::session::Error;
use crate::yamux::time::Time;

/// One stream.
///
/// `poll_shutdown` is `half_close`. Dropping the handle of an unfinished stream sends FIN and answers unread and later
/// data with RST, whatever the configuration says, because nothing can read it any more. Errors of the `AsyncRead` and
/// `AsyncWrite` sides wrap a [`session::Error`](Error).
#[derive(Debug)]
pub struct StreamHandle {
    shared: Arc<DriverState>,
    id: StreamId,
    /// Distinguishes this stream from an earlier one with the same number.
    serial: u64,
}

impl StreamHandle {
    pub(super) fn new(shared: Arc<DriverState>, id: StreamId, serial: u64) -> Self {
        shared.add_user();
        Self { shared, id, serial }
    }

    /// The stream's number.
    pub const fn id(&self) -> StreamId {
        self.id
    }

    /// Returns the next contiguous received bytes, at most `max`, without a copy; `None` at the end of the stream.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no bytes were taken.
    pub async fn read_bytes(&mut self, max: usize) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_read_bytes(cx, max)).await
    }

    /// Like `read_bytes`, for a hand-written future.
    pub fn poll_read_bytes(
        &mut self,
        cx: &mut Context<'_>,
        max: usize,
    ) -> Poll<Result<Option<Bytes>, Error>> {
        let read =
            self.poll(cx, Wait::Read, |state, now, id| state.session.read_bytes(now, id, max));
        match read {
            Poll::Ready(Err(Error::Eof)) => Poll::Ready(Ok(None)),
            other => other.map_ok(Some),
        }
    }

    /// Gives bytes to the session, a large piece without a copy, and removes from `data` those it took: at least one,
    /// unless `data` is empty.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing was sent and `data` is unchanged.
    pub async fn write_bytes(&mut self, data: &mut Bytes) -> Result<usize, Error> {
        poll_fn(|cx| self.poll_write_bytes(cx, data)).await
    }

    /// Like `write_bytes`, for a hand-written future.
    pub fn poll_write_bytes(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<usize, Error>> {
        let write = self.poll(cx, Wait::Write, |state, now, id| {
            state.session.write_bytes(now, id, data.clone())
        });
        if let Poll::Ready(Ok(len)) = write {
            data.advance(len);
        }
        write
    }

    /// Gives all of `data` to the session, a large piece without a copy. An error may leave part of it taken; use
    /// `write_bytes` to learn how much.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future leaves an unknown part sent. If that matters, call `write_bytes` in a loop.
    pub async fn write_all_bytes(&mut self, mut data: Bytes) -> Result<(), Error> {
        while !data.is_empty() {
            self.write_bytes(&mut data).await?;
        }
        Ok(())
    }

    /// Stops writing, but goes on reading.
    pub fn half_close(&mut self) -> Result<(), Error> {
        self.command(|state, now, id| state.session.half_close(now, id))
    }

    /// Stops reading, but goes on writing: incoming data is dropped but credited.
    pub fn close_read(&mut self) -> Result<(), Error> {
        self.command(|state, now, id| state.session.close_read(now, id))
    }

    /// Closes the stream as the configuration's `close_resets` says.
    pub fn close(&mut self) -> Result<(), Error> {
        self.command(|state, now, id| state.session.close(now, id))
    }

    /// Aborts the stream.
    pub fn reset(&mut self) -> Result<(), Error> {
        self.reset_with(0)
    }

    /// Like `reset`, and tells the peer this code.
    pub fn reset_with(&mut self, code: u32) -> Result<(), Error> {
        self.command(|state, now, id| state.session.reset_with(now, id, code))
    }

    /// The code of the peer's reset or go-away, if it is the reason why calls on this stream return this error.
    pub fn told_code(&self, error: Error) -> Option<u32> {
        let state = self.shared.lock();
        let is_current = state.is_current(self.id, self.serial);
        is_current.then(|| state.session.told_code(Some(self.id), error)).flatten()
    }

    /// Releases the handle without sending anything, as the reference does: an unfinished stream stays open, unread.
    pub fn forget(self) {
        // `drop` does not abandon a stream that the session no longer holds.
        self.shared.with(|state, _| {
            if state.is_current(self.id, self.serial) {
                state.session.forget(self.id);
            }
        });
    }

    fn command(
        &self,
        act: impl FnOnce(&mut State, Time, StreamId) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.shared.with(|state, now| {
            if !state.is_current(self.id, self.serial) {
                return Err(Error::UnknownStream);
            }
            act(state, now, self.id)
        })
    }

    /// Makes a call that may block, and waits if it does. It counts against the task's cooperative budget, because
    /// a call that is always ready would otherwise starve the runtime's other tasks and timers.
    fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        wait: Wait,
        act: impl FnOnce(&mut State, Time, StreamId) -> Result<R, Error>,
    ) -> Poll<Result<R, Error>> {
        let budget = ready!(poll_proceed(cx));
        let result = self.shared.with(|state, now| {
            if !state.is_current(self.id, self.serial) {
                return Poll::Ready(Err(Error::UnknownStream));
            }
            match act(state, now, self.id) {
                Err(Error::Blocked) => {
                    state.wait(self.id, wait, cx);
                    Poll::Pending
                }
                result => Poll::Ready(result),
            }
        });
        if result.is_ready() {
            budget.made_progress();
        }
        result
    }
}

impl AsyncRead for StreamHandle {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read =
            self.poll(cx, Wait::Read, |state, now, id| state.session.read_into(now, id, buf));
        match read {
            Poll::Ready(Ok(_) | Err(Error::Eof)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for StreamHandle {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = self.poll(cx, Wait::Write, |state, now, id| state.session.write(now, id, data));
        write.map_err(io::Error::from)
    }

    /// Does nothing: written data is already queued for the driver.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.half_close().map_err(io::Error::from))
    }
}

impl Drop for StreamHandle {
    fn drop(&mut self) {
        self.shared.with(|state, now| {
            if state.drop_handle(self.id, self.serial) && state.session.holds(self.id) {
                state.session.abandon(now, self.id).expect("the session holds the stream");
            }
            state.remove_user(now);
        });
    }
}
