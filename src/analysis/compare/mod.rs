//! Two releases against each other: what each did in the same cases, what changed, and whether the second is worse.
//!
//! Where it comes from, a run or a report, is gone once there is a list of `Sighting`s. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod change;
mod clauses;
mod grade;
mod merge;
pub(crate) mod output;
mod pairing;
mod recorded;
mod report_file;
#[cfg(test)]
mod sample;
mod sighting;
mod upgrade;

pub use crate::analysis::compare::output::json::{
    CaseChangeRecord, CompareRecord, CountsRecord, ReleaseRecord, compare_schema, record,
};
pub use crate::analysis::compare::output::markdown::comparison_markdown;
pub use crate::analysis::compare::output::text::{Detail, comparison_text};
pub use change::ChangeKind;
pub use clauses::{ClauseChange, ClauseTurn};
pub use grade::Grade;
pub use merge::Merged;
pub use pairing::CaseKey;
pub use recorded::Recorded;
pub use report_file::{BadReport, read_report};
pub use sighting::Sighting;
pub use upgrade::{CaseChange, Counts, Upgrade};
