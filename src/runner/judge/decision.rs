//! The verdict of a case: one table over its outcome, its ledger's entry, and how its trace compares. Pure.

use std::path::PathBuf;

use crate::engine::Outcome;
use crate::runner::verdict::{Against, Verdict};

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

/// Decides. The target's own golden comes before the reference: a change says more than a difference between two
/// implementations. Both are how the trace differs, and from which file; `None` if it agrees, or there is nothing to compare
/// with.
pub(crate) fn decide(
    (outcome, meaning): (Outcome, Meaning),
    says: Says,
    reference: Option<(String, Option<PathBuf>)>,
    golden: Option<(String, PathBuf)>,
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
                (Some((diff, path)), ..) => {
                    Verdict::TraceChanged { diff, golden: Some(path), against: Against::Golden }
                }
                (_, Some((diff, golden)), ..) => {
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

    /// The four cells of a row: the trace agrees with the reference, or differs; in each it agrees with the golden, or differs.
    fn row(outcome: &Outcome, meaning: Meaning, says: &Says) -> String {
        let goldens = [None, Some(("golden".to_owned(), PathBuf::from("path")))];
        let cells = |reference: Option<(String, Option<PathBuf>)>| {
            let cell = |golden: &Option<(String, PathBuf)>| match decide(
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
        [None, Some(("reference".to_owned(), None))].map(cells).join(" ")
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
            (Outcome::Passed, Meaning::Wrong, ["pG RG", "rG RG", "uu uu", "pG RG"]),
            (
                Outcome::PassedWeaker { because: vec!["weaker".into()] },
                Meaning::Wrong,
                ["wG RG", "rG RG", "uu uu", "wG RG"],
            ),
            (failed(), Meaning::Wrong, ["ff ff", "ff ff", "kk kk", "ff ff"]),
            (failed(), Meaning::Differs, ["dd dd", "dd dd", "kk kk", "dd dd"]),
            (failed(), Meaning::NotReached, ["nn nn", "nn nn", "kk kk", "nn nn"]),
            (died, Meaning::Differs, ["cc cc", "cc cc", "kk kk", "cc cc"]),
            (skipped, Meaning::Wrong, ["ss ss"; 4]),
            (broken, Meaning::Wrong, ["bb bb"; 4]),
        ] {
            for (says, cells) in says.iter().zip(rows) {
                assert_eq!(row(&outcome, meaning, says), cells, "{outcome:?}, {says:?}");
            }
        }
    }
}
