//! What covers each clause: the scenarios that name it, the rule that watches it, the mutants that break it, and the results
//! of runs. Also which scenario covers which test of other projects. Pure but for reading that list.

mod clause;
mod held;
mod json;
mod markdown;
mod page;
mod text;
mod unasked;
mod upstream;
mod upstream_page;

pub(crate) use clause::ClauseCoverage;
pub use clause::Coverage;
pub(crate) use held::{ClauseHeld, ClauseTally};
pub(crate) use json::{coverage_json, coverage_schema};
pub(crate) use markdown::coverage_markdown;
pub use page::clauses_page;
pub(crate) use text::coverage_text;
pub(crate) use unasked::unasked;
pub use upstream::UpstreamTests;
pub(crate) use upstream::{UpstreamProject, UpstreamTest, upstream_schema};
pub use upstream_page::upstream_page;
