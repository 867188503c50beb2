//! Carries out one case: the only loop over steps. It never sleeps and reads no clock; a runner steps it. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod cursor;
mod events;
mod failure;
mod finish;
mod observe;
mod outcome;
mod rig;
pub(crate) mod rules;
pub(crate) mod step;
mod wire;

use std::sync::Arc;
use std::time::Duration;

pub use crate::engine::rules::subject::SubjectRules;
pub(crate) use crate::engine::step::measure::{EndedBy, Measured};
pub(crate) use failure::actual::{
    Actual, Corruption, Instead, Retold, Shortfall, StreamEvent, Unwanted,
};
pub(crate) use failure::call::{CallDone, CallEnd, NamedCall};
pub(crate) use failure::expected::{Alternative, Due, Expected};
pub(crate) use outcome::Failure;
pub use outcome::Outcome;

pub use crate::endpoint::Death;
pub(crate) use crate::engine::rules::watched::watched;
pub use crate::engine::step::timing::ClockRules;
pub(crate) use crate::engine::step::timing::MEASURED_AT_MOST;

use crate::endpoint::Endpoint;
use crate::engine::cursor::Cursor;
use crate::engine::finish::Ruling;
use crate::engine::observe::Observer;
use crate::engine::rig::Rig;
use crate::engine::rules::case::CaseRules;
use crate::engine::step::act::PeerFrames;
use crate::engine::step::barriers::{BarrierRound, Barriers};
use crate::engine::step::register::Register;
use crate::engine::step::settle::Settling;
use crate::engine::step::timing::InForce;
use crate::engine::wire::{Ends, Wire};
use crate::model::{Model, Snapshot};
use crate::scenario::{Actor, Scenario, Step};
use crate::trace::{Recorder, Rung, Trace};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// One case while it runs: a scenario, the side of its subject, and the two ends.
pub(crate) struct Engine {
    rules: CaseRules,
    cursor: Cursor,
    rig: Rig,
    barriers: Barriers,
    frames: PeerFrames,
    ruling: Ruling,
}

/// An action of an application, and how much had crossed the wire by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How many entries the trace had.
    pub frames_before: usize,
    /// The action and its moment.
    pub rung: Rung,
}

/// What the engine needs next.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Call `step` again once bytes or events have arrived, and no later than this moment.
    Waiting {
        /// `None` only if nothing in the case waits for time.
        until: Option<Time>,
    },
    /// Call `step` again at once: one call does not finish the work of this moment.
    Busy,
    /// More steps, or to hear that there are none.
    Steps,
    /// Nothing: the case is over.
    Done(Outcome),
}

/// The phase of the current step.
#[derive(Debug)]
enum Phase {
    Begin,
    Watch,
    Settle(Settling),
    Probe { asked: BarrierRound, since: Time },
    Over,
}

/// What to do after checking the current phase.
pub(crate) enum Flow {
    Again,
    Wait(Time),
    /// The step is done; on the live clock the subject gets time to settle.
    Rest,
    /// The step is done and everything has settled.
    Next,
    /// All steps are done, and there may be more.
    Open,
    Failed(Box<(Expected, Actual)>),
    Done(Outcome),
}

impl Flow {
    /// The step has failed.
    pub(crate) fn failed(expected: Expected, observed: Actual) -> Self {
        Self::Failed(Box::new((expected, observed)))
    }
}

/// Everything chosen outside the scenario.
pub struct CaseSetup {
    /// The scenario.
    pub script: Arc<Scenario>,
    /// The side the subject plays.
    pub side: Side,
    /// The clock.
    pub rules: ClockRules,
    /// The rules for the subject beyond the script.
    pub judged_by: Arc<SubjectRules>,
    /// The rules for the peer if it is also under test; `None` for the harness's own peer.
    pub peer_judged_by: Option<Arc<SubjectRules>>,
    /// The seed of the payload patterns.
    pub seed: u32,
    /// The implementation under test.
    pub subject: Box<dyn Endpoint>,
    /// The end that provokes it.
    pub peer: Box<dyn Endpoint>,
}

impl Engine {
    /// Sets the case up without moving anything. Times count from `Time::ZERO`.
    pub(crate) fn new(setup: CaseSetup) -> Self {
        let CaseSetup { script, side, rules: clock, seed, subject, peer, .. } = setup;
        let settings = if clock.is_live() {
            InForce { subject: script.live_subject.clone(), peer: script.live_peer.clone() }
        } else {
            InForce { subject: script.subject.clone(), peer: script.peer_settings.clone() }
        };
        let mut rig = Rig {
            ends: Ends { subject, peer },
            wire: Wire::new(seed),
            recorder: Recorder::new(),
            observer: Observer::default(),
            calls: Register::default(),
            last_moved: Time::ZERO,
            has_ended: [false; 2],
            notes: Vec::new(),
        };
        for control in &script.wire {
            rig.wire.control(Time::ZERO, control, &mut rig.ends, &mut rig.recorder);
            rig.note_fault(control);
        }
        let (subject, peer) = (setup.judged_by, setup.peer_judged_by);
        Self {
            rules: CaseRules { side, clock, settings, subject, peer, seed },
            cursor: Cursor::new(script),
            rig,
            barriers: Barriers::default(),
            frames: PeerFrames::new(side),
            ruling: Ruling::default(),
        }
    }

