//! Carries out one case: the only loop over steps. It never sleeps and reads no clock; a runner steps it. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod events;
mod failure;
mod finish;
mod observe;
mod outcome;
pub(crate) mod rules;
pub(crate) mod step;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub use crate::engine::rules::subject::SubjectRules;
pub(crate) use crate::engine::step::measure::{EndedBy, Measured};
pub(crate) use crate::engine::wire::budget::Limit;
pub(crate) use failure::actual::{
    Actual, Corruption, Instead, Retold, Shortfall, StreamEvent, Unwanted,
};
pub(crate) use failure::breach::{Breach, FrameName, NamedStream, Rule};
pub(crate) use failure::call::{CallDone, CallEnd, NamedCall};
pub(crate) use failure::expected::{Alternative, Due, Expected};
pub(crate) use outcome::Failure;
pub use outcome::Outcome;

pub use crate::endpoint::Death;
pub(crate) use crate::engine::rules::watched::watched;
pub use crate::engine::step::timing::ClockRules;
pub(crate) use crate::engine::step::timing::MEASURED_AT_MOST;

use crate::endpoint::Endpoint;
use crate::engine::observe::Observer;
use crate::engine::step::absence::LastCall;
use crate::engine::step::register::Register;
use crate::engine::step::settle::{BarrierRound, Settling};
use crate::engine::step::timing::InForce;
use crate::engine::wire::{Ends, Wire};
use crate::scenario::{Actor, Scenario, StepKind};
use crate::trace::{Recorder, Rung, Trace};
use crate::yamux::frame::{Side, StreamId};
use crate::yamux::payload::{Pattern, seed_of};
use crate::yamux::time::Time;

/// One case while it runs: a scenario, the side of its subject, and the two ends.
pub(crate) struct Engine {
    script: Arc<Scenario>,
    side: Side,
    rules: ClockRules,
    settings: InForce,
    judged_by: Arc<SubjectRules>,
    peer_judged_by: Option<Arc<SubjectRules>>,
    seed: u32,
    ends: Ends,
    wire: Wire,
    recorder: Recorder,
    observer: Observer,
    calls: Register,
    /// The step being carried out; an index into the script.
    at: usize,
    phase: Phase,
    /// How many of the events of the current step have come.
    came: u32,
    /// When each step began.
    began: Vec<Time>,
    /// The next stream number a wire peer opens.
    next_number: StreamId,
    /// With what a body that is cut short goes on.
    goes_on_at: Pattern,
    /// No stream number of the subject's side before this one is fresh.
    next_fresh: StreamId,
    next_barrier: u32,
    /// The latest barriers: one to each end that is asked.
    latest: BarrierRound,
    answered: BTreeSet<u32>,
    /// When the latest barriers were sent, and the longest time that one took.
    barrier_sent: Time,
    slowest_pong: Duration,
    /// When something last crossed the wire or an end last reported something, barriers aside, or the step began.
    last_moved: Time,
    last_call: Option<LastCall>,
    /// Whether something was decided for which a patient run would have waited longer.
    was_hasty: bool,
    /// Whether a barrier was waited for in vain.
    was_deaf: bool,
    /// The first end that has let a barrier wait which the other one had answered.
    deaf_end: Option<Actor>,
    /// Whether nothing is waited for any more.
    is_hurried: bool,
    /// The reasons of the weaker outcomes met so far.
    weaker: Vec<String>,
    /// The answers to what the scenario asks.
    answers: Vec<Measured>,
    /// The first breach of a rule that does not bind the subject.
    tolerated: Option<Box<Failure>>,
    /// Whether the subject has said that its session is over.
    subject_has_ended: bool,
    /// Whether the peer has.
    peer_has_ended: bool,
    /// Whether the script has brought the session to its end.
    end_is_expected: bool,
    /// What the applications did, for the reader of a failure.
    notes: Vec<Note>,
    done: Option<Outcome>,
}

/// Something an application did, and how much had crossed the wire by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How many entries the trace had.
    pub frames_before: usize,
    /// What was done, and when.
    pub rung: Rung,
}

/// What the engine needs next.
#[derive(Debug)]
pub(crate) enum Progress {
    /// To be stepped again once bytes or events have come, or at this moment at the latest.
    Waiting {
        /// `None` only if nothing in the case waits for time.
        until: Option<Time>,
    },
    /// To be stepped again at once: there is more to do at this moment than is done in one go.
    Busy,
    /// Nothing: the case is over.
    Done(Outcome),
}

/// Where the current step stands.
#[derive(Debug)]
enum Phase {
    Begin,
    Watch,
    Settle(Settling),
    Probe { asked: BarrierRound, since: Time },
    Over,
}

