//! `Deviations`: the ledgers beside the scenarios, for commands that show what is known of a case.

use crate::cli::selection::Selected;
use crate::runner::Refused;
use crate::runner::known::{self, Known, KnownEntry};
use crate::scenario::Scenario;

/// Every ledger, by its target.
pub(crate) struct Deviations(Vec<(String, Known)>);

/// An entry, and its target.
pub(crate) struct KnownPlace<'a> {
    pub(crate) target: &'a str,
    known: &'a Known,
    pub(crate) entry: &'a KnownEntry,
}

impl KnownPlace<'_> {
    /// Its place.
    pub(crate) fn position(&self) -> String {
        self.known.place(self.entry)
    }
}

impl Deviations {
    /// Reads the ledgers of these scenarios.
    pub(crate) fn of(selected: &Selected) -> Result<Self, Refused> {
        let Some(folder) = selected.beside("known") else { return Ok(Self(Vec::new())) };
        let (mut ledgers, mut wrong) = (Vec::new(), Vec::new());
        for name in known::names(&folder) {
            let Some(target) = name.strip_suffix(".json") else { continue };
            match Known::load(&folder.join(&name)) {
                Ok(known) => ledgers.push((target.to_owned(), known)),
                Err(problems) => wrong.extend(problems.iter().map(ToString::to_string)),
            }
        }
        match wrong.is_empty() {
            true => Ok(Self(ledgers)),
            false => Err(Refused::bad_input(wrong)),
        }
    }

    /// The entries that name a case of this scenario.
    pub(crate) fn in_scenario(&self, scenario: &Scenario) -> Vec<KnownPlace<'_>> {
        self.places(|entry| scenario.sides.iter().any(|side| entry.names(&scenario.id, *side)))
    }

    /// The entries with this fingerprint.
    pub(crate) fn with_fingerprint(&self, fingerprint: &str) -> Vec<KnownPlace<'_>> {
        self.places(|entry| entry.fingerprint.as_deref() == Some(fingerprint))
    }

    fn places(&self, is_meant: impl Fn(&KnownEntry) -> bool) -> Vec<KnownPlace<'_>> {
        let ledgers = self.0.iter();
        let all = ledgers.flat_map(|(target, known)| {
            known.entries().map(move |entry| KnownPlace { target, known, entry })
        });
        all.filter(|place| is_meant(place.entry)).collect()
    }
}
