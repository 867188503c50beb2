//! What a hasty run counts as absent, and what it waits for: a wire peer waits for events that never occur.
#![expect(clippy::disallowed_methods, reason = "a scenario is a file")]

use std::fs;
use std::sync::Arc;

use crate::endpoint::{BuiltInEndpoint, WireEndpoint};
use crate::engine::{CaseSetup, ClockRules, Engine, Outcome, Progress, SubjectRules};
use crate::scenario::{Scenario, load};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

#[test]
fn an_absent_frame_is_decided_without_patience() {
    let case = HastyCase::of("", GO_AWAY).run(true);
    assert!(case.fingerprint.ends_with("| no-go-away"), "{}", case.fingerprint);
    assert!(case.was_hasty, "a patient run would have waited longer");
    assert!(case.took < millis(200), "it took {}", case.took);
}

#[test]
fn a_patient_run_waits_and_fails_in_the_same_way() {
    let (hasty, patient) =
        (HastyCase::of("", GO_AWAY).run(true), HastyCase::of("", GO_AWAY).run(false));
    assert_eq!(hasty.fingerprint, patient.fingerprint);
    assert!(!patient.was_hasty);
    assert_eq!(patient.took, millis(3000));
}

#[test]
fn a_call_that_does_not_end_is_decided_without_patience() {
    let steps = r#"{ "peer": { "send": { "window_update": "s", "flags": ["SYN"] } } },
      { "subject": { "accept": { "stream": "s" } } },
      { "subject": { "read": { "stream": "s", "bytes": 1 } } }"#;
    let case = HastyCase::of("", steps).run(true);
    assert!(case.fingerprint.ends_with("| still-running"), "{}", case.fingerprint);
    assert!(case.was_hasty && case.took < millis(200), "it took {}", case.took);
}

#[test]
fn a_timer_that_may_still_go_off_is_waited_for() {
    let opened = r#"{ "subject": { "open": { "stream": "s" } } }, { "peer": { "expect": { "opened": "s" } } }"#;
    let end = r#"{ "peer": { "expect": { "session_end": true } } }"#;
    let case =
        HastyCase::of(r#""stream_open_timeout": "800ms""#, &format!("{opened}, {end}")).run(true);
    assert_eq!(case.fingerprint, "", "the session ends in time");
    assert_eq!(case.took, millis(800));
    let none = HastyCase::of(r#""stream_open_timeout": "800ms""#, GO_AWAY).run(true);
    assert_eq!(none.took, millis(900), "a grace after the last timer");
}

#[test]
fn a_deadline_that_was_set_is_waited_for() {
    let steps = r#"{ "peer": { "send": { "window_update": "s", "flags": ["SYN"] } } },
      { "subject": { "accept": { "stream": "s" } } },
      { "subject": { "set_deadline": { "stream": "s", "read": "700ms" } } },
      { "subject": { "read": { "stream": "s", "bytes": 1, "error": "deadline" } } }"#;
    let case = HastyCase::of("", steps).run(true);
    assert_eq!((&*case.fingerprint, case.took), ("", millis(700)));
}

#[test]
fn a_time_of_its_own_is_kept() {
    let step = r#"{ "peer": { "expect": { "go_away": "normal", "within": "1s" } } }"#;
    let case = HastyCase::of("", step).run(true);
    assert!(case.was_hasty, "a patient run has more slack");
    assert_eq!(case.took, millis(1500));
}

#[test]
fn a_transport_that_is_held_up_is_waited_for() {
    let steps = format!(r#"{{ "wire": {{ "stall": {{ "to": "peer" }} }} }}, {GO_AWAY}"#);
    let case = HastyCase::of("", &steps).run(true);
    assert!(!case.was_hasty);
    assert_eq!(case.took, millis(3000));
}

const GO_AWAY: &str = r#"{ "peer": { "expect": { "go_away": "normal" } } }"#;

const fn millis(millis: u64) -> Time {
    Time::from_nanos(millis * 1_000_000)
}

/// A scenario run on a clock that jumps, under the rules of the live one.
struct HastyCase(Arc<Scenario>);

/// The result of a run.
struct Ran {
    /// Empty unless it failed.
    fingerprint: String,
    was_hasty: bool,
    took: Time,
}

impl HastyCase {
    fn of(live: &str, steps: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.json");
        let text = format!(
            r#"{{ "title": "t", "clauses": ["A-1"], "peer": "wire", "settings": {{ "subject": {{ {live} }} }}, "steps": [ {steps} ] }}"#
        );
        fs::write(&path, text).expect("it can be written");
        let mut library = load(&[path]).unwrap_or_else(|problems| panic!("{problems:#?}"));
        Self(Arc::new(library.scenarios.remove(0)))
    }

    fn run(&self, is_hasty: bool) -> Ran {
        let Self(script) = self;
        let mut engine = Engine::new(CaseSetup {
            script: Arc::clone(script),
            side: Side::Client,
            rules: ClockRules::Live { timeout_scale: 1.0, is_hasty },
            judged_by: Arc::new(SubjectRules::built_in()),
            peer_judged_by: None,
            seed: 0,
            subject: Box::new(BuiltInEndpoint::new(Time::ZERO, Side::Client, &script.live_subject)),
            peer: Box::new(WireEndpoint::default()),
        });
        let mut now = Time::ZERO;
        let outcome = loop {
            match engine.step(now) {
                Progress::Done(outcome) => break outcome,
                Progress::Busy | Progress::Steps => {}
                Progress::Waiting { until } => now = until.expect("each wait has its end").max(now),
            }
        };
        let fingerprint = match outcome {
            Outcome::Failed(failure) => failure.fingerprint(),
            Outcome::Passed => String::new(),
            other => panic!("expected a pass or a failure, found {other:?}"),
        };
        Ran { fingerprint, was_hasty: engine.was_hasty(), took: now }
    }
}
