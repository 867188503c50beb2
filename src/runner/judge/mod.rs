//! From the outcome of a case to its verdict, using goldens, the reference's trace and the known deviations.

pub(crate) mod decision;
pub(crate) mod goldens;

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::{Failure, Outcome};
use crate::runner::judge::decision::{Meaning, Says, ToldEntry, decide};
use crate::runner::judge::goldens::{Goldens, KeptTrace};
use crate::runner::known::{Deviation, FailedStep, Known, KnownEntry, Match};
use crate::runner::plan::{Case, PlannedTarget};
use crate::runner::verdict::{Clock, Comparison, Verdict};
use crate::runner::{CaseRun, golden};
use crate::scenario::{Clauses, Dialect, Level};
use crate::trace::TraceDiff;
use crate::yamux::frame::Side;

/// The reference's trace of a case, to compare with.
#[derive(Clone, Debug)]
pub(crate) enum Reference {
    /// From this run.
    Ran(Arc<KeptTrace>),
    /// From its golden; it was not run.
    Golden(Arc<KeptTrace>, PathBuf),
    /// There is none to compare with.
    None(String),
}

impl Reference {
    /// The clock of a comparison with it: exact on the virtual clock if both traces are from there, else in meaning.
    pub(crate) fn clock_with(&self, clock: Clock) -> Clock {
        match self {
            Self::Ran(trace) | Self::Golden(trace, _) if trace.is_exact() => clock,
            _ => Clock::Live,
        }
    }
}

/// What a verdict depends on besides the case itself.
pub(crate) struct Court<'a> {
    /// The case's target.
    pub(crate) target: &'a PlannedTarget,
    /// The goldens to compare with.
    pub(crate) goldens: &'a Goldens,
    /// The register, which says whether the broken clause binds the target.
    pub(crate) clauses: &'a Clauses,
    /// Whether a target of any dialect is compared with the reference.
    pub(crate) compares_all: bool,
    /// The reference's trace.
    pub(crate) reference: &'a Reference,
    /// The reference as planned: if it is the odd one out, the difference is in its ledger.
    pub(crate) compared_with: Option<&'a PlannedTarget>,
}

impl Court<'_> {
    fn reference_known(&self) -> Option<&Known> {
        self.compared_with.map(|reference| &reference.known)
    }

    /// The ledgers that may declare a difference of traces.
    fn ledgers(&self) -> impl Iterator<Item = &Known> {
        let ledgers = std::iter::once(&self.target.known).chain(self.reference_known());
        ledgers.filter(move |_| !self.target.is_release_of(self.compared_with))
    }

    /// Whether a race inside the target, or inside the reference, affects the traces: they are then compared in meaning only.
    fn is_race(&self, id: &str, side: Side, with_reference: bool) -> bool {
        let reference = self.reference_known().filter(|_| with_reference);
        let mut ledgers = std::iter::once(&self.target.known).chain(reference);
        ledgers.any(|known| known.entry_for(Deviation::Race, id, side).is_some())
    }
}

/// The verdict on a case, and further messages.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) comparison: Comparison,
    pub(crate) problem: Option<Trouble>,
}

/// A problem beside the case itself.
pub(crate) enum Trouble {
    /// A golden trace cannot be read.
    BadGolden(String),
    /// A ledger is wrong about the case.
    Ledger(String),
    /// The target has golden traces, but none of this case.
    NoGolden(String),
}

/// Judges a case.
pub(crate) fn judge(case: &Case, run: &CaseRun, court: &Court<'_>) -> Judged {
    let (says, changed) = ask_ledger(case, run, court.target);
    let (comparison, own) = match why_not_compared(case, run, &says, court.target) {
        Some(reason) => (Comparison::NotCompared { reason }, Ok(None)),
        None => (compare(case, run, court), own_golden(case, run, court)),
    };
    let reference = match (&comparison, court.reference) {
        (Comparison::Differs(diff), Reference::Golden(_, path)) => {
            Some((diff.clone(), Some(path.clone())))
        }
        (Comparison::Differs(diff), _) => Some((diff.clone(), None)),
        _ => None,
    };
    let (golden, trouble) =
        own.map_or_else(|trouble| (None, Some(trouble)), |golden| (golden, None));
    let meaning = meaning(case, run, court);
    let verdict = decide((run.outcome.clone(), meaning), says, reference, golden);
    Judged { verdict, comparison, problem: changed.or(trouble) }
}

