//! `Bench`: a shim under examination, and sessions between it and the harness.

pub(crate) mod far_end;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod reply;

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::endpoint::Done;
use crate::scenario::ErrorClass;
use crate::shim::check::bench::far_end::FarEnd;
use crate::shim::check::bench::program::{PATIENCE, Program};
use crate::shim::check::bench::raw::RawRequest;
use crate::shim::check::bench::reply::Reply;
use crate::shim::check::checked::{Cause, Checked, Stop};
use crate::shim::check::rules::memory::Memory;
use crate::shim::protocol::OperationName::{Accept, Open, Read, Write};
use crate::shim::protocol::{
    Capabilities, Operation, OperationName, PROTOCOL, ShimAnswer, ShimEvent,
};
use crate::yamux::frame::Side;

/// A shim being checked. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bench {
    /// How it is started.
    pub(crate) command: Rc<[String]>,
    /// The process most checks use.
    pub(crate) program: Program,
    /// Its capabilities.
    pub(crate) able: Rc<Capabilities>,
    /// Findings about all processes so far.
    pub(crate) memory: Memory,
    sessions: Rc<Cell<u32>>,
}

impl Bench {
    /// Says hello to a process that has just been started.
    pub(crate) async fn greet(
        command: &Rc<[String]>,
        program: Program,
        memory: &Memory,
    ) -> Result<Self, Stop> {
        // A field nobody knows, as a later harness would send.
        let reply = program.ask(hello(&[PROTOCOL]).with("colour", "green"), None).await?;
        let able = capabilities(&reply)?;
        let command = Rc::clone(command);
        let (able, memory, sessions) = (able.into(), memory.clone(), Rc::default());
        Ok(Self { command, program, able, memory, sessions })
    }

    /// Starts another process of the same shim.
    pub(crate) async fn another(&self) -> Result<Self, Stop> {
        let program = Program::start(&self.command, &self.memory).map_err(|error| {
            Stop::failed("a second process starts", format!("it does not: {error}"))
                .caused_by(Cause::NoOtherProcess)
        })?;
        let greeted = Self::greet(&self.command, program, &self.memory).await;
        greeted.map_err(|stop| stop.caused_by(Cause::NoOtherProcess))
    }

    /// Skips the check if the shim lacks one of these actions.
    pub(crate) fn needs(&self, actions: &[OperationName]) -> Checked {
        match actions.iter().find(|action| !self.has(**action)) {
            None => Ok(()),
            Some(action) => {
                let why = self.able.reason_for(&action.to_string()).unwrap_or("no reason given");
                Err(Stop::Skipped(format!("the shim has no {action}: {why}")))
            }
        }
    }

    /// Whether the shim has an action on streams, and a call that makes a stream.
    pub(crate) fn has_stream_to(&self, action: OperationName) -> bool {
        self.has(action) && (self.has(Accept) || self.has(Open))
    }

    /// Whether the shim has an action.
    pub(crate) fn has(&self, action: OperationName) -> bool {
        self.able.actions.contains(action)
    }

    /// Whether the shim still accepts requests.
    pub(crate) async fn is_well(&self) -> bool {
        self.program.ask(&hello(&[PROTOCOL]), None).await.is_ok()
    }

    /// Makes the shim end a session without a yamux at the other end.
    pub(crate) async fn end_bare(&self, name: &str, socket: TcpStream) -> Checked {
        let id = self.program.send(Operation::End, Some(name));
        // A library may wait for its peer, which has gone by then.
        let prompt = self.program.reply_within(id, MOMENT).await;
        drop(socket);
        let ended = match prompt {
            Some(reply) => Ok(reply),
            None => self.ended_within(id, PATIENCE).await,
        };
        ended?.ok().map(drop)
    }

    /// Makes the shim end a session whose peer has gone, or that is only driven by steps.
    pub(crate) async fn end(&self, name: &str) -> Checked {
        let id = self.program.send(Operation::End, Some(name));
        self.ended_within(id, PATIENCE).await?.ok().map(drop)
    }

    /// The answer to `end` of a session whose other calls have all returned. A shim known not to give one has less time.
    async fn ended_within(&self, id: u64, patience: Duration) -> Result<Reply, Stop> {
        let cause = Cause::EndUnanswered;
        let within = if self.memory.knows(cause) { MOMENT } else { patience };
        if let Some(reply) = self.program.reply_within(id, within).await {
            return Ok(reply);
        }
        self.memory.note(cause);
        let expected = format!("end answered within {} s", patience.as_secs());
        Err(Stop::failed(expected, self.program.silence()).caused_by(cause))
    }

