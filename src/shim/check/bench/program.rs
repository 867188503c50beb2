//! `Program`: a running shim, with everything it wrote in order; nothing is assumed about its lines.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::io;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::shim::check::bench::raw::RawRequest;
use crate::shim::check::bench::reply::Reply;
use crate::shim::check::checked::Stop;
use crate::shim::check::rules::memory::{Memory, Stray};
use crate::shim::process::{Said, Spawned};
use crate::shim::protocol::{ShimAnswer, ShimEvent, ShimLine, ShimReply};

/// A running shim. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Program {
    shared: Rc<ProgramState>,
}

struct ProgramState {
    spawned: Rc<Spawned>,
    next_id: Cell<u64>,
    heard: RefCell<Transcript>,
    changes: watch::Sender<()>,
}

/// The requests sent and the lines received.
#[derive(Default)]
struct Transcript {
    asked: HashMap<u64, Asked>,
    replies: HashMap<u64, Reply>,
    events: Vec<(usize, ShimEvent)>,
    lines: usize,
    /// Sessions whose `end` was answered.
    ended: HashSet<String>,
    /// Invalid lines sent and not complained of yet.
    malformed: usize,
    memory: Memory,
    exit: Option<ExitStatus>,
}

struct Asked {
    op: String,
    session: Option<String>,
}

impl Program {
    /// Starts `command`; findings go to `memory`. Must be called inside a `LocalSet`.
    pub(crate) fn start(command: &[String], memory: &Memory) -> io::Result<Self> {
        let (spawned, said) = Spawned::start(command)?;
        let shared = Rc::new(ProgramState {
            spawned,
            next_id: Cell::new(1),
            heard: RefCell::new(Transcript { memory: memory.clone(), ..Transcript::default() }),
            changes: watch::Sender::new(()),
        });
        spawn_local(hear(Rc::clone(&shared), said));
        Ok(Self { shared })
    }

    /// Sends a request; its answer has the returned id.
    pub(crate) fn send(&self, request: impl Into<RawRequest>, session: Option<&str>) -> u64 {
        let request = request.into();
        let line = |id| request.line(id, session);
        let id = self.shared.next_id.get();
        self.shared.next_id.set(id + 1);
        let mut heard = self.shared.heard.borrow_mut();
        if let ("session", Some(name)) = (request.op.as_str(), session) {
            heard.ended.remove(name);
        }
        let asked = Asked { op: request.op.clone(), session: session.map(str::to_owned) };
        heard.asked.insert(id, asked);
        drop(heard);
        self.shared.spawned.send(line(id));
        id
    }

    /// Sends a line that is no request.
    pub(crate) fn send_malformed(&self, line: &str) {
        self.shared.heard.borrow_mut().malformed += 1;
        self.shared.spawned.send(format!("{line}\n"));
    }

