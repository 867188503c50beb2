//! Negative verdicts in groups, so that a run with hundreds of them can be read: one group for each broken clause, the most
//! significant first, and in each group the most significant cases.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::runner::verdict::{CaseReport, Clock, QuotedClause, RunId, Verdict};

/// A report, and how many later repetitions of the case had the same result.
pub(crate) type ToldCase<'a> = (&'a CaseReport, u32);

/// Cases with a common fault.
#[derive(Debug)]
pub(crate) struct FailureGroup<'a> {
    pub(crate) what: CommonFault<'a>,
    /// The first one says most.
    pub(crate) cases: Vec<ToldCase<'a>>,
}

/// The common fault of a group's cases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CommonFault<'a> {
    /// They break this clause.
    Clause(Rank, &'a str),
    /// Their traces changed.
    Trace,
    /// They pass, although a ledger says that they fail.
    Pass,
    /// They could not be judged.
    Broken,
}

/// How binding a clause is; the most binding comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// For every yamux.
    Must,
    /// For those of a dialect.
    DialectMust,
    Should,
    May,
    Unknown,
}

/// The groups of all negative verdicts among `reports`: the most binding first, then the largest.
pub(crate) fn groups<'a>(reports: impl Iterator<Item = ToldCase<'a>>) -> Vec<FailureGroup<'a>> {
    let mut by_wrong: BTreeMap<CommonFault<'a>, Vec<ToldCase<'a>>> = BTreeMap::new();
    for told in reports {
        if let Some(wrong) = wrong(told.0) {
            by_wrong.entry(wrong).or_default().push(told);
        }
    }
    let mut groups: Vec<FailureGroup<'a>> = by_wrong
        .into_iter()
        .map(|(what, mut cases)| {
            cases.sort_by_key(|(report, _)| told_by(report));
            FailureGroup { what, cases }
        })
        .collect();
    groups.sort_by(|a, b| {
        let key = |group: &FailureGroup<'a>| (group.what.rank(), Reverse(group.cases.len()));
        key(a).cmp(&key(b)).then_with(|| a.what.cmp(&b.what))
    });
    groups
}

/// Every case once, round by round: the first of each group, then the second of each.
pub(crate) fn round_robin<'a>(groups: &[FailureGroup<'a>]) -> Vec<&'a CaseReport> {
    let most = groups.iter().map(|group| group.cases.len()).max().unwrap_or(0);
    let round = |index: usize| groups.iter().filter_map(move |group| group.cases.get(index));
    (0..most).flat_map(round).map(|(report, _)| *report).collect()
}

impl CommonFault<'_> {
    const fn rank(&self) -> (u8, Rank) {
        match self {
            Self::Clause(rank, _) => (0, *rank),
            Self::Trace => (1, Rank::Unknown),
            Self::Pass => (2, Rank::Unknown),
            Self::Broken => (3, Rank::Unknown),
        }
    }
}

impl<'a> FailureGroup<'a> {
    /// Their common fault in a sentence: `12 cases break FLOW-30: … (must; …)`.
    pub(crate) fn title(&self) -> String {
        let count = self.cases.len();
        let say = |one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        };
        match self.what {
            CommonFault::Clause(_, id) => {
                let broken = say("case breaks", "cases break");
                match self.cases.iter().find_map(|(report, _)| clause(report, id)) {
                    Some((_, statement, level)) if !statement.is_empty() => {
                        format!("{broken} {id}: {statement} ({level})")
                    }
                    _ => format!("{broken} {id}"),
                }
            }
            CommonFault::Trace => {
                say("trace is not the agreed one", "traces are not the agreed ones")
            }
            CommonFault::Pass => say(
                "case passes although a ledger says that it fails",
                "cases pass although a ledger says that they fail",
            ),
            CommonFault::Broken => say(
                "case could not be carried out by the shim or the harness",
                "cases could not be carried out by the shim or the harness",
            ),
        }
    }

    /// The cases to show in full, at most two: the first, and the first that fails in another way. Then the others.
    pub(crate) fn shown(&self) -> (Vec<ToldCase<'a>>, Vec<ToldCase<'a>>) {
        let first = self.cases.first().and_then(|(report, _)| way(report));
        let other = self.cases.iter().skip(1).position(|(report, _)| way(report) != first);
        let shown = |index: usize| index == 0 || other.is_some_and(|at| at + 1 == index);
        let (mut full, mut rest) = (Vec::new(), Vec::new());
        for (index, case) in self.cases.iter().enumerate() {
            if shown(index) { &mut full } else { &mut rest }.push(*case);
        }
        (full, rest)
    }
}

