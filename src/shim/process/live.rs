//! `ShimProcess`: a shim's process with its three pipes; lines are routed to the sessions they belong to.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::scenario::ErrorClass;
use crate::shim::process::spawned::{Said, Spawned};
use crate::shim::process::{dump, spawned};
use crate::shim::protocol::{
    Capabilities, Operation, PROTOCOL, ShimAnswer, ShimEvent, ShimLine, ShimReply, ShimRequest,
};

/// What a session receives from its shim.
#[derive(Debug)]
pub(crate) enum SessionNews {
    /// The answer to a request.
    Answer { id: u64, answer: ShimAnswer },
    /// A call goes on.
    Progress { of: u64, bytes: u64 },
    /// The session has ended.
    SessionEnd { class: ErrorClass, native: String },
    /// The process is gone or broke the protocol; nothing more will come.
    Gone,
}

/// A running shim. Cheap to clone; the process ends with `stop` or when the last clone goes.
#[derive(Clone)]
pub(crate) struct ShimProcess {
    shared: Rc<ProcessState>,
}

struct ProcessState {
    spawned: Rc<Spawned>,
    next_id: Cell<u64>,
    /// The callers that wait for answers to requests.
    waiting: RefCell<HashMap<u64, Awaited>>,
    /// Abandoned requests; they may still be answered, once.
    given_up: RefCell<HashSet<u64>>,
    sessions: RefCell<HashMap<String, Listener>>,
    /// Why the process can no longer be used.
    gone: RefCell<Option<Departure>>,
    ended: Notify,
}

/// Why a process can no longer be used.
#[derive(Clone, Debug)]
struct Departure {
    why: String,
    /// Whether it ended by itself, without being asked to.
    is_death: bool,
}

/// The receiver of a session.
struct Listener {
    sender: UnboundedSender<SessionNews>,
    /// Whether it was sent its end.
    has_ended: bool,
}

enum Awaited {
    Session(String),
    Caller(oneshot::Sender<ShimAnswer>),
}

impl ShimProcess {
    /// Starts `command` and asks for its capabilities. Must be called inside a `LocalSet`.
    pub(crate) async fn start(
        command: &[String],
        patience: Duration,
    ) -> Result<(Self, Capabilities), String> {
        let started = Spawned::start(command);
        let (spawned, said) = started.map_err(|error| {
            format!("cannot start {}: {error}", command.first().map_or("nothing", String::as_str))
        })?;
        let shared = Rc::new(ProcessState {
            spawned,
            next_id: Cell::new(1),
            waiting: RefCell::default(),
            given_up: RefCell::default(),
            sessions: RefCell::default(),
            gone: RefCell::default(),
            ended: Notify::new(),
        });
        spawn_local(watch(Rc::downgrade(&shared), said));
        let process = Self { shared };
        match process.hello(patience).await {
            Ok(capabilities) => Ok((process, capabilities)),
            Err(why) => {
                process.kill(&why);
                Err(process.with_last_words(why))
            }
        }
    }

    async fn hello(&self, patience: Duration) -> Result<Capabilities, String> {
        match self.ask(Operation::Hello { protocols: vec![PROTOCOL] }, None, patience).await {
            Some(answer) => Capabilities::read(answer),
            None => Err(self.trouble("it did not answer hello")),
        }
    }

    fn with_last_words(&self, why: String) -> String {
        let stderr = self.shared.spawned.stderr();
        if stderr.is_empty() {
            return why;
        }
        let last = stderr[stderr.len().saturating_sub(LAST_WORDS)..].join("\n  ");
        format!("{why}; the end of its stderr:\n  {last}\n")
    }

    /// The receiver of a session's news: answers to its requests, progress, and its end.
    pub(crate) fn register(&self, session: &str) -> UnboundedReceiver<SessionNews> {
        let (sender, receiver) = unbounded_channel();
        if self.shared.gone.borrow().is_some() {
            // Nobody will announce it later; a full channel is impossible.
            let _ = sender.send(SessionNews::Gone);
        }
        let listener = Listener { sender, has_ended: false };
        self.shared.sessions.borrow_mut().insert(session.to_owned(), listener);
        receiver
    }

