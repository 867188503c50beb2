//! `FarEnd`: the built-in yamux on the socket a shim dialled, and the calls of an application on it.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until, timeout};

use crate::endpoint::{
    BuiltInEndpoint, CallId, CallResult, Done, Endpoint, EndpointEvent, Request,
};
use crate::scenario::{Action, ErrorClass, ReadAmount, Settings};
use crate::shim::check::bench::program::PATIENCE;
use crate::shim::check::checked::{Checked, Stop};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Decoder, Flags, FrameType, Piece, Side};
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

/// The harness's end of a session; the socket closes when it is dropped.
pub(crate) struct FarEnd {
    wishes: UnboundedSender<Wish>,
    seen: Rc<Farewell>,
}

/// What the shim's library has put on the wire to end the session.
#[derive(Debug, Default)]
struct Farewell {
    has_said_goodbye: Cell<bool>,
    has_ended: Cell<bool>,
}

enum Wish {
    Call(Request, oneshot::Sender<CallResult>),
    /// Ends the transport with a TCP reset.
    Cut,
}

impl FarEnd {
    /// A session of that side on the socket. Must be called inside a `LocalSet`.
    pub(crate) fn start(socket: TcpStream, side: Side) -> Self {
        let (wishes, heard) = unbounded_channel();
        let peer = BuiltInEndpoint::new(Time::ZERO, side, &Settings::default());
        let seen = Rc::new(Farewell::default());
        spawn_local(
            Loop {
                seen: Rc::clone(&seen),
                frames: Decoder::default(),
                socket,
                peer,
                began: Instant::now(),
                calls: HashMap::new(),
                output: BytesMut::new(),
                input: BytesMut::new(),
                has_input_ended: false,
            }
            .run(heard),
        );
        Self { wishes, seen }
    }

    /// Whether the library has sent go away, ended a stream, or ended the transport.
    pub(crate) fn has_seen_goodbye(&self) -> bool {
        self.seen.has_said_goodbye.get() || self.has_seen_end()
    }

    /// Whether the library has ended the transport.
    pub(crate) fn has_seen_end(&self) -> bool {
        self.seen.has_ended.get()
    }

    /// Ends the session cleanly, unless it is over already.
    pub(crate) async fn leave(&self) {
        // A session that is over refuses, which is as good.
        let _ = self.act(Action::CloseSession { code: None }).await;
    }

    /// Pings, and returns whether the pong arrived.
    pub(crate) async fn is_answered(&self) -> bool {
        self.act(Action::Ping).await.is_ok()
    }

    /// Opens a stream.
    pub(crate) async fn open(&self, stream: &str) -> Result<Done, Stop> {
        let what = format!("open stream {stream}");
        let action = Action::Open { stream: stream.into(), deadline: None };
        self.call(action, Pattern::default(), &what).await
    }

    /// Accepts a stream.
    pub(crate) async fn accept(&self, stream: &str) -> Result<Done, Stop> {
        let what = format!("accept stream {stream}");
        let action = Action::Accept { stream: stream.into(), deadline: None };
        self.call(action, Pattern::default(), &what).await
    }

    /// Writes `bytes` bytes of a seed's pattern, from its beginning.
    pub(crate) async fn write(&self, stream: &str, bytes: u64, seed: u32) -> Checked {
        let what = format!("write {bytes} bytes to stream {stream}");
        let action = Action::Write { stream: stream.into(), bytes, times: 1 };
        self.call(action, Pattern::new(seed), &what).await.map(drop)
    }

    /// Reads exactly `bytes` bytes.
    pub(crate) async fn read(&self, stream: &str, bytes: u64) -> Result<Done, Stop> {
        let what = format!("receive {bytes} bytes on stream {stream}");
        let amount = ReadAmount::Exactly { bytes, times: 1 };
        self.call(Action::Read { stream: stream.into(), amount }, Pattern::default(), &what).await
    }

    /// The code that a read sees on a stream which this end's peer has reset.
    pub(crate) async fn told_by_reset(&self, stream: &str) -> Result<Option<u32>, Stop> {
        let amount = ReadAmount::Exactly { bytes: 1, times: 1 };
        let action = Action::Read { stream: stream.into(), amount };
        match timeout(PATIENCE, self.begin(action, Pattern::default())).await {
            Ok(Ok(CallResult::Failed { class: ErrorClass::StreamReset, done, .. })) => {
                Ok(done.told)
            }
            other => {
                let expected = "the harness's end sees the reset of the stream";
                Err(Stop::failed(expected, format!("{other:?}")))
            }
        }
    }

    /// A call that needs no payload.
    pub(crate) async fn act(&self, action: Action) -> Checked {
        let what = format!("carry out {action:?}");
        self.call(action, Pattern::default(), &what).await.map(drop)
    }