/// What to do after a look at the current phase.
pub(crate) enum Flow {
    Again,
    Wait(Time),
    Done(Outcome),
}

/// Everything that is chosen outside the scenario.
pub struct CaseSetup {
    /// The scenario.
    pub script: Arc<Scenario>,
    /// The side the subject plays.
    pub side: Side,
    /// The clock.
    pub rules: ClockRules,
    /// What the subject is judged by beyond the script.
    pub judged_by: Arc<SubjectRules>,
    /// What the peer is judged by, where it is an implementation under test too; `None` is: it is the harness's own.
    pub peer_judged_by: Option<Arc<SubjectRules>>,
    /// What payload patterns are made from.
    pub seed: u32,
    /// The implementation under test.
    pub subject: Box<dyn Endpoint>,
    /// What provokes it.
    pub peer: Box<dyn Endpoint>,
}

impl Engine {
    /// Sets the case up; nothing has moved yet. Times count from `Time::ZERO`.
    pub(crate) fn new(setup: CaseSetup) -> Self {
        let CaseSetup { script, side, rules, judged_by, peer_judged_by, seed, subject, peer } =
            setup;
        let settings = if rules.is_live() {
            InForce { subject: script.live_subject.clone(), peer: script.live_peer.clone() }
        } else {
            InForce { subject: script.subject.clone(), peer: script.peer_settings.clone() }
        };
        let mut engine = Self {
            side,
            rules,
            settings,
            judged_by,
            peer_judged_by,
            seed,
            ends: Ends { subject, peer },
            wire: Wire::new(seed),
            recorder: Recorder::new(),
            observer: Observer::default(),
            calls: Register::default(),
            at: 0,
            phase: Phase::Begin,
            came: 0,
            began: Vec::with_capacity(script.steps.len()),
            next_number: side.other().first_stream(),
            goes_on_at: Pattern::default(),
            next_fresh: side.first_stream(),
            next_barrier: FIRST_BARRIER,
            latest: BarrierRound::NONE,
            answered: BTreeSet::new(),
            barrier_sent: Time::ZERO,
            slowest_pong: Duration::ZERO,
            last_moved: Time::ZERO,
            last_call: None,
            was_hasty: false,
            was_deaf: false,
            deaf_end: None,
            is_hurried: false,
            weaker: Vec::new(),
            answers: Vec::new(),
            tolerated: None,
            subject_has_ended: false,
            peer_has_ended: false,
            end_is_expected: false,
            notes: Vec::new(),
            done: None,
            script,
        };
        let script = Arc::clone(&engine.script);
        for control in &script.wire {
            engine.wire.control(Time::ZERO, control, &mut engine.ends, &mut engine.recorder);
        }
        engine
    }

    /// Does what can be done at `now`, up to a limit, so that a runner gets to look around while an end has no end of
    /// things to say; times never run backwards.
    pub(crate) fn step(&mut self, now: Time) -> Progress {
        self.fire_timers(now);
        for _ in 0..MAX_TURNS {
            let is_quiet = self.exchange(now);
            if let Some(outcome) = self.done.take() {
                self.phase = Phase::Over;
                return Progress::Done(outcome);
            }
            if !is_quiet {
                return Progress::Busy;
            }
            match self.advance(now) {
                Flow::Again => {}
                Flow::Wait(deadline) => {
                    return Progress::Waiting { until: Some(self.next_moment(deadline)) };
                }
                Flow::Done(outcome) => self.done = Some(outcome),
            }
        }
        Progress::Busy
    }

    /// Lets time pass up to `limit`, which is no later than `Progress::Waiting` said, or to the first moment at which
    /// an end has something to say. Returns that moment, at which `step` must be called.
    pub(crate) fn pass_time(&mut self, now: Time, limit: Time) -> Time {
        let limit = self.ends.subject.pass_time(now, limit);
        if limit > now { self.ends.peer.pass_time(now, limit) } else { limit }
    }

    /// There is no more time: what has not come by now does not come. A step that waits for something fails with the next
    /// step of the engine.
    pub(crate) const fn hurry(&mut self) {
        self.is_hurried = true;
    }

    /// What has crossed the wire so far.
    pub(crate) fn trace(&self) -> &Trace {
        self.recorder.trace()
    }

    /// What the applications have done so far.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Whether something was decided for which a run that is not hasty would have waited longer.
    pub(crate) const fn was_hasty(&self) -> bool {
        self.was_hasty
    }

    /// How long an end under test took for its slowest answer to a barrier.
    pub(crate) const fn slowest_pong(&self) -> Duration {
        self.slowest_pong
    }

