//! Cases in virtual time on a shim: the harness and the shim take turns, so that neither clock runs ahead.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::endpoint::{BuiltInEndpoint, Endpoint, WireEndpoint};
use crate::engine::{CaseSetup, ClockRules, Outcome};
use crate::runner::live::LiveEvent;
use crate::runner::streak::Streak;
use crate::runner::{Case, CaseRun, Interrupt, Plays, processes, virtual_time};
use crate::scenario::{Actor, PeerKind, WireControl};
use crate::shim::endpoint::LockstepEndpoint;
use crate::shim::process::{ProcessTrouble, StepProcess};
use crate::shim::protocol::{
    Operation, Reason, SessionRequest, ShimAnswer, ShimClock, ShimSettings,
};
use crate::time::Time;

/// Cases for one shim in lockstep.
pub(crate) struct LockstepRun {
    /// The shim's command.
    pub(crate) command: Vec<String>,
    /// Which ends of a case it is.
    pub(crate) plays: Plays,
    /// How many processes to use, at least 1.
    pub(crate) jobs: usize,
    /// What is to be run; the number comes back with the result.
    pub(crate) cases: Vec<(usize, Case)>,
    /// What payload patterns are made from.
    pub(crate) seed: u32,
    /// How patient to be with a shim that does not answer.
    pub(crate) timeout_scale: f64,
}

/// Runs the cases; returns at once. The channel closes when all is over.
pub(crate) fn start(
    run: LockstepRun,
    events: &Sender<LiveEvent>,
    interrupt: &Interrupt,
) -> Vec<thread::JoinHandle<()>> {
    let workers = processes(run.jobs, run.cases.len());
    let queue = Arc::new(Mutex::new(VecDeque::from(run.cases)));
    let streak = Streak::default();
    let patience = PATIENCE.mul_f64(run.timeout_scale);
    let start_patience = START_PATIENCE.mul_f64(run.timeout_scale);
    (0..workers)
        .map(|_| {
            let worker = LockstepWorker {
                command: run.command.clone(),
                plays: run.plays,
                seed: run.seed,
                patience,
                start_patience,
                queue: Arc::clone(&queue),
                streak: streak.clone(),
                events: events.clone(),
                interrupt: interrupt.clone(),
            };
            thread::spawn(move || worker.work())
        })
        .collect()
}

/// One thread with one process at a time.
struct LockstepWorker {
    command: Vec<String>,
    plays: Plays,
    seed: u32,
    /// How long all of a case may take in real time.
    patience: Duration,
    start_patience: Duration,
    queue: Arc<Mutex<VecDeque<(usize, Case)>>>,
    streak: Streak,
    events: Sender<LiveEvent>,
    interrupt: Interrupt,
}

impl LockstepWorker {
    fn work(&self) {
        let mut process = None;
        while !self.interrupt.has_come()
            && let Some((number, case)) = self.next()
        {
            self.say(LiveEvent::Started(number));
            let is_fresh = process.is_none();
            let begun = self.run(&mut process, &case);
            if self.interrupt.has_come() {
                // Its shim was killed, which says nothing.
                return;
            }
            let mut run = match begun {
                Ok(run) => run,
                Err(why) => {
                    self.give_up(number, &why);
                    return;
                }
            };
            if !is_fresh && process.is_none() && is_broken(&run) {
                // What a case before it has left behind must not count against this one.
                run = self.run(&mut process, &case).unwrap_or(run);
                if self.interrupt.has_come() {
                    return;
                }
                if let Outcome::Broken { message, .. } = &mut run.outcome {
                    message.push_str(" (again, alone in a fresh process)");
                }
            }
            self.streak.note(&run);
            self.say(LiveEvent::Finished(number, Box::new(run)));
            if self.streak.is_too_long()
                && let Some((number, _)) = self.next()
            {
                let why = self.streak.why();
                self.skip_rest(number, &why);
                return self.say(LiveEvent::GivenUp(why));
            }
        }
        if let Some(process) = process {
            process.borrow_mut().bye();
        }
    }

    /// Runs one case; a process that is of no more use is gone afterwards. The error is that there is none to be had.
    fn run(&self, process: &mut Option<SharedProcess>, case: &Case) -> Result<CaseRun, String> {
        let started = Instant::now();
        let shared = match process.take() {
            Some(shared) => shared,
            None => Rc::new(RefCell::new(StepProcess::start(&self.command, self.start_patience)?)),
        };
        shared.borrow_mut().allow(self.patience);
        let mut run = match self.begin(&shared, case) {
            Ok(()) => self.drive(&shared, case),
            Err(outcome) => CaseRun::without_trace(outcome, Duration::ZERO),
        };
        shared.borrow_mut().end_sessions();
        let trouble = shared.borrow_mut().trouble();
        match trouble {
            None => *process = Some(shared),
            Some(ProcessTrouble::Refused(reason)) => run.outcome = Outcome::Skipped { reason },
            Some(ProcessTrouble::Gone { message, stderr }) => {
                run.outcome = Outcome::Broken { message, stderr };
            }
        }
        run.elapsed = started.elapsed();
        Ok(run)
    }

