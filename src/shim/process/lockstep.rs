//! `StepProcess`: a shim's process in lockstep. The harness writes lines and reads answers on one thread, because a round
//! trip through another thread costs more than the request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::RangeInclusive;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;

use crate::endpoint::{CallId, Death, EndpointEvent};
use crate::scenario::{Actor, ErrorClass};
use crate::shim::process::{dump, hold, spawned};
use crate::shim::protocol::{
    Capabilities, FaultFields, Operation, PROTOCOL, Reason, ShimAnswer, ShimEvent, ShimLine,
    ShimReply, ShimRequest, ShimStep, Stepped, brief,
};
use crate::system::child::{Dialogue, LastWords, ProcessGroup, Silence, reap};

/// Why a process can no longer be used.
#[derive(Clone, Debug)]
pub(crate) enum ProcessTrouble {
    /// It cannot continue this case in virtual time, and says why.
    Refused(String),
    /// It has crashed, or hangs.
    Died { death: Death, message: String, stderr: Vec<String> },
    /// It broke the protocol, or has ended its side of the dialogue.
    Gone { message: String, stderr: Vec<String> },
}

/// A running shim that serves sessions in lockstep: one after another, or two at once that are the ends of one
/// connection and share the clock.
pub(crate) struct StepProcess {
    child: Child,
    /// Kills the whole group when it goes.
    group: ProcessGroup,
    dialogue: Dialogue,
    stderr: LastWords,
    /// The time limit of the last request, and when it ends.
    patience: Duration,
    deadline: Instant,
    next_id: u64,
    /// How many sessions there were.
    sessions: u64,
    /// The sessions there are.
    seats: HashMap<Actor, Seat>,
    /// The time in them, in nanoseconds since they began.
    clock: u64,
    /// Which call of which session each request in the shim carries out.
    calls: HashMap<u64, (Actor, CallId)>,
    /// The requests to end a session that are not answered yet.
    ending: HashSet<u64>,
    /// The last lines of the implementation's log.
    log: VecDeque<String>,
    trouble: Option<ProcessTrouble>,
}

/// A session of the process.
struct Seat {
    name: String,
    /// Its events from the shim, in order.
    events: VecDeque<EndpointEvent>,
    /// Whether it has reported its end.
    has_ended: bool,
}

impl Seat {
    /// Only the latest progress of a call is kept, so that the queue is no longer than the requests.
    fn tell(&mut self, event: EndpointEvent) {
        if let EndpointEvent::Progress { call: new, .. } = event {
            let progress = self.events.iter_mut().rev().map_while(|waiting| match waiting {
                EndpointEvent::Progress { call, .. } => Some((*call == new, waiting)),
                _ => None,
            });
            if let Some((_, waiting)) = progress.into_iter().find(|(is_same, _)| *is_same) {
                *waiting = event;
                return;
            }
        }
        self.events.push_back(event);
    }
}

/// The limits on the answer to a step.
struct Limits {
    /// The first and the last moment at which time may have stopped, in nanoseconds.
    time: RangeInclusive<u64>,
    room: u64,
}

impl Limits {
    fn of(step: &ShimStep, clock: u64) -> Self {
        let until = step.until_ns.unwrap_or(clock).max(clock);
        Self { time: clock..=until, room: step.room.unwrap_or(u64::MAX) }
    }

    fn keep(&self, stepped: Stepped) -> Result<Stepped, String> {
        let (now, out) = (stepped.now_ns, stepped.out.len());
        if !self.time.contains(&now) {
            let (from, until) = (self.time.start(), self.time.end());
            return Err(format!("now_ns is {now}, where it may be {from} to {until}"));
        }
        if out as u64 > self.room {
            return Err(format!("out has {out} bytes, where there was room for {}", self.room));
        }
        Ok(stepped)
    }
}

