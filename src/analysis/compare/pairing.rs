//! Pairs the cases of two releases: which target with which, and on which clocks.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::compare::{Recorded, Sighting};
use crate::runner::verdict::Clock;
use crate::yamux::frame::Side;

/// The identity of a case across both releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CaseKey {
    /// The scenario's id.
    pub id: String,
    /// The side the subject plays.
    pub side: Side,
    /// The clock.
    pub clock: Clock,
    /// The target's name before, if several are compared.
    pub target: Option<String>,
}

/// The runs of each case, before and after.
pub(super) type Paired<'a> = BTreeMap<CaseKey, (Vec<&'a Sighting>, Vec<&'a Sighting>)>;

/// Pairs the cases of both on the clocks that both have, and notes what is left out.
pub(super) fn pair<'a>(
    before: &'a Recorded,
    after: &'a Recorded,
) -> Result<(Paired<'a>, Vec<String>), String> {
    let (mut paired, mut notes) = (Paired::new(), Vec::new());
    let pairs = before.pairs(after)?;
    let is_one = pairs.len() == 1;
    for (old, new) in pairs {
        let clocks = (before.clocks(old), after.clocks(new));
        let common: BTreeSet<Clock> = clocks.0.intersection(&clocks.1).copied().collect();
        if common.is_empty() {
            return Err(format!(
                "{} and {} have no clock in common: {old} ran on the {} clock, {new} on the {} one; try --clock live",
                before.asked,
                after.asked,
                words(&clocks.0),
                words(&clocks.1)
            ));
        }
        for (only, side) in [(&clocks.0, "before"), (&clocks.1, "after")] {
            let left: BTreeSet<Clock> = only.difference(&common).copied().collect();
            if !left.is_empty() {
                notes.push(format!(
                    "the {} clock, which only {side} has, is left out",
                    words(&left)
                ));
            }
        }
        let target = (!is_one).then(|| old.to_owned());
        let key = |run: &Sighting| CaseKey {
            id: run.case.id.clone(),
            side: run.case.side,
            clock: run.case.clock,
            target: target.clone(),
        };
        let own = |recorded: &'a Recorded, name: &'a str| {
            let all = recorded.sightings.iter();
            let common = common.clone();
            all.filter(move |run| run.case.target == name && common.contains(&run.case.clock))
        };
        own(before, old).for_each(|run| paired.entry(key(run)).or_default().0.push(run));
        own(after, new).for_each(|run| paired.entry(key(run)).or_default().1.push(run));
    }
    Ok((paired, notes))
}

fn words(clocks: &BTreeSet<Clock>) -> String {
    clocks.iter().map(Clock::to_string).collect::<Vec<_>>().join(" + ")
}
