//! One case on the live clock: step, move bytes and lines, wait for more or for the next moment, repeat.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::endpoint::{AskedEndpoint, BuiltInEndpoint, Endpoint, WireEndpoint};
use crate::engine::{CaseSetup, ClockRules, Death, Engine, Outcome, Progress, SubjectRules};
use crate::runner::live::budget::TimeBudget;
use crate::runner::live::connection::Caller;
use crate::runner::live::end::LiveEnd;
use crate::runner::live::shims::CaseShims;
use crate::runner::{CaseRun, Interrupt};
use crate::scenario::{Actor, PeerKind, Scenario};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// A live case's settings besides its scenario.
#[derive(Clone)]
pub(crate) struct LiveSetup {
    /// The scenario.
    pub(crate) script: Arc<Scenario>,
    /// The side the shim plays.
    pub(crate) side: Side,
    /// The rules it is judged by.
    pub(crate) judged_by: Arc<SubjectRules>,
    /// The rules another implementation at the other end is judged by.
    pub(crate) peer_judged_by: Option<Arc<SubjectRules>>,
    /// The seed of payload patterns.
    pub(crate) seed: u32,
    /// The factor for time limits.
    pub(crate) timeout_scale: f64,
    /// Whether to decide early that something will not come.
    pub(crate) is_hasty: bool,
    /// The time for all its attempts.
    pub(crate) budget: TimeBudget,
}

impl LiveSetup {
    /// The clock of the next attempt.
    pub(crate) const fn rules(&self) -> ClockRules {
        ClockRules::Live { timeout_scale: self.timeout_scale, is_hasty: self.is_hasty }
    }
}

/// The result of one attempt at a case.
pub(crate) struct Tried {
    /// The run.
    pub(crate) run: CaseRun,
    /// Whether a patient run would have waited longer for something.
    pub(crate) was_hasty: bool,
    /// How long the shim's slowest pong took.
    pub(crate) slowest_pong: Duration,
    /// When the shim was last sent a request or bytes.
    pub(crate) last_given: Option<Instant>,
    /// Whether frames still came from the shim right before its end.
    pub(crate) was_moving: bool,
}

impl Tried {
    /// A case that never reached its first step.
    pub(crate) fn without_trace(outcome: Outcome, elapsed: Duration) -> Self {
        let run = CaseRun::without_trace(outcome, elapsed);
        let slowest_pong = Duration::ZERO;
        Self { run, was_hasty: false, slowest_pong, last_given: None, was_moving: false }
    }

    /// A case for which no shim could be started.
    pub(crate) fn without_shim(message: String) -> Self {
        Self::without_trace(Outcome::Broken { message, stderr: Vec::new() }, Duration::ZERO)
    }

    /// Whether it left a call that does not end.
    pub(crate) const fn is_stuck(&self) -> bool {
        matches!(self.run.outcome, Outcome::Died(Death::Stuck, _))
    }

    /// Whether the process of its shim ended in it.
    pub(crate) const fn has_crashed(&self) -> bool {
        matches!(self.run.outcome, Outcome::Died(Death::Crashed, _))
    }
}

/// Runs one case as a session of the shim, or of each of the two.
pub(crate) async fn run(
    shims: &CaseShims,
    name: &str,
    setup: &LiveSetup,
    interrupt: &Interrupt,
) -> Tried {
    let started = Instant::now();
    let begun = tokio::select! {
        begun = LiveCase::begin(shims, name, setup, started) => begun,
        () = interrupt.wait() => Err(interrupted()),
    };
    let mut case = match begun {
        Ok(case) => case,
        Err(outcome) => {
            setup.budget.spend(started.elapsed());
            return Tried::without_trace(outcome, started.elapsed());
        }
    };
    let mut outcome = case.drive(interrupt).await;
    let was_moving = case.subject.last_heard.is_some_and(|heard| heard.elapsed() < MOVING);
    if matches!(outcome, Outcome::Failed(_)) || Instant::now() > case.deadline {
        outcome = case.blame(outcome).await;
    }
    let tried = case.end(outcome, started, interrupt).await;
    setup.budget.spend(started.elapsed());
    Tried { was_moving, ..tried }
}

