//! `yamux-conform explain`: a scenario, a clause or a fingerprint in words.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstyle::Style;
use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::cli::ExitCode;
use crate::cli::selection::filters::Filters;
use crate::cli::selection::{SUITE_HELP, Selected, Selection};
use crate::cli::shell::{complete, output};
use crate::cli::suite::deviations::{Deviations, KnownPlace};
use crate::cli::suite::script::script;
use crate::endpoint::mutant::all;
use crate::engine::watched;
use crate::runner::golden::GoldenKey;
use crate::runner::verdict::shell_word;
use crate::runner::{Refused, known, virtual_time};
use crate::scenario::{Clause, Clauses, PeerKind, Scenario, meant, nearest};
use crate::system::sink::{Stdout, path_name, stdout_width};
use crate::trace::{Rung, ladder};
use crate::yamux::frame::Side;

/// Explain a scenario, a clause or a fingerprint
///
/// Of a scenario: its clauses, what each step must do and what weaker would count, what crosses the wire with the built-in
/// yamux, who is known to deviate in it, and which golden traces it has. Of a clause: what it says, the scenarios that
/// name it, and the mutants that break it. Of a fingerprint, as reports give it: which ledgers know it, and where.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// The id of a scenario, its file, the id of a clause, or a fingerprint
    #[arg(value_name = "WHAT", add = ArgValueCompleter::new(complete::explained))]
    pub id: String,

    /// The suite.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,
}

impl ExplainArgs {
    /// Explains it, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let file = Path::new(&self.id);
        let is_file = file.extension() == Some("json".as_ref()) && file.is_file();
        let places = if is_file { vec![file.to_owned()] } else { Vec::new() };
        let selected = Selection::new(places, self.suite.clone(), Filters::default()).load()?;
        let deviations = Deviations::of(&selected)?;
        let scenario = match is_file {
            true => selected.scenarios.first(),
            false => selected.scenarios.iter().find(|scenario| *scenario.id == *self.id),
        };
        if let Some(scenario) = scenario {
            return output::print(|out| explain(out, scenario, &selected, &deviations));
        }
        if let Some(clause) = selected.clauses.find(&self.id) {
            return output::print(|out| explain_clause(out, clause, &selected));
        }
        let places = deviations.with_fingerprint(&self.id);
        if !places.is_empty() {
            return output::print(|out| explain_fingerprint(out, &places, &selected));
        }
        Err(self.unknown(&selected))
    }

    fn unknown(&self, selected: &Selected) -> Refused {
        let clauses = selected.clauses.iter().map(|clause| &*clause.id);
        let hint = nearest(&self.id, clauses)
            .map(|clause| format!("did you mean {clause}?"))
            .or_else(|| meant(&self.id, &selected.scenarios))
            .unwrap_or_else(|| "see: yamux-conform list".to_owned());
        let message =
            format!("no scenario, no clause and no ledger's fingerprint {:?}; {hint}", self.id);
        Refused::nothing_selected([message])
    }
}

fn explain(
    out: &mut Stdout,
    scenario: &Arc<Scenario>,
    selected: &Selected,
    deviations: &Deviations,
) -> io::Result<()> {
    out.line(&*scenario.id)?;
    let width = stdout_width();
    out.wrapped(Style::new(), &scenario.title, width, 2)?;
    out.line("")?;
    if let Some(note) = &scenario.note {
        note.lines().try_for_each(|line| out.wrapped(Style::new(), line, width, 0))?;
        out.line("")?;
    }
    clauses(out, scenario, &selected.clauses)?;
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
    if !scenario.tags.is_empty() {
        out.line(format!("tags: {}", scenario.tags.join(", ")))?;
    }
    out.line("")?;
    out.line("what each step must do:")?;
    out.text(&script(scenario))?;
    for side in &scenario.sides {
        let run = virtual_time::run(scenario, *side, 0);
        let rungs: Vec<Rung> = run.trace.entries.iter().map(Rung::from).collect();
        out.line("")?;
        out.line(format!("what crosses the wire with the built-in implementation as {side}:"))?;
        out.text(&ladder(&rungs, usize::MAX, ("subject", "peer"), width))?;
    }
    let places = deviations.in_scenario(scenario);
    if !places.is_empty() {
        out.line("")?;
        out.line("known deviations:")?;
    }
    places.iter().try_for_each(|place| deviation(out, place))?;
    goldens(out, scenario, selected)?;
    out.line("")?;
    let name = match selected.suite.is_built_in {
        true => scenario.id.to_string(),
        false => shell_word(&scenario.path.display().to_string()),
    };
    out.line(format!("run it: yamux-conform run {name}"))
}

/// The clauses that it names, then those that only its steps name.
fn clauses(out: &mut Stdout, scenario: &Scenario, register: &Clauses) -> io::Result<()> {
    let mut told: Vec<&str> = Vec::new();
    let of_steps = scenario.steps.iter().filter_map(|step| step.clause.as_ref());
    for id in scenario.clauses.iter().chain(of_steps) {
        if told.contains(&&**id) {
            continue;
        }
        told.push(id);
        match register.find(id) {
            Some(clause) => out.wrapped(Style::new(), &clause_line(clause), stdout_width(), 2)?,
            None => out.line(&**id)?,
        }
    }
    Ok(())
}

