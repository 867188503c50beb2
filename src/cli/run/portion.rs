//! Which part of the selected cases `run` carries out: a shard, or what failed before.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::cli::selection::Selected;
use crate::report::{Portion, Shard};
use crate::runner::Filter;
use crate::scenario::Scenario;
use crate::yamux::frame::Side;

// Not a doc comment: clap would use it as the help of the command that has these arguments.
#[derive(Args, Clone, Debug, Default)]
pub struct PortionArgs {
    /// Only the K-th of N parts of the selected cases. A case is a scenario on one side, on all targets; all client cases by
    /// id, then all server cases, are dealt out in turn. `yamux-conform report merge` joins the JSON reports
    #[arg(long, value_name = "K/N", help_heading = SELECTION)]
    pub shard: Option<Shard>,

    /// Only what was negative in the report of before, with the targets, clocks, dialects and other options of that run
    /// unless they are given anew
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["shard", "paths"])]
    #[arg(help_heading = SELECTION)]
    pub rerun: Option<Rerun>,

    /// The report for --rerun, as `run --format json` or `--json` wrote it [default: .yamux-conform/last.jsonl, where each
    /// run leaves its report if the folder is there]
    #[arg(long, value_name = "FILE", requires = "rerun", help_heading = SELECTION)]
    pub report: Option<PathBuf>,
}

/// What to run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rerun {
    /// Cases whose verdict is negative: fail, crashed, stuck, broken, trace changed, unexpected pass
    Failed,
}

impl PortionArgs {
    /// Keeps the cases of the shard; what all shards share in their reports covers the whole selection.
    pub(crate) fn narrow(&self, selected: &mut Selected) -> Portion {
        let selection = fingerprint(selected);
        if let Some(shard) = self.shard {
            let cases = dealt(shard, selected);
            selected.keep_shard(cases);
        }
        Portion { selection, shard: self.shard }
    }

    /// The path of the earlier report.
    pub(crate) fn report(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(last_report)
    }
}

/// The path of each run's report, if the folder exists.
pub(crate) fn last_report() -> PathBuf {
    Path::new(KEPT).join("last.jsonl")
}

/// Whether runs keep their reports.
pub(crate) fn keeps_reports() -> bool {
    Path::new(KEPT).is_dir()
}

/// The cases of a shard. Neighbours by id take about equally long, and go to different shards; the cases of one side all come
/// first, so that each shard has both sides.
fn dealt(shard: Shard, selected: &Selected) -> HashMap<Arc<str>, Vec<Side>> {
    let mut cases: Vec<(Side, &Arc<str>)> =
        selected.cases().map(|(scenario, side)| (side, &scenario.id)).collect();
    cases.sort_by_key(|(side, id)| (*side == Side::Server, *id));
    let mut own: HashMap<Arc<str>, Vec<Side>> = HashMap::new();
    for (place, (side, id)) in cases.into_iter().enumerate() {
        if shard.has(place) {
            own.entry(Arc::clone(id)).or_default().push(side);
        }
    }
    own
}

/// Equal for the same cases of the same scenarios, wherever their files are.
fn fingerprint(selected: &Selected) -> String {
    fingerprint_of(&selected.scenarios, &selected.filter)
}

fn fingerprint_of(scenarios: &[Arc<Scenario>], filter: &Filter) -> String {
    let mut hasher = crc32fast::Hasher::new();
    for scenario in scenarios {
        let placeless = Scenario { path: PathBuf::new(), ..Scenario::clone(scenario) };
        hasher.update(format!("{placeless:?} {:?}\n", filter.sides(scenario)).as_bytes());
    }
    format!("{:08x}", hasher.finalize())
}

const KEPT: &str = ".yamux-conform";

const SELECTION: &str = "Selection";
