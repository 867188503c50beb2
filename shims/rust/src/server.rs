//! `serve`: the loop over the lines from the harness, and the table of sessions.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::dial::dial;
use crate::driver::Command;
use crate::handle::Handle;
use crate::hello::PROTOCOL;
use crate::library::{Half, Library, Stream};
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
    let server = Server::<L>::new(Output::to(io::stdout()));
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

/// Sessions by name; `None` for one that is being made or ended.
type Sessions<L> = HashMap<String, Option<Arc<Session<<L as Library>::Stream>>>>;

pub(crate) struct Server<L: Library> {
    out: Output,
    sessions: Mutex<Sessions<L>>,
}

impl<L: Library> Server<L> {
    pub(crate) fn new(out: Output) -> Arc<Self> {
        Arc::new(Self { out, sessions: Mutex::default() })
    }

    /// Takes up a line, and returns whether another may come.
    pub(crate) fn handle(self: &Arc<Self>, line: &[u8]) -> bool {
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
            "close_session" => self.session(&fields)?.ask(id, Command::Close, nothing),
            "count_streams" => {
                self.session(&fields)?.ask(id, Command::Count, |count| json!({"streams": count}));
            }
            "go_away" => self.session(&fields)?.ask(id, Command::GoAway, nothing),
            "ping" => self.session(&fields)?.ask(id, Command::Ping, nothing),
            "close" | "drop" | "half_close" | "read" | "reset" | "set_deadline" | "write" => {
                return self.on_stream(id, op, &fields);
            }
            _ => return Ok(Some(unsupported(&format!("this shim knows no operation {op:?}")))),
        }
        Ok(None)
    }

    /// Begins an action on a stream.
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
            "drop" => {
                session.forget(label);
                handle.let_go();
                return Ok(Some(Answer::plain(Ok(()))));
            }
            "reset" => return Ok(Some(Answer::plain(handle.reset()))),
            "set_deadline" => return set_deadline(&handle, fields).map(Some),
            _ => session.spawn(id, close(handle, op == "half_close")),
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

    fn sessions(&self) -> MutexGuard<'_, Sessions<L>> {
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

async fn close<S: Stream>(handle: Arc<Handle<S>>, is_half: bool) -> Answer {
    let closed = match handle.refuse_if_gone() {
        Ok(()) => poll_fn(|cx| handle.poll_close(cx, is_half)).await,
        gone => gone,
    };
    Answer::plain(closed)
}

/// Sets the deadlines before the next line is read: they hold for what it asks for.
fn set_deadline<S: Stream>(handle: &Handle<S>, fields: &Fields) -> Result<Answer, String> {
    if fields.read_us.is_none() && fields.write_us.is_none() {
        return Err("the request has neither \"read_us\" nor \"write_us\"".to_owned());
    }
    let halves = [(Half::Reading, fields.read_us), (Half::Writing, fields.write_us)];
    let mut set = Ok(());
    for (half, after) in halves {
        if let Some(after) = after {
            set = set.and(handle.set_deadline(half, after.map(Duration::from_micros)));
        }
    }
    Ok(Answer::plain(set))
}

fn nothing((): ()) -> Value {
    json!({})
}

fn turns(turns: &Mutex<Turns>) -> MutexGuard<'_, Turns> {
    turns.lock().expect("no panic is survived")
}

fn unsupported(reason: &str) -> Answer {
    Answer::Unsupported(reason.to_owned())
}