    /// The library it drives, in a few words.
    pub(crate) fn description(&self) -> String {
        let made = &self.able.implementation;
        format!("{} ({} {}, {})", made.name, made.library, made.version, made.language)
    }

    /// The sides it plays.
    pub(crate) fn sides(&self) -> Vec<Side> {
        self.able.sides.known().copied().collect()
    }

    /// A name no session had.
    pub(crate) fn name(&self) -> String {
        self.sessions.set(self.sessions.get() + 1);
        format!("check-{}", self.sessions.get())
    }

    /// A running session under a fresh name.
    pub(crate) async fn pair(&self) -> Result<Pair, Stop> {
        let side = self.sides().first().copied().unwrap_or(Side::Client);
        self.pair_named(&self.name(), side).await
    }

    /// A running session with a stream `a`; skips the check if the shim lacks one of these actions.
    pub(crate) async fn stream_for(&self, actions: &[OperationName]) -> Result<Pair, Stop> {
        self.needs(actions)?;
        let pair = self.pair().await?;
        pair.stream("a").await?;
        Ok(pair)
    }

    /// A running session.
    pub(crate) async fn pair_named(&self, name: &str, side: Side) -> Result<Pair, Stop> {
        let socket = self.connect(name, side).await?;
        let far = FarEnd::start(socket, side.other());
        Ok(Pair { bench: self.clone(), name: name.to_owned(), side, far })
    }

    /// Makes the shim create a session and dial in.
    pub(crate) async fn connect(&self, name: &str, side: Side) -> Result<TcpStream, Stop> {
        Ok(self.dial_in(name, side).await?.0)
    }

    /// The same, with the answer to the session request.
    pub(crate) async fn dial_in(&self, name: &str, side: Side) -> Result<(TcpStream, Reply), Stop> {
        let listener = listen().await?;
        // Everything absent: the smallest request there is.
        let operation = session(side, &address(&listener)?);
        let asked = self.program.ask(&operation, Some(name));
        let (reply, dialled) = tokio::join!(asked, timeout(PATIENCE, listener.accept()));
        let reply = reply?;
        reply.ok()?;
        let Ok(Ok((socket, _))) = dialled else {
            let observed = "the session is answered with ok, and nobody has dialled";
            return Err(Stop::failed("a session that dials the address it is given", observed));
        };
        socket.set_nodelay(true).map_err(|error| no_socket(&error))?;
        Ok((socket, reply))
    }

    /// The answer to a session request with these settings; the session, if there is one, is ended.
    pub(crate) async fn try_settings(&self, settings: Value) -> Result<Reply, Stop> {
        let listener = listen().await?;
        let side = self.sides().first().copied().unwrap_or(Side::Client);
        let operation = session(side, &address(&listener)?).with("settings", settings);
        let name = self.name();
        let reply = self.program.ask(&operation, Some(&name)).await?;
        if matches!(reply.answer, ShimAnswer::Ok(_)) {
            // Another check reports that a shim does not dial.
            drop(timeout(PATIENCE, listener.accept()).await);
            self.end(&name).await?;
        }
        Ok(reply)
    }
}

/// A session between the shim and the harness.
pub(crate) struct Pair {
    bench: Bench,
    /// The session's name.
    pub(crate) name: String,
    /// The side the shim plays.
    pub(crate) side: Side,
    /// The harness's end.
    pub(crate) far: FarEnd,
}

impl Pair {
    /// Sends a request of the session.
    pub(crate) fn send(&self, request: impl Into<RawRequest>) -> u64 {
        self.bench.program.send(request, Some(&self.name))
    }

    /// Sends a request of the session and waits for its answer.
    pub(crate) async fn ask(&self, request: impl Into<RawRequest>) -> Result<Reply, Stop> {
        self.bench.program.ask(request, Some(&self.name)).await
    }

    /// Finds the end of the session among events: its class and the library's words.
    pub(crate) fn is_over(&self) -> impl Fn(&ShimEvent) -> Option<(ErrorClass, String)> {
        |event| match event {
            ShimEvent::SessionEnd { session, class, native } if *session == self.name => {
                Some((*class, native.clone()))
            }
            _ => None,
        }
    }

    /// The answer to a request of the session.
    pub(crate) async fn reply(&self, id: u64) -> Result<Reply, Stop> {
        self.bench.program.reply(id).await
    }

    /// A stream both ends have; returns its number as the shim and as the harness see it.
    pub(crate) async fn stream(&self, label: &str) -> Result<(Done, Done), Stop> {
        if self.bench.has(Accept) {
            let id = self.send(on(Accept, label));
            let ours = self.far.open(label).await?;
            return Ok((self.bench.program.reply(id).await?.ok()?, ours));
        }
        self.bench.needs(&[Open])?;
        let theirs = self.ask(&on(Open, label)).await?.ok()?;
        Ok((theirs, self.far.accept(label).await?))
    }