    /// Does the work due at `now`, up to a limit, so that the runner regains control even if an end never stops
    /// sending; `now` never decreases.
    pub(crate) fn step(&mut self, now: Time) -> Progress {
        self.rig.fire_timers(now);
        for _ in 0..MAX_TURNS {
            let is_quiet = self.exchange(now);
            if let Some(outcome) = self.ruling.done.take() {
                self.cursor.phase = Phase::Over;
                return Progress::Done(outcome);
            }
            if !is_quiet {
                return Progress::Busy;
            }
            match self.advance(now) {
                Flow::Again => {}
                Flow::Wait(deadline) => {
                    return Progress::Waiting { until: Some(self.rig.next_moment(deadline)) };
                }
                Flow::Rest if self.rules.clock.is_live() => {
                    self.cursor.phase = Phase::Settle(Settling::new(now));
                }
                Flow::Rest | Flow::Next => self.rig.recorder.step(now, self.cursor.next()),
                Flow::Failed(failed) => {
                    let (expected, observed) = *failed;
                    self.fail(self.blame(&expected, &observed), expected, observed);
                }
                Flow::Open => return Progress::Steps,
                Flow::Done(outcome) => self.ruling.done = Some(outcome),
            }
        }
        Progress::Busy
    }

    /// Lets time pass up to `limit`, which is no later than `Progress::Waiting` said, or until an end has something to
    /// report. Returns that moment, at which `step` must be called.
    pub(crate) fn pass_time(&mut self, now: Time, limit: Time) -> Time {
        let limit = self.rig.ends.subject.pass_time(now, limit);
        if limit > now { self.rig.ends.peer.pass_time(now, limit) } else { limit }
    }

    /// Adds steps to a script that is open at its end.
    pub(crate) fn extend(&mut self, steps: Vec<Step>) {
        Arc::make_mut(&mut self.cursor.scenario).steps.extend(steps);
    }

    /// The script gets no more steps: its end may come.
    pub(crate) const fn close(&mut self) {
        self.cursor.is_open = false;
    }

    /// Leaves the script open at its end.
    pub(crate) const fn open(&mut self) {
        self.cursor.is_open = true;
    }

    /// The session as it stands.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.rig.observer.model.snapshot()
    }

    /// Ends all waiting: anything that has not arrived by now counts as absent. A step that waits fails in the next
    /// call of `step`.
    pub(crate) const fn hurry(&mut self) {
        self.cursor.is_hurried = true;
    }

    /// The session as the model has seen it, once the case is over.
    pub(crate) fn take_model(&mut self) -> Model {
        std::mem::take(&mut self.rig.observer.model)
    }

    /// What has crossed the wire so far.
    pub(crate) fn trace(&self) -> &Trace {
        self.rig.recorder.trace()
    }

    /// The actions of the applications so far.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.rig.notes
    }

    /// The answers to the scenario's questions.
    pub(crate) fn answers(&self) -> &[Measured] {
        &self.ruling.answers
    }

    /// Whether a decision was made that a patient run would have made later.
    pub(crate) const fn was_hasty(&self) -> bool {
        self.ruling.was_hasty
    }

    /// The longest time an end under test took to answer a barrier.
    pub(crate) const fn slowest_pong(&self) -> Duration {
        self.barriers.slowest_pong
    }

    fn advance(&mut self, now: Time) -> Flow {
        match self.cursor.phase {
            Phase::Begin if let Some(arrival) = self.awaited_arrival(now) => self.wait_for(arrival),
            Phase::Begin if self.cursor.step().is_none() && self.cursor.is_open => Flow::Open,
            Phase::Begin if self.cursor.step().is_none() => self.finish(now),
            // An end that closes before the first step has broken no rule on how a session ends.
            Phase::Begin if self.cursor.at == 0 && self.rig.has_lost_an_end(&self.rules) => {
                Flow::failed(Expected::AliveAtStart, Actual::EndedAtStart)
            }
            Phase::Begin => {
                self.rig.wire.cork(self.cursor.sends_on());
                self.cursor.begin(now);
                self.rig.last_moved = now;
                self.act(now)
            }
            Phase::Watch => self.watch(now),
            Phase::Settle(settling) => self.settle(now, settling),
            Phase::Probe { asked, since } => self.probe(now, asked, since),
            Phase::Over => Flow::Wait(now),
        }
    }

    /// The next arrival that the step must wait for.
    fn awaited_arrival(&self, now: Time) -> Option<Time> {
        self.rig
            .wire
            .next_arrival()
            .filter(|at| *at > now && self.cursor.scenario.awaits_arrivals())
    }

    /// Moves bytes, and takes in observations and reports from the ends. Returns whether nothing moves any more.
    fn exchange(&mut self, now: Time) -> bool {
        self.rig.wire.budget().set_running(self.rig.calls.count_running());
        self.rig.wire.budget().charge_look();
        let mut is_quiet = false;
        for _ in 0..MAX_TURNS {
            is_quiet = !self.rig.wire.round(now, &mut self.rig.ends, &mut self.rig.recorder);
            // At once, so that no body is kept longer than needed.
            while let Some(seen) = self.rig.recorder.poll_item() {
                self.take(&seen);
            }
            if is_quiet {
                break;
            }
        }
        for actor in self.rig.wire.next_order() {
            while let Some(event) = self.rig.ends.of(actor).poll_event() {
                self.take_event(now, actor, event);
            }
        }
        let entries = self.rig.recorder.trace().entries.len();
        if let Some(overrun) = self.rig.wire.budget().overrun(entries) {
            self.fail((Actor::Subject, None), Expected::AtMost(overrun), Actual::NoEnd);
        }
        is_quiet
    }
}

/// The most turns in one call.
const MAX_TURNS: u32 = 1000;
