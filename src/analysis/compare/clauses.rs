//! `ClauseChange`: the clauses of which a case failed only before, or only after.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::compare::pairing::Paired;
use crate::analysis::compare::{ChangeKind, Sighting};

/// A clause that is kept on one side only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseChange {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub turn: ClauseTurn,
}

/// How a clause changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClauseTurn {
    /// No case broke it before, and one does after.
    NewlyBroken,
    /// A case that broke it before is fixed, and no case breaks it after, even where that is lawful.
    Repaired,
}

/// The clauses that are newly broken, then those that are repaired.
///
/// A case that only one release ran says nothing about a change. An unsteady case keeps its clause from counting as
/// repaired if any of its runs failed, but does not count it as newly broken.
pub(super) fn clause_changes(paired: &Paired<'_>) -> Vec<ClauseChange> {
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    let (mut broken, mut fixed) = (BTreeSet::new(), BTreeSet::new());
    for (old, new) in paired.values().filter(|(old, new)| !old.is_empty() && !new.is_empty()) {
        before.extend(old.iter().filter_map(|run| clause_of(run)));
        // Even if that is lawful now: it is not what was asked for.
        after.extend(new.iter().filter_map(|run| run.failure()).map(|failure| &*failure.clause));
        match ChangeKind::over(old, new) {
            (ChangeKind::Fixed, shown, _) => fixed.extend(clause_of(shown)),
            (ChangeKind::Unsteady, ..) => {}
            (_, _, shown) => broken.extend(clause_of(shown)),
        }
    }
    let change = |id: &&str, turn| ClauseChange { id: (*id).to_owned(), turn };
    let newly = broken.difference(&before).map(|id| change(id, ClauseTurn::NewlyBroken));
    let repaired = fixed.difference(&after).map(|id| change(id, ClauseTurn::Repaired));
    newly.chain(repaired).collect()
}

/// The clause that a negative run broke.
fn clause_of(run: &Sighting) -> Option<&str> {
    run.failure().filter(|_| run.grade().is_negative()).map(|failure| &*failure.clause)
}
