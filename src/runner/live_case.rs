//! One case on the live clock: step, move bytes and lines, wait for more or for the next moment, repeat.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use crate::endpoint::{BuiltInEndpoint, CallId, Endpoint, EndpointEvent, WireEndpoint};
use crate::engine::{CaseSetup, ClockRules, Death, Engine, Outcome, Progress, SubjectRules};
use crate::frame::Side;
use crate::runner::budget::TimeBudget;
use crate::runner::connection::connect;
use crate::runner::{CaseRun, Interrupt};
use crate::scenario::{ErrorClass, PeerKind, Scenario};
use crate::shim::endpoint::{Link, LiveEndpoint};
use crate::shim::process::{SessionNews, ShimProcess};
use crate::shim::protocol::{Operation, PROTOCOL};
use crate::time::Time;
use crate::trace::TransportEnd;

/// What a live case needs besides its scenario.
#[derive(Clone)]
pub(crate) struct LiveSetup {
    /// The scenario.
    pub(crate) script: Arc<Scenario>,
    /// The side the shim plays.
    pub(crate) side: Side,
    /// What it is judged by.
    pub(crate) judged_by: Arc<SubjectRules>,
    /// What payload patterns are made from.
    pub(crate) seed: u32,
    /// How much longer than usual to be patient.
    pub(crate) timeout_scale: f64,
    /// Whether to decide as soon as something seems not to come.
    pub(crate) is_hasty: bool,
    /// What all its attempts may take.
    pub(crate) budget: TimeBudget,
}

/// What running a case once gave.
pub(crate) struct Tried {
    /// What it gave.
    pub(crate) run: CaseRun,
    /// Whether a patient run would have waited longer for something.
    pub(crate) was_hasty: bool,
    /// How long the shim took for its slowest pong.
    pub(crate) slowest_pong: Duration,
    /// When the shim was last given something in it, a request or bytes.
    pub(crate) last_given: Option<Instant>,
}

impl Tried {
    /// A case that never got as far as its first step.
    pub(crate) fn without_trace(outcome: Outcome, elapsed: Duration) -> Self {
        let run = CaseRun::without_trace(outcome, elapsed);
        Self { run, was_hasty: false, slowest_pong: Duration::ZERO, last_given: None }
    }

    /// Whether it left a call behind that does not end.
    pub(crate) const fn is_stuck(&self) -> bool {
        matches!(self.run.outcome, Outcome::Died(Death::Stuck, _))
    }

    /// Whether the process of its shim ended in it.
    pub(crate) const fn has_crashed(&self) -> bool {
        matches!(self.run.outcome, Outcome::Died(Death::Crashed, _))
    }
}

/// Runs one case as a session of the shim.
pub(crate) async fn run(
    process: &ShimProcess,
    name: &str,
    setup: &LiveSetup,
    interrupt: &Interrupt,
) -> Tried {
    let started = Instant::now();
    let begun = tokio::select! {
        begun = LiveCase::begin(process, name, setup, started) => begun,
        () = interrupt.wait() => Err(interrupted()),
    };
    let mut case = match begun {
        Ok(case) => case,
        Err(outcome) => {
            process.unregister(name);
            setup.budget.spend(started.elapsed());
            return Tried::without_trace(outcome, started.elapsed());
        }
    };
    let mut outcome = case.drive(interrupt).await;
    if matches!(outcome, Outcome::Failed(_)) || Instant::now() > case.deadline {
        outcome = case.blame(outcome).await;
    }
    let run = case.end(outcome, started, interrupt).await;
    setup.budget.spend(started.elapsed());
    run
}

/// A case while it runs.
struct LiveCase<'a> {
    process: &'a ShimProcess,
    name: &'a str,
    engine: Engine,
    link: Arc<Mutex<Link>>,
    socket: Option<TcpStream>,
    heard: UnboundedReceiver<SessionNews>,
    /// Which call each request in the shim carries out.
    calls: HashMap<u64, CallId>,
    began: Instant,
    patience: Duration,
    /// Until when it must be over.
    deadline: Instant,
    buffer: BytesMut,
    last_given: Option<Instant>,
}

