//! The verdict of a case: one table over its outcome, its ledger's entry, and how its trace compares. Pure.

use std::path::PathBuf;

use crate::engine::Outcome;
use crate::verdict::{Against, Verdict};

/// What the target's ledger says about a case.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// Nothing.
    Nothing,
    /// It passes fully or weakly, because of a race; with the reason.
    Race(String),
    /// It fails; if it has failed, in exactly this way.
    Fails(ToldEntry),
    /// It fails, but differently from how it did.
    FailsOtherwise,
}

/// An entry of the ledger, for a report.
#[derive(Clone, Debug)]
pub(crate) struct ToldEntry {
    pub(crate) reason: String,
    pub(crate) link: Option<String>,
    pub(crate) place: String,
}

/// The meaning of a case's failure, for an implementation of this dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The clause binds it: it is wrong.
    Wrong,
    /// The scenario is about a clause that does not bind it.
    Differs,
    /// It broke a clause that does not bind it before the point of the scenario.
    NotReached,
}

/// The trace compared with the reference's.
#[derive(Clone, Debug)]
pub(crate) enum AgainstReference {
    /// There is nothing to compare with.
    None,
    /// They agree, or a ledger declares their difference.
    Agrees,
    /// The difference; and the file, if the other one is from a file.
    Differs(String, Option<PathBuf>),
}

/// The trace compared with the target's own golden.
#[derive(Clone, Debug)]
pub(crate) enum AgainstGolden {
    /// There is none.
    None,
    /// They agree.
    Agrees,
    /// The difference; and its file.
    Differs(String, PathBuf),
}

/// Decides. The target's own golden comes before the reference: a change says more than a difference between two
/// implementations.
pub(crate) fn decide(
    (outcome, meaning): (Outcome, Meaning),
    says: Says,
    reference: AgainstReference,
    golden: AgainstGolden,
) -> Verdict {
    match (outcome, says) {
        (Outcome::Skipped { reason }, _) => Verdict::Skip { reason },
        (Outcome::Broken { message, stderr }, _) => Verdict::Broken { message, stderr },
        (Outcome::Failed(failure) | Outcome::Died(_, failure), Says::Fails(entry)) => {
            Verdict::KnownFail { failure, reason: entry.reason, link: entry.link }
        }
        (Outcome::Died(death, failure), _) => Verdict::Died(death, failure),
        (Outcome::Failed(failure), _) => match meaning {
            Meaning::Wrong => Verdict::Fail(failure),
            Meaning::Differs => Verdict::Differs(failure),
            Meaning::NotReached => Verdict::NotReached(failure),
        },
        (Outcome::Passed | Outcome::PassedWeaker { .. }, Says::Fails(entry)) => {
            Verdict::UnexpectedPass { entry: format!("{} ({})", entry.place, entry.reason) }
        }
        (passed @ (Outcome::Passed | Outcome::PassedWeaker { .. }), says) => {
            match (golden, reference, says, passed) {
                (AgainstGolden::Differs(diff, path), ..) => {
                    Verdict::TraceChanged { diff, golden: Some(path), against: Against::Golden }
                }
                (_, AgainstReference::Differs(diff, golden), ..) => {
                    Verdict::TraceChanged { diff, golden, against: Against::Reference }
                }
                (.., Says::Race(reason), _) => Verdict::WeakPass { because: vec![reason] },
                (.., Outcome::PassedWeaker { because }) => Verdict::WeakPass { because },
                _ => Verdict::Pass,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Death;
    use crate::report::sample;

    /// The nine cells of a row: the reference has none, agrees, differs; in each the golden has none, agrees, differs.
    fn row(outcome: &Outcome, meaning: Meaning, says: &Says) -> String {
        let path = || PathBuf::from("path");
        let goldens = [
            AgainstGolden::None,
            AgainstGolden::Agrees,
            AgainstGolden::Differs("golden".into(), path()),
        ];
        let differs = AgainstReference::Differs("reference".into(), None);
        let cells = |reference: AgainstReference| {
            let cell = |golden: &AgainstGolden| match decide(
                (outcome.clone(), meaning),
                says.clone(),
                reference.clone(),
                golden.clone(),
            ) {
                Verdict::Pass => 'p',
                Verdict::WeakPass { because } if because == ["race"] => 'r',
                Verdict::WeakPass { .. } => 'w',
                Verdict::Fail(_) => 'f',
                Verdict::Differs(_) => 'd',
                Verdict::NotReached(_) => 'n',
                Verdict::Died(..) => 'c',
                Verdict::KnownFail { reason, .. } if reason == "why" => 'k',
                Verdict::UnexpectedPass { entry } if entry == "k.json:1:2 (why)" => 'u',
                Verdict::TraceChanged { diff, against: Against::Golden, golden: Some(_) }
                    if diff == "golden" =>
                {
                    'G'
                }
                Verdict::TraceChanged { diff, against: Against::Reference, golden: None }
                    if diff == "reference" =>
                {
                    'R'
                }
                Verdict::Skip { .. } => 's',
                Verdict::Broken { .. } => 'b',
                other => panic!("{other:?}"),
            };
            goldens.iter().map(cell).collect::<String>()
        };
        [AgainstReference::None, AgainstReference::Agrees, differs].map(cells).join(" ")
    }

    #[test]
    fn every_cell_of_the_table() {
        let says = [
            Says::Nothing,
            Says::Race("race".into()),
            Says::Fails(ToldEntry { reason: "why".into(), link: None, place: "k.json:1:2".into() }),
            Says::FailsOtherwise,
        ];
        let skipped = Outcome::Skipped { reason: "r".into() };
        let broken = Outcome::Broken { message: "m".into(), stderr: Vec::new() };
        let died = Outcome::Died(Death::Crashed, sample::failure());
        let failed = || Outcome::Failed(sample::failure());
        for (outcome, meaning, rows) in [
            (
                Outcome::Passed,
                Meaning::Wrong,
                ["ppG ppG RRG", "rrG rrG RRG", "uuu uuu uuu", "ppG ppG RRG"],
            ),
            (
                Outcome::PassedWeaker { because: vec!["weaker".into()] },
                Meaning::Wrong,
                ["wwG wwG RRG", "rrG rrG RRG", "uuu uuu uuu", "wwG wwG RRG"],
            ),
            (
                failed(),
                Meaning::Wrong,
                ["fff fff fff", "fff fff fff", "kkk kkk kkk", "fff fff fff"],
            ),
            (
                failed(),
                Meaning::Differs,
                ["ddd ddd ddd", "ddd ddd ddd", "kkk kkk kkk", "ddd ddd ddd"],
            ),
            (
                failed(),
                Meaning::NotReached,
                ["nnn nnn nnn", "nnn nnn nnn", "kkk kkk kkk", "nnn nnn nnn"],
            ),
            (died, Meaning::Differs, ["ccc ccc ccc", "ccc ccc ccc", "kkk kkk kkk", "ccc ccc ccc"]),
            (skipped, Meaning::Wrong, ["sss sss sss"; 4]),
            (broken, Meaning::Wrong, ["bbb bbb bbb"; 4]),
        ] {
            for (says, cells) in says.iter().zip(rows) {
                assert_eq!(row(&outcome, meaning, says), cells, "{outcome:?}, {says:?}");
            }
        }
    }
}
