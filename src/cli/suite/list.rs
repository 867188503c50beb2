//! `yamux-conform list`: the scenarios that a run would select.

use std::io;
use std::path::Path;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::ExitCode;
use crate::cli::selection::{Selected, Selection};
use crate::cli::shell::output;
use crate::cli::shell::output::note;
use crate::cli::suite::search::search;
use crate::runner::Refused;
use crate::scenario::{PeerKind, Scenario};
use crate::system::sink::{MAX_PADDING, Stdout, json_line};
use crate::yamux::frame::Side;

/// List the scenarios a run would select
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// Which scenarios.
    #[command(flatten)]
    pub selection: Selection,

    /// Only scenarios that these words are most likely about, the best first: the title of an old bug, or a few words. All
    /// text of a scenario counts, its clauses and steps too; words of the same stem or meaning (reset, RST, abort) are one
    #[arg(long, value_name = "WORDS")]
    pub search: Vec<String>,

    /// How to list them
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
}

/// How to list scenarios.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// Id, sides and title, by area
    #[default]
    Text,
    /// One id a line
    Ids,
    /// One JSON object a line, with everything but the steps
    Json,
}

impl ListArgs {
    /// Prints the list, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let mut selected = self.selection.load()?;
        if self.search.is_empty() {
            return print(&selected, self.format);
        }
        let text = self.search.join(" ");
        let Some(told) = search(&mut selected, &text) else {
            let message = format!("--search {text:?}: no scenario has any of these words");
            return Err(Refused::nothing_selected([message]));
        };
        let printed = print(&selected, self.format);
        note(&told);
        printed
    }
}

/// Prints the selected scenarios.
fn print(selected: &Selected, format: ListFormat) -> Result<ExitCode, Refused> {
    output::print(|out| {
        let width = selected.scenarios.iter().map(|scenario| scenario.id.len()).max().unwrap_or(0);
        let width = width.min(MAX_PADDING);
        for scenario in &selected.scenarios {
            write(out, scenario, format, width)?;
        }
        Ok(())
    })
}

fn write(
    out: &mut Stdout,
    scenario: &Scenario,
    format: ListFormat,
    width: usize,
) -> io::Result<()> {
    match format {
        ListFormat::Text => out.line(format!("{:width$}  {}", scenario.id, scenario.title)),
        ListFormat::Ids => out.line(&*scenario.id),
        ListFormat::Json => {
            let record = ListedScenarioRecord {
                id: &scenario.id,
                title: &scenario.title,
                path: &scenario.path,
                clauses: scenario.clauses.iter().map(|clause| &**clause).collect(),
                tags: &scenario.tags,
                sides: &scenario.sides,
                peer: match scenario.peer {
                    PeerKind::App => "app",
                    PeerKind::Wire => "wire",
                },
            };
            out.line(json_line(&record)?)
        }
    }
}

/// A scenario as a line of JSON.
#[derive(Serialize)]
struct ListedScenarioRecord<'a> {
    id: &'a str,
    title: &'a str,
    path: &'a Path,
    clauses: Vec<&'a str>,
    tags: &'a [String],
    sides: &'a [Side],
    peer: &'a str,
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform list
  yamux-conform list --area half-close --side client
  yamux-conform list --search 'writer hangs after the peer closed'
  yamux-conform list -i '*flood*' --format ids";
