//! Watching a step: has the event it waits for occurred, and in time? Pure.

use std::time::Duration;

use crate::endpoint::{CallResult, Habit};
use crate::engine::rules::classes::Situation;
use crate::engine::step::calls::{Judgement, Leeway, RunningCall, Told};
use crate::engine::step::expect;
use crate::engine::step::expect::Match;
use crate::engine::{Actual, Due, Engine, Expected, Flow, Outcome};
use crate::scenario::{Actor, Expect, ExpectedEvent, ExpectedResult, Label, StepKind, Timing};
use crate::yamux::frame::GoAwayCode;
use crate::yamux::time::Time;

impl Engine {
    /// Checks whether the current step is satisfied.
    pub(crate) fn watch(&mut self, now: Time) -> Flow {
        let script = std::sync::Arc::clone(&self.cursor.scenario);
        match &script.steps[self.cursor.at].kind {
            StepKind::Call(call) if call.label.is_some() => Flow::Rest,
            StepKind::Call(call) => {
                let begun = self.rig.calls.last().cloned();
                let begun = begun.expect("the step has begun a call");
                self.watch_call(now, &begun, &call.result)
            }
            StepKind::Join(join) => match self.rig.calls.labelled(&join.label).cloned() {
                Some(call) => self.watch_call(now, &call, &join.result),
                None => Flow::failed(Expected::Call(Label::clone(&join.label)), Actual::NoCall),
            },
            StepKind::Send(_) | StepKind::SendBytes(_) | StepKind::Wire(_) => Flow::Rest,
            StepKind::Expect(wanted) => self.watch_event(now, wanted),
            StepKind::ExpectFrame(frame) => {
                let found = expect::take_frame(&mut self.rig.observer, frame);
                self.decide(now, found, &Timing::default(), |_| Expected::Frame(frame.clone()))
            }
            StepKind::ExpectNone(none) => {
                match expect::forbidden(&mut self.rig.observer, &none.event) {
                    Some((unwanted, time)) => Flow::failed(
                        Expected::Absence(none.event.clone()),
                        Actual::Unwanted(unwanted, time),
                    ),
                    None => self.watch_quiet(now, none.duration),
                }
            }
            StepKind::StillBlocked { label, duration } => match self.rig.calls.labelled(label) {
                Some(call) => must_run(call).unwrap_or_else(|| self.watch_quiet(now, *duration)),
                None => Flow::failed(Expected::Call(Label::clone(label)), Actual::NoCall),
            },
            StepKind::Measure(measure) => self.measure(now, measure),
            StepKind::Wait(duration) => {
                let wait = self.cursor.wait_until(now, self.rules.clock.pause(*duration));
                wait.map_or(Flow::Rest, Flow::Wait)
            }
        }
    }

    fn watch_call(&mut self, now: Time, call: &RunningCall, expected: &ExpectedResult) -> Flow {
        let started = call.started;
        let Some((ended, result)) = call.finished.clone() else {
            let given_up = match self.look_on(now, &expected.timing, started) {
                Ok(flow) => return flow,
                Err(given_up) => given_up,
            };
            let due = self.cursor.due(&self.rules, &expected.timing, started);
            let expected = Expected::CallEnd(call.named(), call.expected_end(expected), due);
            return Flow::failed(expected, Actual::StillRunning(given_up));
        };
        if call.is_optional && matches!(result, CallResult::Unsupported { .. }) {
            return Flow::Rest;
        }
        if let CallResult::Done(done) = &result
            && !call.is_optional
            && let Some(figure) = call.untold_figure(done)
        {
            let reason = format!("it does not tell its {figure}");
            return Flow::Done(Outcome::Skipped { reason });
        }
        match call.told(&result, ended) {
            Ok(told) => self.judge_call(call, told, ended, expected),
            Err(broken) => Flow::Done(broken),
        }
    }