impl StepProcess {
    /// Starts `command` and greets it.
    pub(crate) fn start(command: &[String], patience: Duration) -> Result<Self, String> {
        let program = command.first().map_or("nothing", String::as_str);
        let started = spawned::command(command).and_then(|mut command| command.spawn());
        let mut child = started.map_err(|error| format!("cannot start {program}: {error}"))?;
        hold::started(Some(child.id()), command);
        let group = ProcessGroup::of(child.id());
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(format!("cannot talk to {program}: it has no pipes"));
        };
        let dialogue = Dialogue::new(stdin, stdout)
            .map_err(|error| format!("cannot talk to {program}: {error}"))?;
        let mut process = Self {
            child,
            group,
            dialogue,
            stderr: LastWords::of(stderr),
            patience,
            deadline: Instant::now() + patience,
            next_id: 1,
            sessions: 0,
            seats: HashMap::new(),
            clock: 0,
            calls: HashMap::new(),
            ending: HashSet::new(),
            log: VecDeque::new(),
            trouble: None,
        };
        process.greet()?;
        Ok(process)
    }

    fn greet(&mut self) -> Result<(), String> {
        use ProcessTrouble::{Died, Gone, Refused};
        let id = self.put(Operation::Hello { protocols: vec![PROTOCOL] }, None);
        match (self.exchange(id), &self.trouble) {
            (Some(answer), _) => Capabilities::read(answer).map(drop),
            (None, Some(Gone { message, .. } | Died { message, .. } | Refused(message))) => {
                Err(format!("it did not answer hello: {message}"))
            }
            (None, None) => Err("it did not answer hello".to_owned()),
        }
    }

    /// Sets the time limit for all further requests, until this is called again.
    pub(crate) fn allow(&mut self, patience: Duration) {
        self.patience = patience;
        self.deadline = Instant::now() + patience;
    }

    /// Whether it has used up its time.
    pub(crate) fn is_late(&self) -> bool {
        Instant::now() > self.deadline
    }

    /// Begins the session of this end with this operation; `None` if the process can no longer be used.
    pub(crate) fn begin(&mut self, of: Actor, operation: Operation) -> Option<ShimAnswer> {
        self.sessions += 1;
        if self.seats.is_empty() {
            self.calls.clear();
            self.log.clear();
            self.clock = 0;
        }
        let name = format!("s{}", self.sessions);
        let id = self.put(operation, Some(&name));
        self.seats.insert(of, Seat { name, events: VecDeque::new(), has_ended: false });
        self.exchange(id)
    }

    /// Begins a call; its end comes as an event with a later step.
    pub(crate) fn call(&mut self, of: Actor, call: CallId, operation: Operation) {
        let name = self.name(of);
        let operation = operation.addressed(|call| {
            let mut begun = self.calls.iter();
            begun.find(|(_, begun)| **begun == (of, call)).map(|(id, _)| *id)
        });
        let id = self.put(operation, Some(&name));
        self.calls.insert(id, (of, call));
    }

    /// Takes a step; `None` if the process can no longer be used.
    pub(crate) fn step(&mut self, of: Actor, step: ShimStep) -> Option<Stepped> {
        let name = self.name(of);
        let limits = Limits::of(&step, self.clock);
        let id = self.put(Operation::Step(step), Some(&name));
        match self.exchange(id)? {
            ShimAnswer::Ok(ok) => {
                let stepped = Stepped::deserialize(&ok).map_err(|error| brief(&error));
                match stepped.and_then(|stepped| limits.keep(stepped)) {
                    Ok(stepped) => {
                        self.clock = stepped.now_ns;
                        Some(stepped)
                    }
                    Err(why) => self.give_up(&format!("the shim's answer makes no sense: {why}")),
                }
            }
            ShimAnswer::Unsupported(Reason { reason }) => {
                self.trouble = Some(ProcessTrouble::Refused(reason));
                None
            }
            ShimAnswer::Fault(FaultFields { message }) => {
                self.give_up(&format!("the shim could not take a step: {message}"))
            }
            answer => self.give_up(&format!("expected a step, found {answer}")),
        }
    }

    /// An event of this end's session from the shim.
    pub(crate) fn poll_event(&mut self, of: Actor) -> Option<EndpointEvent> {
        self.seats.get_mut(&of)?.events.pop_front()
    }

    /// Ends the sessions, if the process is healthy; returns what the subject's one said of its end if that is news and a
    /// crash.
    pub(crate) fn end_sessions(&mut self) -> Option<String> {
        let mut crash = None;
        let ends = [Actor::Subject, Actor::Peer];
        for of in ends {
            if self.trouble.is_none() && self.seats.contains_key(&of) {
                let name = self.name(of);
                let id = self.put(Operation::End, Some(&name));
                self.ending.insert(id);
            }
        }
        if !self.ending.is_empty() {
            // A shim in lockstep reads no line before all consequences of the line before it have happened. Its answer to
            // this one therefore shows that no other answer is to come.
            let id = self.put(Operation::Hello { protocols: vec![PROTOCOL] }, None);
            if self.exchange(id).is_some() && !self.ending.is_empty() {
                let why = "its session does not end: it has not answered \"end\"";
                self.depart::<()>(why, Some(Death::Stuck));
            }
        }
        for of in ends {
            let events = self.seats.remove(&of).map(|seat| seat.events).unwrap_or_default();
            for event in events {
                if let EndpointEvent::SessionEnded { class: ErrorClass::Unclassified, native } =
                    event
                    && of == Actor::Subject
                {
                    crash.get_or_insert(native);
                }
            }
        }
        crash
    }

    /// The last lines of the implementation's log, and the useful part of its stderr; more of that may come within
    /// `patience`.
    pub(crate) fn words(&self, patience: Duration) -> Vec<String> {
        let mut words: Vec<String> = self.log.iter().map(|line| format!("[log] {line}")).collect();
        words.extend(dump::relevant(&self.stderr.within(patience)));
        words
    }

    /// Why it can no longer be used, if so.
    pub(crate) fn trouble(&self) -> Option<ProcessTrouble> {
        self.trouble.clone()
    }

    /// Whether nothing more can be expected of it.
    pub(crate) const fn is_lost(&self) -> bool {
        self.trouble.is_some()
    }

    fn name(&self, of: Actor) -> String {
        self.seats.get(&of).map_or_else(String::new, |seat| seat.name.clone())
    }

    fn put(&mut self, operation: Operation, session: Option<&str>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let request = ShimRequest { id, session: session.map(str::to_owned), operation };
        self.dialogue.say(&request.line());
        id
    }

    /// Sends what is queued, and processes everything up to the answer to request `awaited`.
    fn exchange(&mut self, awaited: u64) -> Option<ShimAnswer> {
        if self.trouble.is_some() {
            return None;
        }
        loop {
            let text = match self.dialogue.hear(self.deadline) {
                Ok(text) => text,
                Err(silence) => return self.fall_silent(silence),
            };
            match self.take(&text, awaited) {
                Ok(None) if self.trouble.is_some() => return None,
                Ok(None) => {}
                Ok(answer) => return answer,
                Err(why) => return self.give_up(&why),
            }
        }
    }

    /// Processes one line; returns the answer if it is the awaited one.
    fn take(&mut self, text: &str, awaited: u64) -> Result<Option<ShimAnswer>, String> {
        match spawned::line(text)? {
            ShimLine::Reply(ShimReply { id, answer }) if id == awaited => Ok(Some(answer)),
            ShimLine::Reply(ShimReply { id, .. }) if self.ending.remove(&id) => Ok(None),
            ShimLine::Reply(ShimReply { id, answer }) => {
                let (of, call) = self.calls.remove(&id).ok_or_else(|| {
                    format!("it answered request {id}, which waits for no answer")
                })?;
                let result = answer
                    .into_result()
                    .map_err(|error| format!("the shim's answer makes no sense: {error}"))?;
                self.tell(of, EndpointEvent::Finished { call, result });
                Ok(None)
            }
            ShimLine::Event(event) => self.take_event(event).map(|()| None),
        }
    }

    fn take_event(&mut self, event: ShimEvent) -> Result<(), String> {
        match event {
            ShimEvent::Progress { of, bytes } => {
                if let Some(&(of, call)) = self.calls.get(&of) {
                    self.tell(of, EndpointEvent::Progress { call, bytes });
                }
            }
            ShimEvent::SessionEnd { session, class, native } => {
                let Some(seat) = self.seats.values_mut().find(|seat| seat.name == session) else {
                    return Ok(());
                };
                if std::mem::replace(&mut seat.has_ended, true) {
                    return Err("it told the end of one session twice".to_owned());
                }
                seat.tell(EndpointEvent::SessionEnded { class, native });
            }
            ShimEvent::Log { text, .. } => {
                if self.log.len() == LOG_LINES {
                    self.log.pop_front();
                }
                self.log.push_back(text);
            }
            ShimEvent::Fault { message } => return Err(format!("it reports a fault: {message}")),
            ShimEvent::Stuck { reason } => {
                self.trouble = Some(ProcessTrouble::Refused(reason));
            }
            ShimEvent::Unknown => {}
        }
        Ok(())
    }

    fn tell(&mut self, of: Actor, event: EndpointEvent) {
        if let Some(seat) = self.seats.get_mut(&of) {
            seat.tell(event);
        }
    }

    fn fall_silent<T>(&mut self, silence: Silence) -> Option<T> {
        let (why, death) = match silence {
            Silence::Late => {
                let patience = self.patience.as_secs_f64();
                let why = format!("the shim has not answered within {patience} s of real time");
                (why, Some(Death::Stuck))
            }
            Silence::Endless => ("the shim printed a line of more than 8 MiB".to_owned(), None),
            Silence::Ended => match reap(&mut self.child, Instant::now() + LAST_WORDS) {
                Some(status) => {
                    (format!("the shim's process ended ({status})"), Some(Death::Crashed))
                }
                None => ("the shim closed its stdout".to_owned(), None),
            },
        };
        self.depart(&why, death)
    }

    /// Gives up a process that broke the protocol.
    fn give_up<T>(&mut self, why: &str) -> Option<T> {
        self.depart(why, None)
    }

    fn depart<T>(&mut self, why: &str, death: Option<Death>) -> Option<T> {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Go and Java programs dump their state before they end.
            if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
                let _ = kill_process(pid, Signal::QUIT);
            }
        }
        let (message, stderr) = (why.to_owned(), self.words(LAST_WORDS));
        self.group.kill();
        self.trouble = Some(match death {
            Some(death) => ProcessTrouble::Died { death, message, stderr },
            None => ProcessTrouble::Gone { message, stderr },
        });
        None
    }

    /// Ends it politely.
    pub(crate) fn bye(&mut self) {
        self.allow(FAREWELL);
        if self.trouble.is_none() {
            let id = self.put(Operation::Bye, None);
            self.exchange(id);
        }
    }
}

impl Drop for StepProcess {
    fn drop(&mut self) {
        self.group.kill();
        // Without it the process stays in the system's table.
        reap(&mut self.child, Instant::now() + LAST_WORDS);
    }
}

const LOG_LINES: usize = 10;

/// How long a dying process may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long a healthy shim takes for its farewell.
const FAREWELL: Duration = Duration::from_secs(1);