    /// Has the shim make the sessions of the ends it plays.
    fn begin(&self, shared: &SharedProcess, case: &Case) -> Result<(), Outcome> {
        [Actor::Subject, Actor::Peer]
            .into_iter()
            .filter(|end| self.plays.is(*end))
            .try_for_each(|end| begin(shared, case, end))
    }

    fn drive(&self, shared: &SharedProcess, case: &Case) -> CaseRun {
        let script = &case.scenario;
        let end = |actor, settings, side| -> Box<dyn Endpoint> {
            if self.plays.is(actor) {
                Box::new(LockstepEndpoint::new(Rc::clone(shared), actor, self.plays == Plays::Both))
            } else {
                Box::new(BuiltInEndpoint::new(Time::ZERO, side, settings))
            }
        };
        let peer = match script.peer {
            PeerKind::App => end(Actor::Peer, &script.peer_settings, case.side.other()),
            PeerKind::Wire => Box::new(WireEndpoint::default()),
        };
        let may_go_on = || !self.interrupt.has_come() && !shared.borrow().is_late();
        let setup = CaseSetup {
            script: Arc::clone(script),
            side: case.side,
            rules: ClockRules::Virtual,
            seed: self.seed,
            subject: end(Actor::Subject, &script.subject, case.side),
            peer,
        };
        virtual_time::run_while(setup, &may_go_on)
    }

    /// The shim is of no use: what it was to do is not done.
    fn give_up(&self, number: usize, why: &str) {
        self.skip_rest(number, "the shim could not be used");
        self.say(LiveEvent::Unusable(why.to_owned()));
    }

    /// Neither the case with this number nor any other is run.
    fn skip_rest(&self, number: usize, reason: &str) {
        let mut next = Some(number);
        while let Some(number) = next {
            let outcome = Outcome::Skipped { reason: reason.to_owned() };
            let run = CaseRun::without_trace(outcome, Duration::ZERO);
            self.say(LiveEvent::Finished(number, Box::new(run)));
            next = self.next().map(|(number, _)| number);
        }
    }

    fn next(&self) -> Option<(usize, Case)> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn say(&self, event: LiveEvent) {
        // Whoever no longer listens has seen enough.
        let _ = self.events.send(event);
    }
}

/// A process and whoever talks to it: the case's end of the session, and the worker before and after it.
type SharedProcess = Rc<RefCell<StepProcess>>;

/// Has the shim make the session of one end of the case.
fn begin(shared: &SharedProcess, case: &Case, end: Actor) -> Result<(), Outcome> {
    let script = &case.scenario;
    let (side, settings, to) = match end {
        Actor::Subject => (case.side, &script.subject, Actor::Peer),
        Actor::Peer => (case.side.other(), &script.peer_settings, Actor::Subject),
    };
    let buffer = script.wire.iter().find_map(|control| match control {
        WireControl::Buffer(towards, bytes) if *towards == to => Some(*bytes),
        _ => None,
    });
    let settings = ShimSettings::of(settings, buffer);
    let clock = ShimClock::Lockstep;
    let request = SessionRequest { side, clock, dial: None, settings };
    match shared.borrow_mut().begin(end, Operation::Session(request)) {
        Some(ShimAnswer::Ok(_)) => Ok(()),
        Some(ShimAnswer::Unsupported(Reason { reason })) => Err(Outcome::Skipped { reason }),
        Some(answer) => {
            let message = format!("the shim made no session: {answer}");
            Err(Outcome::Broken { message, stderr: Vec::new() })
        }
        // The trouble is told by whoever looks after the process.
        None => Err(Outcome::Broken { message: String::new(), stderr: Vec::new() }),
    }
}

const fn is_broken(run: &CaseRun) -> bool {
    matches!(run.outcome, Outcome::Broken { .. })
}

/// A case in lockstep takes milliseconds, and a shim says within seconds if it cannot go on. A case that breaks runs
/// twice, so that one costs less than ten seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a process may take to answer its first request.
const START_PATIENCE: Duration = Duration::from_secs(10);
