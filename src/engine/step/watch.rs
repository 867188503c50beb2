//! Watching a step: has what it waits for come, and in its time? Pure.

use std::time::Duration;

use crate::endpoint::{CallResult, Habit};
use crate::engine::rules::classes::Situation;
use crate::engine::step::calls::{Judgement, Leeway, RunningCall, Told};
use crate::engine::step::expect;
use crate::engine::step::expect::Match;
use crate::engine::step::settle::Settling;
use crate::engine::wire::ends::way_of;
use crate::engine::{Actual, Due, Engine, Expected, Flow, Outcome, Phase};
use crate::scenario::{
    Actor, Expect, ExpectNone, ExpectedEvent, ExpectedResult, Label, Origin, StepKind, TimePoint,
    Timing,
};
use crate::yamux::frame::GoAwayCode;
use crate::yamux::time::Time;

impl Engine {
    /// Looks whether the current step is satisfied.
    pub(crate) fn watch(&mut self, now: Time) -> Flow {
        let script = std::sync::Arc::clone(&self.script);
        match &script.steps[self.at].kind {
            StepKind::Call(call) if call.label.is_some() => self.satisfied(now),
            StepKind::Call(call) => {
                let begun = self.calls.last().cloned();
                let begun = begun.expect("the step has begun a call");
                self.watch_call(now, &begun, &call.result)
            }
            StepKind::Join(join) => match self.calls.labelled(&join.label).cloned() {
                Some(call) => self.watch_call(now, &call, &join.result),
                None => self.fail(Expected::Call(Label::clone(&join.label)), Actual::NoCall),
            },
            StepKind::Send(_) | StepKind::SendBytes(_) | StepKind::Wire(_) => self.satisfied(now),
            StepKind::Expect(wanted) => self.watch_event(now, wanted),
            StepKind::ExpectFrame(frame) => {
                let found = expect::take_frame(&mut self.observer, frame);
                self.decide(now, found, &Timing::default(), |_| Expected::Frame(frame.clone()))
            }
            StepKind::ExpectNone(none) => self.watch_none(now, none),
            StepKind::StillBlocked { label, duration } => self.watch_blocked(now, label, *duration),
            StepKind::Measure(measure) => self.measure(now, measure),
            StepKind::Wait(duration) => {
                match self.wait_until(now, self.began[self.at], self.rules.pause(*duration)) {
                    Some(moment) => Flow::Wait(moment),
                    None => self.satisfied(now),
                }
            }
        }
    }

    /// The step is done; on the live clock the subject is given the time to come to rest.
    fn satisfied(&mut self, now: Time) -> Flow {
        if self.rules.is_live() {
            self.phase = Phase::Settle(Settling::new(now));
            return Flow::Again;
        }
        self.next_step(now)
    }

    fn watch_call(&mut self, now: Time, call: &RunningCall, expected: &ExpectedResult) -> Flow {
        let started = call.started;
        let Some((ended, result)) = call.finished.clone() else {
            let given_up = match self.look_on(now, &expected.timing, started) {
                Ok(flow) => return flow,
                Err(given_up) => given_up,
            };
            let due = self.due(&expected.timing, started);
            let expected = Expected::CallEnd(call.named(), call.expected_end(expected), due);
            return self.fail(expected, Actual::StillRunning(given_up));
        };
        if call.is_optional && matches!(result, CallResult::Unsupported { .. }) {
            return self.satisfied(now);
        }
        if let CallResult::Done(done) = &result
            && !call.is_optional
            && let Some(figure) = call.untold_figure(done)
        {
            let reason = format!("it does not tell its {figure}");
            return Flow::Done(Outcome::Skipped { reason });
        }
        match call.told(&result, ended) {
            Ok(told) => self.judge_call(now, call, told, ended, expected),
            Err(broken) => Flow::Done(broken),
        }
    }

    fn judge_call(
        &mut self,
        now: Time,
        call: &RunningCall,
        told: Told<'_>,
        ended: Time,
        expected: &ExpectedResult,
    ) -> Flow {
        let must_end = |due| Expected::CallEnd(call.named(), call.expected_end(expected), due);
        match call.judge(told, expected, self.leeway(call)) {
            Judgement::Missed(observed) => return self.fail(must_end(Due::default()), observed),
            Judgement::Weaker(because) => self.weaker.push(because),
            Judgement::Met => {}
        }
        if let Err(observed) = self.in_time(&expected.timing, call.started, ended) {
            return self.fail(must_end(self.due(&expected.timing, call.started)), observed);
        }
        self.satisfied(now)
    }

