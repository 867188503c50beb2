//! `yamux-conform fuzz`: long stories drawn from a seed.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;

use crate::analysis::explore::{Draw, Stage, fuzz};
use crate::cli::ExitCode;
use crate::cli::shell::output::{note, print};
use crate::cli::shell::signals::Signals;
use crate::report::Shard;
use crate::runner::{Refused, Wanted, prepare};
use crate::shim::target::Target;

/// Draw long stories and play them
#[derive(Args, Clone, Debug)]
pub struct FuzzArgs {
    /// Which implementations, as for run --target [default: built-in]
    #[arg(value_name = "TARGET", default_value = "built-in")]
    pub targets: Vec<Target>,

    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "60s")]
    pub time: Duration,

    #[arg(long)]
    pub runs: Option<u64>,

    #[arg(long, default_value = "0")]
    pub seed: u64,

    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,
}

impl FuzzArgs {
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let interrupt = signals.in_order();
        let wanted = Wanted::of(&self.targets, Path::new("."));
        let targets = prepare(&wanted, &mut note)?;
        let clauses = crate::scenario::load(&["scenarios/ping".into()]).unwrap().clauses;
        for target in targets.iter().filter(|target| {
            target.info.ran && target.info.clock == crate::runner::verdict::Clock::Virtual
        }) {
            let mut stage = Stage::of_target(target, &clauses, &interrupt);
            let began = Instant::now();
            let draw = Draw {
                seed: self.seed,
                shard: self.shard,
                runs: self.runs,
                until: Some(began + self.time),
            };
            let found = fuzz(&mut stage, draw, &mut |_, found| {
                let Some(found) = found else { return };
                let surprise = &found.surprise;
                let _ = print(|out| {
                    out.text(&format!(
                        "{} {} story {} of {} turns: {} {}\n    expected {}\n    found {}\n",
                        surprise.kind,
                        surprise.clause,
                        found.number,
                        found.turns,
                        surprise.side,
                        surprise.story,
                        surprise.expected,
                        surprise.observed
                    ))
                });
            });
            print(|out| {
                out.text(&format!(
                    "{} {:?}: {} stories {} turns {} clauses unplayed {} in {:?}\n",
                    target.info.name,
                    target.info.clock,
                    found.stories,
                    found.turns,
                    found.reached.len(),
                    found.unplayed,
                    began.elapsed()
                ))?;
                for (clause, n) in &found.differs {
                    out.text(&format!("differs {clause} {n}\n"))?;
                }
                for found in &found.found {
                    out.text(&format!("{} +{}\n", found.surprise.clause, found.more))?;
                }
                Ok(())
            })?;
        }
        Ok(ExitCode::Success)
    }
}
