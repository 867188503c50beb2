//! `Bench`: a shim under examination, and sessions between it and the harness.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::endpoint::Done;
use crate::frame::Side;
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::check::far_end::FarEnd;
use crate::shim::check::program::{PATIENCE, Program, Strays};
use crate::shim::check::raw::RawRequest;
use crate::shim::check::reply::Reply;
use crate::shim::protocol::OperationName::{Accept, Open, Read, Write};
use crate::shim::protocol::{Capabilities, Operation, OperationName, PROTOCOL, ShimAnswer};

/// A shim under examination. Cheap to clone.
#[derive(Clone)]
pub(super) struct Bench {
    /// How it is started.
    pub(super) command: Rc<[String]>,
    /// The process most checks use.
    pub(super) program: Program,
    /// What it says it can do.
    pub(super) able: Rc<Capabilities>,
    /// Lines that should not have come, from all processes so far.
    pub(super) strays: Strays,
    sessions: Rc<Cell<u32>>,
}

impl Bench {
    /// Says hello to a process that has just been started.
    pub(super) async fn greet(
        command: &Rc<[String]>,
        program: Program,
        strays: &Strays,
    ) -> Result<Self, Stop> {
        // A field nobody knows, as a later harness would send.
        let reply = program.ask(hello(&[PROTOCOL]).with("colour", "green"), None).await?;
        let able = capabilities(&reply)?;
        let command = Rc::clone(command);
        let (able, strays, sessions) = (able.into(), strays.clone(), Rc::default());
        Ok(Self { command, program, able, strays, sessions })
    }

    /// Starts another process of the same shim.
    pub(super) async fn another(&self) -> Result<Self, Stop> {
        let program = Program::start(&self.command, &self.strays).map_err(|error| {
            Stop::failed("a second process starts", format!("it does not: {error}"))
        })?;
        Self::greet(&self.command, program, &self.strays).await
    }

    /// Skips the check if the shim lacks one of these actions.
    pub(super) fn needs(&self, actions: &[OperationName]) -> Checked {
        match actions.iter().find(|action| !self.has(**action)) {
            None => Ok(()),
            Some(action) => {
                let why = self.able.reason_for(&action.to_string()).unwrap_or("no reason given");
                Err(Stop::Skipped(format!("the shim has no {action}: {why}")))
            }
        }
    }

    /// Whether the shim has an action.
    pub(super) fn has(&self, action: OperationName) -> bool {
        self.able.actions.contains(action)
    }

    /// What it drives, in a few words.
    pub(super) fn description(&self) -> String {
        let made = &self.able.implementation;
        format!("{} ({} {}, {})", made.name, made.library, made.version, made.language)
    }

    /// The sides it plays.
    pub(super) fn sides(&self) -> Vec<Side> {
        self.able.sides.known().copied().collect()
    }

    /// A name no session had.
    pub(super) fn name(&self) -> String {
        self.sessions.set(self.sessions.get() + 1);
        format!("check-{}", self.sessions.get())
    }

    /// A running session under a fresh name.
    pub(super) async fn pair(&self) -> Result<Pair, Stop> {
        let side = self.sides().first().copied().unwrap_or(Side::Client);
        self.pair_named(&self.name(), side).await
    }

    /// A running session.
    pub(super) async fn pair_named(&self, name: &str, side: Side) -> Result<Pair, Stop> {
        let socket = self.connect(name, side).await?;
        let far = FarEnd::start(socket, side.other());
        Ok(Pair { bench: self.clone(), name: name.to_owned(), side, far })
    }

    /// Has the shim make a session and dial in.
    pub(super) async fn connect(&self, name: &str, side: Side) -> Result<TcpStream, Stop> {
        Ok(self.dial_in(name, side).await?.0)
    }