    /// Forgets a session.
    pub(crate) fn unregister(&self, session: &str) {
        self.shared.sessions.borrow_mut().remove(session);
    }

    /// Sends a request of a session; its answer goes to the session under the returned id.
    pub(crate) fn send(&self, operation: Operation, session: &str) -> u64 {
        self.request(operation, Some(session), Awaited::Session(session.to_owned()))
    }

    /// Sends a request and waits for its answer; `None` if none comes.
    pub(crate) async fn ask(
        &self,
        operation: Operation,
        session: Option<&str>,
        patience: Duration,
    ) -> Option<ShimAnswer> {
        let (sender, answer) = oneshot::channel();
        let id = self.request(operation, session, Awaited::Caller(sender));
        let answer = timeout(patience, answer).await.ok().and_then(Result::ok);
        if self.shared.waiting.borrow_mut().remove(&id).is_some() {
            self.shared.given_up.borrow_mut().insert(id);
        }
        answer
    }

    /// Why the process can no longer be used; `None` while it can.
    pub(crate) fn gone(&self) -> Option<String> {
        self.shared.gone.borrow().as_ref().map(|gone| gone.why.clone())
    }

    /// How it ended, if it did so by itself.
    pub(crate) fn death(&self) -> Option<String> {
        let gone = self.shared.gone.borrow();
        gone.as_ref().filter(|gone| gone.is_death).map(|gone| gone.why.clone())
    }

    /// Why it can no longer be used, if it did not end by itself: it broke the protocol.
    pub(crate) fn misconduct(&self) -> Option<String> {
        let gone = self.shared.gone.borrow();
        gone.as_ref().filter(|gone| !gone.is_death).map(|gone| gone.why.clone())
    }

    /// The useful part of the last lines it wrote on stderr.
    pub(crate) fn stderr(&self) -> Vec<String> {
        dump::relevant(&self.shared.spawned.stderr())
    }

    /// Makes it dump its state, if its language does that on SIGQUIT, and kills it.
    pub(crate) async fn kill_with_dump(&self, why: &str) {
        if self.gone().is_some() {
            return self.kill(why);
        }
        self.shared.give_up(why, false);
        let ended = self.shared.ended.notified();
        self.shared.spawned.quit();
        // Once it has ended, everything it wrote is there; one that does not end on SIGQUIT is not waited for long.
        let _ = timeout(DUMP_PATIENCE, ended).await;
        self.shared.spawned.kill();
    }

    /// Kills it, and everything in its process group.
    pub(crate) fn kill(&self, why: &str) {
        self.shared.give_up(why, false);
        self.shared.spawned.kill();
    }

    /// Ends it politely; kills it if it does not go within `patience`.
    pub(crate) async fn stop(&self, patience: Duration) {
        if self.gone().is_some() {
            return;
        }
        let ended = self.shared.ended.notified();
        let farewell = async {
            self.ask(Operation::Bye, None, patience).await;
            ended.await;
        };
        if timeout(patience, farewell).await.is_err() {
            self.kill("it did not end after bye");
        }
    }

    /// `what`, with the reason if the process has gone.
    pub(crate) fn trouble(&self, what: &str) -> String {
        match self.gone() {
            Some(why) => format!("{what}: {why}"),
            None => what.to_owned(),
        }
    }

    fn request(&self, operation: Operation, session: Option<&str>, waiting: Awaited) -> u64 {
        let id = self.shared.next_id.get();
        self.shared.next_id.set(id + 1);
        self.shared.waiting.borrow_mut().insert(id, waiting);
        let request = ShimRequest { id, session: session.map(str::to_owned), operation };
        self.shared.spawned.send(request.line());
        id
    }
}

impl ProcessState {
    /// Tells every session and every caller that nothing more will come.
    fn give_up(&self, why: &str, is_death: bool) {
        let departure = || Departure { why: why.to_owned(), is_death };
        self.gone.borrow_mut().get_or_insert_with(departure);
        self.waiting.borrow_mut().clear();
        for (_, listener) in self.sessions.borrow_mut().drain() {
            // A session that has gone needs no word.
            let _ = listener.sender.send(SessionNews::Gone);
        }
        self.ended.notify_waiters();
    }

