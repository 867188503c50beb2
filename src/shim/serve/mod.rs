//! Serves the built-in yamux through the shim protocol, over real sockets and in real time: what `yamux-conform shim`
//! does. The whole live path can be tested with it where there is no other implementation.

mod request;
mod session;
mod transfer;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::rc::Rc;
use std::thread;

use serde_json::{Value, json};
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};

use crate::shim::protocol::PROTOCOL;
use crate::shim::serve::request::Request;
use crate::shim::serve::session::Served;

/// Serves requests from stdin until that ends, or `bye`.
pub fn serve() -> io::Result<()> {
    let (sender, lines) = unbounded_channel();
    // A thread of its own: nobody can wait for stdin and for anything else.
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

/// What a request comes to; exactly one of the four kinds of the protocol.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Ok(Value),
    Err(Value),
    Unsupported(String),
    Fault(String),
}

/// Where answers and events go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output;

impl Output {
    /// The answer to a request.
    pub(crate) fn answer(&self, id: u64, reply: Reply) {
        self.line(&match reply {
            Reply::Ok(ok) => json!({ "id": id, "ok": ok }),
            Reply::Err(err) => json!({ "id": id, "err": err }),
            Reply::Unsupported(reason) => json!({ "id": id, "unsupported": { "reason": reason } }),
            Reply::Fault(message) => json!({ "id": id, "fault": { "message": message } }),
        });
    }

    /// An event.
    pub(crate) fn event(&self, event: &Value) {
        self.line(event);
    }

    #[expect(clippy::unused_self, reason = "whoever may write has one")]
    fn line(&self, line: &Value) {
        let mut out = io::stdout().lock();
        // A harness that is gone hears nothing; its end of stdin ends the shim.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

#[derive(Default)]
struct Server {
    out: Output,
    sessions: Rc<RefCell<HashMap<String, Rc<Served>>>>,
}

impl Server {
    async fn run(self, mut lines: UnboundedReceiver<String>) {
        while let Some(line) = lines.recv().await {
            if line.trim().is_empty() {
                continue;
            }
            let request = match Request::parse(&line) {
                Ok(request) => request,
                Err(message) => {
                    self.out.event(&json!({ "event": "fault", "message": message }));
                    continue;
                }
            };
            if request.op == "bye" {
                self.end_all().await;
                return self.out.answer(request.id, Reply::Ok(json!({})));
            }
            self.dispatch(request);
        }
        self.end_all().await;
    }

    fn dispatch(&self, request: Request) {
        match request.op.as_str() {
            "hello" => self.out.answer(request.id, hello(&request)),
            "session" => self.begin_session(request),
            op if OPERATIONS.contains(&op) => match self.session_of(&request) {
                Ok(session) if op == "end" => self.end_session(session, request),
                Ok(session) => session.call(request),
                Err(message) => self.out.answer(request.id, Reply::Fault(message)),
            },
            op => {
                self.out.answer(
                    request.id,
                    Reply::Unsupported(format!("there is no operation {op:?}")),
                );
            }
        }
    }

    fn begin_session(&self, request: Request) {
        let (out, sessions) = (self.out.clone(), Rc::clone(&self.sessions));
        spawn_local(async move {
            let name = request.session.clone().unwrap_or_default();
            let is_taken = sessions.borrow().contains_key(&name);
            let reply = if name.is_empty() || is_taken {
                Reply::Fault(format!("expected a new session name, found {name:?}"))
            } else {
                match Served::begin(&request, out.clone()).await {
                    Ok(session) => {
                        let description = session.description();
                        sessions.borrow_mut().insert(name, session);
                        Reply::Ok(description)
                    }
                    Err(reply) => reply,
                }
            };
            out.answer(request.id, reply);
        });
    }

    fn end_session(&self, session: Rc<Served>, request: Request) {
        let (out, sessions) = (self.out.clone(), Rc::clone(&self.sessions));
        spawn_local(async move {
            session.end().await;
            sessions.borrow_mut().remove(request.session.as_deref().unwrap_or_default());
            out.answer(request.id, Reply::Ok(json!({})));
        });
    }

    fn session_of(&self, request: &Request) -> Result<Rc<Served>, String> {
        let name = request.session.as_deref().ok_or("the request has no \"session\"")?;
        let sessions = self.sessions.borrow();
        sessions
            .get(name)
            .cloned()
            .ok_or_else(|| format!("there is no session {name:?}: begin it first"))
    }

    async fn end_all(&self) {
        let sessions: Vec<Rc<Served>> =
            self.sessions.borrow_mut().drain().map(|(_, session)| session).collect();
        for session in sessions {
            session.end().await;
        }
    }
}

fn hello(request: &Request) -> Reply {
    if !request.protocols.contains(&PROTOCOL) {
        let reason = format!(
            "this shim speaks protocol {PROTOCOL}, the harness offers {:?}",
            request.protocols
        );
        return Reply::Unsupported(reason);
    }
    let actions: Vec<&str> = OPERATIONS.iter().copied().filter(|op| *op != "end").collect();
    Reply::Ok(json!({
        "protocol": PROTOCOL,
        "implementation": {
            "name": "built-in",
            "library": "the yamux of yamux-conform",
            "version": env!("CARGO_PKG_VERSION"),
            "language": "rust",
        },
        "sides": ["client", "server"],
        "clocks": ["live"],
        "actions": actions,
        "settings": request::SETTINGS,
        "unsupported": [],
    }))
}

/// What can be asked of a session.
const OPERATIONS: [&str; 14] = [
    "accept",
    "close",
    "close_session",
    "count_streams",
    "drop",
    "end",
    "go_away",
    "half_close",
    "open",
    "ping",
    "read",
    "reset",
    "set_deadline",
    "write",
];
