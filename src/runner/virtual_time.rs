//! One case on the virtual clock: step, jump to the next moment, repeat. Waiting costs nothing.

use std::sync::Arc;
use std::time::Instant;

use crate::endpoint::{BuiltInEndpoint, Endpoint, WireEndpoint};
use crate::engine::{CaseSetup, ClockRules, Death, Engine, Outcome, Progress, SubjectRules};
use crate::model::Snapshot;
use crate::runner::CaseRun;
use crate::scenario::{Actor, PeerKind, Scenario, Step};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// Runs one case with the built-in implementation as the subject.
pub fn run(script: &Arc<Scenario>, side: Side, seed: u32) -> CaseRun {
    run_with(built_in(script, side, seed))
}

/// A case with the built-in implementation as the subject.
pub(crate) fn built_in(script: &Arc<Scenario>, side: Side, seed: u32) -> CaseSetup {
    let subject = Box::new(BuiltInEndpoint::new(Time::ZERO, side, &script.subject));
    let peer: Box<dyn Endpoint> = match script.peer {
        PeerKind::App => {
            Box::new(BuiltInEndpoint::new(Time::ZERO, side.other(), &script.peer_settings))
        }
        PeerKind::Wire => Box::new(WireEndpoint::default()),
    };
    CaseSetup {
        script: Arc::clone(script),
        side,
        rules: ClockRules::Virtual,
        judged_by: Arc::new(SubjectRules::built_in()),
        peer_judged_by: None,
        seed,
        subject,
        peer,
    }
}

/// Runs one case with any two ends that live in virtual time.
pub fn run_with(setup: CaseSetup) -> CaseRun {
    run_while(setup, &|| true, &mut || None)
}

/// The same as long as `may_go_on` returns true; a case that is cut short counts as skipped. `at_end` ends the subject's
/// session, and returns whether it died of that.
pub(crate) fn run_while(
    setup: CaseSetup,
    may_go_on: &dyn Fn() -> bool,
    at_end: &mut dyn FnMut() -> Option<(Actor, Death, String)>,
) -> CaseRun {
    go_through(Engine::new(setup), may_go_on, &mut |_| Vec::new(), at_end)
}

/// Runs a case whose script is written while it runs: `next` is asked for steps whenever all are done, until it has none.
pub(crate) fn run_written(
    setup: CaseSetup,
    next: &mut dyn FnMut(&Snapshot) -> Vec<Step>,
) -> CaseRun {
    let mut engine = Engine::new(setup);
    engine.open();
    go_through(engine, &|| true, next, &mut || None)
}

fn go_through(
    mut engine: Engine,
    may_go_on: &dyn Fn() -> bool,
    next: &mut dyn FnMut(&Snapshot) -> Vec<Step>,
    at_end: &mut dyn FnMut() -> Option<(Actor, Death, String)>,
) -> CaseRun {
    let started = Instant::now();
    let mut now = Time::ZERO;
    let mut idle = 0;
    let mut outcome = loop {
        if !may_go_on() {
            break Outcome::Skipped { reason: "cut short".to_owned() };
        }
        match engine.step(now) {
            Progress::Done(outcome) => break outcome,
            Progress::Busy => {}
            Progress::Steps => match next(&engine.snapshot()) {
                steps if steps.is_empty() => engine.close(),
                steps => engine.extend(steps),
            },
            Progress::Waiting { until: Some(until) } if until > now && idle < MAX_IDLE => {
                let reached = engine.pass_time(now, until);
                idle = if reached > now { 0 } else { idle + 1 };
                now = reached;
            }
            Progress::Waiting { until } => {
                let message = match until {
                    Some(until) if until > now => format!(
                        "time stands still at {now}: an end stopped it {MAX_IDLE} times, and had nothing to tell"
                    ),
                    _ => format!(
                        "nothing moves and nothing is waited for at {now}: the engine is stuck"
                    ),
                };
                break Outcome::Broken { message, stderr: Vec::new() };
            }
        }
    };
    if let Some((end, death, message)) = at_end()
        && outcome.yields_to(death)
    {
        outcome = Outcome::Died(death, engine.death(end, death, message));
    }
    CaseRun {
        outcome,
        trace: engine.trace().clone(),
        notes: engine.notes().to_vec(),
        answers: engine.answers().to_vec(),
        model: Arc::new(engine.take_model()),
        case_time: now,
        elapsed: started.elapsed(),
    }
}

/// How many times an end may report something without time passing.
const MAX_IDLE: u32 = 100_000;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::endpoint::{CallId, EndpointEvent, Request};
    use crate::scenario::load;
    use crate::trace::TransportEnd;

    #[test]
    fn an_end_that_stops_time_for_nothing_is_to_blame() {
        let mut library = load(&["scenarios/ping/smallest-value.json".into()]).unwrap();
        let script = Arc::new(library.scenarios.remove(0));
        let setup = CaseSetup { subject: Box::new(Still), ..built_in(&script, Side::Client, 0) };
        let Outcome::Broken { message, .. } = run_with(setup).outcome else {
            panic!("expected a broken case");
        };
        assert!(message.starts_with("time stands still at 0.000"), "{message}");
    }

    /// An end in which no time ever passes.
    struct Still;

    impl Endpoint for Still {
        fn perform(&mut self, _now: Time, _call: CallId, _request: &Request) {}
        fn receive(&mut self, _now: Time, _bytes: Bytes) {}
        fn receive_end(&mut self, _now: Time, _end: TransportEnd) {}
        fn handle_timeout(&mut self, _now: Time) {}
        fn send_barrier(&mut self, _now: Time, _value: u32) -> bool {
            true
        }
        fn poll_transmit(&mut self, _now: Time, _max: usize) -> Option<Bytes> {
            None
        }
        fn poll_event(&mut self) -> Option<EndpointEvent> {
            None
        }
        fn poll_end(&mut self) -> Option<TransportEnd> {
            None
        }
        fn poll_timeout(&self) -> Option<Time> {
            None
        }
        fn pass_time(&mut self, now: Time, _limit: Time) -> Time {
            now
        }
    }
}