/// A case while it runs.
struct LiveCase<'a> {
    engine: Engine,
    subject: LiveEnd<'a>,
    /// The peer, if it is an implementation in another process.
    peer: Option<LiveEnd<'a>>,
    began: Instant,
    patience: Duration,
    /// When it must be over.
    deadline: Instant,
}

impl<'a> LiveCase<'a> {
    /// Listens, lets the shims dial in, and sets the engine up.
    async fn begin(
        shims: &'a CaseShims,
        name: &'a str,
        setup: &LiveSetup,
        began: Instant,
    ) -> Result<Self, Outcome> {
        let LiveSetup { script, side, judged_by, seed, timeout_scale, budget, .. } = setup;
        let limit = budget.next();
        let patience = budget.patience(limit, PATIENCE.mul_f64(*timeout_scale));
        let caller = Caller { script, end: Actor::Subject, side: *side, judged_by };
        let (subject, endpoint) =
            LiveEnd::begin((&shims.subject, name), caller, began + patience).await?;
        let foreign = match (&shims.peer, &setup.peer_judged_by) {
            (Some(process), Some(judged_by)) if script.peer == PeerKind::App => {
                let side = side.other();
                let caller = Caller { script, end: Actor::Peer, side, judged_by };
                Some(LiveEnd::begin((process, name), caller, began + patience).await?)
            }
            _ => None,
        };
        let peer_judged_by = setup.peer_judged_by.clone().filter(|_| foreign.is_some());
        // An end that pings by itself has its pings among the frames of the other.
        let asked = |endpoint| Box::new(AskedEndpoint::new(Box::new(endpoint)));
        let (subject_end, peer_end, peer): (Box<dyn Endpoint>, Box<dyn Endpoint>, _) =
            match (foreign, script.peer) {
                (Some((peer, other)), _) => (asked(endpoint), asked(other), Some(peer)),
                (None, PeerKind::App) => {
                    let built_in =
                        BuiltInEndpoint::new(Time::ZERO, side.other(), &script.live_peer);
                    (Box::new(endpoint), Box::new(built_in), None)
                }
                (None, PeerKind::Wire) => {
                    (Box::new(endpoint), Box::new(WireEndpoint::default()), None)
                }
            };
        let engine = Engine::new(CaseSetup {
            script: Arc::clone(script),
            side: *side,
            rules: setup.rules(),
            judged_by: Arc::clone(judged_by),
            peer_judged_by,
            seed: *seed,
            subject: subject_end,
            peer: peer_end,
        });
        Ok(Self { engine, subject, peer, began, patience, deadline: began + limit })
    }

    async fn drive(&mut self, interrupt: &Interrupt) -> Outcome {
        loop {
            let now = self.now();
            let until = match self.engine.step(now) {
                Progress::Done(outcome) => return outcome,
                Progress::Busy | Progress::Steps => Some(now),
                Progress::Waiting { until } => until,
            };
            let until = until.map_or(self.deadline, |until| self.began + until.elapsed());
            if Instant::now() > self.deadline {
                // The awaited event has not come in all that time.
                self.engine.hurry();
                if let Progress::Done(outcome) = self.engine.step(self.now()) {
                    return outcome;
                }
                let limit = (self.deadline - self.began).as_secs_f64();
                let message = format!("the case was not over within {limit} s of real time");
                return Outcome::Broken { message, stderr: Vec::new() };
            }
            let [subject_waits, peer_waits] = self.pass_on();
            tokio::select! {
                () = self.subject.turn(subject_waits) => {}
                () = turn(self.peer.as_mut(), peer_waits) => {}
                () = sleep_until(until.min(self.deadline)) => {}
                () = interrupt.wait() => return interrupted(),
            }
            self.ends().for_each(LiveEnd::hear);
        }
    }

