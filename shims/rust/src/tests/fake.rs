//! `Fake`: a library that has everything. A stream gives back what is written to it, as far as its window of ten bytes goes.

use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::{About, Class, Failure, Half, Library, Settings, Side, Socket, Stream};

pub(super) struct Fake {
    opened: u32,
    is_closed: bool,
}

#[derive(Default)]
pub(super) struct Echo {
    number: u32,
    buffer: VecDeque<u8>,
    window: usize,
    is_closed: bool,
    deadline: Option<Duration>,
    reader: Option<Waker>,
}

impl Library for Fake {
    const ABOUT: About = About {
        name: "fake",
        library: "fake",
        version: "1",
        language: "rust",
        habits: &["own_pings"],
        lockstep: false,
        lacks: &[("close_resets", "a fake has no such flag")],
    };
    type Config = ();
    type Stream = Echo;

    fn configure(settings: &Settings) -> Result<(), String> {
        match settings.get("max_window") {
            Some(1) => Err("a window of 1 is too small".to_owned()),
            _ => Ok(()),
        }
    }

    fn start(_: Socket, _: Side, (): ()) -> Self {
        Self { opened: 0, is_closed: false }
    }

    fn poll_open(&mut self, _: &mut Context<'_>) -> Poll<Result<Echo, Failure>> {
        self.opened += 1;
        Poll::Ready(Ok(Echo { number: 2 * self.opened - 1, window: 10, ..Echo::default() }))
    }

    fn poll_inbound(&mut self, _: &mut Context<'_>) -> Poll<Result<Echo, Failure>> {
        match self.is_closed {
            true => Poll::Ready(Err(Failure::new(Class::SessionShutdown, "closed"))),
            false => Poll::Pending,
        }
    }

    fn poll_ping(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Err(Failure::new(Class::Deadline, "no pong")))
    }

    fn poll_go_away(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn count_streams(&mut self) -> u64 {
        self.opened.into()
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.is_closed = true;
        Poll::Ready(Ok(()))
    }
}

impl Stream for Echo {
    fn number(&self) -> u32 {
        self.number
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.deadline == Some(Duration::ZERO) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if self.buffer.is_empty() && !self.is_closed {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(io::Read::read(&mut self.buffer, buf))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.window == 0 && !buf.is_empty() {
            return Poll::Pending;
        }
        let count = buf.len().min(self.window);
        self.window -= count;
        self.buffer.extend(&buf[..count]);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(count))
    }

    fn poll_half_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_closed = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(()))
    }

    fn set_deadline(&mut self, half: Half, after: Option<Duration>) -> io::Result<()> {
        if half == Half::Reading {
            self.deadline = after;
        }
        Ok(())
    }

    fn failure(&self, error: &io::Error, _: bool) -> Failure {
        let class = match error.kind() {
            io::ErrorKind::TimedOut => Class::Deadline,
            _ => Class::StreamClosed,
        };
        Failure::new(class, error)
    }
}
