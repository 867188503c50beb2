//! `yamux-conform explore`: all short stories.

use std::path::Path;

use clap::Args;

use crate::analysis::explore::{Stage, explore};
use crate::cli::ExitCode;
use crate::cli::shell::output::{note, print};
use crate::cli::shell::signals::Signals;
use crate::runner::{Refused, Wanted, prepare};
use crate::scenario::Clauses;
use crate::shim::target::Target;
use crate::yamux::frame::Side;

/// Try all short stories of frames, calls and time
#[derive(Args, Clone, Debug)]
pub struct ExploreArgs {
    /// Which implementations, as for run --target [default: built-in]
    #[arg(value_name = "TARGET", default_value = "built-in")]
    pub targets: Vec<Target>,

    /// The length of the longest stories
    #[arg(long, value_name = "N", default_value = "3")]
    pub depth: usize,
}

impl ExploreArgs {
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let interrupt = signals.in_order();
        let wanted = Wanted::of(&self.targets, Path::new("."));
        let targets = prepare(&wanted, &mut note)?;
        let clauses = crate::scenario::load(&["scenarios/ping".into()]).unwrap().clauses;
        for target in targets.iter().filter(|target| {
            target.info.ran && target.info.clock == crate::runner::verdict::Clock::Virtual
        }) {
            let stage = Stage::of_target(target, &clauses, &interrupt);
            let began = std::time::Instant::now();
            let found =
                explore(&stage, None, (self.depth, &[Side::Client, Side::Server]), &mut |_| {});
            print(|out| {
                out.text(&format!(
                    "{} {:?}: {:?} stories {:?} states {} clauses unplayed {} in {:?}\n",
                    target.info.name,
                    target.info.clock,
                    found.stories,
                    found.states,
                    found.reached.len(),
                    found.unplayed,
                    began.elapsed()
                ))?;
                for (clause, n) in &found.differs {
                    out.text(&format!("differs {clause} {n}\n"))?;
                }
                for (surprise, more) in found.surprises.values() {
                    out.text(&format!(
                        "{} {} +{more}: {} {}\n    expected {}\n    found {}\n",
                        surprise.kind,
                        surprise.clause,
                        surprise.side,
                        surprise.story,
                        surprise.expected,
                        surprise.observed
                    ))?;
                }
                Ok(())
            })?;
        }
        let _ = Clauses::default();
        Ok(ExitCode::Success)
    }
}