fn wrong(report: &CaseReport) -> Option<CommonFault<'_>> {
    Some(match &report.verdict {
        Verdict::Fail(failure) | Verdict::Died(_, failure) => {
            let id = report.broken.as_ref().map_or(&*failure.clause, |(id, ..)| id);
            let rank = clause(report, id).map_or(Rank::Unknown, |(.., level)| rank(level));
            CommonFault::Clause(rank, id)
        }
        Verdict::TraceChanged { .. } => CommonFault::Trace,
        Verdict::UnexpectedPass { .. } => CommonFault::Pass,
        Verdict::Broken { .. } => CommonFault::Broken,
        _ => return None,
    })
}

fn clause<'a>(report: &'a CaseReport, id: &str) -> Option<&'a QuotedClause> {
    report.broken.iter().chain(&report.clauses).find(|(other, ..)| **other == *id)
}

/// A quoted level is its word and its source: `must; hashicorp-spec, "Ping"`. Levels from code or an opinion bind a dialect.
fn rank(level: &str) -> Rank {
    let (word, provenance) = level.split_once("; ").unwrap_or((level, ""));
    match word {
        "must" if provenance.starts_with("reference") || provenance.starts_with("opinion") => {
            Rank::DialectMust
        }
        "must" => Rank::Must,
        "should" => Rank::Should,
        "may" => Rank::May,
        _ => Rank::Unknown,
    }
}

/// First the cases whose scenario is about what they break, then those on the deterministic clock.
fn told_by(report: &CaseReport) -> (bool, bool, RunId) {
    let broken = report.verdict.failure().map(|failure| &failure.clause);
    let is_about = broken.is_some_and(|id| report.clauses.iter().any(|(own, ..)| own == id));
    (!is_about, report.run.clock != Clock::Virtual, report.run.clone())
}

/// How a case fails, as far as that may differ within a group.
fn way(report: &CaseReport) -> Option<String> {
    match &report.verdict {
        Verdict::Broken { message, .. } => Some(message.clone()),
        verdict => verdict.failure().map(|failure| failure.fingerprint()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Actual, CallDone, CallEnd};
    use crate::report::sample;
    use crate::yamux::time::Time;

    fn failing(id: &str, clause: &str, level: &str) -> CaseReport {
        let (report, says) =
            (sample::passed(id, sample::CLIENT, "go"), format!("what {clause} says"));
        sample::breaking(report, clause, &says, level)
    }

    fn order(reports: &[CaseReport]) -> Vec<String> {
        let groups = groups(reports.iter().map(|report| (report, 0)));
        groups.iter().map(FailureGroup::title).collect()
    }

    #[test]
    fn what_binds_most_comes_first_and_then_what_breaks_most_cases() {
        let reports = [
            failing("a/1", "A-1", "should; opinion"),
            failing("a/2", "A-1", "should; opinion"),
            failing("b/1", "B-1", "must; purpose: so it is"),
            failing("e/1", "E-1", "must; opinion"),
            failing("e/2", "E-1", "must; opinion"),
            failing("e/3", "E-1", "must; opinion"),
            failing("c/1", "C-1", "must; purpose"),
            failing("c/2", "C-1", "must; purpose"),
            sample::trace_changed(),
            sample::broken(),
            sample::passed("d/1", sample::CLIENT, "go"),
        ];
        assert_eq!(
            order(&reports),
            [
                "2 cases break C-1: what C-1 says (must; purpose)",
                "1 case breaks B-1: what B-1 says (must; purpose: so it is)",
                "3 cases break E-1: what E-1 says (must; opinion)",
                "2 cases break A-1: what A-1 says (should; opinion)",
                "1 trace is not the agreed one",
                "1 case could not be carried out by the shim or the harness",
            ]
        );
        let groups = groups(reports.iter().map(|report| (report, 0)));
        let ids: Vec<_> =
            round_robin(&groups).iter().map(|report| &*report.run.case.scenario).collect();
        assert_eq!(
            ids,
            ["c/1", "b/1", "e/1", "a/1", "ping/echo", "ping/echo", "c/2", "e/2", "a/2", "e/3"]
        );
    }

    #[test]
    fn of_a_group_the_first_case_and_the_first_of_another_kind_are_shown() {
        let mut reports: Vec<_> =
            (0..5).map(|n| failing(&format!("a/{n}"), "A-1", "must; purpose")).collect();
        // The only one whose scenario is about what it breaks.
        reports[3].clauses = vec![reports[3].broken.clone().unwrap()];
        if let Verdict::Fail(failure) = &mut reports[2].verdict {
            failure.observed = Actual::CallEnd(
                CallEnd { error: None, done: CallDone::Uncounted, told: None },
                String::new(),
                Time::ZERO,
            );
        }
        let groups = groups(reports.iter().map(|report| (report, 0)));
        let (full, rest) = groups[0].shown();
        let ids = |cases: &[ToldCase<'_>]| {
            cases.iter().map(|(report, _)| report.run.case.scenario.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&full), ["a/3", "a/2"]);
        assert_eq!(ids(&rest), ["a/0", "a/1", "a/4"]);
    }
}