    /// Sends a request that cannot be answered yet, and waits until it blocks.
    pub(crate) async fn waiting(&self, request: impl Into<RawRequest>) -> u64 {
        let id = self.send(request);
        self.bench.is_well().await;
        sleep(SETTLING).await;
        id
    }

    /// The answer to a call that must return now, for a reason that no fault of the shim can undo. If it does not, though the
    /// shim responds and has answered such a call before, the library holds it.
    pub(crate) async fn freed(&self, id: u64, does: &'static str) -> Result<Reply, Stop> {
        match self.reply(id).await {
            Err(stop) if self.bench.program.can_answer(id) && self.bench.is_well().await => {
                Err(stop.by_library(does))
            }
            answered => answered,
        }
    }

    /// The answer to a request after which a library may wait for its peer, which does its part after a while.
    pub(crate) async fn parted(&self, id: u64) -> Result<(Reply, Promptness), Stop> {
        if let Some(reply) = self.bench.program.reply_within(id, HESITATION).await {
            return Ok((reply, Promptness::Prompt));
        }
        self.far.leave().await;
        Ok((self.reply(id).await?, Promptness::AfterPeer))
    }

    /// Makes the shim end the session.
    pub(crate) async fn end(self) -> Checked {
        let id = self.send(Operation::End);
        self.ended(id).await?.ok().map(drop)
    }

    /// The answer to an `end` that was sent.
    pub(crate) async fn ended(&self, id: u64) -> Result<Reply, Stop> {
        if let Some(reply) = self.bench.program.reply_within(id, MOMENT).await {
            return Ok(reply);
        }
        self.far.leave().await;
        self.bench.ended_within(id, PATIENCE).await
    }
}

/// When a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promptness {
    /// Before the peer did anything.
    Prompt,
    /// After the peer had ended the session, too.
    AfterPeer,
}

/// The capabilities in a valid hello.
fn capabilities(reply: &Reply) -> Result<Capabilities, Stop> {
    let expected = "hello answered with ok and all its fields";
    match &reply.answer {
        ShimAnswer::Ok(value) => serde_json::from_value(value.clone())
            .map_err(|error| Stop::failed(expected, format!("{} ({error})", reply.text))),
        _ => Err(Stop::failed(expected, &reply.text)),
    }
}

/// A greeting that offers these protocols.
pub(crate) fn hello(protocols: &[u32]) -> RawRequest {
    Operation::Hello { protocols: protocols.to_vec() }.into()
}

/// An operation on a stream.
pub(crate) fn on(name: OperationName, stream: &str) -> RawRequest {
    RawRequest::new(name).with("stream", stream)
}

/// A write of `bytes` bytes.
pub(crate) fn write(stream: &str, bytes: u64, seed: u32) -> RawRequest {
    on(Write, stream).with("bytes", bytes).with("seed", seed)
}

/// A read of exactly `bytes` bytes.
pub(crate) fn read(stream: &str, bytes: u64) -> RawRequest {
    on(Read, stream).with("bytes", bytes)
}

/// The smallest session request.
pub(crate) fn session(side: Side, dial: &str) -> RawRequest {
    RawRequest::new(OperationName::Session).with("side", side.to_string()).with("dial", dial)
}

/// A listener on a free port of this machine.
pub(crate) async fn listen() -> Result<TcpListener, Stop> {
    TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| no_socket(&error))
}

/// Where it listens.
pub(crate) fn address(listener: &TcpListener) -> Result<String, Stop> {
    listener.local_addr().map(|address| address.to_string()).map_err(|error| no_socket(&error))
}

/// A socket that holds a port and does not listen, so that dialling it is refused. A port that is free again could have
/// another listener by then, or be the one that the dialler itself gets.
pub(crate) fn refusing() -> Result<(TcpSocket, String), Stop> {
    let held = || {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = socket.local_addr()?.to_string();
        Ok((socket, address))
    };
    held().map_err(|error: std::io::Error| no_socket(&error))
}

fn no_socket(error: &std::io::Error) -> Stop {
    Stop::failed("a loopback socket for the harness", format!("there is none: {error}"))
}

/// How long a call may take before its peer does its part, where that shows which waits for the other.
const HESITATION: Duration = Duration::from_secs(3);

/// The same, where it makes no difference.
const MOMENT: Duration = Duration::from_millis(300);

/// How long a call takes from the shim to where its library waits; less changes only which of two races is seen.
const SETTLING: Duration = Duration::from_millis(20);
