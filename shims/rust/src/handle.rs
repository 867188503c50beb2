//! `Handle`: a stream that several calls share, as those of an application that splits it in halves.

use std::io;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::failure::{Class, Failure, Over};
use crate::library::{Half, Stream};
use crate::turn::Turns;

/// A stream until it is let go of.
pub(crate) struct Handle<S> {
    slot: Mutex<Slot<S>>,
    over: Over,
    pub(crate) reads: Mutex<Turns>,
    pub(crate) writes: Mutex<Turns>,
}

/// The stream, and who is to be woken when it is gone: each half has a waker of its own.
struct Slot<S> {
    stream: Option<S>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl<S> Slot<S> {
    fn let_go(&mut self) {
        drop(self.stream.take());
        wake(self.reader.take());
        wake(self.writer.take());
    }
}

impl<S: Stream> Handle<S> {
    pub(crate) fn new(stream: S, over: Over) -> Self {
        let slot = Slot { stream: Some(stream), reader: None, writer: None };
        let turns = || Mutex::new(Turns::default());
        Self { slot: Mutex::new(slot), over, reads: turns(), writes: turns() }
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<usize, Failure>> {
        let mut slot = self.slot();
        slot.reader = Some(cx.waker().clone());
        self.poll(&mut slot, |stream| stream.poll_read(cx, buf))
    }

    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize, Failure>> {
        let mut slot = self.slot();
        slot.writer = Some(cx.waker().clone());
        self.poll(&mut slot, |stream| stream.poll_write(cx, buf))
    }

    /// Closes the stream, or its writing half only. In Rust the one owner of that half closes it, and sees then what became of
    /// a write that it had not given up: so a write that waits is polled again.
    pub(crate) fn poll_close(
        &self,
        cx: &mut Context<'_>,
        is_half: bool,
    ) -> Poll<Result<(), Failure>> {
        let mut slot = self.slot();
        let closed = self.poll(&mut slot, |stream| match is_half {
            true => stream.poll_half_close(cx),
            false => stream.poll_close(cx),
        });
        if closed.is_ready() {
            wake(slot.writer.take());
        }
        closed
    }

    pub(crate) fn set_deadline(&self, half: Half, after: Option<Duration>) -> Result<(), Failure> {
        let mut slot = self.slot();
        let Some(stream) = &mut slot.stream else { return Err(gone()) };
        stream
            .set_deadline(half, after)
            .map_err(|error| stream.failure(&error, self.over.is_over()))
    }

    /// Resets the stream, or drops it where that is the reset.
    pub(crate) fn reset(&self) -> Result<(), Failure> {
        let mut slot = self.slot();
        let reset = slot.stream.as_mut().and_then(Stream::reset);
        match (reset, &slot.stream) {
            (Some(reset), Some(stream)) => {
                reset.map_err(|error| stream.failure(&error, self.over.is_over()))
            }
            _ => {
                slot.let_go();
                Ok(())
            }
        }
    }

    /// Drops the stream, which a Rust application can do only if it gives up the calls that wait.
    pub(crate) fn let_go(&self) {
        self.slot().let_go();
    }

    /// The error of a call that is asked for when the stream is gone already.
    pub(crate) fn refuse_if_gone(&self) -> Result<(), Failure> {
        match self.slot().stream {
            Some(_) => Ok(()),
            None => Err(gone()),
        }
    }

    fn poll<T>(
        &self,
        slot: &mut Slot<S>,
        call: impl FnOnce(&mut S) -> Poll<io::Result<T>>,
    ) -> Poll<Result<T, Failure>> {
        let Some(stream) = &mut slot.stream else {
            let native = "the future is dropped, as a stream cannot be while a call borrows it";
            return Poll::Ready(Err(Failure::new(Class::Cancelled, native)));
        };
        call(stream).map_err(|error| stream.failure(&error, self.over.is_over()))
    }

    fn slot(&self) -> MutexGuard<'_, Slot<S>> {
        self.slot.lock().expect("no panic is survived")
    }
}

fn gone() -> Failure {
    Failure::new(Class::StreamReset, "the stream is dropped: there is nothing to call")
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
