//! Cases in virtual time on a shim: the harness and the shim take turns, so that neither clock runs ahead.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use crate::endpoint::{AskedEndpoint, BuiltInEndpoint, Endpoint, WireEndpoint};
use crate::engine::{CaseSetup, ClockRules, Death, Outcome, SubjectRules};
use crate::runner::crew::{CaseEvent, Crew, Job, mark_as_alone, needs_another_look, weigh};
use crate::runner::live::slots::Slots;
use crate::runner::{Case, CaseRun, Interrupt, Plays, processes, virtual_time};
use crate::scenario::{Actor, PeerKind, SettingName, WireControl};
use crate::shim::endpoint::LockstepEndpoint;
use crate::shim::process::{ProcessTrouble, StepProcess};
use crate::shim::protocol::{
    Capabilities, Operation, OperationName, Reason, SessionRequest, ShimAnswer, ShimClock,
    ShimSettings,
};
use crate::yamux::time::Time;

/// Cases for one shim in lockstep.
pub(crate) struct LockstepRun {
    /// The shim's command.
    pub(crate) command: Vec<String>,
    /// Which ends of a case it plays.
    pub(crate) plays: Plays,
    /// How many processes to use, at least 1.
    pub(crate) jobs: usize,
    /// The cases; the number is returned with the result.
    pub(crate) cases: Vec<(usize, Case)>,
    /// The rules the subject is judged by.
    pub(crate) judged_by: Arc<SubjectRules>,
    /// The rules the peer is judged by, if it is under test too.
    pub(crate) peer_judged_by: Option<Arc<SubjectRules>>,
    /// The capabilities of the ends that shims play.
    pub(crate) able: Able,
    /// The seed of payload patterns.
    pub(crate) seed: u32,
    /// The factor for time limits.
    pub(crate) timeout_scale: f64,
    /// The limit of a case in real time, if not the usual one.
    pub(crate) case_timeout: Option<Duration>,
}

/// The capabilities of shims.
#[derive(Clone)]
pub(crate) struct Able {
    pub(crate) subject: Option<Capabilities>,
    pub(crate) peer: Option<Capabilities>,
}

impl Able {
    /// Those of the shim at this end, if one plays it.
    const fn of(&self, end: Actor) -> Option<&Capabilities> {
        match end {
            Actor::Subject => self.subject.as_ref(),
            Actor::Peer => self.peer.as_ref(),
        }
    }

    /// Whether the shim at this end takes the setting.
    fn takes(&self, end: Actor, name: SettingName) -> bool {
        self.of(end).is_none_or(|able| able.takes(name))
    }

    /// Whether the shim at this end can be told to ping.
    fn pings(&self, end: Actor) -> bool {
        self.of(end).is_none_or(|able| able.actions.contains(OperationName::Ping))
    }
}

/// Runs the cases as it gets slots; returns at once. The channel closes when all is over.
pub(crate) fn start(
    run: LockstepRun,
    slots: &Slots,
    events: &Sender<CaseEvent>,
    interrupt: &Interrupt,
) -> Vec<thread::JoinHandle<()>> {
    let workers = processes(run.jobs, run.cases.len());
    let crew = Crew::new(run.cases, events, interrupt);
    let usual = PATIENCE.mul_f64(run.timeout_scale);
    let patience = run.case_timeout.unwrap_or(usual);
    let start_patience = START_PATIENCE.mul_f64(run.timeout_scale);
    (0..workers)
        .map(|_| {
            let worker = LockstepWorker {
                command: run.command.clone(),
                plays: run.plays,
                judged_by: Arc::clone(&run.judged_by),
                peer_judged_by: run.peer_judged_by.clone(),
                able: run.able.clone(),
                seed: run.seed,
                patience,
                start_patience,
                crew: crew.clone(),
            };
            let slot = slots.reserve();
            thread::spawn(move || {
                slot.wait();
                worker.work();
            })
        })
        .collect()
}