/// The meaning of a failure: whether its clause binds the target, and whether the scenario is about that clause.
fn meaning(case: &Case, run: &CaseRun, court: &Court<'_>) -> Meaning {
    let Outcome::Failed(failure) = &run.outcome else { return Meaning::Wrong };
    let clause = court.clauses.find(&failure.clause);
    let dialect = court.target.dialect_of(failure.end);
    match clause.map_or(Level::Must, |clause| clause.binding(dialect).0) {
        Level::Must => Meaning::Wrong,
        Level::Should | Level::May if case.scenario.clauses.contains(&failure.clause) => {
            Meaning::Differs
        }
        Level::Should | Level::May => Meaning::NotReached,
    }
}

/// The target's ledger on the case, and the problem if it is not what happened.
fn ask_ledger(case: &Case, run: &CaseRun, target: &PlannedTarget) -> (Says, Option<Trouble>) {
    let (id, side, known) = (&**case.scenario.plain_id(), case.side, &target.known);
    let fails = |entry: &KnownEntry| {
        let (reason, link) = (entry.reason.clone(), entry.link.clone());
        Says::Fails(ToldEntry { reason, link, place: known.place(entry) })
    };
    match &run.outcome {
        Outcome::Failed(failure) | Outcome::Died(_, failure) => {
            match known.find_verdict(id, side, step_of(failure), &failure.fingerprint()) {
                Match::None => (Says::Nothing, None),
                Match::Matches(entry) => (fails(entry), None),
                Match::FingerprintChanged(entry) => {
                    let problem = other_failure(target, case, entry, failure);
                    (Says::FailsOtherwise, Some(Trouble::Ledger(problem)))
                }
            }
        }
        Outcome::Passed | Outcome::PassedWeaker { .. } => {
            let surprise = known.entry_for(Deviation::Verdict, id, side).map(fails);
            let race = || known.entry_for(Deviation::Race, id, side);
            let says = surprise.or_else(|| race().map(|race| Says::Race(race.reason.clone())));
            (says.unwrap_or(Says::Nothing), None)
        }
        Outcome::Skipped { .. } | Outcome::Broken { .. } => (Says::Nothing, None),
    }
}

/// Why the trace is not compared; `None` means that it is.
fn why_not_compared(
    case: &Case,
    run: &CaseRun,
    says: &Says,
    target: &PlannedTarget,
) -> Option<String> {
    let varied = case.scenario.varied.as_ref();
    if varied.is_some_and(|varied| !varied.variation.keeps_meaning()) {
        return Some("data comes in other pieces, and credit may follow it".to_owned());
    }
    match (&run.outcome, says) {
        (Outcome::Failed(_) | Outcome::Died(..), _) => Some("the case failed".to_owned()),
        (Outcome::Skipped { .. } | Outcome::Broken { .. }, _) => {
            Some("the case did not run".to_owned())
        }
        (_, Says::Fails(_)) => Some("the case passed unexpectedly".to_owned()),
        // In real time a race shows in the trace too: bytes sent in one run were not sent in another.
        (_, Says::Race(reason)) if target.info.clock == Clock::Live => Some(reason.clone()),
        _ => None,
    }
}

/// The trace of the reference in a case that it passed.
pub(crate) fn reference_of(run: &CaseRun, clock: Clock) -> Reference {
    match &run.outcome {
        Outcome::Passed | Outcome::PassedWeaker { .. } => {
            Reference::Ran(Arc::new(KeptTrace::new(run.trace.clone(), clock)))
        }
        Outcome::Failed(_) | Outcome::Died(..) => {
            Reference::None("the reference deviates in this case".to_owned())
        }
        Outcome::Skipped { reason } => {
            Reference::None(format!("the reference was not asked: {reason}"))
        }
        Outcome::Broken { .. } => Reference::None("the reference could not be run".to_owned()),
    }
}

/// The golden of the reference, if it does not run.
pub(crate) fn golden_reference(
    goldens: &Goldens,
    folder: &str,
    case: &Case,
) -> Result<Reference, String> {
    let Some(root) = goldens.root() else {
        return Ok(Reference::None(
            "golden traces are for seed 0, and for scenarios that have any".to_owned(),
        ));
    };
    let key = case.golden_key(folder);
    match goldens.find(&key).map_err(|error| error.to_string())? {
        Some(trace) => Ok(Reference::Golden(trace, key.path(root))),
        None => Ok(Reference::None("the reference has no golden trace of it".to_owned())),
    }
}