fn deviation(out: &mut Stdout, place: &KnownPlace<'_>) -> io::Result<()> {
    let entry = place.entry;
    let only = [
        entry.side.map(|side| format!("as {side}")),
        entry.clock.map(|clock| format!("on the {clock} clock")),
        entry.step.as_ref().map(|step| format!("step {step}")),
        (!entry.versions.is_empty()).then(|| format!("versions {}", entry.versions.join(", "))),
    ];
    let only: Vec<String> = only.into_iter().flatten().collect();
    let only = if only.is_empty() { String::new() } else { format!(" ({})", only.join("; ")) };
    let what = match entry.what {
        known::Deviation::Race => "race",
        known::Deviation::Verdict => "fails",
        known::Deviation::Trace => "another trace",
    };
    out.line(format!("  {}: {what}{only}: {}", place.target, entry.reason))?;
    if let Some(fingerprint) = &entry.fingerprint {
        out.line(format!("    fingerprint {fingerprint}"))?;
    }
    if let Some(link) = &entry.link {
        out.line(format!("    link {link}"))?;
    }
    out.line(format!("    entry {}", place.position()))
}

fn goldens(out: &mut Stdout, scenario: &Scenario, selected: &Selected) -> io::Result<()> {
    let Some(root) = selected.beside("golden") else { return Ok(()) };
    let mut is_first = true;
    for target in known::names(&root) {
        for side in &scenario.sides {
            let key =
                GoldenKey { target: target.clone(), id: scenario.id.to_string(), side: *side };
            let path = key.path(&root);
            if !path.is_file() {
                continue;
            }
            if std::mem::take(&mut is_first) {
                out.line("")?;
                out.line("golden traces:")?;
            }
            out.line(format!("  {}", path_name(path)))?;
        }
    }
    Ok(())
}

fn explain_clause(out: &mut Stdout, clause: &Clause, selected: &Selected) -> io::Result<()> {
    let width = stdout_width();
    out.wrapped(Style::new(), &clause_line(clause), width, 2)?;
    if let Some(because) = &clause.provenance.because {
        out.wrapped(Style::new(), because, width, 2)?;
    }
    for (dialect, binding) in
        [("hashicorp", &clause.dialects.hashicorp), ("libp2p", &clause.dialects.libp2p)]
    {
        if let Some(binding) = binding {
            out.line(format!(
                "in the dialect {dialect}: {} ({})",
                binding.level, binding.provenance
            ))?;
        }
    }
    for (_, rule) in watched().filter(|(id, _)| *id == clause.id) {
        out.wrapped(Style::new(), &format!("watched in every scenario: {rule}"), width, 2)?;
    }
    if let Some(reason) = &clause.unasked {
        out.wrapped(Style::new(), &format!("unasked: {reason}"), width, 2)?;
    }
    let scenarios = selected.scenarios.iter().filter(|scenario| asks(scenario, clause));
    for (number, scenario) in scenarios.enumerate() {
        if number == 0 {
            out.line("")?;
        }
        let line = format!("{}  {}", scenario.id, scenario.title);
        out.wrapped(Style::new(), &line, width, 4)?;
    }
    let mutants: Vec<&str> =
        all().iter().filter(|one| one.clause == clause.id).map(|one| one.name).collect();
    if !mutants.is_empty() {
        out.line("")?;
        out.wrapped(Style::new(), &format!("mutants: {}", mutants.join(", ")), width, 4)?;
    }
    Ok(())
}

/// Whether a scenario names the clause, at its head or in a step.
fn asks(scenario: &Scenario, clause: &Clause) -> bool {
    let of_steps = scenario.steps.iter().filter_map(|step| step.clause.as_ref());
    scenario.clauses.iter().chain(of_steps).any(|id| **id == *clause.id)
}

fn explain_fingerprint(
    out: &mut Stdout,
    places: &[KnownPlace<'_>],
    selected: &Selected,
) -> io::Result<()> {
    for place in places {
        let named = selected.scenarios.iter().find(|scenario| *scenario.id == *place.entry.case);
        let title = named.map_or_else(String::new, |scenario| format!("  {}", scenario.title));
        out.line(format!("{}{title}", place.entry.case))?;
        deviation(out, place)?;
    }
    Ok(())
}

fn clause_line(clause: &Clause) -> String {
    format!("{}  {} ({}; {})", clause.id, clause.statement, clause.level, clause.provenance)
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform explain half-close/writer-stalls-until-the-close-timeout
  yamux-conform explain scenarios/ping/burst.json
  yamux-conform explain FLOW-30
  yamux-conform explain 'session-end | no-session-end'
  yamux-conform explain ping/burst --suite ../yamux-conform";
