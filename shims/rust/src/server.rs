//! `Server`: the table of sessions on either clock.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use crate::dial::dial;
use crate::driver::Command;
use crate::far_ends::FarEnds;
use crate::handle::Handle;
use crate::hello::PROTOCOL;
use crate::library::{Half, Library, Side, Stream};
use crate::output::{Answer, Output};
use crate::pool::Spawner;
use crate::request::{Fields, Request, needed};
use crate::session::Session;
use crate::settings::Settings;
use crate::socket::Socket;
use crate::stats;
use crate::transfer::{Read, Write};
use crate::turn::Turns;

/// Sessions by name; `None` for one that is being made or ended.
type Sessions<L> = HashMap<String, Option<Arc<Session<<L as Library>::Stream>>>>;

pub(crate) struct Server<L: Library> {
    pub(crate) out: Output,
    sessions: Mutex<Sessions<L>>,
    spawner: Spawner,
    /// The other ends of the sessions' transports; `None` on the live clock.
    far_ends: Option<Arc<FarEnds>>,
}

impl<L: Library> Server<L> {
    /// Runs in tokio's current runtime.
    pub(crate) fn live(out: Output) -> Arc<Self> {
        Arc::new(Self { out, sessions: Mutex::default(), spawner: Spawner::Live, far_ends: None })
    }

    /// Runs in a pool.
    pub(crate) fn lockstep(out: Output, spawner: Spawner, far_ends: Arc<FarEnds>) -> Arc<Self> {
        Arc::new(Self { out, sessions: Mutex::default(), spawner, far_ends: Some(far_ends) })
    }

    /// Whether a request is one for a session in lockstep. It makes the process one for that clock.
    pub(crate) fn leaves_for_lockstep(&self, Request { op, fields, .. }: &Request) -> bool {
        let asks = op == "session" && fields.as_ref().is_ok_and(Fields::is_for_lockstep);
        asks && L::ABOUT.can_lockstep() && self.sessions().is_empty()
    }

    /// Whether a session of this name is there, or is being made or ended.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.sessions().contains_key(name)
    }

    /// Whether there is no session.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions().is_empty()
    }

    /// Takes up a line, and returns whether another may come.
    pub(crate) fn handle(self: &Arc<Self>, request: Result<Request, String>) -> bool {
        let Request { id, op, fields } = match request {
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
            "accept" | "open" if fields.deadline_us.is_some() => {
                return Ok(Some(unsupported("an open or accept has no deadline here")));
            }
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
            "cancel" => {
                self.session(&fields)?.givers_up.give_up(*needed(&fields.of, "of")?);
                return Ok(Some(Answer::plain(Ok(()))));
            }
            "stats" => {
                self.session(&fields)?;
                return Ok(Some(Answer::Ok(stats::figures())));
            }
            "go_away" => self.session(&fields)?.ask(id, Command::GoAway, nothing),
            "ping" => self.session(&fields)?.ask(id, Command::Ping, nothing),
            "close" | "drop" | "forget" | "half_close" | "read" | "reset" | "set_deadline"
            | "write" => {
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
                let giving_up = session.givers_up.of(id);
                let read = Read::parse(fields)?.run(handle.clone(), giving_up, id, out);
                session.spawn(id, turns(&handle.reads).put(read));
            }
            "write" => {
                let giving_up = session.givers_up.of(id);
                let write = Write::parse(fields)?.run(handle.clone(), giving_up, id, out);
                session.spawn(id, turns(&handle.writes).put(write));
            }
            "drop" | "forget" => {
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
        let side = *needed(&fields.side, "side")?;
        let address = self.address(&fields)?;
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
        let buffer = settings.get("socket_buffer").filter(|bytes| *bytes > 0);
        let begin = Begin { id, name, side, config };
        match (address, &self.far_ends) {
            (Some(address), _) => self.dial(address, buffer, begin),
            (None, Some(far_ends)) => {
                let socket = far_ends.connect(&begin.name, buffer)?;
                let driver = self.begin(socket, begin, json!({}));
                self.spawner.spawn(driver);
            }
            (None, None) => return Err("the request has no \"dial\"".to_owned()),
        }
        Ok(None)
    }

    /// Where a session dials; `None` if it does not, in lockstep.
    fn address(&self, fields: &Fields) -> Result<Option<SocketAddr>, String> {
        match (fields.is_for_lockstep(), self.far_ends.is_some()) {
            (true, true) => Ok(None),
            (true, false) if L::ABOUT.can_lockstep() => {
                Err("this process has sessions on the live clock: one in lockstep needs another process".to_owned())
            }
            (true, false) => Err("this program has the live clock only".to_owned()),
            (false, true) => {
                Err("this process is in lockstep: a session on another clock needs another process".to_owned())
            }
            (false, false) => {
                let address = needed(&fields.dial, "dial")?;
                address.parse().map(Some).map_err(|error| format!("\"dial\": {error}"))
            }
        }
    }

    fn dial(self: &Arc<Self>, address: SocketAddr, buffer: Option<u64>, begin: Begin<L::Config>) {
        self.sessions().insert(begin.name.clone(), None);
        let server = self.clone();
        self.spawner.spawn(async move {
            match dial(address, buffer).await {
                Ok((socket, local)) => {
                    let connected = json!({"local": local.to_string()});
                    server.begin(socket.into(), begin, connected).await;
                }
                Err(error) => {
                    server.sessions().remove(&begin.name);
                    let message = format!("cannot dial {address}: {error}");
                    server.out.answer(begin.id, Answer::Fault(message));
                }
            }
        });
    }

    /// Begins a session, and returns its driver.
    fn begin(
        &self,
        socket: Socket,
        begin: Begin<L::Config>,
        connected: Value,
    ) -> impl Future<Output = ()> + Send + use<L> {
        let Begin { id, name, side, config } = begin;
        let library = L::start(socket, side, config);
        let (out, spawner) = (self.out.clone(), self.spawner.clone());
        let (session, driver) = Session::begin(name.clone(), library, out, spawner);
        self.sessions().insert(name, Some(session));
        self.out.answer(id, Answer::Ok(connected));
        driver
    }

    fn end_session(self: &Arc<Self>, id: u64, name: &str) -> Result<(), String> {
        let found = self.sessions().get_mut(name).and_then(Option::take);
        let session = found.ok_or_else(|| format!("there is no session {name:?}"))?;
        let server = self.clone();
        self.spawner.spawn(async move {
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

/// What a session is begun with.
struct Begin<C> {
    id: u64,
    name: String,
    side: Side,
    config: C,
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