impl<'a> LiveCase<'a> {
    /// Listens, lets the shim dial in, and sets the engine up.
    async fn begin(
        process: &'a ShimProcess,
        name: &'a str,
        setup: &LiveSetup,
        began: Instant,
    ) -> Result<Self, Outcome> {
        let LiveSetup { script, side, judged_by, seed, timeout_scale, is_hasty, budget } = setup;
        let limit = budget.next();
        let patience = limit.min(PATIENCE.mul_f64(*timeout_scale));
        let heard = process.register(name);
        let socket =
            Some(connect(process, name, (script, *side, judged_by), began + patience).await?);
        let (subject, link) = LiveEndpoint::new();
        let peer: Box<dyn Endpoint> = match script.peer {
            PeerKind::App => {
                Box::new(BuiltInEndpoint::new(Time::ZERO, side.other(), &script.live_peer))
            }
            PeerKind::Wire => Box::new(WireEndpoint::default()),
        };
        let engine = Engine::new(CaseSetup {
            script: Arc::clone(script),
            side: *side,
            rules: ClockRules::Live { timeout_scale: *timeout_scale, is_hasty: *is_hasty },
            judged_by: Arc::clone(judged_by),
            seed: *seed,
            subject: Box::new(subject),
            peer,
        });
        let (calls, buffer) = (HashMap::new(), BytesMut::new());
        let deadline = began + limit;
        Ok(Self {
            process,
            name,
            engine,
            link,
            socket,
            heard,
            calls,
            began,
            patience,
            deadline,
            buffer,
            last_given: None,
        })
    }

