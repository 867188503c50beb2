//! Profiles: how an implementation behaves where yamux leaves it free. Probes are scenarios whose verdict is ignored; the
//! subject's behaviour is read off the trace. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod behaviour;
mod carrier;
pub(crate) mod goodput;
mod habits;
mod table;

pub(crate) use habits::TRAITS;
#[cfg(test)]
use habits::Trait;
pub(crate) use table::{Profile, Profiled, Profiler, json_schema, markdown, text};

use std::sync::Arc;

use crate::engine::{Measured, Outcome};
use crate::scenario::{Problem, Scenario, load_text};
use crate::trace::Trace;

/// The result of one probe on one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probed<'a> {
    /// How it ended: only whether it was skipped matters.
    pub outcome: &'a Outcome,
    /// What crossed the wire.
    pub trace: &'a Trace,
    /// How calls ended.
    pub answers: &'a [Measured],
}

/// Every probe, as a scenario whose id is its name.
///
/// # Errors
///
/// The problems of invalid ones: they were built into this program that way.
pub(crate) fn probes() -> Result<Vec<Arc<Scenario>>, Vec<Problem>> {
    let read = |(name, text): &(&str, &str)| load_text(name, text).map(Arc::new);
    PROBES.iter().map(read).collect()
}

macro_rules! probe {
    ($name:literal) => {
        ($name, include_str!(concat!("probes/", $name, ".json")))
    };
}

const PROBES: [(&str, &str); 10] = [
    probe!("start"),
    probe!("opening"),
    probe!("accepting"),
    probe!("credit"),
    probe!("resetting"),
    probe!("ending"),
    probe!("mistake"),
    probe!("go-away"),
    probe!("unacknowledged"),
    (
        "stalled-writer",
        include_str!("../../../scenarios/half-close/what-unblocks-a-stalled-writer.json"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_is_a_scenario_and_every_trait_has_its_probe() {
        let probes = probes().unwrap();
        for Trait { name, probe, .. } in TRAITS {
            assert!(probes.iter().any(|scenario| &*scenario.id == *probe), "{name}: {probe}");
        }
        for scenario in &probes {
            assert!(TRAITS.iter().any(|one| one.probe == &*scenario.id), "{}", scenario.id);
        }
    }
}
