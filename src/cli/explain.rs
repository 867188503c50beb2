//! `yamux-conform explain`: one scenario in words.

use std::io;
use std::path::PathBuf;

use anstyle::Style;
use clap::Args;

use crate::cli::ExitCode;
use crate::cli::output::{self, complain};
use crate::cli::selection::suite;
use crate::frame::Side;
use crate::runner::{Refused, virtual_time};
use crate::scenario::{Clause, Library, PeerKind, Scenario, load, meant, nearest};
use crate::sink::{Stdout, stdout_width};
use crate::trace::{Rung, ladder};

/// Explain a scenario: what it is about, its clauses, and what crosses the wire; or a clause: its scenarios
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// The scenario's id, or the id of a clause
    #[arg(value_name = "ID")]
    pub id: String,

    /// The suite: a folder that holds `scenarios` and what belongs to them [default: that of the folder `scenarios` here or
    /// in a folder above, else the one inside this program]
    #[arg(long, value_name = "DIR")]
    pub suite: Option<PathBuf>,
}

impl ExplainArgs {
    /// Explains a scenario or a clause, and says how the program ends.
    pub fn execute(&self) -> ExitCode {
        let suite = match suite(self.suite.as_deref()) {
            Ok(suite) => suite,
            Err(Refused(code, messages)) => return complain(code, &messages),
        };
        let library = match load(&[suite.scenarios]) {
            Ok(library) => library,
            Err(problems) => {
                let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
                return complain(ExitCode::BadInput, &messages);
            }
        };
        if let Some(scenario) = library.scenarios.iter().find(|scenario| *scenario.id == *self.id) {
            return output::print(|out| explain(out, scenario, &library));
        }
        if let Some(clause) = library.clauses.find(&self.id) {
            return output::print(|out| explain_clause(out, clause, &library));
        }
        let clauses = library.clauses.iter().map(|clause| &*clause.id);
        let hint = nearest(&self.id, clauses)
            .map(|clause| format!("did you mean {clause}?"))
            .or_else(|| meant(&self.id, &library.scenarios))
            .unwrap_or_else(|| "see: yamux-conform list".to_owned());
        let message = format!("no scenario and no clause {:?}; {hint}", self.id);
        complain(ExitCode::NothingSelected, &[message])
    }
}

fn explain(out: &mut Stdout, scenario: &Scenario, library: &Library) -> io::Result<()> {
    out.line(&*scenario.id)?;
    let width = stdout_width();
    let prose = |out: &mut Stdout, text: &str| out.wrapped(Style::new(), text, width, 2);
    prose(out, &scenario.title)?;
    out.line("")?;
    if let Some(note) = &scenario.note {
        note.lines().try_for_each(|line| out.wrapped(Style::new(), line, width, 0))?;
        out.line("")?;
    }
    for id in &scenario.clauses {
        match library.clauses.find(id) {
            Some(clause) => prose(out, &clause_line(clause))?,
            None => out.line(&**id)?,
        }
    }
    for link in &scenario.links {
        out.line(format!("see {link}"))?;
    }
    let sides: Vec<String> = scenario.sides.iter().map(Side::to_string).collect();
    let peer = match scenario.peer {
        PeerKind::App => "a yamux endpoint",
        PeerKind::Wire => "raw frames",
    };
    out.line("")?;
    out.line(format!("the subject is {}; the peer is {peer}", sides.join(" and ")))?;
    for side in &scenario.sides {
        let run = virtual_time::run(&std::sync::Arc::new(scenario.clone()), *side, 0);
        let rungs: Vec<Rung> = run.trace.entries.iter().map(Rung::from).collect();
        out.line("")?;
        out.line(format!("what crosses the wire with the built-in implementation as {side}:"))?;
        out.text(&ladder(&rungs, usize::MAX, ("subject", "peer"), width))?;
    }
    out.line("")?;
    out.line(format!("run it: yamux-conform run {}", scenario.id))
}

fn explain_clause(out: &mut Stdout, clause: &Clause, library: &Library) -> io::Result<()> {
    let width = stdout_width();
    out.wrapped(Style::new(), &clause_line(clause), width, 2)?;
    out.line("")?;
    for scenario in &library.scenarios {
        if scenario.clauses.iter().any(|id| **id == *clause.id) {
            let line = format!("{}  {}", scenario.id, scenario.title);
            out.wrapped(Style::new(), &line, width, 4)?;
        }
    }
    Ok(())
}

fn clause_line(clause: &Clause) -> String {
    format!("{}  {} ({}; {})", clause.id, clause.statement, clause.level, clause.provenance)
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform explain half-close/writer-stalls-until-the-close-timeout
  yamux-conform explain FLOW-30
  yamux-conform explain ping/burst --suite ../yamux-conform";
