//! `Echo`: a library that writes back what it reads, each piece behind its length in one digit. Its reads end at their deadline,
//! its writes never do.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use yamux_shim::{About, Class, Failure, Half, Library, Settings, Side, Socket, Stream};

pub(crate) struct Echo {
    socket: Option<Socket>,
    begun: Instant,
    out: Vec<u8>,
    opened: u32,
    end: Option<Failure>,
    closing: Option<Pin<Box<Sleep>>>,
}

#[derive(Default)]
pub(crate) struct EchoStream {
    number: u32,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Echo {
    /// Reads and writes as much as it can.
    fn work(&mut self, cx: &mut Context<'_>) -> Poll<Class> {
        let Some(socket) = &mut self.socket else { return Poll::Pending };
        loop {
            while !self.out.is_empty() {
                match Pin::new(&mut *socket).poll_write(cx, &self.out) {
                    Poll::Ready(Ok(count)) => drop(self.out.drain(..count)),
                    Poll::Ready(Err(_)) => return Poll::Ready(Class::Transport),
                    Poll::Pending => return Poll::Pending,
                }
            }
            let mut buf = [0; 9];
            let mut buf = ReadBuf::new(&mut buf);
            match Pin::new(&mut *socket).poll_read(cx, &mut buf) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(Class::Transport),
                Poll::Ready(Ok(())) if buf.filled().is_empty() => return Poll::Ready(Class::Eof),
                Poll::Ready(Ok(())) => {
                    self.out.push(b'0' + buf.filled().len() as u8);
                    self.out.extend_from_slice(buf.filled());
                }
            }
        }
    }
}

impl Library for Echo {
    const ABOUT: About = About {
        name: "echo",
        library: "echo",
        version: "1",
        language: "rust",
        habits: &[],
        lockstep: true,
        lacks: &[("ping", "it has none")],
    };
    type Config = ();
    type Stream = EchoStream;

    fn configure(_: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn start(socket: Socket, _: Side, (): ()) -> Self {
        let (begun, out) = (Instant::now(), Vec::new());
        Self { socket: Some(socket), begun, out, opened: 0, end: None, closing: None }
    }

    fn poll_open(&mut self, _: &mut Context<'_>) -> Poll<Result<EchoStream, Failure>> {
        self.opened += 1;
        Poll::Ready(Ok(EchoStream { number: 2 * self.opened - 1, deadline: None }))
    }

    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Poll<Result<EchoStream, Failure>> {
        if self.closing.is_none()
            && let Poll::Ready(class) = self.work(cx)
        {
            self.socket = None;
            self.end = Some(Failure::new(class, "the transport has ended"));
        }
        self.end.clone().map_or(Poll::Pending, |end| Poll::Ready(Err(end)))
    }

    /// Writes what chance says: the order of a table, and of the same in words.
    fn poll_go_away(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let table: HashMap<u32, Instant> = (0..50).map(|key| (key, Instant::now())).collect();
        self.out.extend(table.keys().flat_map(|key| key.to_string().into_bytes()));
        cx.waker().wake_by_ref();
        Poll::Ready(Ok(()))
    }

    /// How many seconds old the session is.
    fn count_streams(&mut self) -> u64 {
        self.begun.elapsed().as_secs()
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let closing = self.closing.get_or_insert_with(|| Box::pin(sleep(Duration::from_secs(10))));
        if closing.as_mut().poll(cx).is_ready() {
            self.end = Some(Failure::new(Class::SessionShutdown, "closed"));
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }
}

impl Stream for EchoStream {
    fn number(&self) -> u32 {
        self.number
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
        let Some(deadline) = &mut self.deadline else { return Poll::Pending };
        deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_half_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn set_deadline(&mut self, _: Half, after: Option<Duration>) -> io::Result<()> {
        self.deadline = after.map(|after| Box::pin(sleep(after)));
        Ok(())
    }

    fn failure(&self, error: &io::Error, _: bool) -> Failure {
        Failure::new(Class::Deadline, error)
    }
}