    /// What its end may say otherwise of this call.
    fn leeway(&self, call: &RunningCall) -> Leeway {
        let Some(rules) = self.rules_of(call.actor).filter(|rules| !rules.is_exact()) else {
            return Leeway::default();
        };
        let counts_on_the_wire = rules.habits.contains(&Habit::BufferedWrites);
        Leeway { situation: self.situation(call), counts_on_the_wire }
    }

    /// Why a call cannot go on, if so.
    fn situation(&self, call: &RunningCall) -> Option<Situation> {
        let is_over = self.end_is_expected
            || self.has_lost_an_end()
            || self.wire.is_cut()
            || match call.actor {
                Actor::Subject => self.subject_has_ended || self.observer.peer_said_go_away,
                Actor::Peer => self.peer_has_ended || self.observer.subject_said_go_away,
            };
        if is_over {
            return Some(Situation::SessionOver);
        }
        let stream = call.action.stream()?;
        let view =
            self.observer.number_of(stream).and_then(|number| self.observer.streams.get(&number));
        if view.is_some_and(|view| view.lanes(way_of(call.actor)).1.rst > 0) {
            return Some(Situation::PeerReset);
        }
        self.calls.own_end_of(call.actor, stream)
    }

    fn watch_event(&mut self, now: Time, wanted: &Expect) -> Flow {
        let event = wanted.after(self.came);
        self.forget_own_pings(&event, &wanted.timing);
        let found = expect::take(&mut self.observer, &event);
        if let (Match::Satisfied(_), Some(limit)) = (&found, wanted.behind) {
            let behind = expect::behind(&mut self.observer, &event);
            if behind > limit {
                let expected = Expected::InTurn(event, limit);
                return self.fail(expected, Actual::Behind(behind));
            }
        }
        if !matches!(found, Match::Satisfied(_)) {
            for (event, because) in &wanted.weaker {
                if let Match::Satisfied(time) = expect::take(&mut self.observer, event) {
                    self.weaker.push(because.clone());
                    self.end_is_expected |= ends_session(event);
                    let found = Match::Satisfied(time);
                    return self.decide(now, found, &wanted.timing, |due| {
                        Expected::Event(event.clone(), due)
                    });
                }
            }
        } else {
            self.end_is_expected |= ends_session(&event);
        }
        if wanted.is_optional && !matches!(found, Match::Satisfied(_)) {
            return self.pass_over(now, &found, &wanted.timing);
        }
        let (nth, times) = (self.came + 1, wanted.times);
        let expected = |due| match times {
            1 => Expected::Event(event.clone(), due),
            _ => Expected::Nth(event.clone(), nth, times, due),
        };
        if let Match::Satisfied(time) = found
            && nth < times
        {
            self.came = nth;
            let began = self.began[self.at];
            return match self.in_time(&wanted.timing, began, self.counted(&wanted.timing, time)) {
                Ok(()) => Flow::Again,
                Err(observed) => self.fail(expected(self.due(&wanted.timing, began)), observed),
            };
        }
        self.decide(now, found, &wanted.timing, expected)
    }

    /// Goes on without an event that need not come, once its time is over or it can no longer come.
    fn pass_over(&mut self, now: Time, found: &Match, timing: &Timing) -> Flow {
        let limit = self.limit(timing, self.began[self.at]);
        let may_come = matches!(found, Match::NotYet(_)) && timing.within.is_some();
        if may_come && now < limit && !self.is_hurried {
            return Flow::Wait(limit);
        }
        self.next_step(now)
    }

    /// A subject that pings when it wants to has not answered an expectation of a later moment with those.
    fn forget_own_pings(&mut self, event: &ExpectedEvent, timing: &Timing) {
        if *event == ExpectedEvent::Ping
            && self.judged_by.habits.contains(&Habit::OwnPings)
            && let Some(due) = self.moment(timing, timing.not_before.as_ref(), self.began[self.at])
        {
            self.observer.pings.retain(|(time, _)| *time >= due);
        }
    }

    fn decide(
        &mut self,
        now: Time,
        found: Match,
        timing: &Timing,
        expected: impl Fn(Due) -> Expected,
    ) -> Flow {
        let began = self.began[self.at];
        let expected = |engine: &Self| expected(engine.due(timing, began));
        match found {
            Match::Satisfied(time) => match self.in_time(timing, began, self.counted(timing, time))
            {
                Ok(()) => self.next_step(now),
                Err(observed) => self.fail(expected(self), observed),
            },
            Match::Contradicted(instead) => self.fail(expected(self), Actual::Instead(instead)),
            Match::NotYet(lack) => match self.look_on(now, timing, began) {
                Ok(flow) => flow,
                Err(given_up) => self.fail(expected(self), Actual::NotYet(lack, given_up)),
            },
        }
    }

