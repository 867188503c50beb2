//! `yamux-conform profile`: what implementations do where yamux leaves them free.

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::analysis::profile::{Probed, Profile, Profiled, Profiler, markdown, probes, text};
use crate::cli::ExitCode;
use crate::cli::shell::output::{note, print};
use crate::cli::shell::signals::Signals;
use crate::report::{ProgressLine, Reporters};
use crate::runner::verdict::Clock;
use crate::runner::{
    Audience, Case, CaseRun, Filter, InterruptHandle, Options, Plan, PlannedTarget, Refused,
    Wanted, cases, prepare, run,
};
use crate::scenario::Clauses;
use crate::shim::target::Target;
use crate::system::sink::json_line;

/// Tell what implementations do where yamux leaves them free
///
/// Which frame carries SYN, ACK, FIN and RST, how large data frames are, when credit comes, what is sent unasked, and how
/// sessions end. Probes show it; nothing here is right or wrong, and nothing fails.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ProfileArgs {
    /// Which implementations, as for run --target [default: all]
    #[arg(value_name = "TARGET", default_value = "all")]
    pub targets: Vec<Target>,

    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ProfileFormat,
}

/// How to tell a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProfileFormat {
    /// A paragraph for each trait, a line for each implementation
    #[default]
    Text,
    /// One table
    Markdown,
    /// One JSON object; see `yamux-conform schema profile`
    Json,
}

impl ProfileArgs {
    /// Probes, reports, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let interrupt = signals.in_order();
        let profile = self.probe(&interrupt)?;
        if let Some(signal) = interrupt.signal() {
            return Ok(ExitCode::Signalled(signal));
        }
        print(|out| match self.format {
            ProfileFormat::Text => out.text(&text(&profile)),
            ProfileFormat::Markdown => out.text(&markdown(&profile)),
            ProfileFormat::Json => out.line(json_line(&profile)?),
        })
    }

    fn probe(&self, interrupt: &InterruptHandle) -> Result<Profile, Refused> {
        let wanted = Wanted::of(&self.targets, Path::new("."));
        let scenarios = probes().map_err(Refused::bad_input)?;
        let targets = best_clocks(prepare(&wanted, &mut note)?);
        let cases = cases(&scenarios, &Filter::default(), &targets, 1);
        let plan = Plan { targets, cases, clauses: Clauses::default(), suite: None };
        let mut profiler = Profiler::default();
        let mut keep = |case: &Case, _: &PlannedTarget, run: &CaseRun| {
            let CaseRun { outcome, trace, answers, .. } = run;
            let probed = Probed { outcome, trace, answers };
            profiler.note(case.target, &case.scenario.id, case.side, &probed);
            Ok(())
        };
        let mut reporters = Reporters::default();
        reporters.push(ProgressLine::stderr(true));
        let audience = Audience { reporter: &mut reporters, keep: &mut keep };
        run(&plan, &Options::default(), interrupt, audience);
        let profiled = |target: &PlannedTarget| Profiled {
            name: target.info.name.clone(),
            description: target.info.description.clone(),
            is_virtual: target.info.clock == Clock::Virtual,
        };
        Ok(profiler.finish(plan.targets.iter().map(profiled).collect()))
    }
}

/// Each implementation once: on the virtual clock if it has it. Those that do not run are left out.
pub(crate) fn best_clocks(mut targets: Vec<PlannedTarget>) -> Vec<PlannedTarget> {
    let exact: Vec<String> = targets
        .iter()
        .filter(|target| target.info.clock == Clock::Virtual)
        .map(|target| target.info.name.clone())
        .collect();
    targets.retain(|target| {
        target.info.ran
            && (target.info.clock == Clock::Virtual || !exact.contains(&target.info.name))
    });
    targets
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform profile
  yamux-conform profile rust-yamux@0.13.10 rust-yamux
  yamux-conform profile 'mine=shim:./my-shim' go-hashicorp --format markdown";
