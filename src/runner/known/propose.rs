//! Proposes ledger entries for the deviations of a run that are not known yet; only the reason is left to write. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::runner::known::{Deviation, FailedStep, StepName, WrittenEntry, WrittenLedger, is_for};
use crate::trace::Clock;
use crate::yamux::frame::Side;

/// A case with a deviation that no entry for this version declares.
#[derive(Clone, Debug)]
pub(crate) struct UnknownFailure<'a> {
    /// The scenario.
    pub id: &'a str,
    /// The side the subject played.
    pub side: Side,
    /// The clock it ran on.
    pub clock: Clock,
    /// The kind of deviation.
    pub what: Deviation,
    /// The step it failed in, if a step failed.
    pub step: FailedStep<'a>,
    /// How it deviated.
    pub fingerprint: String,
}

/// Everything a run saw of one implementation.
#[derive(Debug, Default)]
pub(crate) struct Sightings<'a> {
    /// The version that ran, if it has one.
    pub version: Option<&'a str>,
    /// The cases that an entry could be about: those that ran, and those of the same scenarios that were not selected. An
    /// entry that names one of them must be true for it.
    pub cases: BTreeSet<(&'a str, Side, Clock)>,
    /// Those with a deviation that no entry declares.
    pub found: Vec<UnknownFailure<'a>>,
}

/// How a ledger changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proposal {
    /// The entry at this place, from 0, is new, and has no reason.
    New(usize),
    /// The entry at this place is now true for the version that ran, too.
    Extended(usize),
}

/// The content of one entry: the scenario, what deviates, in which step, and how.
type DeviationKey<'a> = (&'a str, bool, String, &'a str);

impl Sightings<'_> {
    /// Adds the deviations to the ledger: first to entries that declare the same for other versions, then as new entries
    /// after them.
    pub(crate) fn propose(&self, ledger: &mut WrittenLedger) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        let mut left: Vec<&UnknownFailure<'_>> = self.found.iter().collect();
        for (place, entry) in ledger.entries.iter_mut().enumerate() {
            if let Some(version) = self.version
                && self.is_true_now(entry)
                && let Some(versions) = &mut entry.versions
            {
                versions.push(version.to_owned());
                proposals.push(Proposal::Extended(place));
                left.retain(|sighting| !sighting.is_said_by(entry));
            }
        }
        let mut ways: BTreeMap<DeviationKey<'_>, Vec<&UnknownFailure<'_>>> = BTreeMap::new();
        for sighting in left {
            ways.entry(sighting.way()).or_default().push(sighting);
        }
        for sightings in ways.values() {
            for (side, clock) in self.corners(sightings) {
                proposals.push(Proposal::New(ledger.entries.len()));
                ledger.entries.push(self.entry(sightings[0], side, clock));
            }
        }
        proposals
    }

    /// Whether an entry for other versions is true for every case it names in this one.
    fn is_true_now(&self, entry: &WrittenEntry) -> bool {
        let Some(versions) = &entry.versions else { return false };
        if is_for(versions, self.version) {
            return false;
        }
        let said: BTreeSet<(&str, Side, Clock)> = self
            .found
            .iter()
            .filter(|one| one.is_said_by(entry))
            .map(UnknownFailure::case)
            .collect();
        let mut named = self.cases.iter().filter(|(id, side, clock)| {
            **id == *entry.case && is_one(entry.side, *side) && is_one(entry.clock, *clock)
        });
        !said.is_empty() && named.all(|case| said.contains(case))
    }

    /// The sides and clocks of the fewest entries that name these cases and no others.
    fn corners(&self, sightings: &[&UnknownFailure<'_>]) -> Vec<(Option<Side>, Option<Clock>)> {
        let id = sightings[0].id;
        let seen: BTreeSet<(Side, Clock)> =
            sightings.iter().map(|sighting| (sighting.side, sighting.clock)).collect();
        let covers = |(side, clock): &(Option<Side>, Option<Clock>), case: &(Side, Clock)| {
            is_one(*side, case.0) && is_one(*clock, case.1)
        };
        let is_true = |corner: &(Option<Side>, Option<Clock>)| {
            let cases = self.cases.iter().filter(|(name, ..)| *name == id);
            cases
                .map(|(_, side, clock)| (*side, *clock))
                .all(|case| !covers(corner, &case) || seen.contains(&case))
        };
        let sides = seen.iter().map(|(side, _)| (Some(*side), None));
        let clocks = seen.iter().map(|(_, clock)| (None, Some(*clock)));
        let both = seen.iter().map(|(side, clock)| (Some(*side), Some(*clock)));
        let mut chosen: Vec<(Option<Side>, Option<Clock>)> = Vec::new();
        for corner in std::iter::once((None, None)).chain(sides).chain(clocks).chain(both) {
            let is_said = |case: &(Side, Clock)| chosen.iter().any(|other| covers(other, case));
            let mut new = seen.iter().filter(|case| covers(&corner, case) && !is_said(case));
            if new.next().is_some() && is_true(&corner) {
                chosen.push(corner);
            }
        }
        chosen
    }

    fn entry(
        &self,
        sighting: &UnknownFailure<'_>,
        side: Option<Side>,
        clock: Option<Clock>,
    ) -> WrittenEntry {
        WrittenEntry {
            case: sighting.id.to_owned(),
            side,
            clock,
            what: sighting.what,
            step: (sighting.what == Deviation::Verdict).then(|| StepName::of(sighting.step)),
            fingerprint: Some(sighting.fingerprint.clone()),
            reason: String::new(),
            link: None,
            versions: self.version.map(|version| vec![version.to_owned()]),
        }
    }
}

