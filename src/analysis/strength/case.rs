//! One scenario against one peer that is wrong on purpose, in virtual time.

use std::sync::Arc;

use crate::endpoint::mutant::{Impostor, Mutant, Tamper, Tampered};
use crate::endpoint::{BuiltInEndpoint, Death, Endpoint, WireEndpoint};
use crate::engine::{CaseSetup, ClockRules, Outcome, SubjectRules};
use crate::runner::{CaseRun, virtual_time};
use crate::scenario::{Actor, PeerKind, Scenario};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// How a case ends with the built-in yamux behind this tamper as its subject.
pub fn behind(scenario: &Arc<Scenario>, side: Side, tamper: Box<dyn Tamper>) -> CaseRun {
    let mut settings = scenario.subject.clone();
    tamper.configure(&mut settings);
    let inner = BuiltInEndpoint::new(Time::ZERO, side, &settings);
    let tampered = Tampered::new(inner, tamper);
    let at_end = tampered.at_end();
    let told = move || at_end.get().map(|death| (Actor::Subject, death, "in the end".to_owned()));
    run(scenario, side, Box::new(tampered), told)
}

/// Whether any side of the scenario tells the mutant from a correct peer.
pub(super) fn catches(scenario: &Arc<Scenario>, mutant: &Mutant) -> bool {
    scenario.sides.iter().any(|side| {
        let run = behind(scenario, *side, (mutant.make)());
        matches!(run.outcome, Outcome::Failed(_) | Outcome::Died(..))
    })
}

/// The sides of the scenario that an impostor passes, fully or weakly.
pub(super) fn fooled(scenario: &Arc<Scenario>, impostor: &Impostor) -> Vec<Side> {
    let is_fooled = |side: &Side| {
        let run = run(scenario, *side, impostor.make(*side), || None);
        matches!(run.outcome, Outcome::Passed | Outcome::PassedWeaker { .. })
    };
    scenario.sides.iter().copied().filter(is_fooled).collect()
}

fn run(
    scenario: &Arc<Scenario>,
    side: Side,
    subject: Box<dyn Endpoint>,
    mut at_end: impl FnMut() -> Option<(Actor, Death, String)>,
) -> CaseRun {
    let peer: Box<dyn Endpoint> = match scenario.peer {
        PeerKind::App => {
            Box::new(BuiltInEndpoint::new(Time::ZERO, side.other(), &scenario.peer_settings))
        }
        PeerKind::Wire => Box::new(WireEndpoint::default()),
    };
    let setup = CaseSetup {
        script: Arc::clone(scenario),
        side,
        rules: ClockRules::Virtual,
        judged_by: Arc::new(SubjectRules::built_in()),
        peer_judged_by: None,
        seed: 0,
        subject,
        peer,
    };
    virtual_time::run_while(setup, &|| true, &mut at_end)
}