    /// The same, with the answer to the session request.
    pub(super) async fn dial_in(&self, name: &str, side: Side) -> Result<(TcpStream, Reply), Stop> {
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

    /// How a session request with these settings is answered; a session that comes of it is ended.
    pub(super) async fn try_settings(&self, settings: Value) -> Result<Reply, Stop> {
        let listener = listen().await?;
        let side = self.sides().first().copied().unwrap_or(Side::Client);
        let operation = session(side, &address(&listener)?).with("settings", settings);
        let name = self.name();
        let reply = self.program.ask(&operation, Some(&name)).await?;
        if matches!(reply.answer, ShimAnswer::Ok(_)) {
            let _ = timeout(PATIENCE, listener.accept()).await;
            self.program.ask(Operation::End, Some(&name)).await?.ok()?;
        }
        Ok(reply)
    }
}

/// A session between the shim and the harness.
pub(super) struct Pair {
    bench: Bench,
    /// The session's name.
    pub(super) name: String,
    /// The side the shim plays.
    pub(super) side: Side,
    /// The harness's end.
    pub(super) far: FarEnd,
}

impl Pair {
    /// Sends a request of the session.
    pub(super) fn send(&self, request: impl Into<RawRequest>) -> u64 {
        self.bench.program.send(request, Some(&self.name))
    }

    /// Sends a request of the session and waits for its answer.
    pub(super) async fn ask(&self, request: impl Into<RawRequest>) -> Result<Reply, Stop> {
        self.bench.program.ask(request, Some(&self.name)).await
    }

    /// The answer to a request of the session.
    pub(super) async fn reply(&self, id: u64) -> Result<Reply, Stop> {
        self.bench.program.reply(id).await
    }

    /// A stream both ends have; returns its number as the shim and as the harness see it.
    pub(super) async fn stream(&self, label: &str) -> Result<(Done, Done), Stop> {
        if self.bench.has(Accept) {
            let id = self.send(on(Accept, label));
            let ours = self.far.open(label).await?;
            return Ok((self.bench.program.reply(id).await?.ok()?, ours));
        }
        self.bench.needs(&[Open])?;
        let theirs = self.ask(&on(Open, label)).await?.ok()?;
        Ok((theirs, self.far.accept(label).await?))
    }

    /// Has the shim end the session.
    pub(super) async fn end(self) -> Checked {
        self.ask(Operation::End).await?.ok().map(drop)
    }
}

/// What a hello says, if it says it right.
fn capabilities(reply: &Reply) -> Result<Capabilities, Stop> {
    let expected = "hello answered with ok and all its fields";
    match &reply.answer {
        ShimAnswer::Ok(value) => serde_json::from_value(value.clone())
            .map_err(|error| Stop::failed(expected, format!("{} ({error})", reply.text))),
        _ => Err(Stop::failed(expected, &reply.text)),
    }
}

/// A greeting that offers these protocols.
pub(super) fn hello(protocols: &[u32]) -> RawRequest {
    Operation::Hello { protocols: protocols.to_vec() }.into()
}

/// An operation on a stream.
pub(super) fn on(name: OperationName, stream: &str) -> RawRequest {
    RawRequest::new(name).with("stream", stream)
}

/// A write of so much.
pub(super) fn write(stream: &str, bytes: u64, seed: u32) -> RawRequest {
    on(Write, stream).with("bytes", bytes).with("seed", seed)
}

/// A read of exactly so much.
pub(super) fn read(stream: &str, bytes: u64) -> RawRequest {
    on(Read, stream).with("bytes", bytes)
}

/// The smallest session request.
pub(super) fn session(side: Side, dial: &str) -> RawRequest {
    RawRequest::new(OperationName::Session).with("side", side.to_string()).with("dial", dial)
}

/// A listener on a free port of this machine.
pub(super) async fn listen() -> Result<TcpListener, Stop> {
    TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| no_socket(&error))
}

/// Where it listens.
pub(super) fn address(listener: &TcpListener) -> Result<String, Stop> {
    listener.local_addr().map(|address| address.to_string()).map_err(|error| no_socket(&error))
}

fn no_socket(error: &std::io::Error) -> Stop {
    Stop::failed("a loopback socket for the harness", format!("there is none: {error}"))
}
