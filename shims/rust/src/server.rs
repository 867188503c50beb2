//! `serve`: the loop over the lines from the harness, and the table of sessions.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::json;
use tokio::runtime::Runtime;

use crate::dial::dial;
use crate::driver::Command;
use crate::handle::Handle;
use crate::hello::PROTOCOL;
use crate::library::{Library, Stream};
use crate::log;
use crate::output::{Answer, Output};
use crate::request::{Fields, Request, needed};
use crate::session::Session;
use crate::settings::Settings;
use crate::transfer::{Read, Write};
use crate::turn::Turns;

/// Serves the harness until `bye` or the end of stdin, and ends the process.
pub fn serve<L: Library>() -> ! {
    log::to_stderr();
    let server = Arc::new(Server::<L> { out: Output::to_stdout(), sessions: Mutex::default() });
    let runtime = Runtime::new().expect("threads for the tasks");
    let inside = runtime.enter();
    let mut stdin = BufReader::new(io::stdin().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        match stdin.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) if line.trim_ascii().is_empty() => {}
            Ok(_) if server.handle(&line) => {}
            Ok(_) => break,
        }
    }
    server.out.flush();
    drop(inside);
    // Calls that wait are given up with the process.
    process::exit(0)
}

struct Server<L: Library> {
    out: Output,
    /// `None` for a name whose session is being made or ended.
    sessions: Mutex<HashMap<String, Option<Arc<Session<L::Stream>>>>>,
}

impl<L: Library> Server<L> {
    /// Takes up a line, and returns whether another may come.
    fn handle(self: &Arc<Self>, line: &[u8]) -> bool {
        let Request { id, op, fields } = match Request::parse(line) {
            Ok(request) => request,
            Err(message) => {
                self.out.fault(&message);
                return true;
            }
        };
        let answer = match fields {
            Err(message) => Some(Answer::Fault(message)),
            Ok(fields) => {
                self.take_up(id, &op, fields).unwrap_or_else(|wrong| Some(Answer::Fault(wrong)))
            }
        };
        if let Some(answer) = answer {
            self.out.answer(id, answer);
        }
        op != "bye"
    }

    /// Begins what a request asks for. The answer is `None` where it comes later; the error is a fault of the request.
    fn take_up(
        self: &Arc<Self>,
        id: u64,
        op: &str,
        fields: Fields,
    ) -> Result<Option<Answer>, String> {
        match op {
            "hello" => return Ok(Some(hello::<L>(&fields))),
            "bye" => return Ok(Some(Answer::plain(Ok(())))),
            "session" => return self.begin_session(id, fields),
            "end" => self.end_session(id, needed(&fields.session, "session")?)?,
            _ if L::ABOUT.lack(op).is_some() => return Ok(L::ABOUT.lack(op).map(unsupported)),
            "accept" | "open" => {
                let session = self.session(&fields)?;
                let label = needed(&fields.stream, "stream")?;
                let ask = if op == "open" { Command::Open } else { Command::Accept };
                session.name_stream(id, label, ask)?;
            }
            "close_session" => self.session(&fields)?.ask(id, Command::Close),
            "go_away" => self.session(&fields)?.ask(id, Command::GoAway),
            "close" | "drop" | "half_close" | "read" | "reset" | "write" => {
                return self.on_stream(id, op, &fields);
            }
            _ => return Ok(Some(unsupported(&format!("this shim knows no operation {op:?}")))),
        }
        Ok(None)
    }

    /// Begins an action on a stream.
    ///
    /// A Rust application that is done with a stream closes it, which sends FIN, and drops it; reading goes on until then. So
    /// `close` and `half_close` are the one close, and letting go is left to `drop`. It is also how a stream is aborted.
    fn on_stream(&self, id: u64, op: &str, fields: &Fields) -> Result<Option<Answer>, String> {
        let session = self.session(fields)?;
        let label = needed(&fields.stream, "stream")?;
        let handle = session.stream(label)?;
        let out = self.out.clone();
        match op {
            "read" => {
                let read = Read::parse(fields)?.run(handle.clone(), id, out);
                session.spawn(id, turns(&handle.reads).put(read));
            }
            "write" => {
                let write = Write::parse(fields)?.run(handle.clone(), id, out);
                session.spawn(id, turns(&handle.writes).put(write));
            }
            "drop" | "reset" => {
                if op == "drop" {
                    session.forget(label);
                }
                handle.let_go();
                return Ok(Some(Answer::plain(Ok(()))));
            }
            _ => session.spawn(id, close(handle)),
        }
        Ok(None)
    }