    async fn drive(&mut self, interrupt: &Interrupt) -> Outcome {
        loop {
            let now = self.now();
            let until = match self.engine.step(now) {
                Progress::Done(outcome) => return outcome,
                Progress::Busy => Some(now),
                Progress::Waiting { until } => until,
            };
            let until = until.map_or(self.deadline, |until| self.began + until.elapsed());
            if Instant::now() > self.deadline {
                // What it waits for has not come in all that time.
                self.engine.hurry();
                if let Progress::Done(outcome) = self.engine.step(self.now()) {
                    return outcome;
                }
                let limit = (self.deadline - self.began).as_secs_f64();
                let message = format!("the case was not over within {limit} s of real time");
                return Outcome::Broken { message, stderr: Vec::new() };
            }
            self.pass_on_requests();
            let must_write = self.write_socket();
            let can_read = self.socket.is_some() && self.with_link(|link| link.wants_input());
            tokio::select! {
                heard = self.heard.recv() => match heard {
                    Some(heard) => self.take(heard),
                    None => self.take(SessionNews::Gone),
                },
                () = ready(self.socket.as_ref(), can_read, must_write) => {
                    if can_read {
                        self.read_socket();
                    }
                }
                () = sleep_until(until.min(self.deadline)) => {}
                () = interrupt.wait() => return interrupted(),
            }
            while let Ok(heard) = self.heard.try_recv() {
                self.take(heard);
            }
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.began.elapsed()
    }

    /// How long to wait for an answer: whatever happened before, a shim that is well has the time to give one.
    fn patience_left(&self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        left.min(self.patience).max(self.patience / 8)
    }

    fn with_link<T>(&self, look: impl FnOnce(&mut Link) -> T) -> T {
        look(&mut self.link.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn pass_on_requests(&mut self) {
        while let Some((call, operation)) = self.with_link(|link| link.requests.pop_front()) {
            let id = self.process.send(operation, self.name);
            self.last_given = Some(Instant::now());
            self.calls.insert(id, call);
        }
    }

    fn take(&mut self, heard: SessionNews) {
        let event = match heard {
            SessionNews::Answer { id, answer } => {
                let Some(call) = self.calls.remove(&id) else { return };
                match answer.into_result() {
                    Ok(result) => EndpointEvent::Finished { call, result },
                    Err(error) => {
                        EndpointEvent::Broken(format!("the shim's answer makes no sense: {error}"))
                    }
                }
            }
            SessionNews::Progress { of, bytes } => match self.calls.get(&of) {
                Some(&call) => EndpointEvent::Progress { call, bytes },
                None => return,
            },
            SessionNews::SessionEnd { class, native } => {
                EndpointEvent::SessionEnded { class, native }
            }
            SessionNews::Gone => match self.process.death() {
                Some(how) => EndpointEvent::Died(Death::Crashed, how),
                None => EndpointEvent::Broken(self.process.trouble("the shim is gone")),
            },
        };
        self.with_link(|link| link.events.push_back(event));
    }

    /// Reads what is there, up to what the engine has room for.
    fn read_socket(&mut self) {
        while self.with_link(|link| link.wants_input()) {
            let Some(socket) = &self.socket else { return };
            self.buffer.reserve(READ_SIZE);
            match socket.try_read_buf(&mut self.buffer) {
                Ok(0) => {
                    return self.with_link(|link| link.ended_by_shim = Some(TransportEnd::Eof));
                }
                Ok(_) => {
                    let bytes = self.buffer.split().freeze();
                    self.with_link(|link| link.push_from_socket(bytes));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {
                    return self.with_link(|link| link.ended_by_shim = Some(TransportEnd::Reset));
                }
            }
        }
    }

    /// Writes what the socket takes; whether more is left.
    fn write_socket(&mut self) -> bool {
        loop {
            let Some(socket) = &self.socket else { return false };
            let Some(mut bytes) = self.with_link(|link| link.to_socket.pop_front()) else { break };
            self.last_given = Some(Instant::now());
            match socket.try_write(&bytes) {
                Ok(written) if written == bytes.len() => {}
                Ok(written) => {
                    bytes.advance(written);
                    self.put_back(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.put_back(bytes);
                    return true;
                }
                // The reading side tells how the shim ended it.
                Err(_) => return false,
            }
        }
        if let Some(end) = self.with_link(|link| link.end_socket.take()) {
            self.end_socket(end);
        }
        false
    }

    fn put_back(&self, bytes: Bytes) {
        self.with_link(|link| link.to_socket.push_front(bytes));
    }

    fn end_socket(&mut self, end: TransportEnd) {
        let Some(socket) = self.socket.take() else { return };
        if end == TransportEnd::Reset {
            // A zero linger turns the close into a TCP reset; without it the shim sees an orderly end.
            let _ = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
            self.with_link(|link| link.ended_by_shim = Some(TransportEnd::Reset));
            return;
        }
        // Only this half ends: what the shim still says is heard.
        if socket2::SockRef::from(&socket).shutdown(std::net::Shutdown::Write).is_ok() {
            self.socket = Some(socket);
        }
    }

    /// A failure counts as such only if the shim still listens; one that does not is stuck in its library.
    async fn blame(&self, outcome: Outcome) -> Outcome {
        let hello = Operation::Hello { protocols: vec![PROTOCOL] };
        if self.process.ask(hello, None, self.patience_left()).await.is_some() {
            return outcome;
        }
        match (self.process.death(), self.process.gone()) {
            (Some(how), _) => self.died(Death::Crashed, how),
            (None, Some(why)) => Outcome::Broken { message: why, stderr: Vec::new() },
            (None, None) => {
                let message = "its shim answers nothing any more".to_owned();
                self.process.kill_with_dump(&message).await;
                self.died(Death::Stuck, message)
            }
        }
    }

    fn died(&self, death: Death, how: String) -> Outcome {
        Outcome::Died(death, self.engine.death(death, how))
    }

    /// Ends the session, and learns whether the implementation died of the case, or of its end. Of a case that has failed a
    /// call that does not end says nothing new, and is not waited for.
    async fn die(&mut self, has_failed: bool, interrupt: &Interrupt) -> Option<(Death, String)> {
        if self.process.gone().is_none() {
            let patience = if has_failed { SHORT } else { self.patience_left() };
            let is_answered = tokio::select! {
                answer = self.process.ask(Operation::End, Some(self.name), patience) => answer.is_some(),
                () = interrupt.wait() => true,
            };
            if !is_answered && self.process.gone().is_none() {
                let message = "its session does not end: it has not answered \"end\"".to_owned();
                return Some((Death::Stuck, message));
            }
        }
        while let Ok(heard) = self.heard.try_recv() {
            if let SessionNews::SessionEnd { class: ErrorClass::Unclassified, native } = heard {
                return Some((Death::Crashed, native));
            }
        }
        self.process.death().map(|how| (Death::Crashed, how))
    }

    async fn end(mut self, mut outcome: Outcome, started: Instant, interrupt: &Interrupt) -> Tried {
        self.socket = None;
        let has_failed = matches!(outcome, Outcome::Failed(_));
        if let Some((death, how)) = self.die(has_failed, interrupt).await
            && outcome.yields_to(death)
        {
            outcome = self.died(death, how);
        }
        if let Outcome::Died(_, failure) = &mut outcome {
            failure.stderr = self.process.stderr();
        }
        self.process.unregister(self.name);
        if let Outcome::Broken { stderr, .. } = &mut outcome
            && stderr.is_empty()
        {
            *stderr = self.process.stderr();
        }
        let virtual_duration = self.now();
        Tried {
            run: CaseRun {
                outcome,
                trace: self.engine.trace().clone(),
                answers: self.engine.answers().to_vec(),
                case_time: virtual_duration,
                elapsed: started.elapsed(),
            },
            was_hasty: self.engine.was_hasty(),
            slowest_pong: self.engine.slowest_pong(),
            last_given: self.last_given,
        }
    }
}

fn interrupted() -> Outcome {
    Outcome::Skipped { reason: "interrupted".to_owned() }
}

/// Until the socket can do one of what is wanted of it.
async fn ready(socket: Option<&TcpStream>, can_read: bool, must_write: bool) {
    let Some(socket) = socket else { return std::future::pending().await };
    // An error shows when the socket is used.
    match (can_read, must_write) {
        (false, false) => std::future::pending().await,
        (true, false) => drop(socket.readable().await),
        (false, true) => drop(socket.writable().await),
        (true, true) => tokio::select! {
            _ = socket.readable() => {}
            _ = socket.writable() => {}
        },
    }
}

/// How long a shim that is well may take for an answer that needs no library.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long to wait for the end of a session whose case has failed.
const SHORT: Duration = Duration::from_millis(100);

const READ_SIZE: usize = 64 * 1024;