    /// Ends the transport with a TCP reset.
    pub(crate) fn cut(&self) {
        // A loop that is over has ended the transport already.
        let _ = self.wishes.send(Wish::Cut);
    }

    fn begin(&self, action: Action, pattern: Pattern) -> oneshot::Receiver<CallResult> {
        let (sender, result) = oneshot::channel();
        // A loop that is over drops the sender, which the receiver finds.
        let _ = self.wishes.send(Wish::Call(Request { action, pattern, of: None }, sender));
        result
    }

    async fn call(&self, action: Action, pattern: Pattern, what: &str) -> Result<Done, Stop> {
        let expected = || format!("the harness's end can {what} within {} s", PATIENCE.as_secs());
        match timeout(PATIENCE, self.begin(action, pattern)).await {
            Ok(Ok(CallResult::Done(done))) => Ok(done),
            Ok(Ok(CallResult::Failed { class, native, done })) => {
                let observed = format!("{class} ({native}) after {} bytes", done.bytes);
                Err(Stop::failed(expected(), observed))
            }
            Ok(Ok(other)) => Err(Stop::failed(expected(), format!("{other:?}"))),
            Ok(Err(_)) => Err(Stop::failed(expected(), "its socket is closed")),
            Err(_) => Err(Stop::failed(expected(), "nothing more came from the shim")),
        }
    }
}

/// Moves the bytes between a session and its socket.
struct Loop {
    socket: TcpStream,
    seen: Rc<Farewell>,
    /// Where the frames of the shim begin.
    frames: Decoder,
    peer: BuiltInEndpoint,
    began: Instant,
    calls: HashMap<CallId, oneshot::Sender<CallResult>>,
    output: BytesMut,
    input: BytesMut,
    has_input_ended: bool,
}

impl Loop {
    async fn run(mut self, mut wishes: UnboundedReceiver<Wish>) {
        let mut calls = 0;
        loop {
            self.pass_on();
            let due = self.peer.poll_timeout();
            let until = self.began + due.map_or(Duration::ZERO, Time::elapsed);
            tokio::select! {
                wish = wishes.recv() => match wish {
                    None => return,
                    Some(Wish::Cut) => {
                        // A zero linger turns the close into a TCP reset.
                        let _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
                        return;
                    }
                    Some(Wish::Call(request, caller)) => {
                        calls += 1;
                        self.calls.insert(CallId(calls), caller);
                        let now = self.now();
                        self.peer.perform(now, CallId(calls), &request);
                    }
                },
                _ = self.socket.readable(), if !self.has_input_ended => self.read(),
                _ = self.socket.writable(), if !self.output.is_empty() => self.write(),
                () = sleep_until(until), if due.is_some() => {
                    let now = self.now();
                    self.peer.handle_timeout(now);
                }
            }
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.began.elapsed()
    }

    /// Passes on the session's output, to the transport and to its application.
    fn pass_on(&mut self) {
        let now = self.now();
        while let Some(bytes) = self.peer.poll_transmit(now, CHUNK) {
            self.output.extend_from_slice(&bytes);
        }
        while let Some(event) = self.peer.poll_event() {
            if let EndpointEvent::Finished { call, result } = event
                && let Some(caller) = self.calls.remove(&call)
            {
                // A caller that has lost patience needs no result.
                let _ = caller.send(result);
            }
        }
        if self.output.is_empty() && self.peer.poll_end().is_some() {
            // The shim's own end is still read.
            let _ = SockRef::from(&self.socket).shutdown(std::net::Shutdown::Write);
        }
    }

    fn read(&mut self) {
        self.input.reserve(CHUNK);
        let end = match self.socket.try_read_buf(&mut self.input) {
            Ok(0) => TransportEnd::Eof,
            Ok(_) => {
                let (now, bytes) = (self.now(), self.input.split().freeze());
                self.look_at(bytes.clone());
                return self.peer.receive(now, bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(_) => TransportEnd::Reset,
        };
        self.has_input_ended = true;
        self.seen.has_ended.set(true);
        let now = self.now();
        self.peer.receive_end(now, end);
    }

    fn look_at(&mut self, mut bytes: Bytes) {
        while let Some(piece) = self.frames.decode(&mut bytes) {
            let Piece::Header(header) = piece else { continue };
            let ends_stream =
                header.flags.contains(Flags::FIN) || header.flags.contains(Flags::RST);
            if ends_stream || header.lawful_type() == Some(FrameType::GoAway) {
                self.seen.has_said_goodbye.set(true);
            }
        }
    }

    fn write(&mut self) {
        match self.socket.try_write(&self.output) {
            Ok(written) => self.output.advance(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // The reading side shows how the shim ended it.
            Err(_) => self.output.clear(),
        }
    }
}

const CHUNK: usize = 64 * 1024;
