//! `Cursor`: the position of a case in its scenario, and the moments its steps name. Pure.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::rules::case::CaseRules;
use crate::engine::step::calls::RunningCall;
use crate::engine::step::register::Register;
use crate::engine::{Due, Phase};
use crate::scenario::{Origin, Scenario, Step, StepKind, TimePoint, Timing};
use crate::yamux::time::Time;

/// The position of a case in its scenario.
pub(crate) struct Cursor {
    pub(crate) scenario: Arc<Scenario>,
    /// The step being carried out; an index into the scenario.
    pub(crate) at: usize,
    pub(crate) phase: Phase,
    /// How many events of the current step have occurred.
    pub(crate) came: u32,
    /// When each step began.
    began: Vec<Time>,
    /// Whether all waiting has been called off.
    pub(crate) is_hurried: bool,
    /// Whether there may be more steps than the scenario has so far.
    pub(crate) is_open: bool,
}

impl Cursor {
    pub(crate) fn new(scenario: Arc<Scenario>) -> Self {
        let began = Vec::with_capacity(scenario.steps.len());
        Self {
            scenario,
            at: 0,
            phase: Phase::Begin,
            came: 0,
            began,
            is_hurried: false,
            is_open: false,
        }
    }

    /// The current step; `None` after the last one.
    pub(crate) fn step(&self) -> Option<&Step> {
        self.scenario.steps.get(self.at)
    }

    /// Begins the current step.
    pub(crate) fn begin(&mut self, now: Time) {
        self.began.push(now);
        self.came = 0;
        self.phase = Phase::Watch;
    }

    /// Advances to the next step; returns the number of the step just done, from 1.
    pub(crate) fn next(&mut self) -> u32 {
        self.at += 1;
        self.phase = Phase::Begin;
        u32::try_from(self.at).unwrap_or(u32::MAX)
    }

    /// When the current step began.
    pub(crate) fn begun(&self) -> Time {
        self.began[self.at]
    }

    /// Whether this step and the next both send, as one unit.
    pub(crate) fn sends_on(&self) -> bool {
        let is_sent = |at: usize| {
            let step = self.scenario.steps.get(at);
            step.is_some_and(|one| matches!(one.kind, StepKind::Send(_) | StepKind::SendBytes(_)))
        };
        is_sent(self.at) && is_sent(self.at + 1)
    }

    /// The call whose end the current step concerns.
    pub(crate) fn awaited_call<'c>(&self, calls: &'c Register) -> Option<&'c RunningCall> {
        match &self.step()?.kind {
            StepKind::Call(call) if call.label.is_none() => calls.last(),
            StepKind::Join(join) => calls.labelled(&join.label),
            StepKind::StillBlocked { label, .. } => calls.labelled(label),
            StepKind::Measure(measure) => calls.labelled(&measure.label),
            _ => None,
        }
    }

    /// When a step that waits for `length` ends; `None` once that is over.
    pub(crate) fn wait_until(&self, now: Time, length: Duration) -> Option<Time> {
        let end = self.begun() + length;
        (end > now && !self.is_hurried).then_some(end)
    }

    /// Times that start at this step treat whatever arrived before it (while other steps settled) as arriving with it.
    pub(crate) fn counted(&self, timing: &Timing, came: Time) -> Time {
        match timing.from {
            Origin::ThisStep => came.max(self.begun()),
            Origin::Step(_) | Origin::Session => came,
        }
    }

    /// The moment that times count from.
    pub(crate) fn origin(&self, from: &Origin, this: Time) -> Time {
        match from {
            Origin::ThisStep => this,
            Origin::Step(index) => self.began.get(*index).copied().unwrap_or(this),
            Origin::Session => Time::ZERO,
        }
    }

    /// The earliest and latest moments at which a step may be done, as far as its timing says.
    pub(crate) fn due(&self, rules: &CaseRules, timing: &Timing, this: Time) -> Due {
        let origin = self.origin(&timing.from, this);
        let moment =
            |point: &Option<TimePoint>| Some(origin + rules.settings.length(point.as_ref()?)?);
        Due { not_before: moment(&timing.not_before), within: moment(&timing.within) }
    }

    /// The moment until which to wait.
    pub(crate) fn limit(&self, rules: &CaseRules, timing: &Timing, this: Time) -> Time {
        let due = self.due(rules, timing, this);
        let slack =
            if self.scenario.awaits_arrivals() { JITTER_SLACK } else { rules.clock.slack() };
        match due.within {
            // The steps in between took time that does not exist on the virtual clock.
            Some(within) if rules.clock.is_live() => within.max(self.begun()) + slack,
            Some(within) => within + rules.subject.polling() + slack,
            None => due.not_before.unwrap_or_else(|| self.begun()) + rules.clock.patience(),
        }
    }
}

/// Longer than a few round trips under jitter.
const JITTER_SLACK: Duration = Duration::from_millis(100);
