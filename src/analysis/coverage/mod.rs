//! What covers each clause: the scenarios that name it, the rule that watches it, the mutants that break it, and what runs
//! said. And which scenario covers which test of other projects. Pure but for reading that list.

mod clause;
mod held;
mod json;
mod markdown;
mod page;
mod text;
mod unasked;
mod upstream;
mod upstream_page;

pub use clause::{ClauseCoverage, Coverage};
pub use held::{ClauseHeld, ClauseTally};
pub use json::{CoverageJson, CoverageRow, CoverageVerdict, coverage_json, coverage_schema};
pub use markdown::coverage_markdown;
pub use page::clauses_page;
pub use text::coverage_text;
pub use unasked::unasked;
pub use upstream::{UpstreamFile, UpstreamProject, UpstreamTest, UpstreamTests, upstream_schema};
pub use upstream_page::upstream_page;
