//! Converts events to the lines of the JSON report.

use std::time::Duration;

use crate::engine::{Death, EndedBy, Failure, Measured};
use crate::report::json::record::{
    AgainstName, AnswerRecord, BlamedEnd, CaseFinished, CaseStarted, ClauseRecord,
    ComparisonRecord, FailureRecord, PlaceName, Record, RunFinished, RunStarted, RungRecord,
    TargetRecord, VerdictRecord,
};
use crate::report::{RunEvent, Summary, TargetInfo};
use crate::runner::verdict::{Against, CaseReport, Comparison, QuotedClause, Verdict};
use crate::scenario::Actor;
use crate::trace::{Direction, LadderColumn, Rung};

impl From<&RunEvent<'_>> for Record {
    fn from(event: &RunEvent<'_>) -> Self {
        match *event {
            RunEvent::RunStarted { cases, targets, seed, version, portion, suite } => {
                Self::RunStarted(RunStarted {
                    format: FORMAT,
                    version: version.to_owned(),
                    seed,
                    suite: suite.cloned(),
                    cases,
                    targets: targets.iter().map(TargetRecord::from).collect(),
                    selection: portion.selection.clone(),
                    shard: portion.shard,
                })
            }
            RunEvent::CaseStarted(run) => Self::CaseStarted(CaseStarted {
                id: run.case.scenario.to_string(),
                side: run.case.side,
                target: run.target.clone(),
                clock: run.clock,
            }),
            RunEvent::CaseFinished(report) => Self::CaseFinished(Box::new(report.into())),
            RunEvent::Note(text) => Self::Note { text: text.to_owned() },
            RunEvent::RunFinished(summary) => Self::RunFinished(summary.into()),
        }
    }
}

impl From<&TargetInfo> for TargetRecord {
    fn from(target: &TargetInfo) -> Self {
        Self {
            name: target.name.clone(),
            clock: target.clock,
            description: target.description.clone(),
            ran: target.ran,
            note: target.note.clone(),
        }
    }
}

impl From<&CaseReport> for CaseFinished {
    fn from(report: &CaseReport) -> Self {
        Self {
            id: report.run.case.scenario.to_string(),
            side: report.run.case.side,
            target: report.run.target.clone(),
            clock: report.run.clock,
            repeat: report.run.repeat,
            title: report.title.clone(),
            path: report.path.display().to_string(),
            clauses: report.clauses.iter().map(ClauseRecord::from).collect(),
            broken: report.broken.as_ref().map(ClauseRecord::from),
            verdict: (&report.verdict).into(),
            negative: report.verdict.is_negative(),
            comparison: (&report.comparison).into(),
            answers: report.answers.iter().map(AnswerRecord::from).collect(),
            virtual_ns: report.virtual_duration.as_nanos(),
            real_ns: nanoseconds(report.duration),
            again: report.rerun_command(),
        }
    }
}

impl From<&QuotedClause> for ClauseRecord {
    fn from((id, statement, level): &QuotedClause) -> Self {
        Self { id: id.to_string(), statement: statement.clone(), level: level.clone() }
    }
}

impl From<&Measured> for AnswerRecord {
    fn from(answer: &Measured) -> Self {
        Self {
            question: answer.question.clone(),
            by: answer.by.map(|by| match by {
                EndedBy::Success => "success".to_owned(),
                EndedBy::Error(class) => class.to_string(),
            }),
            after_ns: nanoseconds(answer.after),
        }
    }
}

impl From<&Verdict> for VerdictRecord {
    fn from(verdict: &Verdict) -> Self {
        match verdict.clone() {
            Verdict::Pass => Self::Pass,
            Verdict::WeakPass { because } => Self::WeakPass { because },
            Verdict::Differs(failure) => Self::Differs { failure: (*failure).into() },
            Verdict::NotReached(failure) => Self::NotReached { failure: (*failure).into() },
            Verdict::Died(Death::Crashed, failure) => Self::Crashed { failure: (*failure).into() },
            Verdict::Died(Death::Stuck, failure) => Self::Stuck { failure: (*failure).into() },
            Verdict::Fail(failure) => Self::Fail { failure: (*failure).into() },
            Verdict::KnownFail { failure, reason, link } => {
                Self::KnownFail { failure: (*failure).into(), reason, link }
            }
            Verdict::UnexpectedPass { entry } => Self::UnexpectedPass { entry },
            Verdict::TraceChanged { diff, golden, against } => Self::TraceChanged {
                diff,
                golden: golden.map(|path| path.display().to_string()),
                against: match against {
                    Against::Golden => AgainstName::Golden,
                    Against::Reference => AgainstName::Reference,
                },
            },
            Verdict::Skip { reason } => Self::Skip { reason },
            Verdict::Broken { message, stderr } => Self::Broken { message, stderr },
        }
    }
}

impl From<Failure> for FailureRecord {
    fn from(failure: Failure) -> Self {
        Self {
            fingerprint: failure.fingerprint(),
            end: match failure.end {
                Actor::Subject => BlamedEnd::Subject,
                Actor::Peer => BlamedEnd::Peer,
            },
            clause: failure.clause.to_string(),
            is_rule: failure.is_of_rule(),
            runs: failure.runs,
            stderr: failure.stderr,
            step: failure.step,
            round: failure.round,
            name: failure.name.map(|name| name.to_string()),
            line: failure.position.map(|position| position.line),
            column: failure.position.map(|position| position.column),
            expected: failure.expected.to_string(),
            expected_token: failure.expected.token(),
            observed: failure.observed.to_string(),
            observed_token: failure.observed.token(),
            alternatives: failure.alternatives.iter().map(ToString::to_string).collect(),
            rungs: failure.rungs.into_iter().map(RungRecord::from).collect(),
        }
    }
}

impl From<Rung> for RungRecord {
    fn from(rung: Rung) -> Self {
        let place = match rung.place {
            LadderColumn::Subject => PlaceName::Subject,
            LadderColumn::Peer => PlaceName::Peer,
            LadderColumn::Wire(Direction::SubjectToPeer) => PlaceName::SubjectToPeer,
            LadderColumn::Wire(Direction::PeerToSubject) => PlaceName::PeerToSubject,
            LadderColumn::Note => PlaceName::Note,
        };
        Self { time_ns: rung.time.as_nanos(), place, text: rung.text }
    }
}

impl From<&Comparison> for ComparisonRecord {
    fn from(comparison: &Comparison) -> Self {
        match comparison.clone() {
            Comparison::Agrees => Self::Agrees,
            Comparison::AgreesWithGolden => Self::AgreesWithGolden,
            Comparison::Differs(diff) => Self::Differs { diff },
            Comparison::Declared { reason } => Self::Declared { reason },
            Comparison::NotCompared { reason } => Self::NotCompared { reason },
        }
    }
}

impl From<&Summary> for RunFinished {
    fn from(summary: &Summary) -> Self {
        Self {
            counts: summary.counts.clone(),
            real_ns: nanoseconds(summary.elapsed),
            clocks: summary.clocks.to_vec(),
            seed: summary.seed,
            interrupted: summary.is_cut(),
            not_run: summary.not_run,
            open_entries: summary.open_entries.clone(),
            notes: summary.notes.clone(),
            problems: summary.problems.clone(),
            exit: summary.exit.number(),
        }
    }
}

/// Whole nanoseconds; 584 years at most.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// 1: a failure has tokens, from which its fingerprint is made.
const FORMAT: u32 = 1;