/// The problem with an entry whose case fails in another way, and what it should say.
fn other_failure(
    target: &PlannedTarget,
    case: &Case,
    entry: &KnownEntry,
    failure: &Failure,
) -> String {
    let (id, side, name) = (&case.scenario.id, case.side, &target.info.name);
    let (step, fingerprint) = (step_of(failure), failure.fingerprint());
    let known = entry.fingerprint.as_deref().unwrap_or("");
    if entry.is_outdated() {
        let place = target.known.place(entry);
        return format!(
            "{place}: expected a fingerprint of tokens, found {known:?}; write \"step\": {step}, \"fingerprint\": {fingerprint:?}"
        );
    }
    format!(
        "{id}/{side} on {name} fails in another way than its known deviation says; known: {known:?}, now: {fingerprint:?} in step {step}"
    )
}

fn step_of(failure: &Failure) -> FailedStep<'_> {
    FailedStep { number: failure.step, name: failure.name.as_deref(), clause: failure.rule() }
}

fn compare(case: &Case, run: &CaseRun, court: &Court<'_>) -> Comparison {
    let clock = court.target.info.clock;
    if court.target.dialect != Dialect::Hashicorp && !court.compares_all {
        let reason = "only what speaks the reference's dialect is compared with it (--compare)";
        return Comparison::NotCompared { reason: reason.to_owned() };
    }
    let (expected, is_golden) = match court.reference {
        Reference::Ran(expected) => (expected, false),
        Reference::Golden(expected, _) => (expected, true),
        Reference::None(reason) => return Comparison::NotCompared { reason: reason.clone() },
    };
    if let Some(reason) = &case.scenario.not_compared
        && (clock == Clock::Live || !expected.is_exact())
    {
        return Comparison::NotCompared { reason: reason.clone() };
    }
    let (id, side) = (&**case.scenario.plain_id(), case.side);
    let is_exact =
        clock == Clock::Virtual && case.scenario.varied.is_none() && !court.is_race(id, side, true);
    let Some(diff) = expected.difference(&run.trace, is_exact) else {
        // A difference that the target's own ledger declares must exist.
        let own =
            Some(&court.target.known).filter(|_| !court.target.is_release_of(court.compared_with));
        let declared = own.and_then(|known| known.entry_for(Deviation::Trace, id, side));
        return match declared {
            Some(entry) => Comparison::Differs(format!(
                "the traces agree, but a known deviation says that they differ ({}): delete the entry",
                entry.reason
            )),
            None if is_golden => Comparison::AgreesWithGolden,
            None => Comparison::Agrees,
        };
    };
    let declared =
        court.ledgers().find_map(|known| match known.find_trace(id, side, &diff.sentence) {
            Match::Matches(entry) => Some(entry.reason.clone()),
            Match::None | Match::FingerprintChanged(_) => None,
        });
    match declared {
        Some(reason) => Comparison::Declared { reason },
        None => {
            let reference = court.compared_with.map_or("the reference", |one| &one.info.name);
            Comparison::Differs(shown(&diff, (reference, &court.target.info.name)))
        }
    }
}

/// How the trace differs from the target's own golden, and the path of that. A target that has any must have one of each case
/// that it passes.
fn own_golden(
    case: &Case,
    run: &CaseRun,
    court: &Court<'_>,
) -> Result<Option<(String, PathBuf)>, Trouble> {
    let Some(root) = court.goldens.root() else { return Ok(None) };
    if case.scenario.not_compared.is_some() && court.target.info.clock == Clock::Live {
        return Ok(None);
    }
    let key = case.golden_key(&court.target.implementation);
    let golden = court.goldens.find(&key);
    let Some(golden) = golden.map_err(|error| Trouble::BadGolden(error.to_string()))? else {
        let is_kept = root.join(&key.target).is_dir();
        let missing = is_kept.then(|| Trouble::NoGolden(golden::missing(root, &key)));
        return missing.map_or(Ok(None), Err);
    };
    let is_close = court.target.info.clock == Clock::Virtual
        && case.scenario.varied.is_none()
        && !court.is_race(&case.scenario.id, case.side, false);
    let closeness = is_close.then(|| court.target.how.closeness());
    let diff = golden.own_difference(&run.trace, closeness);
    Ok(diff.map(|diff| (shown(&diff, ("golden", "now")), key.path(root))))
}

fn shown(diff: &TraceDiff, names: (&str, &str)) -> String {
    format!("{}\n{}", diff.sentence, diff.in_one_column(names))
}
