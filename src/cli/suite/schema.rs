//! `yamux-conform schema`: the JSON Schema of a file format.

use clap::{Args, ValueEnum};

use crate::analysis::compare::compare_schema;
use crate::analysis::coverage::{coverage_schema, upstream_schema};
use crate::analysis::interop;
use crate::analysis::profile;
use crate::analysis::profile::goodput::goodput_schema;
use crate::analysis::strength;
use crate::cli::ExitCode;
use crate::cli::shell::output;
use crate::report::json_schema;
use crate::runner::{Refused, known};
use crate::scenario::{clauses_schema, scenario_schema};
use crate::shim;
use crate::shim::target;

/// Print the JSON Schema of a file format
///
/// Editors that are told of it complete keys and mark mistakes.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SchemaArgs {
    /// Which format
    #[arg(value_name = "NAME")]
    pub name: SchemaName,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// A scenario
    Scenario,
    /// The register of clauses
    Clauses,
    /// A ledger of known deviations
    Known,
    /// What may get through the scenarios
    Mutants,
    /// Which scenario covers which test of other projects
    UpstreamTests,
    /// A line of the shim protocol
    Shim,
    /// One line of `shim check --format json`
    ShimCheck,
    /// The manifest of a bundled implementation
    Manifest,
    /// `profile --format json`
    Profile,
    /// `goodput --format json`
    Goodput,
    /// One line of `run --format json`
    Report,
    /// What `compare --format json` writes
    Compare,
    /// What `interop --format json` writes
    Interop,
    /// What `coverage --format json` writes
    Coverage,
    /// What `mutants --format json` writes
    Survey,
}

impl SchemaArgs {
    /// Prints the schema, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        output::print_own(|out| out.write_all(self.name.schema().as_bytes()))
    }
}

impl SchemaName {
    /// The schema, as it stands in the folder `schema`.
    pub fn schema(self) -> String {
        match self {
            Self::Scenario => scenario_schema(),
            Self::Clauses => clauses_schema(),
            Self::Known => known::schema(),
            Self::Mutants => strength::schema(),
            Self::Shim => shim::protocol::schema(),
            Self::ShimCheck => shim::check::check_schema(),
            Self::Manifest => target::schema(),
            Self::Profile => format!("{:#}\n", profile::json_schema().to_value()),
            Self::Goodput => format!("{:#}\n", goodput_schema().to_value()),
            Self::Compare => compare_schema(),
            Self::UpstreamTests => upstream_schema(),
            Self::Coverage => coverage_schema(),
            Self::Interop => interop::schema(),
            Self::Survey => strength::survey_schema(),
            Self::Report => format!("{:#}\n", json_schema().to_value()),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform schema scenario > schema/scenario.schema.json
  yamux-conform schema report";