    fn judge_call(
        &mut self,
        call: &RunningCall,
        told: Told<'_>,
        ended: Time,
        expected: &ExpectedResult,
    ) -> Flow {
        let must_end = |due| Expected::CallEnd(call.named(), call.expected_end(expected), due);
        match call.judge(told, expected, self.leeway(call)) {
            Judgement::Missed(observed) => return Flow::failed(must_end(Due::default()), observed),
            Judgement::Weaker(because) => self.ruling.weaker.push(because),
            Judgement::Met => {}
        }
        if let Err(observed) = self.in_time(&expected.timing, call.started, ended) {
            return Flow::failed(
                must_end(self.cursor.due(&self.rules, &expected.timing, call.started)),
                observed,
            );
        }
        Flow::Rest
    }

    /// How the result of this call may lawfully differ.
    fn leeway(&self, call: &RunningCall) -> Leeway {
        let Some(rules) = self.rules.of(call.actor).filter(|rules| !rules.is_exact()) else {
            return Leeway::default();
        };
        let counts_on_the_wire = rules.habits.contains(&Habit::BufferedWrites);
        Leeway { situation: self.situation(call), counts_on_the_wire }
    }

    /// Why a call cannot continue, if it cannot.
    fn situation(&self, call: &RunningCall) -> Option<Situation> {
        let is_over = self.ruling.end_is_expected
            || self.rig.has_lost_an_end(&self.rules)
            || self.rig.wire.is_cut()
            || self.rig.has_ended[call.actor as usize]
            || match call.actor {
                Actor::Subject => self.rig.observer.peer_said_go_away,
                Actor::Peer => self.rig.observer.subject_said_go_away,
            };
        if is_over {
            return Some(Situation::SessionOver);
        }
        let stream = call.action.stream()?;
        if self.rig.view_of(call).is_some_and(|view| view.sent_by(call.actor.other()).rst > 0) {
            return Some(Situation::PeerReset);
        }
        self.rig.calls.own_end_of(call.actor, stream)
    }

    fn watch_event(&mut self, now: Time, wanted: &Expect) -> Flow {
        let event = wanted.after(self.cursor.came);
        self.forget_own_pings(&event, &wanted.timing);
        let found = expect::take(&mut self.rig.observer, &event);
        if let (Match::Satisfied(_), Some(limit)) = (&found, wanted.behind) {
            let behind = expect::behind(&mut self.rig.observer, &event);
            if behind > limit {
                let expected = Expected::InTurn(event, limit);
                return Flow::failed(expected, Actual::Behind(behind));
            }
        }
        if matches!(found, Match::Satisfied(_)) {
            self.ruling.end_is_expected |= ends_session(&event);
        } else {
            for (event, because) in &wanted.weaker {
                if let found @ Match::Satisfied(_) = expect::take(&mut self.rig.observer, event) {
                    self.ruling.weaker.push(because.clone());
                    self.ruling.end_is_expected |= ends_session(event);
                    let expected = |due| Expected::Event(event.clone(), due);
                    return self.decide(now, found, &wanted.timing, expected);
                }
            }
        }
        if wanted.is_optional && !matches!(found, Match::Satisfied(_)) {
            return self.pass_over(now, &found, &wanted.timing);
        }
        let (nth, times) = (self.cursor.came + 1, wanted.times);
        let expected = |due| match times {
            1 => Expected::Event(event.clone(), due),
            _ => Expected::Nth(event.clone(), nth, times, due),
        };
        match self.decide(now, found, &wanted.timing, expected) {
            Flow::Next if nth < times => {
                self.cursor.came = nth;
                Flow::Again
            }
            flow => flow,
        }
    }

    /// Continues without an optional event, once its time is over or it can no longer occur.
    fn pass_over(&mut self, now: Time, found: &Match, timing: &Timing) -> Flow {
        let limit = self.cursor.limit(&self.rules, timing, self.cursor.begun());
        let may_come = matches!(found, Match::NotYet(_)) && timing.within.is_some();
        if may_come && now < limit && !self.cursor.is_hurried {
            return Flow::Wait(limit);
        }
        Flow::Next
    }