    fn advance(&mut self, now: Time) -> Flow {
        match self.phase {
            Phase::Begin if let Some(arrival) = self.awaited_arrival(now) => Flow::Wait(arrival),
            Phase::Begin if self.at == self.script.steps.len() => self.finish(now),
            // What ends before anything was asked of it has met no rule about how a session ends.
            Phase::Begin if self.at == 0 && self.has_lost_an_end() => {
                self.fail(Expected::AliveAtStart, Actual::EndedAtStart)
            }
            Phase::Begin => {
                self.wire.cork(self.sends_on());
                self.began.push(now);
                self.last_moved = now;
                self.came = 0;
                self.phase = Phase::Watch;
                self.act(now)
            }
            Phase::Watch => self.watch(now),
            Phase::Settle(_) => self.settle(now),
            Phase::Probe { asked, since } => self.probe(now, asked, since),
            Phase::Over => Flow::Wait(now),
        }
    }

    /// When something arrives that the step must not run ahead of.
    fn awaited_arrival(&self, now: Time) -> Option<Time> {
        self.wire.next_arrival().filter(|at| *at > now && self.script.awaits_arrivals())
    }

    /// How much later than it must something may come.
    fn slack(&self) -> Duration {
        if self.script.awaits_arrivals() { JITTER_SLACK } else { self.rules.slack() }
    }

    /// Whether this step sends something that the next one goes on with at the same moment.
    fn sends_on(&self) -> bool {
        let is_sent = |at: usize| {
            let step = self.script.steps.get(at);
            step.is_some_and(|one| matches!(one.kind, StepKind::Send(_) | StepKind::SendBytes(_)))
        };
        is_sent(self.at) && is_sent(self.at + 1)
    }

    /// The current step is done and everything has come to rest.
    fn next_step(&mut self, now: Time) -> Flow {
        self.at += 1;
        let done = u32::try_from(self.at).unwrap_or(u32::MAX);
        self.recorder.step(now, done);
        self.phase = Phase::Begin;
        Flow::Again
    }

    fn fire_timers(&mut self, now: Time) {
        for actor in self.wire.next_order() {
            let end = self.ends.of(actor);
            for _ in 0..MAX_TIMERS_AT_ONCE {
                if end.poll_timeout().is_none_or(|due| due > now) {
                    break;
                }
                end.handle_timeout(now);
            }
        }
    }

    fn next_moment(&self, deadline: Time) -> Time {
        let timers = [
            self.ends.subject.poll_timeout(),
            self.ends.peer.poll_timeout(),
            self.wire.next_arrival(),
        ];
        timers.into_iter().flatten().fold(deadline, Time::min)
    }

    /// Moves bytes, and takes in what was seen and what the ends report. Whether nothing moves any more.
    fn exchange(&mut self, now: Time) -> bool {
        self.wire.budget().set_running(self.calls.count_running());
        self.wire.budget().charge_look();
        let mut is_quiet = false;
        for _ in 0..MAX_TURNS {
            is_quiet = !self.wire.round(now, &mut self.ends, &mut self.recorder);
            // At once, so that no body is kept longer than it takes to look at it.
            while let Some(seen) = self.recorder.poll_item() {
                self.take(&seen);
            }
            if is_quiet {
                break;
            }
        }
        for actor in self.wire.next_order() {
            while let Some(event) = self.ends.of(actor).poll_event() {
                self.take_event(now, actor, event);
            }
        }
        let entries = self.recorder.trace().entries.len();
        if let Some(overrun) = self.wire.budget().overrun(entries) {
            self.fail_overrun(overrun);
        }
        is_quiet
    }

    /// The pattern an application's payload on a stream follows.
    fn pattern(&self, writer: Actor, label: &str) -> Pattern {
        Pattern::new(seed_of(self.seed, label, writer == Actor::Peer))
    }

    /// When the current step must be done if it names no time of its own.
    fn patience_ends(&self) -> Time {
        self.began[self.at] + self.rules.patience()
    }

    /// Until when to wait if the wait takes that long from `begun` on; `None` once it is over.
    fn wait_until(&self, now: Time, begun: Time, length: Duration) -> Option<Time> {
        let end = begun + length;
        (end > now && !self.is_hurried).then_some(end)
    }
}

/// Barriers carry values from here on, far from those that implementations count up from.
const FIRST_BARRIER: u32 = 0xC0DE_0001;

/// Longer than a few round trips take under jitter.
const JITTER_SLACK: Duration = Duration::from_millis(100);

/// So often are bytes moved and steps looked at in one go.
const MAX_TURNS: u32 = 1000;

/// A timer that is due again and again at the same moment is a defect of the end that owns it.
const MAX_TIMERS_AT_ONCE: u32 = 100_000;