    fn watch_none(&mut self, now: Time, none: &ExpectNone) -> Flow {
        if let Some((unwanted, time)) = expect::forbidden(&mut self.observer, &none.event) {
            let expected = Expected::Absence(none.event.clone());
            return self.fail(expected, Actual::Unwanted(unwanted, time));
        }
        match self.wait_until(now, self.began[self.at], self.rules.quiet(none.duration)) {
            Some(moment) => Flow::Wait(moment),
            None => self.next_step(now),
        }
    }

    fn watch_blocked(&mut self, now: Time, label: &Label, duration: Duration) -> Flow {
        let Some(call) = self.calls.labelled(label) else {
            return self.fail(Expected::Call(Label::clone(label)), Actual::NoCall);
        };
        if let Some((ended, result)) = &call.finished {
            return match call.told(result, *ended) {
                Ok(told) => {
                    let observed = call.observed(told.without_words());
                    self.fail(Expected::CallRuns(call.named()), observed)
                }
                Err(broken) => Flow::Done(broken),
            };
        }
        match self.wait_until(now, self.began[self.at], self.rules.quiet(duration)) {
            Some(moment) => Flow::Wait(moment),
            None => self.next_step(now),
        }
    }

    /// For times that count from the step itself, what came before it (while other steps settled) came with it.
    fn counted(&self, timing: &Timing, came: Time) -> Time {
        match timing.from {
            Origin::ThisStep => came.max(self.began[self.at]),
            Origin::Step(_) | Origin::Session => came,
        }
    }

    /// What the times of a step count from.
    fn origin(&self, timing: &Timing, this: Time) -> Time {
        match timing.from {
            Origin::ThisStep => this,
            Origin::Step(index) => self.began.get(index).copied().unwrap_or(this),
            Origin::Session => Time::ZERO,
        }
    }

    fn moment(&self, timing: &Timing, point: Option<&TimePoint>, this: Time) -> Option<Time> {
        Some(self.origin(timing, this) + self.settings.length(point?)?)
    }

    /// Until when to wait.
    fn limit(&self, timing: &Timing, this: Time) -> Time {
        match self.moment(timing, timing.within.as_ref(), this) {
            // The steps in between took time that does not exist on the virtual clock.
            Some(within) if self.rules.is_live() => within.max(self.began[self.at]) + self.slack(),
            Some(within) => within + self.judged_by.polling() + self.slack(),
            None => match self.moment(timing, timing.not_before.as_ref(), this) {
                Some(earliest) => earliest + self.rules.patience(),
                None => self.patience_ends(),
            },
        }
    }

    /// How to look on for what has not come; the error is the moment by which it had to. What has a time of its own is
    /// waited for until then, and a little longer: "a millisecond too late" says more than "not there".
    fn look_on(&mut self, now: Time, timing: &Timing, this: Time) -> Result<Flow, Time> {
        if self.is_hurried {
            return Err(now);
        }
        let limit = self.limit(timing, this);
        if timing.within.is_some() {
            let last = limit + self.rules.lateness();
            if now < last {
                return Ok(Flow::Wait(last));
            }
            self.was_hasty |= self.rules.grace().is_some();
            return Err(limit);
        }
        let earliest = self.moment(timing, timing.not_before.as_ref(), this).unwrap_or(this);
        self.wait_on(now, earliest, limit).ok_or_else(|| now.min(limit))
    }

    fn in_time(&mut self, timing: &Timing, this: Time, came: Time) -> Result<(), Actual> {
        if let Some(earliest) = self.moment(timing, timing.not_before.as_ref(), this)
            && came < earliest
        {
            return Err(Actual::TooEarly(came));
        }
        if timing.within.is_some() && came > self.limit(timing, this) {
            self.was_hasty |= self.rules.grace().is_some();
            return Err(Actual::TooLate(came));
        }
        Ok(())
    }

    fn due(&self, timing: &Timing, this: Time) -> Due {
        Due {
            not_before: self.moment(timing, timing.not_before.as_ref(), this),
            within: self.moment(timing, timing.within.as_ref(), this),
        }
    }
}

/// Whether the subject need not be alive once this has come: a go-away that is not `Normal` ends the session.
fn ends_session(event: &ExpectedEvent) -> bool {
    match event {
        ExpectedEvent::SessionEnd => true,
        ExpectedEvent::GoAway(code) => *code != GoAwayCode::Normal,
        _ => false,
    }
}