/// One thread with one process at a time.
struct LockstepWorker {
    command: Vec<String>,
    plays: Plays,
    judged_by: Arc<SubjectRules>,
    peer_judged_by: Option<Arc<SubjectRules>>,
    able: Able,
    seed: u32,
    /// How long all of a case may take in real time.
    patience: Duration,
    start_patience: Duration,
    crew: Crew<(usize, Case)>,
}

impl LockstepWorker {
    fn work(&self) {
        let mut process = None;
        while !self.is_interrupted()
            && !self.crew.gives_up()
            && let Some((number, case)) = self.crew.next()
        {
            self.crew.started(number);
            let is_fresh = process.is_none();
            let begun = self.run(&mut process, &case);
            if self.is_interrupted() {
                // Its shim was killed, which says nothing.
                return;
            }
            let mut run = match begun {
                Ok(run) => run,
                Err(why) => {
                    self.crew.put_back((number, case));
                    return self.crew.cannot_be_used(&why);
                }
            };
            if !is_fresh && process.is_none() && needs_another_look(&run) {
                // What an earlier case has left behind must not count against this one.
                let mut again = self.run(&mut process, &case).unwrap_or_else(|_| run.clone());
                if self.is_interrupted() {
                    return;
                }
                mark_as_alone(&mut again);
                run = weigh(run, again);
            }
            self.crew.finished(number, run);
        }
        if let Some(process) = process {
            process.borrow_mut().bye();
        }
    }

    /// Runs one case; a process that can no longer be used is gone afterwards. The error is that none can be started.
    fn run(&self, process: &mut Option<SharedProcess>, case: &Case) -> Result<CaseRun, String> {
        let started = Instant::now();
        let shared = match process.take() {
            Some(shared) => shared,
            None => Rc::new(RefCell::new(self.start()?)),
        };
        shared.borrow_mut().allow(self.patience);
        let mut run = match self.begin(&shared, case) {
            Ok(()) => self.drive(&shared, case),
            Err(outcome) => {
                shared.borrow_mut().end_sessions();
                CaseRun::without_trace(outcome, Duration::ZERO)
            }
        };
        let trouble = shared.borrow_mut().trouble();
        match trouble {
            None => {
                if let Outcome::Died(_, failure) = &mut run.outcome {
                    failure.stderr = shared.borrow().words(UNDER_WAY);
                }
                *process = Some(shared);
            }
            Some(ProcessTrouble::Refused(reason)) => run.outcome = Outcome::Skipped { reason },
            Some(ProcessTrouble::Gone { message, stderr }) => {
                run.outcome = Outcome::Broken { message, stderr };
            }
            Some(ProcessTrouble::Died { message, stderr: words, .. }) => match &mut run.outcome {
                Outcome::Died(_, failure) => failure.stderr = words,
                // It was unusable before its first step, when there was nothing to judge it by.
                Outcome::Broken { .. } => {
                    run.outcome = Outcome::Broken { message, stderr: words };
                }
                _ => {}
            },
        }
        run.elapsed = started.elapsed();
        Ok(run)
    }

    /// A fresh process. It is tried twice, because a busy machine starts one slowly.
    fn start(&self) -> Result<StepProcess, String> {
        StepProcess::start(&self.command, self.start_patience).or_else(|_| {
            let again = StepProcess::start(&self.command, self.start_patience);
            again.map_err(|error| {
                let patience = self.start_patience.as_secs_f64();
                format!("{error} (in two starts, of up to {patience} s each)")
            })
        })
    }

    /// Makes the shim create the sessions of the ends it plays.
    fn begin(&self, shared: &SharedProcess, case: &Case) -> Result<(), Outcome> {
        [Actor::Subject, Actor::Peer]
            .into_iter()
            .filter(|end| self.plays.is(*end))
            .try_for_each(|end| begin(shared, case, end, &self.able))
    }

