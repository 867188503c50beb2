//! Cases that changed in the same way, by their clause and scenario: one entry for both sides and both clocks.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::compare::output::words::what_happened;
use crate::analysis::compare::{CaseChange, ChangeKind, Sighting, Upgrade};
use crate::runner::verdict::Clock;
use crate::yamux::frame::Side;

/// The cases of one scenario that changed in the same way.
pub(crate) struct Group<'a> {
    /// The scenario's id, with the target where there are several.
    pub(crate) name: String,
    /// `pass -> fail`.
    pub(crate) step: String,
    /// The outcomes before and after, where they need words.
    pub(crate) details: Vec<(&'static str, String)>,
    /// The cases.
    pub(crate) cases: Vec<&'a CaseChange>,
}

impl Group<'_> {
    /// `client + server, live`, or every single case if not every side changed on every clock.
    pub(crate) fn places(&self) -> String {
        let sides: BTreeSet<Side> = self.cases.iter().map(|case| case.key.side).collect();
        let clocks: BTreeSet<Clock> = self.cases.iter().map(|case| case.key.clock).collect();
        if sides.len() * clocks.len() == self.cases.len() {
            return format!("{}, {}", joined(sides), joined(clocks));
        }
        let each = self.cases.iter().map(|case| format!("{} {}", case.key.side, case.key.clock));
        each.collect::<Vec<_>>().join(", ")
    }
}

fn joined(names: impl IntoIterator<Item = impl ToString>) -> String {
    names.into_iter().map(|name| name.to_string()).collect::<Vec<_>>().join(" + ")
}

/// The groups of that kind by the clause that was broken; `None` for kinds without a clause.
pub(crate) fn grouped(
    upgrade: &Upgrade,
    kind: ChangeKind,
) -> BTreeMap<Option<&str>, Vec<Group<'_>>> {
    let mut by_clause: BTreeMap<Option<&str>, BTreeMap<_, Group<'_>>> = BTreeMap::new();
    for change in upgrade.of_kind(kind) {
        let name = match &change.key.target {
            Some(target) => format!("{} ({target})", change.key.id),
            None => change.key.id.clone(),
        };
        let (step, details) = (step(change), details(change));
        let groups = by_clause.entry(clause_of(change)).or_default();
        let key = (name.clone(), step.clone(), details.clone());
        let group =
            groups.entry(key).or_insert_with(|| Group { name, step, details, cases: Vec::new() });
        group.cases.push(change);
    }
    let groups = |(clause, groups): (_, BTreeMap<_, _>)| (clause, groups.into_values().collect());
    by_clause.into_iter().map(groups).collect()
}

/// The first `most` of these groups, and how many cases the others have.
pub(crate) fn first_groups(
    upgrade: &Upgrade,
    kind: ChangeKind,
    most: usize,
) -> (BTreeMap<Option<&str>, Vec<Group<'_>>>, usize) {
    let (mut left, mut more) = (most, 0);
    let mut by_clause = grouped(upgrade, kind);
    by_clause.retain(|_, groups| {
        let shown = groups.len().min(left);
        left -= shown;
        more += groups.drain(shown..).map(|group| group.cases.len()).sum::<usize>();
        shown > 0
    });
    (by_clause, more)
}

/// The clause that a failure broke: after or, if it is fixed, before.
fn clause_of(change: &CaseChange) -> Option<&str> {
    let run = match change.kind {
        ChangeKind::NewFailure | ChangeKind::Worse | ChangeKind::FailsOtherwise => &change.after,
        ChangeKind::Fixed => &change.before,
        _ => return None,
    };
    run.as_ref().and_then(Sighting::failure).map(|failure| &*failure.clause)
}

fn step(change: &CaseChange) -> String {
    let label = |run: &Option<Sighting>| run.as_ref().map(|run| run.grade().label());
    match (label(&change.before), label(&change.after)) {
        (Some(before), Some(after)) if before != after => format!("{before} -> {after}"),
        (Some(one), _) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

fn details(change: &CaseChange) -> Vec<(&'static str, String)> {
    if let Some(diff) = &change.diff {
        return vec![("trace", diff.sentence.clone())];
    }
    if change.is_race_in_traces() {
        return vec![("traces", "they do not mean the same in each run".to_owned())];
    }
    let happened = |run: &Option<Sighting>| run.as_ref().and_then(what_happened);
    let sides = [("before", happened(&change.before)), ("after", happened(&change.after))];
    sides.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}
