//! The page's data about each case: a line of the index for the matrix, and the rest as a JSON document of its own.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::html::sequence::Sequence;
use crate::report::{CaseFinished, ClauseRecord, VerdictRecord};
use crate::runner::verdict::{CaseReport, Verdict};
use crate::scenario::CaseId;
use crate::yamux::frame::Side;

/// A case for the page.
pub struct HtmlCase<'a> {
    /// The report of the case.
    pub report: &'a CaseReport,
    /// Its column in the matrix.
    pub column: HtmlColumn,
    /// Its calls and frames.
    pub sequence: Option<Sequence>,
    /// The end to blame, if two implementations met.
    pub end: Option<String>,
}

/// A column of the matrix: a target, its clock and its peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct HtmlColumn {
    /// Its place among the others.
    #[serde(skip)]
    pub place: usize,
    /// The client's and the server's places among the players, if two implementations met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<(usize, usize)>,
    /// The target.
    pub name: String,
    /// Its clock, and its peer unless that is the harness's own.
    pub under: String,
}

impl HtmlColumn {
    /// The column of a run's case, at that place.
    pub fn of(report: &CaseReport, place: usize) -> Self {
        let clock = report.run.clock;
        let under = match &report.peer {
            Some(peer) => format!("{clock}, peer {peer}"),
            None => clock.to_string(),
        };
        Self { place, pair: None, name: report.run.target.clone(), under }
    }
}

/// The identity of equal repetitions of a case. The page orders cases by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PageKey {
    case: CaseId,
    column: HtmlColumn,
    verdict: &'static str,
    fingerprint: String,
}

/// A case as the page will hold it.
#[derive(Debug)]
pub(super) struct KeptCase {
    /// The first of the repetitions with this result.
    pub(super) repeat: u32,
    /// How many have it.
    pub(super) times: u32,
    pub(super) is_negative: bool,
    /// Whether there is more to see than that it passed.
    pub(super) is_of_interest: bool,
    brief: Option<String>,
    pub(super) detail: CaseDetail,
    pub(super) sequence: Option<Sequence>,
}

/// Everything about a case except its calls and frames.
#[derive(Debug, Serialize)]
pub(super) struct CaseDetail {
    #[serde(flatten)]
    case: CaseFinished,
    label: &'static str,
    times: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<ClauseRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// The command that accepts the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    bless: Option<String>,
}

impl PageKey {
    pub(super) fn of(case: &HtmlCase<'_>) -> Self {
        let verdict = &case.report.verdict;
        Self {
            case: case.report.run.case.clone(),
            column: case.column.clone(),
            verdict: verdict.label(),
            fingerprint: verdict.failure().map(|failure| failure.fingerprint()).unwrap_or_default(),
        }
    }
}

impl KeptCase {
    pub(super) fn of(case: HtmlCase<'_>) -> Self {
        let HtmlCase { report, sequence, end, .. } = case;
        let verdict = &report.verdict;
        let mut finished = CaseFinished::from(report);
        // The sequence has them all.
        if let VerdictRecord::Differs { failure }
        | VerdictRecord::NotReached { failure }
        | VerdictRecord::Crashed { failure }
        | VerdictRecord::Stuck { failure }
        | VerdictRecord::Fail { failure }
        | VerdictRecord::KnownFail { failure, .. } = &mut finished.verdict
            && sequence.is_some()
        {
            failure.rungs.clear();
        }
        let broken = report.broken.as_ref().map(ClauseRecord::from);
        let changed = matches!(verdict, Verdict::TraceChanged { .. });
        Self {
            repeat: report.run.repeat,
            times: 1,
            is_negative: verdict.is_negative(),
            is_of_interest: !matches!(verdict, Verdict::Pass | Verdict::WeakPass { .. }),
            brief: brief(verdict),
            detail: CaseDetail {
                case: finished,
                label: verdict.label(),
                times: 1,
                broken,
                peer: report.peer.clone(),
                end,
                bless: changed.then(|| report.bless_command()),
            },
            sequence: sequence.filter(|sequence| !sequence.is_empty()),
        }
    }

    /// Counts another repetition with the same result; the earliest one is shown.
    pub(super) fn join(&mut self, other: Self) {
        let times = self.times + 1;
        if other.repeat < self.repeat {
            *self = other;
        }
        self.times = times;
        self.detail.times = times;
    }
}

/// A negative verdict in a line.
fn brief(verdict: &Verdict) -> Option<String> {
    Some(match verdict {
        Verdict::Fail(failure) | Verdict::Died(_, failure) => {
            format!(
                "{}: expected {}, observed {}",
                failure.clause, failure.expected, failure.observed
            )
        }
        Verdict::UnexpectedPass { entry } => format!("passes in spite of {entry}"),
        Verdict::TraceChanged { diff, .. } => diff.lines().next().unwrap_or_default().to_owned(),
        Verdict::Broken { message, .. } => message.clone(),
        _ => return None,
    })
}

/// The data of the matrix.
#[derive(Debug, Default, Serialize)]
pub(super) struct PageIndex {
    scenarios: Vec<ScenarioLine>,
    /// The statement of each clause.
    clauses: BTreeMap<String, String>,
    columns: Vec<HtmlColumn>,
    cases: Vec<CaseLine>,
    players: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ScenarioLine {
    id: String,
    title: String,
    clauses: Vec<String>,
}

/// Places of scenario and column, the side, the repetition, the verdict, and a line about it.
#[derive(Debug, Serialize)]
struct CaseLine(
    usize,
    usize,
    Side,
    u32,
    &'static str,
    #[serde(skip_serializing_if = "Option::is_none")] Option<String>,
);

impl PageIndex {
    pub(super) fn of(cases: &BTreeMap<PageKey, KeptCase>, players: Vec<String>) -> Self {
        let mut columns: Vec<HtmlColumn> = cases.keys().map(|key| key.column.clone()).collect();
        columns.sort();
        columns.dedup();
        let mut index = Self { columns, players, ..Self::default() };
        for (key, kept) in cases {
            // Cases of one scenario are adjacent.
            if index.scenarios.last().is_none_or(|line| *line.id != *key.case.scenario) {
                index.begin(key, kept);
            }
            let column = index.columns.binary_search(&key.column).unwrap_or_default();
            let (side, brief) = (key.case.side, kept.brief.clone());
            let scenario = index.scenarios.len() - 1;
            index.cases.push(CaseLine(scenario, column, side, kept.repeat, key.verdict, brief));
        }
        index
    }

    fn begin(&mut self, key: &PageKey, kept: &KeptCase) {
        let clauses = &kept.detail.case.clauses;
        let stated = clauses.iter().map(|clause| (clause.id.clone(), clause.statement.clone()));
        self.clauses.extend(stated);
        self.scenarios.push(ScenarioLine {
            id: key.case.scenario.to_string(),
            title: kept.detail.case.title.clone(),
            clauses: clauses.iter().map(|clause| clause.id.clone()).collect(),
        });
    }
}
