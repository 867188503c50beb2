//! Finds the entries that may name a case, and whether an entry names one of many: exact ids are looked up, only wildcards
//! are tried one by one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::runner::known::{Deviation, KnownEntry};
use crate::yamux::frame::Side;

/// The entries of a ledger by what they name.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The places of the entries that name this id.
    exact: HashMap<String, Vec<usize>>,
    /// The places of those with a wildcard.
    wildcards: Vec<usize>,
}

impl Index {
    /// The index of these entries, in their order.
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a KnownEntry>) -> Self {
        let mut index = Self::default();
        for (place, entry) in entries.enumerate() {
            if entry.is_wildcard() {
                index.wildcards.push(place);
            } else {
                index.exact.entry(entry.case.clone()).or_default().push(place);
            }
        }
        index
    }

    /// The places of all entries that may name this id, in the order of the ledger.
    pub(super) fn candidates(&self, id: &str) -> impl Iterator<Item = usize> {
        let exact = self.exact.get(id).into_iter().flatten();
        let mut places: Vec<usize> = exact.chain(&self.wildcards).copied().collect();
        places.sort_unstable();
        places.into_iter()
    }
}

/// Cases that entries may name.
pub(super) struct Cases<'a>(HashMap<&'a str, Vec<Side>>);

impl<'a> Cases<'a> {
    pub(super) fn new(cases: impl IntoIterator<Item = (&'a str, Side)>) -> Self {
        let mut sides: HashMap<&str, Vec<Side>> = HashMap::new();
        for (id, side) in cases {
            let sides = sides.entry(id).or_default();
            if !sides.contains(&side) {
                sides.push(side);
            }
        }
        Self(sides)
    }

    /// Those of a list.
    pub(super) fn of(cases: &'a [(Arc<str>, Side)]) -> Self {
        Self::new(cases.iter().map(|(id, side)| (&**id, *side)))
    }

    /// Whether there is a case of this scenario.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Whether the entry names one of them.
    pub(super) fn has_one_of(&self, entry: &KnownEntry) -> bool {
        let is_named = |id: &str, sides: &[Side]| sides.iter().any(|side| entry.names(id, *side));
        if entry.is_wildcard() {
            return self.0.iter().any(|(id, sides)| is_named(id, sides));
        }
        self.0.get(&*entry.case).is_some_and(|sides| is_named(&entry.case, sides))
    }
}

/// The cases of a run that can show whether an entry is still true.
pub struct RanCases<'a> {
    carried_out: Cases<'a>,
    compared: Cases<'a>,
}

impl<'a> RanCases<'a> {
    /// The cases that were carried out, and those whose traces were compared.
    pub fn new(
        carried_out: impl IntoIterator<Item = (&'a str, Side)>,
        compared: impl IntoIterator<Item = (&'a str, Side)>,
    ) -> Self {
        Self { carried_out: Cases::new(carried_out), compared: Cases::new(compared) }
    }

    /// Whether one of them can show whether this entry is true.
    pub(super) fn has_one_of(&self, entry: &KnownEntry) -> bool {
        match entry.what {
            Deviation::Trace => self.compared.has_one_of(entry),
            Deviation::Verdict | Deviation::Race => self.carried_out.has_one_of(entry),
        }
    }
}