impl<'a> UnknownFailure<'a> {
    const fn case(&self) -> (&'a str, Side, Clock) {
        (self.id, self.side, self.clock)
    }

    fn way(&self) -> DeviationKey<'_> {
        (self.id, self.what == Deviation::Trace, self.step.to_string(), &self.fingerprint)
    }

    /// Whether the entry declares this, whatever its versions. A pattern's other cases are not checked.
    fn is_said_by(&self, entry: &WrittenEntry) -> bool {
        *self.id == *entry.case
            && is_one(entry.side, self.side)
            && is_one(entry.clock, self.clock)
            && entry.what == self.what
            && entry.step.as_ref().is_none_or(|step| step.is(self.step))
            && entry.fingerprint.as_deref().is_none_or(|text| text == self.fingerprint)
    }
}

fn is_one<T: PartialEq>(named: Option<T>, one: T) -> bool {
    named.is_none_or(|named| named == one)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Clock = Clock::Live;
    const VIRTUAL: Clock = Clock::Virtual;
    const BOTH: [Side; 2] = [Side::Client, Side::Server];

    fn sighting(side: Side, clock: Clock, step: u32) -> UnknownFailure<'static> {
        UnknownFailure {
            id: "data/a",
            side,
            clock,
            what: Deviation::Verdict,
            step: FailedStep { number: Some(step), ..FailedStep::default() },
            fingerprint: "fin/s | no-fin".to_owned(),
        }
    }

    fn all(clocks: &[Clock]) -> BTreeSet<(&'static str, Side, Clock)> {
        let cases = clocks.iter().flat_map(|clock| BOTH.map(|side| ("data/a", side, *clock)));
        cases.collect()
    }

    fn proposed(
        clocks: &[Clock],
        found: Vec<UnknownFailure<'_>>,
        ledger: &mut WrittenLedger,
    ) -> String {
        let sightings = Sightings { version: Some("1.1.0"), cases: all(clocks), found };
        let proposals = sightings.propose(ledger);
        let told = |proposal: &Proposal| match proposal {
            Proposal::New(place) => {
                let WrittenEntry { side, clock, step, .. } = &ledger.entries[*place];
                let side = side.map_or_else(String::new, |side| format!(" {side}"));
                let clock = clock.map_or_else(String::new, |clock| format!(" {clock}"));
                let Some(StepName::Number(step)) = step else { panic!("a numbered step") };
                format!("{step}{side}{clock}")
            }
            Proposal::Extended(place) => format!("{:?}", ledger.entries[*place].versions),
        };
        proposals.iter().map(told).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_all_sides_and_clocks_have_in_common_is_one_entry() {
        let (client, server) = (Side::Client, Side::Server);
        let cells = [(client, VIRTUAL), (client, LIVE), (server, VIRTUAL), (server, LIVE)];
        for (cells, expected) in [
            (&cells[..], "5"),
            (&cells[..2], "5 client"),
            (&[cells[1], cells[3]], "5 live"),
            (&cells[..1], "5 client virtual"),
            (&cells[..3], "5 client, 5 virtual"),
            (&[cells[0], cells[3]], "5 client virtual, 5 server live"),
        ] {
            let found = cells.iter().map(|(side, clock)| sighting(*side, *clock, 5)).collect();
            let mut ledger = WrittenLedger::default();
            assert_eq!(proposed(&[VIRTUAL, LIVE], found, &mut ledger), expected);
        }
    }

    #[test]
    fn a_case_that_ran_on_one_clock_only_names_none() {
        let found = vec![sighting(Side::Client, LIVE, 5), sighting(Side::Server, LIVE, 6)];
        let mut ledger = WrittenLedger::default();
        assert_eq!(proposed(&[LIVE], found, &mut ledger), "5 client, 6 server");
        let entry = &ledger.entries[0];
        assert_eq!(
            (entry.reason.as_str(), entry.fingerprint.as_deref()),
            ("", Some("fin/s | no-fin"))
        );
        assert_eq!(entry.versions.as_deref(), Some(&["1.1.0".to_owned()][..]));
    }

    fn ledger(entry: &str) -> WrittenLedger {
        let more =
            r#""what": "verdict", "step": 5, "fingerprint": "fin/s | no-fin", "reason": "r""#;
        let text = format!(r#"{{ "entries": [ {{ {entry}, {more} }} ] }}"#);
        serde_json::from_str(&text).expect("a ledger")
    }

    #[test]
    fn an_entry_for_other_versions_that_is_true_now_gets_this_one() {
        let both = || BOTH.map(|side| sighting(side, LIVE, 5)).to_vec();
        let mut old = ledger(r#""case": "data/a", "versions": ["1.0.0"]"#);
        assert_eq!(proposed(&[LIVE], both(), &mut old), r#"Some(["1.0.0", "1.1.0"])"#);
        let mut client = ledger(r#""case": "data/a", "side": "client", "versions": ["1.0.0"]"#);
        let expected = r#"Some(["1.0.0", "1.1.0"]), 5 server"#;
        assert_eq!(proposed(&[LIVE], both(), &mut client), expected);
    }

    #[test]
    fn an_entry_that_would_say_too_much_stays_as_it_is() {
        let client = || vec![sighting(Side::Client, LIVE, 5)];
        for entry in [
            r#""case": "data/a", "versions": ["1.0.0"]"#,
            r#""case": "data/a", "clock": "virtual", "versions": ["1.0.0"]"#,
            r#""case": "data/*", "versions": ["1.0.0"]"#,
            r#""case": "data/b", "versions": ["1.0.0"]"#,
        ] {
            let mut ledger = ledger(entry);
            let before = serde_json::to_value(&ledger.entries[0]).expect("JSON");
            assert_eq!(proposed(&[LIVE], client(), &mut ledger), "5 client", "{entry}");
            assert_eq!(serde_json::to_value(&ledger.entries[0]).expect("JSON"), before);
        }
    }

    #[test]
    fn without_a_version_an_entry_is_for_all() {
        let found = vec![sighting(Side::Client, LIVE, 5), sighting(Side::Server, LIVE, 5)];
        let mut ledger = WrittenLedger::default();
        Sightings { version: None, cases: all(&[LIVE]), found }.propose(&mut ledger);
        assert_eq!(ledger.entries.len(), 1);
        assert_eq!(ledger.entries[0].versions, None);
    }
}
