//! `StepProcess`: a shim's process in lockstep. The harness writes lines and reads answers on one thread, because a
//! round trip through another one costs more than what is asked.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::fcntl_setpipe_size;
use rustix::process::{Pid, Signal, kill_process};

use crate::peer::shim::{Answer, Line, Operation, Step, Stepped, parse_line};
use crate::peer::{CallId, CallResult, PeerEvent};
use crate::runner::group::ShimGroup;
use crate::runner::lockstep::dump;
use crate::scenario::Actor;

/// Why a process is of no more use.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// It cannot go on with this case in virtual time, and says why.
    Refused(String),
    /// It has crashed, hangs, or talks nonsense.
    Gone { message: String, stderr: Vec<String> },
}

/// A running shim that serves sessions in lockstep: one after another, or two at once that are the ends of one
/// connection and share the clock.
pub(super) struct StepProcess {
    child: Child,
    /// Kills the whole group when it goes.
    group: ShimGroup,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: Receiver<String>,
    patience: Duration,
    /// What has been read from stdout and is no whole line yet, and what of it was looked at.
    unread: Vec<u8>,
    read: usize,
    /// Lines for the next write.
    lines: String,
    next_id: u64,
    /// How many sessions there were.
    sessions: u64,
    /// The sessions there are.
    seats: HashMap<Actor, Seat>,
    /// Which call of which session each request in the shim carries out.
    calls: HashMap<u64, (Actor, CallId)>,
    /// The last lines of the implementation's log.
    log: VecDeque<String>,
    trouble: Option<Trouble>,
}

/// A session of the process.
struct Seat {
    name: String,
    /// What the shim has said about it, in order.
    events: VecDeque<PeerEvent>,
}