    fn drive(&self, shared: &SharedProcess, case: &Case) -> CaseRun {
        let script = &case.scenario;
        let end = |actor, settings, side| -> Box<dyn Endpoint> {
            if !self.plays.is(actor) {
                return Box::new(BuiltInEndpoint::new(Time::ZERO, side, settings));
            }
            let is_paired = self.plays == Plays::Both;
            let end = Box::new(LockstepEndpoint::new(Rc::clone(shared), actor, is_paired));
            // A peer that is judged is asked by pings of the subject, and the subject by those of the peer.
            let is_told_to_ping = self.plays.is(Actor::Peer) || self.peer_judged_by.is_some();
            if is_told_to_ping && !self.able.pings(actor) {
                return Box::new(AskedEndpoint::new(end));
            }
            end
        };
        let peer = match script.peer {
            PeerKind::App => end(Actor::Peer, &script.peer_settings, case.side.other()),
            PeerKind::Wire => Box::new(WireEndpoint::default()),
        };
        let may_go_on = || !self.is_interrupted() && !shared.borrow().is_late();
        let setup = CaseSetup {
            script: Arc::clone(script),
            side: case.side,
            rules: ClockRules::Virtual,
            judged_by: Arc::clone(&self.judged_by),
            peer_judged_by: self.peer_judged_by.clone(),
            seed: self.seed,
            subject: end(Actor::Subject, &script.subject, case.side),
            peer,
        };
        virtual_time::run_while(setup, &may_go_on, &mut || self.end(shared))
    }

    /// Ends the sessions, and returns whether the implementation died of that; if it plays both ends, as the subject.
    fn end(&self, shared: &SharedProcess) -> Option<(Actor, Death, String)> {
        let mut process = shared.borrow_mut();
        if !process.is_lost() {
            process.allow(self.patience);
        }
        let end = if self.plays.is(Actor::Subject) { Actor::Subject } else { Actor::Peer };
        let crash = process.end_sessions().map(|native| (Actor::Subject, Death::Crashed, native));
        crash.or_else(|| match process.trouble() {
            Some(ProcessTrouble::Died { death, message, .. }) => Some((end, death, message)),
            _ => None,
        })
    }

    fn is_interrupted(&self) -> bool {
        self.crew.interrupt().has_come()
    }
}

impl Job for (usize, Case) {
    fn number(&self) -> usize {
        self.0
    }
}

/// A process, shared by the case's end of the session, and the worker before and after it.
type SharedProcess = Rc<RefCell<StepProcess>>;

/// Makes the shim create the session of one end of the case.
fn begin(shared: &SharedProcess, case: &Case, end: Actor, able: &Able) -> Result<(), Outcome> {
    let script = &case.scenario;
    let (side, settings, to) = match end {
        Actor::Subject => (case.side, &script.subject, Actor::Peer),
        Actor::Peer => (case.side.other(), &script.peer_settings, Actor::Subject),
    };
    let buffer = script.wire.iter().find_map(|control| match control {
        WireControl::Buffer(towards, bytes) if *towards == to => Some(*bytes),
        _ => None,
    });
    let settings = ShimSettings::of(settings, buffer, |name| able.takes(end, name));
    let clock = ShimClock::Lockstep;
    let request = SessionRequest { side, clock, dial: None, settings };
    match shared.borrow_mut().begin(end, Operation::Session(request)) {
        Some(ShimAnswer::Ok(_)) => Ok(()),
        Some(ShimAnswer::Unsupported(Reason { reason })) => Err(Outcome::Skipped { reason }),
        Some(answer) => {
            let message = format!("the shim made no session: {answer}");
            Err(Outcome::Broken { message, stderr: Vec::new() })
        }
        // The owner of the process reports the trouble.
        None => Err(Outcome::Broken { message: String::new(), stderr: Vec::new() }),
    }
}

/// A case in lockstep takes milliseconds, and a shim says within seconds if it cannot continue. A case that breaks runs
/// twice, so that one costs less than ten seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// What was written on stderr before an answer is read at about the same time.
const UNDER_WAY: Duration = Duration::from_millis(50);

/// How long a process may take to answer its first request.
const START_PATIENCE: Duration = Duration::from_secs(30);
