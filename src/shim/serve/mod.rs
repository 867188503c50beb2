//! Serves the built-in yamux through the shim protocol, on both clocks: `yamux-conform shim`. With it, everything that drives
//! a shim can be tested without another implementation.

mod lockstep;
mod session;
mod settings;
mod stream;
mod transfer;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::rc::Rc;
use std::thread;

use serde::Serialize;
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};

use crate::shim::protocol::{
    Ability, BadRequest, Capabilities, Implementation, OkFields, Operation, OperationName,
    PROTOCOL, SessionRequest, ShimAnswer, ShimClock, ShimEvent, ShimReply, ShimRequest,
    ShimSettings,
};
use crate::shim::serve::lockstep::Lockstep;
use crate::shim::serve::session::Served;
use crate::system::sink::plain_stdout;
use crate::yamux::frame::Side;

/// Serves requests from stdin until that ends, or `bye`.
pub(crate) fn serve() -> io::Result<()> {
    let (sender, lines) = unbounded_channel();
    // A thread of its own: a blocking read of stdin can wait for nothing else.
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    })?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, Server::default().run(lines));
    Ok(())
}

/// Where answers and events go.
#[derive(Clone, Debug, Default)]
struct StdoutLines;

impl StdoutLines {
    /// The answer to a request.
    fn answer(&self, id: u64, answer: ShimAnswer) {
        self.line(&ShimReply { id, answer });
    }

    /// The answer `fault` to a request.
    fn fault(&self, id: u64, message: impl Into<String>) {
        self.answer(id, ShimAnswer::fault(message));
    }

    /// An event.
    fn event(&self, event: &ShimEvent) {
        self.line(event);
    }

    #[expect(clippy::unused_self, reason = "only what holds an output may write")]
    fn line(&self, line: &impl Serialize) {
        // Plain values with text keys: there is nothing in them that JSON cannot hold.
        let line = serde_json::to_string(line).unwrap_or_default();
        let mut out = plain_stdout().lock();
        // A harness that is gone reads nothing; its end of stdin ends the shim.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

#[derive(Default)]
struct Server {
    out: StdoutLines,
    /// Sessions on the live clock.
    live: Rc<RefCell<HashMap<String, Rc<Served>>>>,
    /// Sessions in lockstep.
    lockstep: Lockstep,
}

impl Server {
    async fn run(mut self, mut lines: UnboundedReceiver<String>) {
        while let Some(line) = lines.recv().await {
            if line.trim().is_empty() {
                continue;
            }
            match ShimRequest::parse(&line) {
                Ok(ShimRequest { id, operation: Operation::Bye, .. }) => {
                    self.end_all().await;
                    return self.out.answer(id, nothing());
                }
                Ok(request) => self.dispatch(request),
                Err(BadRequest::NoRequest(message)) => {
                    self.out.event(&ShimEvent::Fault { message });
                }
                Err(BadRequest::UnknownOperation { id, op }) => {
                    let reason = format!("there is no operation {op:?}");
                    self.out.answer(id, ShimAnswer::unsupported(reason));
                }
                Err(BadRequest::Wrong { id, message }) => self.out.fault(id, message),
            }
        }
        self.end_all().await;
    }

    fn dispatch(&mut self, request: ShimRequest) {
        let ShimRequest { id, session, operation } = request;
        if let Operation::Hello { protocols } = operation {
            return self.out.answer(id, hello(&protocols));
        }
        let Some(name) = session.filter(|name| !name.is_empty()) else {
            return self.out.fault(id, "the request has no \"session\"");
        };
        if self.lockstep.has(&name) {
            return self.lockstep.carry_out(id, &name, operation, &self.out);
        }
        let live = self.live.borrow().get(&name).cloned();
        match (operation, live) {
            (Operation::Session(_), Some(_)) => {
                self.out.fault(id, format!("expected a new session name, found {name:?}"));
            }
            (Operation::Session(request), None) => self.begin(id, name, request),
            (Operation::End, Some(session)) => self.end(id, name, session),
            (operation, Some(session)) => session.call(id, operation),
            (_, None) => {
                self.out.fault(id, format!("there is no session {name:?}: begin it first"));
            }
        }
    }

    fn begin(&mut self, id: u64, name: String, request: SessionRequest) {
        if request.clock == ShimClock::Lockstep {
            let answer = self.lockstep.begin(name, &request);
            return self.out.answer(id, answer);
        }
        let (out, live) = (self.out.clone(), Rc::clone(&self.live));
        spawn_local(async move {
            let answer = match Served::begin(name.clone(), &request, out.clone()).await {
                Ok(session) => {
                    let connected = session.connected();
                    live.borrow_mut().insert(name, session);
                    ShimAnswer::ok(&connected)
                }
                Err(answer) => answer,
            };
            out.answer(id, answer);
        });
    }

    fn end(&self, id: u64, name: String, session: Rc<Served>) {
        let (out, live) = (self.out.clone(), Rc::clone(&self.live));
        spawn_local(async move {
            session.end().await;
            live.borrow_mut().remove(&name);
            out.answer(id, nothing());
        });
    }

    async fn end_all(&self) {
        let sessions: Vec<Rc<Served>> =
            self.live.borrow_mut().drain().map(|(_, session)| session).collect();
        for session in sessions {
            session.end().await;
        }
    }
}

/// The `ok` without fields.
fn nothing() -> ShimAnswer {
    ShimAnswer::ok(&OkFields::default())
}

fn hello(protocols: &[u32]) -> ShimAnswer {
    if !protocols.contains(&PROTOCOL) {
        let reason =
            format!("this shim speaks protocol {PROTOCOL}, the harness offers {protocols:?}");
        return ShimAnswer::unsupported(reason);
    }
    ShimAnswer::ok(&Capabilities {
        protocol: PROTOCOL,
        implementation: Implementation {
            name: "built-in".to_owned(),
            library: "the yamux of yamux-conform".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            language: "rust".to_owned(),
        },
        sides: [Side::Client, Side::Server].into_iter().collect(),
        clocks: [ShimClock::Live, ShimClock::Lockstep].into_iter().collect(),
        lockstep_pairs: true,
        actions: OperationName::actions().collect(),
        abilities: Ability::all().collect(),
        settings: ShimSettings::all_names().into_iter().collect(),
        unsupported: Vec::new(),
        habits: [].into_iter().collect(),
    })
}