    fn begin_session(self: &Arc<Self>, id: u64, fields: Fields) -> Result<Option<Answer>, String> {
        let name = needed(&fields.session, "session")?.clone();
        let address = needed(&fields.dial, "dial")?;
        let address: SocketAddr = address.parse().map_err(|error| format!("\"dial\": {error}"))?;
        let side = *needed(&fields.side, "side")?;
        if fields.clock.is_some_and(|clock| clock != "live") {
            return Err("this program has the live clock only".to_owned());
        }
        let settings = match Settings::parse(&fields.settings.unwrap_or_default(), &L::ABOUT) {
            Ok(settings) => settings,
            Err(refused) => return Ok(Some(refused.into())),
        };
        let config = match L::configure(&settings) {
            Ok(config) => config,
            Err(reason) => return Ok(Some(unsupported(&reason))),
        };
        if self.sessions().contains_key(&name) {
            return Err(format!("session {name:?} is already there: end it first"));
        }
        self.sessions().insert(name.clone(), None);
        let server = self.clone();
        tokio::spawn(async move {
            let (socket, local) = match dial(address, settings.get("socket_buffer")).await {
                Ok(dialled) => dialled,
                Err(error) => {
                    server.sessions().remove(&name);
                    let message = format!("cannot dial {address}: {error}");
                    return server.out.answer(id, Answer::Fault(message));
                }
            };
            let library = L::start(socket, side, config);
            let (session, driver) = Session::begin(name.clone(), library, server.out.clone());
            server.sessions().insert(name, Some(session));
            server.out.answer(id, Answer::Ok(json!({"local": local.to_string()})));
            driver.await;
        });
        Ok(None)
    }

    fn end_session(self: &Arc<Self>, id: u64, name: &str) -> Result<(), String> {
        let found = self.sessions().get_mut(name).and_then(Option::take);
        let session = found.ok_or_else(|| format!("there is no session {name:?}"))?;
        let server = self.clone();
        tokio::spawn(async move {
            session.end().await;
            server.sessions().remove(&session.name);
            server.out.answer(id, Answer::plain(Ok(())));
        });
        Ok(())
    }

    /// The session that a request is about.
    fn session(&self, fields: &Fields) -> Result<Arc<Session<L::Stream>>, String> {
        let name = needed(&fields.session, "session")?;
        let found = self.sessions().get(name).cloned().flatten();
        found.ok_or_else(|| format!("there is no session {name:?}"))
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Option<Arc<Session<L::Stream>>>>> {
        self.sessions.lock().expect("no panic is survived")
    }
}

fn hello<L: Library>(fields: &Fields) -> Answer {
    match &fields.protocols {
        Some(offered) if offered.contains(&PROTOCOL) => Answer::Ok(L::ABOUT.hello()),
        offered => unsupported(&format!(
            "this shim speaks protocol {PROTOCOL}, the harness offers {:?}",
            offered.as_deref().unwrap_or_default()
        )),
    }
}

async fn close<S: Stream>(handle: Arc<Handle<S>>) -> Answer {
    let closed = match handle.refuse_if_gone() {
        Ok(()) => poll_fn(|cx| handle.poll_close(cx)).await,
        gone => gone,
    };
    Answer::plain(closed)
}

fn turns(turns: &Mutex<Turns>) -> MutexGuard<'_, Turns> {
    turns.lock().expect("no panic is survived")
}

fn unsupported(reason: &str) -> Answer {
    Answer::Unsupported(reason.to_owned())
}
