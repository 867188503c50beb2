//! `yamux-conform explain`: a scenario, a clause or a fingerprint in words.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::cli::ExitCode;
use crate::cli::complete;
use crate::cli::deviations::{Deviations, KnownPlace};
use crate::cli::filters::Filters;
use crate::cli::output::{self, complain};
use crate::cli::script::script;
use crate::cli::selection::{Selected, Selection};
use crate::frame::Side;
use crate::golden::GoldenKey;
use crate::known;
use crate::runner::{Refused, virtual_time};
use crate::scenario::{Clause, Clauses, PeerKind, Scenario, nearest};
use crate::sink::{Stdout, path_name};
use crate::trace::{Rung, ladder};
use crate::verdict::shell_word;

/// Explain a scenario, a clause or a fingerprint
///
/// Of a scenario: its clauses, what each step must do and what weaker would count, what crosses the wire with the built-in
/// yamux, who is known to deviate in it, and which golden traces it has. Of a clause: what it says, and the scenarios that
/// name it. Of a fingerprint, as reports give it: which ledgers know it, and where.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// The id of a scenario, its file, the id of a clause, or a fingerprint
    #[arg(value_name = "WHAT", add = ArgValueCompleter::new(complete::explained))]
    pub id: String,

    /// Where the scenarios are
    #[arg(long, value_name = "DIR", default_value = "scenarios")]
    pub root: PathBuf,
}

impl ExplainArgs {
    /// Explains it, and says how the program ends.
    pub fn execute(&self) -> ExitCode {
        self.explained().unwrap_or_else(|Refused(code, messages)| complain(code, &messages))
    }

    fn explained(&self) -> Result<ExitCode, Refused> {
        let file = Path::new(&self.id);
        let is_file = file.extension() == Some("json".as_ref()) && file.is_file();
        let place = if is_file { file.to_owned() } else { self.root.clone() };
        let selected = Selection::new(vec![place], Filters::default()).load()?;
        let deviations = Deviations::of(&selected)?;
        let scenario = match is_file {
            true => selected.scenarios.first(),
            false => selected.scenarios.iter().find(|scenario| *scenario.id == *self.id),
        };
        if let Some(scenario) = scenario {
            return Ok(output::print(|out| explain(out, scenario, &selected, &deviations)));
        }
        if let Some(clause) = selected.clauses.find(&self.id) {
            return Ok(output::print(|out| explain_clause(out, clause, &selected)));
        }
        let places = deviations.with_fingerprint(&self.id);
        if !places.is_empty() {
            return Ok(output::print(|out| explain_fingerprint(out, &places, &selected)));
        }
        Err(self.unknown(&selected))
    }

    fn unknown(&self, selected: &Selected) -> Refused {
        let ids = selected.scenarios.iter().map(|scenario| &*scenario.id);
        let all = ids.chain(selected.clauses.iter().map(|clause| &*clause.id));
        let near = nearest(&self.id, all);
        let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
        let message = format!(
            "no scenario, no clause and no ledger's fingerprint {:?}{near}; see: yamux-conform list",
            self.id
        );
        Refused(ExitCode::NothingSelected, vec![message])
    }
}

fn explain(
    out: &mut Stdout,
    scenario: &Arc<Scenario>,
    selected: &Selected,
    deviations: &Deviations,
) -> io::Result<()> {
    out.line(&*scenario.id)?;
    out.line(scenario.title.as_str())?;
    out.line("")?;
    if let Some(note) = &scenario.note {
        out.text(note)?;
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
        out.text(&ladder(&rungs, usize::MAX, ("subject", "peer")))?;
    }
    let places = deviations.in_scenario(scenario);
    if !places.is_empty() {
        out.line("")?;
        out.line("known deviations:")?;
    }
    places.iter().try_for_each(|place| deviation(out, place))?;
    goldens(out, scenario, selected)?;
    out.line("")?;
    let path = shell_word(&scenario.path.display().to_string());
    out.line(format!("run it: yamux-conform run {path}"))
}

/// Those that it names, then those that only its steps rest on.
fn clauses(out: &mut Stdout, scenario: &Scenario, register: &Clauses) -> io::Result<()> {
    let mut told: Vec<&str> = Vec::new();
    let of_steps = scenario.steps.iter().filter_map(|step| step.clause.as_ref());
    for id in scenario.clauses.iter().chain(of_steps) {
        if told.contains(&&**id) {
            continue;
        }
        told.push(id);
        match register.find(id) {
            Some(clause) => out.line(clause_line(clause))?,
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
    out.line(clause_line(clause))?;
    if let Some(because) = &clause.provenance.because {
        out.line(because.as_str())?;
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
    out.line("")?;
    for scenario in &selected.scenarios {
        if scenario.clauses.iter().any(|id| **id == *clause.id) {
            out.line(format!("{}  {}", scenario.id, scenario.title))?;
        }
    }
    Ok(())
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
  yamux-conform explain ping/burst --root scenarios";
