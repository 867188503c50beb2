//! `run --rerun`: takes from a run's report the cases that failed in it, and the options of that run.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;

use crate::cli::analysis::release::read_recorded;
use crate::cli::selection::Selected;
use crate::cli::{Cli, Command, RunArgs};
use crate::report::CaseFinished;
use crate::runner::verdict::Clock;
use crate::runner::{Case, PlannedTarget, Refused};
use crate::system::sink::path_name;
use crate::yamux::frame::Side;

/// The earlier failures.
pub(crate) struct FailedBefore {
    /// By the scenario's id.
    runs: HashMap<String, Vec<FailedRun>>,
    /// Whether the targets are the earlier ones; else each case runs on all targets that were named now.
    same_targets: bool,
    /// Whether the clocks are the earlier ones.
    same_clocks: bool,
}

struct FailedRun {
    side: Side,
    target: String,
    clock: Clock,
}

/// Reads the report; returns its failures, and the arguments that run them again.
pub(crate) fn resolve(args: &RunArgs) -> Result<(FailedBefore, RunArgs), Refused> {
    let path = args.portion.report();
    let name = path_name(&path);
    if args.portion.report.is_none() && !path.is_file() {
        let message = format!(
            "--rerun: there is no {name}: name a report with --report FILE, or make the folder .yamux-conform so that each run leaves its own there"
        );
        return Err(Refused::bad_input([message]));
    }
    let recorded = read_recorded(&path)?;
    let failed = recorded.sightings.iter().map(|sighting| &sighting.case);
    let failed: Vec<&CaseFinished> = failed.filter(|case| case.negative).collect();
    if failed.is_empty() {
        let message =
            format!("{name}: no verdict in it is negative, so that there is nothing to run again");
        return Err(Refused::nothing_selected([message]));
    }
    let mut before = FailedBefore {
        runs: HashMap::new(),
        same_targets: args.targets.is_empty(),
        same_clocks: args.conduct.clock.is_none(),
    };
    let mut options: BTreeMap<Vec<String>, RunArgs> = BTreeMap::new();
    let mut paths = BTreeSet::new();
    for case in failed {
        let CaseFinished { id, side, target, clock, .. } = case;
        let run = FailedRun { side: *side, target: target.clone(), clock: *clock };
        // A variation runs right after its plain case.
        let plain = id.split_once('~').map_or(&**id, |(plain, _)| plain);
        before.runs.entry(plain.to_owned()).or_default().push(run);
        let (path, words) = command(case, &name)?;
        paths.insert(path);
        if let Entry::Vacant(place) = options.entry(words) {
            let args = read(place.key()).map_err(|why| unreadable(case, &name, &why))?;
            place.insert(args);
        }
    }
    let options: Vec<RunArgs> = options.into_values().collect();
    Ok((before, filled(args, paths.into_iter().collect(), &options)))
}

/// The path in the command that reruns a case, and its other words without the side. Most cases of a run share them.
fn command(case: &CaseFinished, report: &str) -> Result<(PathBuf, Vec<String>), Refused> {
    let mut words = shell_words::split(&case.again)
        .map_err(|error| unreadable(case, report, &error.to_string()))?;
    if words.len() < 5 || words[1] != "run" || words[3] != "--side" {
        return Err(unreadable(case, report, "no command of run"));
    }
    let path = words.drain(2..5).next().unwrap_or_default();
    Ok((path.into(), words))
}

fn read(words: &[String]) -> Result<RunArgs, String> {
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Run(args)) => Ok(*args),
        Ok(_) => Err("no command of run".to_owned()),
        Err(error) => Err(error.kind().to_string()),
    }
}

fn unreadable(case: &CaseFinished, report: &str, why: &str) -> Refused {
    let CaseFinished { id, side, again, .. } = case;
    let message =
        format!("{report}: the command that runs {id}/{side} again cannot be read: {why}: {again}");
    Refused::bad_input([message])
}

/// These arguments, completed from the commands.
fn filled(args: &RunArgs, paths: Vec<PathBuf>, commands: &[RunArgs]) -> RunArgs {
    let mut filled = args.clone();
    filled.portion.rerun = None;
    filled.selection.paths = paths;
    if args.targets.is_empty() {
        filled.targets = unique(commands, |one| one.targets.clone());
    }
    if args.conduct.clock.is_none() {
        let clocks: BTreeSet<Option<Clock>> =
            commands.iter().map(|one| one.conduct.clock).collect();
        filled.conduct.clock = clocks.first().copied().flatten().filter(|_| clocks.len() == 1);
    }
    if args.conduct.dialects.is_empty() {
        filled.conduct.dialects = unique(commands, |one| one.conduct.dialects.clone());
    }
    // A ledger belongs to one of the earlier targets.
    if args.known.is_empty() && args.targets.is_empty() {
        filled.known = unique(commands, |one| one.known.clone());
    }
    if args.sweep.is_none() && commands.iter().any(|one| one.sweep.is_some()) {
        filled.sweep = Some(unique(commands, |one| one.sweep.clone().unwrap_or_default()));
    }
    filled.compare |= commands.iter().any(|one| one.compare);
    if let Some(first) = commands.first() {
        // Options that a run has once are the same for each of its cases.
        filled.peer = args.peer.clone().or_else(|| first.peer.clone());
        filled.golden = args.golden.clone().or_else(|| first.golden.clone());
        if args.conduct.seed == 0 {
            filled.conduct.seed = first.conduct.seed;
        }
        if args.conduct.timeout_scale.to_bits() == 1.0_f64.to_bits() {
            filled.conduct.timeout_scale = first.conduct.timeout_scale;
        }
    }
    filled
}

/// The values in the commands, each once, in their order.
fn unique<T: PartialEq>(commands: &[RunArgs], of: impl Fn(&RunArgs) -> Vec<T>) -> Vec<T> {
    let mut all = Vec::new();
    for one in commands.iter().flat_map(of) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

impl FailedBefore {
    /// Keeps the cases that failed on any target; the error is that the filters leave none.
    pub(crate) fn narrow(&self, selected: &mut Selected) -> Result<(), Refused> {
        let mut cases: HashMap<Arc<str>, Vec<Side>> = HashMap::new();
        for (scenario, side) in selected.cases() {
            if self.of(&scenario.id).iter().any(|run| run.side == side) {
                cases.entry(Arc::clone(&scenario.id)).or_default().push(side);
            }
        }
        if cases.is_empty() {
            let message = "--rerun: none of the cases that failed is among those selected";
            return Err(Refused::nothing_selected([message.to_owned()]));
        }
        selected.keep(cases);
        Ok(())
    }

    /// Whether the case is to run: it failed there, or it is the reference's, with which the others are compared.
    pub(crate) fn has(&self, case: &Case, target: &PlannedTarget) -> bool {
        target.is_reference
            || self.of(case.scenario.plain_id()).iter().any(|run| {
                run.side == case.side
                    && (!self.same_targets || run.target == target.info.name)
                    && (!self.same_clocks || run.clock == target.info.clock)
            })
    }

    fn of(&self, id: &str) -> &[FailedRun] {
        self.runs.get(id).map_or(&[], Vec::as_slice)
    }
}