    fn route(&self, line: ShimLine) -> Result<(), String> {
        match line {
            ShimLine::Reply(ShimReply { id, answer }) => {
                match self.waiting.borrow_mut().remove(&id) {
                    Some(Awaited::Session(session)) => {
                        self.tell(&session, SessionNews::Answer { id, answer });
                    }
                    Some(Awaited::Caller(caller)) => {
                        // A caller that has lost patience needs no answer.
                        let _ = caller.send(answer);
                    }
                    // The caller has lost patience.
                    None if self.given_up.borrow_mut().remove(&id) => {}
                    None => {
                        return Err(format!(
                            "it answered request {id}, which waits for no answer: it was answered before, or never sent"
                        ));
                    }
                }
            }
            ShimLine::Event(event) => return self.route_event(event),
        }
        Ok(())
    }

    fn route_event(&self, event: ShimEvent) -> Result<(), String> {
        match event {
            ShimEvent::Progress { of, bytes } => {
                if let Some(Awaited::Session(session)) = self.waiting.borrow().get(&of) {
                    self.tell(session, SessionNews::Progress { of, bytes });
                }
            }
            ShimEvent::SessionEnd { session, class, native } => {
                if let Some(listener) = self.sessions.borrow_mut().get_mut(&session)
                    && std::mem::replace(&mut listener.has_ended, true)
                {
                    return Err("it told the end of one session twice".to_owned());
                }
                self.tell(&session, SessionNews::SessionEnd { class, native });
            }
            ShimEvent::Log { session, text } => {
                let session = session.unwrap_or_default();
                self.spawned.keep(format!("[{session}] {text}"));
            }
            ShimEvent::Fault { message } => {
                return Err(format!("it reports a fault of its own: {message}"));
            }
            // Only a session in lockstep can be stuck.
            ShimEvent::Stuck { .. } | ShimEvent::Unknown => {}
        }
        Ok(())
    }

    fn tell(&self, session: &str, heard: SessionNews) {
        if let Some(listener) = self.sessions.borrow().get(session) {
            // A session that has gone needs no word.
            let _ = listener.sender.send(heard);
        }
    }
}

/// Routes the process's lines until it ends or breaks the protocol.
async fn watch(shared: Weak<ProcessState>, mut said: Receiver<Said>) {
    let (why, is_death) = loop {
        let heard = said.recv().await;
        let Some(shared) = shared.upgrade() else { return };
        match heard {
            Some(Said::Line(line)) if line.is_empty() => {}
            Some(Said::Line(line)) => {
                if let Err(why) = spawned::line(&line).and_then(|line| shared.route(line)) {
                    break (why, false);
                }
            }
            Some(Said::Endless) => {
                break ("the shim printed a line of more than 4 MiB".to_owned(), false);
            }
            // It is ending; a short wait gives the exit status.
            Some(Said::Closed) => match timeout(REAP_PATIENCE, said.recv()).await {
                Ok(Some(Said::Ended(status))) => {
                    break (format!("the shim's process ended ({status})"), true);
                }
                _ => break ("the shim closed its stdout".to_owned(), false),
            },
            Some(Said::Ended(status)) => {
                break (format!("the shim's process ended ({status})"), true);
            }
            None => break ("the harness ended the shim".to_owned(), false),
        }
    };
    let Some(shared) = shared.upgrade() else { return };
    shared.spawned.kill();
    // Its last words often say why it ended.
    let ended = async { while said.recv().await.is_some() {} };
    let _ = timeout(REAP_PATIENCE, ended).await;
    shared.give_up(&why, is_death);
}

const LAST_WORDS: usize = 5;
const REAP_PATIENCE: Duration = Duration::from_millis(500);
/// By then a Go program has dumped thousands of goroutines, on a busy machine too.
const DUMP_PATIENCE: Duration = Duration::from_secs(3);
