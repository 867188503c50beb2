//! A comparison for programs: one JSON object, and its schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::compare::{CaseChange, ChangeKind, ClauseChange, Sighting, Upgrade};
use crate::report::{ClauseRecord, TargetRecord, VerdictRecord};
use crate::runner::verdict::{Clock, ExitCode};
use crate::yamux::frame::Side;

/// Two releases, and what changed from the first to the second. Readers must accept keys and kinds of change that they do
/// not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompareRecord {
    /// The version of this object. It grows when a key goes, or changes its meaning.
    pub format: u32,
    /// The version of yamux-conform.
    pub version: String,
    /// The first release.
    pub before: ReleaseRecord,
    /// The second one.
    pub after: ReleaseRecord,
    /// Whether the second is worse: a case fails, crashes or gets stuck that did not, or crashes or gets stuck and failed.
    pub worse: bool,
    /// How many cases there are of each kind of change.
    pub counts: CountsRecord,
    /// Whether traces were compared; reports have none.
    pub traces_compared: bool,
    /// The clauses that are broken on one side only.
    pub clauses: Vec<ClauseChange>,
    /// What the clauses that occur here say.
    pub statements: Vec<ClauseRecord>,
    /// The cases that are not the same, the worst first.
    pub cases: Vec<CaseChangeRecord>,
    /// What else should be known.
    pub notes: Vec<String>,
    /// The number the process ends with.
    pub exit: u8,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseRecord {
    /// What the command line calls it.
    pub asked: String,
    /// What ran, once for each clock.
    pub targets: Vec<TargetRecord>,
}

/// How many cases there are of each kind of change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountsRecord {
    /// Lawful before, negative after.
    pub new_failures: usize,
    /// Failed before, crashed or stuck after.
    pub worse: usize,
    /// Negative before and after, in another way.
    pub fails_otherwise: usize,
    /// Negative before, lawful after.
    pub fixed: usize,
    /// Lawful before and after in another way, or not judged on one of both.
    pub differences: usize,
    /// Passed before and after, with traces that do not mean the same.
    pub traces_changed: usize,
    /// Not the same in each run of one release; not counted as any other.
    pub unsteady: usize,
    /// In the second report only.
    pub new: usize,
    /// In the first report only.
    pub vanished: usize,
    /// The same before and after.
    pub same: usize,
}

/// A case that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseChangeRecord {
    /// The scenario's id.
    pub id: String,
    /// The side the subject played.
    pub side: Side,
    /// The clock.
    pub clock: Clock,
    /// The target by its name before, where several are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The scenario's title.
    pub title: String,
    /// The scenario's file.
    pub path: String,
    /// What became of it.
    pub change: ChangeKind,
    /// What it came to before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<VerdictRecord>,
    /// What it came to after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<VerdictRecord>,
    /// How many runs there were before and after.
    pub runs: (usize, usize),
    /// Where the traces part, if that is what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_diff: Option<String>,
}

/// The record of the comparison. `exit` is the program's exit code.
pub(crate) fn record(upgrade: &Upgrade, exit: ExitCode) -> CompareRecord {
    let release = |asked: &String, targets: &[TargetRecord]| ReleaseRecord {
        asked: asked.clone(),
        targets: targets.to_vec(),
    };
    let cases: Vec<CaseChangeRecord> = upgrade.changes.iter().map(case_record).collect();
    let is_about = |id: &str| {
        let runs =
            upgrade.changes.iter().flat_map(|change| change.before.iter().chain(&change.after));
        let mut failures = runs.filter_map(Sighting::failure);
        failures.any(|failure| failure.clause == id)
    };
    CompareRecord {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        before: release(&upgrade.asked.0, &upgrade.targets.0),
        after: release(&upgrade.asked.1, &upgrade.targets.1),
        worse: upgrade.is_worse(),
        counts: CountsRecord {
            new_failures: upgrade.count(ChangeKind::NewFailure),
            worse: upgrade.count(ChangeKind::Worse),
            fails_otherwise: upgrade.count(ChangeKind::FailsOtherwise),
            fixed: upgrade.count(ChangeKind::Fixed),
            differences: upgrade.count(ChangeKind::Difference),
            traces_changed: upgrade.count(ChangeKind::TraceChanged),
            unsteady: upgrade.count(ChangeKind::Unsteady),
            new: upgrade.count(ChangeKind::New),
            vanished: upgrade.count(ChangeKind::Vanished),
            same: upgrade.count(ChangeKind::Same),
        },
        traces_compared: upgrade.has_traces,
        clauses: upgrade.clauses.clone(),
        statements: upgrade.statements.values().filter(|one| is_about(&one.id)).cloned().collect(),
        cases,
        notes: upgrade.notes.clone(),
        exit: exit.number(),
    }
}

fn case_record(change: &CaseChange) -> CaseChangeRecord {
    let shown = change.shown().map(|run| &run.case);
    CaseChangeRecord {
        id: change.key.id.clone(),
        side: change.key.side,
        clock: change.key.clock,
        target: change.key.target.clone(),
        title: shown.map_or_else(String::new, |case| case.title.clone()),
        path: shown.map_or_else(String::new, |case| case.path.clone()),
        change: change.kind,
        before: change.before.as_ref().map(|run| run.case.verdict.clone()),
        after: change.after.as_ref().map(|run| run.case.verdict.clone()),
        runs: change.runs,
        trace_diff: change.diff.as_ref().map(|diff| diff.sentence.clone()),
    }
}

/// The JSON Schema of the object, as it stands in `schema/compare.schema.json`.
pub(crate) fn compare_schema() -> String {
    format!("{:#}\n", schemars::schema_for!(CompareRecord).to_value())
}

/// 1: the first.
const FORMAT: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::sample;

    #[test]
    fn the_object_reads_back_and_has_the_documented_names() {
        let upgrade = sample::upgrade();
        let written = record(&upgrade, upgrade.exit());
        let text = serde_json::to_string(&written).unwrap();
        assert_eq!(serde_json::from_str::<CompareRecord>(&text).unwrap(), written);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((value["worse"].as_bool(), value["exit"].as_u64()), (Some(true), Some(1)));
        assert_eq!(value["counts"]["new_failures"], 2);
        assert_eq!(value["cases"][0]["change"], "new_failure");
        assert_eq!(value["cases"][0]["after"]["kind"], "crashed");
        assert_eq!(value["clauses"][0]["turn"], "newly_broken");
        assert_eq!(value["statements"][0]["id"], "FLOW-01");
    }
}