    fn ends(&mut self) -> impl Iterator<Item = &mut LiveEnd<'a>> {
        std::iter::once(&mut self.subject).chain(self.peer.as_mut())
    }

    /// Passes requests and bytes to both ends; returns which of them waits for room.
    fn pass_on(&mut self) -> [bool; 2] {
        let mut waits = [false; 2];
        for (end, waits) in self.ends().zip(&mut waits) {
            end.pass_on_requests();
            *waits = end.write_socket();
        }
        waits
    }

    fn now(&self) -> Time {
        Time::ZERO + self.began.elapsed()
    }

    /// How long to wait for an answer: whatever happened before, a healthy shim has the time to give one.
    fn patience_left(&self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        left.min(self.patience).max(self.patience / 8)
    }

    /// A failure counts only if each shim still responds; one that does not is stuck in its library.
    async fn blame(&self, outcome: Outcome) -> Outcome {
        let ends = std::iter::once((Actor::Subject, &self.subject))
            .chain(self.peer.as_ref().map(|peer| (Actor::Peer, peer)));
        // With two shims the wrong one must not be blamed: on a busy machine the right one needs time to answer.
        let patience = match self.peer {
            Some(_) => self.patience_left().max(self.patience / 2),
            None => self.patience_left(),
        };
        for (actor, end) in ends {
            match end.is_deaf(patience).await {
                Ok(None) => {}
                Ok(Some((death, how))) => return self.died(actor, death, how),
                Err(why) => return Outcome::Broken { message: why, stderr: Vec::new() },
            }
        }
        outcome
    }

    fn died(&self, end: Actor, death: Death, how: String) -> Outcome {
        Outcome::Died(death, self.engine.death(end, death, how))
    }

    /// Ends the sessions, and finds out whether an implementation died of the case, or of its end. After a failure, a call
    /// that does not end says nothing new, and is not waited for.
    async fn die(
        &mut self,
        has_failed: bool,
        interrupt: &Interrupt,
    ) -> Option<(Actor, Death, String)> {
        let patience = if has_failed { SHORT } else { self.patience_left() };
        let subject = self.subject.die(patience, interrupt.wait()).await;
        let peer = match &mut self.peer {
            Some(peer) => peer.die(patience, interrupt.wait()).await,
            None => None,
        };
        let of = |end| move |(death, how)| (end, death, how);
        subject.map(of(Actor::Subject)).or_else(|| peer.map(of(Actor::Peer)))
    }

    async fn end(mut self, mut outcome: Outcome, started: Instant, interrupt: &Interrupt) -> Tried {
        let has_failed = matches!(outcome, Outcome::Failed(_));
        if let Some((end, death, how)) = self.die(has_failed, interrupt).await
            && outcome.yields_to(death)
        {
            outcome = self.died(end, death, how);
        }
        if matches!(outcome, Outcome::Passed | Outcome::PassedWeaker { .. })
            && !interrupt.has_come()
            && let Some(message) = self.ends().find_map(|end| end.process.misconduct())
        {
            outcome = Outcome::Broken { message, stderr: Vec::new() };
        }
        if let Outcome::Died(_, failure) = &mut outcome {
            failure.stderr = match (failure.end, &self.peer) {
                (Actor::Peer, Some(peer)) => peer.process.stderr(),
                _ => self.subject.process.stderr(),
            };
        }
        if let Outcome::Broken { stderr, .. } = &mut outcome
            && stderr.is_empty()
        {
            *stderr = self.ends().flat_map(|end| end.process.stderr()).collect();
        }
        let virtual_duration = self.now();
        Tried {
            run: CaseRun {
                outcome,
                trace: self.engine.trace().clone(),
                notes: self.engine.notes().to_vec(),
                answers: self.engine.answers().to_vec(),
                model: Arc::new(self.engine.take_model()),
                case_time: virtual_duration,
                elapsed: started.elapsed(),
            },
            was_hasty: self.engine.was_hasty(),
            slowest_pong: self.engine.slowest_pong(),
            last_given: self.ends().filter_map(|end| end.last_given).max(),
            was_moving: false,
        }
    }
}

/// The turn of an end that may not exist.
async fn turn(end: Option<&mut LiveEnd<'_>>, must_write: bool) {
    match end {
        Some(end) => end.turn(must_write).await,
        None => std::future::pending().await,
    }
}

fn interrupted() -> Outcome {
    Outcome::Skipped { reason: "interrupted".to_owned() }
}

/// How long a healthy shim may take for an answer that needs no library.
const PATIENCE: Duration = Duration::from_secs(4);

/// A shim that sent something this recently had not come to rest.
const MOVING: Duration = Duration::from_millis(500);

/// How long to wait for the end of a session whose case has failed.
const SHORT: Duration = Duration::from_millis(100);