    /// How many invalid lines it has not complained of, once it has of all or patience is over.
    pub(crate) async fn uncomplained(&self) -> usize {
        let none = |heard: &Transcript| (heard.malformed == 0).then_some(());
        self.wait_for(PATIENCE, none).await;
        self.shared.heard.borrow().malformed
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn ask(
        &self,
        request: impl Into<RawRequest>,
        session: Option<&str>,
    ) -> Result<Reply, Stop> {
        self.reply(self.send(request, session)).await
    }

    /// The answer to a request.
    pub(crate) async fn reply(&self, id: u64) -> Result<Reply, Stop> {
        if let Some(reply) = self.reply_within(id, PATIENCE).await {
            return Ok(reply);
        }
        let expected = format!("{} answered within {} s", self.op_of(id), PATIENCE.as_secs());
        Err(Stop::failed(expected, self.silence()))
    }

    /// The answer to a request, if it comes in that time.
    pub(crate) async fn reply_within(&self, id: u64, within: Duration) -> Option<Reply> {
        self.wait_for(within, |heard| heard.replies.get(&id).cloned()).await
    }

    /// Whether the shim has ever answered a request of the same kind as this one.
    pub(crate) fn can_answer(&self, id: u64) -> bool {
        let op = self.op_of(id);
        self.shared.heard.borrow().memory.has_answered(&op)
    }

    fn op_of(&self, id: u64) -> String {
        let heard = self.shared.heard.borrow();
        heard.asked.get(&id).map_or_else(|| "a request".to_owned(), |asked| asked.op.clone())
    }

    /// Whether a request is answered.
    pub(crate) fn has_replied(&self, id: u64) -> bool {
        self.shared.heard.borrow().replies.contains_key(&id)
    }

    /// The first event that `look` finds something in, and the number of its line.
    pub(crate) async fn event<T>(
        &self,
        look: impl Fn(&ShimEvent) -> Option<T>,
    ) -> Option<(usize, T)> {
        self.wait_for(PATIENCE, |heard| {
            heard.events.iter().find_map(|(order, line)| Some((*order, look(line)?)))
        })
        .await
    }

    /// How many of the events so far match.
    pub(crate) fn count_events(&self, is_such: impl Fn(&ShimEvent) -> bool) -> usize {
        self.shared.heard.borrow().events.iter().filter(|(_, line)| is_such(line)).count()
    }

    /// The last lines of its stderr.
    pub(crate) fn stderr(&self) -> Vec<String> {
        let mut lines = self.shared.spawned.stderr();
        let last = lines.split_off(lines.len().saturating_sub(STDERR_LINES));
        last.iter().map(|line| shorten(line)).collect()
    }

    /// What to report if nothing came.
    pub(crate) fn silence(&self) -> String {
        match self.shared.heard.borrow().exit {
            Some(status) => format!("the process has ended ({status})"),
            None => "nothing came".to_owned(),
        }
    }

    /// How the process ended, if it does within that time.
    pub(crate) async fn exit(&self, within: Duration) -> Option<ExitStatus> {
        let ended = self.wait_for(within, |heard| heard.exit).await;
        ended.or(self.shared.heard.borrow().exit)
    }

    /// Closes its stdin.
    pub(crate) fn close_stdin(&self) {
        self.shared.spawned.close_stdin();
    }

    /// Whether a process of its group is left.
    pub(crate) fn has_left_children(&self) -> bool {
        self.shared.spawned.has_left_children()
    }

    /// Kills it, and everything in its process group.
    pub(crate) async fn kill(&self) {
        self.shared.spawned.kill();
        self.exit(PATIENCE).await;
    }

    async fn wait_for<T>(
        &self,
        within: Duration,
        mut look: impl FnMut(&Transcript) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.shared.changes.subscribe();
        let found = async {
            loop {
                if let Some(found) = look(&self.shared.heard.borrow()) {
                    return Some(found);
                }
                // Once the process has ended nothing more will come.
                if self.shared.heard.borrow().exit.is_some() || changes.changed().await.is_err() {
                    return None;
                }
            }
        };
        timeout(within, found).await.ok().flatten()
    }
}

impl Transcript {
    fn take(&mut self, text: &str) {
        let order = self.lines;
        self.lines += 1;
        let shown = shorten(text);
        match ShimLine::parse(text) {
            Err(error) => self.memory.push(Stray::Noise, format!("{shown} ({error})")),
            Ok(ShimLine::Reply(ShimReply { id, answer })) => {
                let Some(Asked { op, session }) = self.asked.get(&id) else {
                    return self.memory.push(Stray::Answer, format!("{shown} (not asked)"));
                };
                let reply = Reply { op: op.clone(), order, text: shown.clone(), answer };
                if self.replies.contains_key(&id) {
                    return self.memory.push(Stray::Answer, format!("{shown} (a second answer)"));
                }
                let session = session.clone();
                if op == "end" && reply.ok().is_ok() {
                    self.ended.extend(session);
                } else if session.is_some_and(|session| self.ended.contains(&session)) {
                    self.memory.push(Stray::AfterEnd, shown);
                }
                if matches!(reply.answer, ShimAnswer::Ok(_) | ShimAnswer::Err(_)) {
                    self.memory.answered(&reply.op);
                }
                self.replies.insert(id, reply);
            }
            Ok(ShimLine::Event(event)) => {
                self.take_event(&event, shown);
                // No check needs what the library logged, which may be any amount.
                if matches!(event, ShimEvent::Progress { .. } | ShimEvent::SessionEnd { .. }) {
                    self.events.push((order, event));
                }
            }
        }
    }

    fn take_event(&mut self, event: &ShimEvent, shown: String) {
        match event {
            ShimEvent::Progress { of, .. } if !self.asked.contains_key(of) => {
                self.memory.push(Stray::Answer, format!("{shown} (not asked)"));
            }
            ShimEvent::Progress { of, .. } if self.replies.contains_key(of) => {
                self.memory.push(Stray::Answer, format!("{shown} (after the answer)"));
            }
            ShimEvent::Fault { .. } => match self.malformed.checked_sub(1) {
                Some(left) => self.malformed = left,
                None => self.memory.push(Stray::Answer, format!("{shown} (no line was wrong)")),
            },
            ShimEvent::SessionEnd { session, .. }
            | ShimEvent::Log { session: Some(session), .. }
                if self.ended.contains(session) =>
            {
                self.memory.push(Stray::AfterEnd, shown);
            }
            _ => {}
        }
    }
}

/// Processes everything the process writes, up to its end.
async fn hear(shared: Rc<ProgramState>, mut said: Receiver<Said>) {
    while let Some(said) = said.recv().await {
        let mut heard = shared.heard.borrow_mut();
        match said {
            Said::Line(line) => heard.take(&line),
            Said::Endless => heard.take("a line of more than 4 MiB"),
            Said::Closed => {}
            Said::Ended(status) => heard.exit = Some(status),
        }
        drop(heard);
        shared.changes.send_replace(());
    }
    let mut heard = shared.heard.borrow_mut();
    heard.exit.get_or_insert_default();
    drop(heard);
    shared.changes.send_replace(());
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain("…".chars()).collect()
}

/// How long a shim may take for a request that need not wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
const STDERR_LINES: usize = 10;
const SHOWN: usize = 200;
