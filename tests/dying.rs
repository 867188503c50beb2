//! Nothing passes by dying: yamux that crashes or hangs, at every moment, against every scenario.

use std::sync::Arc;

use yamux_conform::harness::analysis::strength::behind;
use yamux_conform::harness::endpoint::mutant::{Mutant, dying};
use yamux_conform::harness::engine::{Death, Outcome};
use yamux_conform::harness::runner::CaseRun;
use yamux_conform::harness::scenario::{Action, Actor, Scenario, StepKind};
use yamux_conform::harness::trace::{Direction, Item};
use yamux_conform::yamux::frame::FrameType;

use crate::support;

/// Whether a mutant reaches its moment in such a case.
type Dies = fn(&Scenario, &CaseRun) -> bool;

/// The mutants, and whether each of them dies in such a case.
const DEATHS: [(&str, Dies); 11] = [
    ("aborts-at-once", always),
    ("aborts-in-a-write", has_write),
    ("answers-once-and-dies", always),
    ("deadlocks-at-data", has_data),
    ("deadlocks-at-once", always),
    ("dies-in-the-end", always),
    ("ends-unclassified", has_frame),
    ("hangs-in-a-write", has_write),
    ("hangs-in-the-end", always),
    ("panics-at-a-frame", has_frame),
    ("panics-at-data", has_data),
];

fn always(_: &Scenario, _: &CaseRun) -> bool {
    true
}

fn has_write(scenario: &Scenario, _: &CaseRun) -> bool {
    scenario.steps.iter().any(|step| match &step.kind {
        StepKind::Call(call) => {
            call.actor == Actor::Subject && matches!(call.action, Action::Write { .. })
        }
        _ => false,
    })
}

fn has_frame(_: &Scenario, run: &CaseRun) -> bool {
    of_peer(run).next().is_some()
}

fn has_data(_: &Scenario, run: &CaseRun) -> bool {
    of_peer(run).any(|is_data| is_data)
}

/// For each whole frame of the peer, whether it is a Data frame: of one that is cut short nothing is known.
fn of_peer(run: &CaseRun) -> impl Iterator<Item = bool> {
    run.trace.entries.iter().filter_map(|entry| match &entry.item {
        Item::Frame { header, body_len, .. }
            if entry.direction == Direction::PeerToSubject && *body_len == header.body_len() =>
        {
            Some(header.lawful_type() == Some(FrameType::Data))
        }
        _ => None,
    })
}

#[test]
fn no_scenario_is_passed_by_dying() {
    let scenarios: Vec<_> = support::library().scenarios.into_iter().map(Arc::new).collect();
    let mutants = dying();
    assert_eq!(mutants.iter().map(|m| m.name).collect::<Vec<_>>(), DEATHS.map(|(name, _)| name));
    for (mutant, (_, dies)) in mutants.iter().zip(DEATHS) {
        let mut caught = 0;
        for scenario in &scenarios {
            for side in scenario.sides.clone() {
                let run = behind(scenario, side, (mutant.make)());
                let is_caught = matches!(run.outcome, Outcome::Failed(_) | Outcome::Died(..));
                let place = format!("{} in {}/{side}: {:?}", mutant.name, scenario.id, run.outcome);
                assert!(is_caught || !dies(scenario, &run), "passed by dying: {place}");
                caught += usize::from(is_caught);
            }
        }
        assert!(caught > 50, "{} is caught by {caught} cases only", mutant.name);
    }
}

#[test]
fn a_crash_is_told_as_one_whatever_the_scenario_expects() {
    let scenarios: Vec<_> = support::library().scenarios.into_iter().map(Arc::new).collect();
    let named = |name: &str| -> Mutant {
        *dying().iter().find(|mutant| mutant.name == name).expect("one of that name")
    };
    for mutant in ["aborts-at-once", "answers-once-and-dies", "dies-in-the-end"].map(named) {
        for scenario in &scenarios {
            for side in scenario.sides.clone() {
                let outcome = behind(scenario, side, (mutant.make)()).outcome;
                let is_told = matches!(outcome, Outcome::Died(Death::Crashed, _));
                assert!(is_told, "{} in {}/{side}: {outcome:?}", mutant.name, scenario.id);
            }
        }
    }
}
