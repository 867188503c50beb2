//! Converts the lines of the JSON report back to events, so that every reporter can report them again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::engine::{Actual, Alternative, Death, EndedBy, Expected, Failure, Measured, Retold};
use crate::report::TargetInfo;
use crate::report::json::record::{
    AgainstName, AnswerRecord, BlamedEnd, CaseFinished, ClauseRecord, ComparisonRecord,
    FailureRecord, PlaceName, RungRecord, TargetRecord, VerdictRecord,
};
use crate::runner::verdict::{
    Again, Against, CaseReport, Comparison, QuotedClause, RunId, Verdict,
};
use crate::scenario::{Actor, CaseId, Position};
use crate::trace::{Direction, LadderColumn, Rung};
use crate::yamux::time::Time;

impl From<CaseFinished> for CaseReport {
    fn from(case: CaseFinished) -> Self {
        let again = CommandWords::of(&case.again);
        let (asked, peer) = (again.option("--target"), again.option("--peer"));
        let golden = again.option("--golden").map(PathBuf::from);
        Self {
            run: RunId {
                case: CaseId { scenario: case.id.into(), side: case.side },
                target: case.target.clone(),
                clock: case.clock,
                repeat: case.repeat,
            },
            asked: asked.unwrap_or(case.target),
            peer,
            title: case.title,
            path: case.path.into(),
            clauses: case.clauses.into_iter().map(quoted).collect(),
            broken: case.broken.map(quoted),
            verdict: case.verdict.into(),
            answers: case.answers.into_iter().map(Measured::from).collect(),
            virtual_duration: Time::from_nanos(case.virtual_ns),
            duration: Duration::from_nanos(case.real_ns),
            comparison: case.comparison.into(),
            again: Arc::new(Again { golden, told: Some(case.again), ..Again::default() }),
        }
    }
}

impl From<&TargetRecord> for TargetInfo {
    fn from(target: &TargetRecord) -> Self {
        Self {
            name: target.name.clone(),
            asked: target.name.clone(),
            clock: target.clock,
            description: target.description.clone(),
            ran: target.ran,
            note: target.note.clone(),
        }
    }
}

/// The words of a command.
struct CommandWords(Vec<String>);

impl CommandWords {
    fn of(command: &str) -> Self {
        Self(shell_words::split(command).unwrap_or_default())
    }

    /// The first value of an option.
    fn option(&self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|word| word == name)?;
        self.0.get(place + 1).cloned()
    }
}

fn quoted(clause: ClauseRecord) -> QuotedClause {
    (clause.id.into(), clause.statement, clause.level)
}

impl From<VerdictRecord> for Verdict {
    fn from(verdict: VerdictRecord) -> Self {
        let boxed = |failure: FailureRecord| Box::new(Failure::from(failure));
        match verdict {
            VerdictRecord::Pass => Self::Pass,
            VerdictRecord::WeakPass { because } => Self::WeakPass { because },
            VerdictRecord::Differs { failure } => Self::Differs(boxed(failure)),
            VerdictRecord::NotReached { failure } => Self::NotReached(boxed(failure)),
            VerdictRecord::Crashed { failure } => Self::Died(Death::Crashed, boxed(failure)),
            VerdictRecord::Stuck { failure } => Self::Died(Death::Stuck, boxed(failure)),
            VerdictRecord::Fail { failure } => Self::Fail(boxed(failure)),
            VerdictRecord::KnownFail { failure, reason, link } => {
                Self::KnownFail { failure: boxed(failure), reason, link }
            }
            VerdictRecord::UnexpectedPass { entry } => Self::UnexpectedPass { entry },
            VerdictRecord::TraceChanged { diff, golden, against } => Self::TraceChanged {
                diff,
                golden: golden.map(PathBuf::from),
                against: match against {
                    AgainstName::Golden => Against::Golden,
                    AgainstName::Reference => Against::Reference,
                },
            },
            VerdictRecord::Skip { reason } => Self::Skip { reason },
            VerdictRecord::Broken { message, stderr } => Self::Broken { message, stderr },
        }
    }
}

impl From<FailureRecord> for Failure {
    fn from(failure: FailureRecord) -> Self {
        let position = failure.line.zip(failure.column);
        Self {
            position: position.map(|(line, column)| Position { line, column }),
            step: failure.step,
            round: failure.round,
            name: failure.name.map(Arc::from),
            end: match failure.end {
                BlamedEnd::Subject => Actor::Subject,
                BlamedEnd::Peer => Actor::Peer,
            },
            clause: failure.clause.into(),
            expected: Expected::Told(failure.expected, failure.expected_token),
            observed: Actual::Told(Retold {
                words: failure.observed,
                token: failure.observed_token,
                is_rule: failure.is_rule,
            }),
            alternatives: failure.alternatives.into_iter().map(Alternative::Told).collect(),
            rungs: failure.rungs.into_iter().map(Rung::from).collect(),
            runs: failure.runs,
            stderr: failure.stderr,
        }
    }
}

impl From<RungRecord> for Rung {
    fn from(rung: RungRecord) -> Self {
        let place = match rung.place {
            PlaceName::Subject => LadderColumn::Subject,
            PlaceName::Peer => LadderColumn::Peer,
            PlaceName::SubjectToPeer => LadderColumn::Wire(Direction::SubjectToPeer),
            PlaceName::PeerToSubject => LadderColumn::Wire(Direction::PeerToSubject),
            PlaceName::Note => LadderColumn::Note,
        };
        Self { time: Time::from_nanos(rung.time_ns), place, text: rung.text }
    }
}

impl From<ComparisonRecord> for Comparison {
    fn from(comparison: ComparisonRecord) -> Self {
        match comparison {
            ComparisonRecord::Agrees => Self::Agrees,
            ComparisonRecord::AgreesWithGolden => Self::AgreesWithGolden,
            ComparisonRecord::Differs { diff } => Self::Differs(diff),
            ComparisonRecord::Declared { reason } => Self::Declared { reason },
            ComparisonRecord::NotCompared { reason } => Self::NotCompared { reason },
        }
    }
}

impl From<AnswerRecord> for Measured {
    fn from(answer: AnswerRecord) -> Self {
        let ended = |by: String| match by.as_str() {
            "success" => Some(EndedBy::Success),
            // An unknown class is from a later version.
            _ => serde_json::from_value(Value::String(by)).ok().map(EndedBy::Error),
        };
        Self {
            question: answer.question,
            by: answer.by.and_then(ended),
            after: Duration::from_nanos(answer.after_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::{body, headline, sample};
    use crate::scenario::ErrorClass;

    /// A record that is read back is reported as the first time, in words and as JSON.
    #[test]
    fn a_case_that_was_told_can_be_told_again() {
        let asked = Measured {
            question: "when?".to_owned(),
            by: Some(EndedBy::Error(ErrorClass::StreamReset)),
            after: Duration::from_secs(5),
        };
        for mut report in sample::cases().into_iter().chain([sample::broken()]) {
            report.answers = vec![asked.clone()];
            report.broken = report.verdict.failure().map(|failure| {
                (Arc::clone(&failure.clause), "what it says".to_owned(), "must".to_owned())
            });
            let told = CaseFinished::from(&report);
            let again = CaseReport::from(told.clone());
            assert_eq!(
                (headline(&again), body(&again, 80)),
                (headline(&report), body(&report, 80))
            );
            assert_eq!((&again.asked, &again.answers), (&report.asked, &report.answers));
            assert_eq!(CaseFinished::from(&again), told);
        }
    }
}