impl StepProcess {
    /// Starts `command`.
    pub(super) fn start(command: &[String], patience: Duration) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("an empty shim command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start {program}: {error}"))?;
        let group = ShimGroup::of(child.id());
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(format!("cannot talk to {program}: it has no pipes"));
        };
        // A long line in one piece spares a switch between the processes for every 64 KiB. Without it all still works.
        let _ = fcntl_setpipe_size(&stdin, PIPE_SIZE);
        let _ = fcntl_setpipe_size(&stdout, PIPE_SIZE);
        Ok(Self {
            child,
            group,
            stdin,
            stdout,
            stderr: keep_stderr(stderr),
            patience,
            unread: Vec::new(),
            read: 0,
            lines: String::new(),
            next_id: 1,
            sessions: 0,
            seats: HashMap::new(),
            calls: HashMap::new(),
            log: VecDeque::new(),
            trouble: None,
        })
    }

    /// Begins the session of this end with this operation; `None` if the process is of no more use.
    pub(super) fn begin(&mut self, of: Actor, operation: &Operation) -> Option<Answer> {
        self.sessions += 1;
        if self.seats.is_empty() {
            self.calls.clear();
            self.log.clear();
        }
        let name = format!("s{}", self.sessions);
        let id = self.put(operation, Some(&name));
        self.seats.insert(of, Seat { name, events: VecDeque::new() });
        self.exchange(id)
    }

    /// Begins a call; its end comes as an event with a later step.
    pub(super) fn call(&mut self, of: Actor, call: CallId, operation: &Operation) {
        let name = self.name(of);
        let id = self.put(operation, Some(&name));
        self.calls.insert(id, (of, call));
    }

    /// Takes a step; `None` if the process is of no more use.
    pub(super) fn step(&mut self, of: Actor, step: &Step) -> Option<Stepped> {
        let id = self.take_id();
        let name = self.name(of);
        self.lines.push_str(&step.line(id, &name));
        match self.exchange(id)? {
            Answer::Ok(ok) => match Stepped::read(&ok) {
                Ok(stepped) => Some(stepped),
                Err(error) => self.give_up(&format!("the shim's answer makes no sense: {error}")),
            },
            Answer::Not(CallResult::Unsupported { reason }) => {
                self.trouble = Some(Trouble::Refused(reason));
                None
            }
            Answer::Not(CallResult::Fault { message }) => {
                self.give_up(&format!("the shim could not take a step: {message}"))
            }
            Answer::Not(result) => self.give_up(&format!("expected a step, found {result:?}")),
        }
    }

    /// Something the shim has said about the session of this end.
    pub(super) fn poll_event(&mut self, of: Actor) -> Option<PeerEvent> {
        self.seats.get_mut(&of)?.events.pop_front()
    }

    /// Ends the sessions there are, if the process is well.
    pub(super) fn end_sessions(&mut self) {
        for of in [Actor::Subject, Actor::Peer] {
            if self.trouble.is_none() && self.seats.contains_key(&of) {
                let name = self.name(of);
                let id = self.put(&Operation::new("end"), Some(&name));
                self.exchange(id);
            }
            self.seats.remove(&of);
        }
    }

    /// Why it is of no more use, if so.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.trouble.clone()
    }

    /// Whether nothing more can be expected of it.
    pub(super) const fn is_lost(&self) -> bool {
        self.trouble.is_some()
    }

    fn name(&self, of: Actor) -> String {
        self.seats.get(&of).map_or_else(String::new, |seat| seat.name.clone())
    }

    fn put(&mut self, operation: &Operation, session: Option<&str>) -> u64 {
        let id = self.take_id();
        self.lines.push_str(&operation.line(id, session));
        self.lines.push('\n');
        id
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Sends what waits, and hears everything up to the answer to request `awaited`.
    fn exchange(&mut self, awaited: u64) -> Option<Answer> {
        if self.trouble.is_some() {
            return None;
        }
        let lines = std::mem::take(&mut self.lines);
        // Whoever cannot be written to has nothing more to say either; how it ended is told there.
        let _ = self.stdin.write_all(lines.as_bytes());
        self.lines = lines;
        self.lines.clear();
        let deadline = Instant::now() + self.patience;
        loop {
            let text = match self.next_line(deadline) {
                Ok(text) => text,
                Err(why) => return self.give_up(&why),
            };
            match self.take(&text, awaited) {
                Ok(None) if self.trouble.is_some() => return None,
                Ok(None) => {}
                Ok(answer) => return answer,
                Err(why) => return self.give_up(&why),
            }
        }
    }

    /// Takes one line in; the answer if it is the awaited one.
    fn take(&mut self, text: &str, awaited: u64) -> Result<Option<Answer>, String> {
        let line = parse_line(text).map_err(|error| {
            let shown: String = text.chars().take(200).collect();
            format!("the shim printed something that is no line of its protocol ({error}): {shown}")
        })?;
        match line {
            Line::Answer { id, answer } if id == awaited => return Ok(Some(answer)),
            Line::Answer { id, answer } => {
                let (of, call) = self.calls.remove(&id).ok_or_else(|| {
                    format!("it answered request {id}, which waits for no answer")
                })?;
                let result = answer
                    .into_result()
                    .map_err(|error| format!("the shim's answer makes no sense: {error}"))?;
                self.tell(of, PeerEvent::Finished { call, result });
            }
            Line::Progress { of, bytes } => {
                if let Some(&(of, call)) = self.calls.get(&of) {
                    self.tell(of, PeerEvent::Progress { call, bytes });
                }
            }
            Line::SessionEnd { session, class, native } => {
                let seat = self.seats.values_mut().find(|seat| seat.name == session);
                let ended = PeerEvent::SessionEnded { class, native };
                seat.into_iter().for_each(|seat| seat.events.push_back(ended.clone()));
            }
            Line::Log { text, .. } => {
                if self.log.len() == LOG_LINES {
                    self.log.pop_front();
                }
                self.log.push_back(text);
            }
            Line::Fault(message) => return Err(format!("it reports a fault: {message}")),
            Line::Stuck(reason) => {
                self.trouble = Some(Trouble::Refused(reason));
            }
            Line::Unknown => {}
        }
        Ok(None)
    }

    fn tell(&mut self, of: Actor, event: PeerEvent) {
        if let Some(seat) = self.seats.get_mut(&of) {
            seat.events.push_back(event);
        }
    }

    fn next_line(&mut self, deadline: Instant) -> Result<String, String> {
        loop {
            if let Some(at) = self.unread[self.read..].iter().position(|byte| *byte == b'\n') {
                let rest = self.unread.split_off(self.read + at + 1);
                let line = std::mem::replace(&mut self.unread, rest);
                self.read = 0;
                let text = String::from_utf8(line)
                    .unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned());
                if !text.trim().is_empty() {
                    return Ok(text);
                }
                continue;
            }
            self.read = self.unread.len();
            if self.read > MAX_LINE {
                return Err(format!("the shim printed a line of more than {MAX_LINE} bytes"));
            }
            if Instant::now() > deadline || !self.is_readable(deadline) {
                return Err(format!(
                    "the shim has not answered within {} s of real time",
                    self.patience.as_secs_f64()
                ));
            }
            self.unread.reserve(READ_SIZE);
            if rustix::io::read(&self.stdout, spare_capacity(&mut self.unread)).unwrap_or(0) == 0 {
                return Err(self.how_it_ended());
            }
        }
    }

    /// Waits until something can be read, or the end of it.
    fn is_readable(&self, deadline: Instant) -> bool {
        let mut files = [PollFd::new(&self.stdout, PollFlags::IN)];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).ok();
            match poll(&mut files, left.as_ref()) {
                Ok(ready) => return ready > 0,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    fn how_it_ended(&mut self) -> String {
        let deadline = Instant::now() + LAST_WORDS;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return format!("the shim's process ended ({status})");
            }
            thread::yield_now();
        }
        "the shim closed its stdout".to_owned()
    }

    /// Nothing more comes of this process.
    fn give_up<T>(&mut self, why: &str) -> Option<T> {
        if matches!(self.child.try_wait(), Ok(None)) {
            // A Go program, and a Java one, says where it stands before it goes.
            if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
                let _ = kill_process(pid, Signal::QUIT);
            }
        }
        let mut stderr: Vec<String> = Vec::new();
        let deadline = Instant::now() + LAST_WORDS;
        while let Ok(line) =
            self.stderr.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            stderr.push(line);
        }
        self.group.kill();
        let mut told: Vec<String> = self.log.iter().map(|line| format!("[log] {line}")).collect();
        told.extend(dump::relevant(&stderr));
        self.trouble = Some(Trouble::Gone { message: why.to_owned(), stderr: told });
        None
    }

    /// Ends it politely.
    pub(super) fn bye(&mut self) {
        if self.trouble.is_none() {
            let id = self.put(&Operation::new("bye"), None);
            self.exchange(id);
        }
    }
}

impl Drop for StepProcess {
    fn drop(&mut self) {
        self.group.kill();
        // Killed, so this returns at once; without it the process stays in the system's table.
        let _ = self.child.wait();
    }
}

/// Its stderr, line by line, on a thread of its own: a full pipe would stop the shim.
fn keep_stderr(stderr: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        let mut reader = io::BufReader::new(stderr);
        let mut line = Vec::new();
        loop {
            line.clear();
            match io::BufRead::read_until(&mut reader, b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                    if sender.send(text).is_err() {
                        return;
                    }
                }
            }
        }
    });
    lines
}

const READ_SIZE: usize = 64 * 1024;

/// What an unprivileged process may ask for.
const PIPE_SIZE: usize = 1 << 20;

/// More than any output of one step comes to.
const MAX_LINE: usize = 256 << 20;

const LOG_LINES: usize = 10;

/// How long a process that is ending may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(1);
