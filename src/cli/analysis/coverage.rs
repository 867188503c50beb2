//! `yamux-conform coverage`: for each clause, the scenarios that test it, the mutants that break it, and the results of runs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;
use glob::Pattern;

use crate::analysis::coverage::{
    Coverage, UpstreamTests, clauses_page, coverage_json, coverage_markdown, coverage_text,
    upstream_page,
};
use crate::cli::ExitCode;
use crate::cli::analysis::release::read_recorded;
use crate::cli::selection::filters::{Filters, glob};
use crate::cli::selection::{SUITE_HELP, Selected, Selection};
use crate::cli::shell::complete;
use crate::cli::shell::output::print;
use crate::endpoint::mutant::all;
use crate::report::CaseFinished;
use crate::runner::Refused;
use crate::scenario::{Scenario, nearest};
use crate::system::sink::json_line;

/// Show which scenarios and mutants cover each clause, and what runs said
///
/// Runs nothing. Each report, as `run --format json` or --json writes it, adds a column for each of its targets: `held`
/// counts cases that kept the clause; `broken`, `known` and `differs` those that broke it, that broke it as a ledger says,
/// and that it does not bind; `open` those that were skipped, or failed over another clause.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CoverageArgs {
    /// The suite.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,

    /// Only clauses whose id matches, with their scenarios and mutants by name. May be given several times
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    #[arg(add = ArgValueCompleter::new(complete::clauses))]
    pub clause: Vec<Pattern>,

    /// The JSON reports of runs whose verdicts are added
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub report: Vec<PathBuf>,

    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CoverageFormat,

    /// Print a page of the documentation instead
    #[arg(long, value_name = "PAGE", conflicts_with_all = ["clause", "report", "format"])]
    pub document: Option<CoverageDocument>,
}

/// How to show coverage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CoverageFormat {
    /// A row for each clause
    #[default]
    Text,
    /// The same as a Markdown table
    Markdown,
    /// One JSON object
    Json,
}

/// A page of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CoverageDocument {
    /// docs/clauses.md: every clause, with its scenarios and mutants
    Clauses,
    /// docs/upstream-tests.md: every test of other projects, with its scenarios
    UpstreamTests,
}

impl CoverageArgs {
    /// Prints it, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let selected = Selection::new(Vec::new(), self.suite.clone(), Filters::default()).load()?;
        if let Some(message) = selected.lacks_clauses() {
            return Err(Refused::bad_input([message]));
        }
        if self.document == Some(CoverageDocument::UpstreamTests) {
            let page = upstream_page(&upstream_tests(&selected)?);
            return print(|out| out.text(&page));
        }
        let cases = self.cases()?;
        let mutants = all();
        let scenarios: Vec<&Scenario> = selected.scenarios.iter().map(AsRef::as_ref).collect();
        let mut coverage = Coverage::of(&selected.clauses, &scenarios, &mutants, &cases);
        if self.document == Some(CoverageDocument::Clauses) {
            let page = clauses_page(&coverage, &selected.clauses);
            return print(|out| out.text(&page));
        }
        self.known_globs(&coverage)?;
        coverage.clauses.retain(|row| {
            self.clause.is_empty() || self.clause.iter().any(|glob| glob.matches(&row.clause.id))
        });
        let is_full = !self.clause.is_empty();
        print(|out| match self.format {
            CoverageFormat::Text => out.text(&coverage_text(&coverage, is_full)),
            CoverageFormat::Markdown => out.text(&coverage_markdown(&coverage)),
            CoverageFormat::Json => out.line(json_line(&coverage_json(&coverage))?),
        })
    }

    /// The cases of the reports.
    fn cases(&self) -> Result<Vec<CaseFinished>, Refused> {
        let mut cases = Vec::new();
        for path in &self.report {
            cases.extend(read_recorded(path)?.sightings.into_iter().map(|run| run.case));
        }
        Ok(cases)
    }

    /// The error is a glob that matches no clause.
    fn known_globs(&self, coverage: &Coverage<'_>) -> Result<(), Refused> {
        let ids = || coverage.clauses.iter().map(|row| &*row.clause.id);
        let unmatched = self.clause.iter().filter(|glob| !ids().any(|id| glob.matches(id)));
        let unmatched: Vec<String> = unmatched
            .map(|glob| {
                let near = nearest(glob.as_str(), ids());
                let hint = near.map_or_else(
                    || "see: yamux-conform coverage".to_owned(),
                    |near| format!("did you mean {near}?"),
                );
                format!("--clause {:?} matches no clause; {hint}", glob.as_str())
            })
            .collect();
        match unmatched.is_empty() {
            true => Ok(()),
            false => Err(Refused::nothing_selected(unmatched)),
        }
    }
}

/// The tests of other projects that a suite lists.
pub(crate) fn upstream_tests(selected: &Selected) -> Result<UpstreamTests, Refused> {
    let ids: BTreeSet<&str> = selected.all.iter().map(|(id, _)| &**id).collect();
    UpstreamTests::load(&selected.upstream_tests(), &ids).map_err(Refused::bad_input)
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform coverage
  yamux-conform coverage --clause 'FLOW-*'
  yamux-conform coverage --report target/report.json --format markdown
  yamux-conform coverage --document clauses > docs/clauses.md
  yamux-conform coverage --document upstream-tests > docs/upstream-tests.md";
