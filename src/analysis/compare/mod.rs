//! Compares two releases: what each did in the same cases, what changed, and whether the second is worse.
//!
//! A list of `Sighting`s no longer shows whether it was read from a run or from a report. Pure.
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

pub use crate::analysis::compare::output::json::CompareRecord;
pub(crate) use crate::analysis::compare::output::json::{compare_schema, record};
pub(crate) use crate::analysis::compare::output::markdown::comparison_markdown;
pub(crate) use crate::analysis::compare::output::text::{Detail, comparison_text};
pub use change::ChangeKind;
pub(crate) use clauses::{ClauseChange, ClauseTurn};
pub(crate) use grade::Grade;
pub(crate) use merge::Merged;
pub(crate) use pairing::CaseKey;
pub(crate) use recorded::Recorded;
pub(crate) use report_file::read_report;
pub(crate) use sighting::Sighting;
pub(crate) use upgrade::{CaseChange, Upgrade};