    /// Drops the subject's own earlier pings: they do not satisfy an expectation of a later moment.
    fn forget_own_pings(&mut self, event: &ExpectedEvent, timing: &Timing) {
        if *event == ExpectedEvent::Ping
            && self.rules.subject.habits.contains(&Habit::OwnPings)
            && let Some(due) = self.cursor.due(&self.rules, timing, self.cursor.begun()).not_before
        {
            self.rig.observer.pings.retain(|(time, _)| *time >= due);
        }
    }

    fn decide(
        &mut self,
        now: Time,
        found: Match,
        timing: &Timing,
        expected: impl Fn(Due) -> Expected,
    ) -> Flow {
        let began = self.cursor.begun();
        let expected = |engine: &Self| expected(engine.cursor.due(&engine.rules, timing, began));
        match found {
            Match::Satisfied(time) => {
                match self.in_time(timing, began, self.cursor.counted(timing, time)) {
                    Ok(()) => Flow::Next,
                    Err(observed) => Flow::failed(expected(self), observed),
                }
            }
            Match::Contradicted(instead) => Flow::failed(expected(self), Actual::Instead(instead)),
            Match::NotYet(lack) => match self.look_on(now, timing, began) {
                Ok(flow) => flow,
                Err(given_up) => Flow::failed(expected(self), Actual::NotYet(lack, given_up)),
            },
        }
    }

    fn watch_quiet(&self, now: Time, duration: Duration) -> Flow {
        let wait = self.cursor.wait_until(now, self.rules.clock.quiet(duration));
        wait.map_or(Flow::Next, Flow::Wait)
    }

    /// How to keep watching for a missing event; the error is the moment by which it was due. An event with its own
    /// time is awaited a little longer: "a millisecond too late" says more than "not there".
    fn look_on(&mut self, now: Time, timing: &Timing, this: Time) -> Result<Flow, Time> {
        if self.cursor.is_hurried {
            return Err(now);
        }
        let limit = self.cursor.limit(&self.rules, timing, this);
        if timing.within.is_some() {
            let last = limit + self.rules.clock.lateness();
            if now < last {
                return Ok(Flow::Wait(last));
            }
            self.ruling.was_hasty |= self.rules.clock.grace().is_some();
            return Err(limit);
        }
        let earliest = self.cursor.due(&self.rules, timing, this).not_before.unwrap_or(this);
        self.wait_on(now, earliest, limit).ok_or_else(|| now.min(limit))
    }

    fn in_time(&mut self, timing: &Timing, this: Time, came: Time) -> Result<(), Actual> {
        if let Some(earliest) = self.cursor.due(&self.rules, timing, this).not_before
            && came < earliest
        {
            return Err(Actual::TooEarly(came));
        }
        if timing.within.is_some() && came > self.cursor.limit(&self.rules, timing, this) {
            self.ruling.was_hasty |= self.rules.clock.grace().is_some();
            return Err(Actual::TooLate(came));
        }
        Ok(())
    }
}

/// Fails if a call has ended that should still run.
fn must_run(call: &RunningCall) -> Option<Flow> {
    let (ended, result) = call.finished.as_ref()?;
    Some(match call.told(result, *ended) {
        Ok(told) => {
            let observed = call.observed(told.without_words());
            Flow::failed(Expected::CallRuns(call.named()), observed)
        }
        Err(broken) => Flow::Done(broken),
    })
}

/// Whether the subject may be dead after this event: a go-away that is not `Normal` ends the session.
fn ends_session(event: &ExpectedEvent) -> bool {
    match event {
        ExpectedEvent::SessionEnd => true,
        ExpectedEvent::GoAway(code) => *code != GoAwayCode::Normal,
        _ => false,
    }
}
