//! `yamux-conform goodput`: how much implementations transfer over long links, and what limits them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::analysis::profile::goodput::{
    FrameLimits, GoodputReport, LinkRow, Mover, Transfer, figures, frame_scenarios, largest_frame,
    markdown, payload_sent, text,
};
use crate::cli::ExitCode;
use crate::cli::shell::output::{note, print};
use crate::cli::shell::signals::Signals;
use crate::report::{ProgressLine, Reporters};
use crate::runner::verdict::{Clock, Verdict};
use crate::runner::{
    Audience, Case, CaseRun, Filter, InterruptHandle, Options, Plan, PlannedTarget, Refused,
    Wanted, cases, prepare, run,
};
use crate::scenario::{Clauses, Problem, Scenario, SettingName};
use crate::shim::target::Target;
use crate::system::sink::json_line;
use crate::yamux::frame::Side;

/// Tell how much implementations move over long links, and what holds them up
///
/// Two ends of the same implementation move bytes in virtual time, over links of several lengths and rates: how much of the rate
/// they use, which windows they give, and what the longest stall waited for. And large data frames: who sends which, and who
/// refuses which. Nothing here is right or wrong, and nothing fails. What has no virtual clock for both ends is not asked.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct GoodputArgs {
    /// Which implementations, as for run --target [default: all]
    #[arg(value_name = "TARGET", default_value = "all")]
    pub targets: Vec<Target>,

    /// How many streams share the bytes
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1,8", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub streams: Vec<u32>,

    /// Round trips, in milliseconds
    #[arg(long, value_name = "MS,MS", value_delimiter = ',', default_value = "0,20,60,200", value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub rtt: Vec<u64>,

    /// Rates each way, in Mbit/s, or any
    #[arg(long, value_name = "MBITS,any", value_delimiter = ',', default_value = "10,100,any", value_parser = rate)]
    pub rate: Vec<LinkRate>,

    /// Largest windows, in KiB, where an implementation can be told
    #[arg(long, value_name = "KIB,KIB", value_delimiter = ',', default_value = "256,1024,16384", value_parser = clap::value_parser!(u32).range(256..=1_048_576))]
    pub window: Vec<u32>,

    /// How much moves in each transfer, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=128))]
    pub size: u32,

    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: GoodputFormat,
}

/// How to tell what was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GoodputFormat {
    /// A table for each implementation
    #[default]
    Text,
    /// The same in Markdown
    Markdown,
    /// One JSON object; see `yamux-conform schema goodput`
    Json,
}

/// A rate in Mbit/s; `None` means unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRate(pub Option<u32>);

impl GoodputArgs {
    /// Transfers, reports, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let interrupt = signals.in_order();
        let report = self.report(&interrupt)?;
        if let Some(signal) = interrupt.signal() {
            return Ok(ExitCode::Signalled(signal));
        }
        print(|out| match self.format {
            GoodputFormat::Text => out.text(&text(&report)),
            GoodputFormat::Markdown => out.text(&markdown(&report)),
            GoodputFormat::Json => out.line(json_line(&report)?),
        })
    }

    fn report(&self, interrupt: &InterruptHandle) -> Result<GoodputReport, Refused> {
        let mut targets = prepare(&Wanted::of(&self.targets, Path::new(".")), &mut note)?;
        targets.retain(|target| target.info.ran);
        let mut report = GoodputReport::default();
        let is_virtual = |target: &PlannedTarget| target.info.clock == Clock::Virtual;
        let exact: Vec<String> =
            targets.iter().filter(|one| is_virtual(one)).map(|one| one.info.name.clone()).collect();
        for target in targets {
            if !is_virtual(&target) && exact.contains(&target.info.name) {
                continue;
            }
            let mut mover = Mover {
                name: target.info.name.clone(),
                description: target.info.description.clone(),
                not_asked: None,
                links: Vec::new(),
                frames: None,
            };
            if is_virtual(&target) {
                self.move_through(target, &mut mover, interrupt)?;
            } else {
                mover.not_asked = Some("it has no virtual clock".to_owned());
            }
            report.movers.push(mover);
        }
        Ok(report)
    }

    /// Makes one implementation transfer bytes to itself, then read large frames.
    fn move_through(
        &self,
        target: PlannedTarget,
        mover: &mut Mover,
        interrupt: &InterruptHandle,
    ) -> Result<(), Refused> {
        let is_told = target.able.as_ref().is_none_or(|able| able.takes(SettingName::MaxWindow));
        let mut links: HashMap<String, usize> = HashMap::new();
        let mut scenarios = Vec::new();
        for link in self.links(is_told) {
            let scenario = link.scenario().map_err(|problems| unfit(&problems))?;
            links.insert(scenario.id.to_string(), mover.links.len());
            mover.links.push(LinkRow { link, figures: None, sent: 0, trouble: None });
            scenarios.push(scenario);
        }
        let mut limits = FrameLimits::default();
        match paired(&target)? {
            Ok(both) => carry_out(both, &scenarios, interrupt, &mut |case, run| {
                let Some(row) = links.get(&*case.scenario.id).map(|at| &mut mover.links[*at])
                else {
                    return;
                };
                row.sent = payload_sent(&run.trace);
                row.figures = figures(&row.link, &run.trace, &run.answers);
                if row.figures.is_none() {
                    row.trouble = trouble(run);
                }
                limits.sends = limits.sends.max(largest_frame(&run.trace));
            }),
            Err(why) => {
                mover.links.clear();
                mover.not_asked = Some(why);
            }
        }
        let sizes = frame_scenarios().map_err(|problems| unfit(&problems))?;
        let scenarios: Vec<Arc<Scenario>> =
            sizes.iter().map(|(_, scenario)| Arc::clone(scenario)).collect();
        carry_out(target, &scenarios, interrupt, &mut |case, run| {
            let mut of = sizes.iter().filter(|(_, scenario)| scenario.id == case.scenario.id);
            if let Some((size, _)) = of.next() {
                limits.note(*size, &run.outcome);
            }
        });
        mover.frames = Some(limits);
        Ok(())
    }

    /// Every link that is asked for; without a rate or a round trip transfers take no time.
    fn links(&self, is_told: bool) -> Vec<Transfer> {
        let windows: Vec<Option<u32>> = if is_told {
            self.window.iter().map(|kib| Some(kib << 10)).collect()
        } else {
            vec![None]
        };
        let mut links = Vec::new();
        for streams in &self.streams {
            for rtt_ms in &self.rtt {
                for LinkRate(rate) in &self.rate {
                    if *rtt_ms == 0 && rate.is_none() {
                        continue;
                    }
                    links.extend(windows.iter().map(|window| Transfer {
                        streams: *streams,
                        rtt_ms: *rtt_ms,
                        bits_per_second: rate.map(|mbits| u64::from(mbits) * 1_000_000),
                        window: *window,
                        bytes: u64::from(self.size) << 20,
                    }));
                }
            }
        }
        links
    }
}

/// The target at both ends; the inner error is why that is impossible.
fn paired(target: &PlannedTarget) -> Result<Result<PlannedTarget, String>, Refused> {
    let name: Target = target
        .info
        .asked
        .parse()
        .map_err(|error| Refused::usage([format!("{}: {error}", target.info.asked)]))?;
    let peer = Some(&name).filter(|name| **name != Target::BuiltIn);
    let names = [name.clone()];
    let wanted = Wanted { peer, clock: Some(Clock::Virtual), ..Wanted::of(&names, Path::new(".")) };
    Ok(match prepare(&wanted, &mut note) {
        Ok(mut targets) => {
            targets.retain(|target| target.info.ran && target.info.clock == Clock::Virtual);
            targets.pop().ok_or_else(|| "it has no virtual clock for both ends".to_owned())
        }
        Err(refused) => Err(refused.messages().join("; ")),
    })
}

/// Runs each scenario on the target, as the server, and passes the result to `keep`.
fn carry_out(
    target: PlannedTarget,
    scenarios: &[Arc<Scenario>],
    interrupt: &InterruptHandle,
    keep: &mut dyn FnMut(&Case, &CaseRun),
) {
    let targets = vec![target];
    let filter = Filter { side: Some(Side::Server), ..Filter::default() };
    let cases = cases(scenarios, &filter, &targets, 1);
    let plan = Plan { targets, cases, clauses: Clauses::default(), suite: None };
    let options = Options { case_timeout: Some(LONGEST), ..Options::default() };
    let mut keep = |case: &Case, _: &PlannedTarget, run: &CaseRun| {
        keep(case, run);
        Ok(())
    };
    let mut reporters = Reporters::default();
    reporters.push(ProgressLine::stderr(true));
    run(&plan, &options, interrupt, Audience { reporter: &mut reporters, keep: &mut keep });
}

/// What went wrong in a run, apart from bytes that did not arrive.
fn trouble(run: &CaseRun) -> Option<String> {
    match Verdict::from(run.outcome.clone()) {
        Verdict::Died(_, failure) => Some(format!("dies: {}", failure.observed)),
        Verdict::Skip { reason } => Some(format!("not asked: {reason}")),
        Verdict::Broken { message, .. } => Some(format!("broken: {message}")),
        _ => None,
    }
}

fn unfit(problems: &[Problem]) -> Refused {
    Refused::bad_input(problems)
}

fn rate(text: &str) -> Result<LinkRate, String> {
    match text.parse() {
        _ if text == "any" => Ok(LinkRate(None)),
        Ok(mbits) if (1..=100_000).contains(&mbits) => Ok(LinkRate(Some(mbits))),
        _ => Err("expected Mbit/s from 1 to 100000, or any".to_owned()),
    }
}

/// How long a transfer may take in real time.
const LONGEST: Duration = Duration::from_secs(120);

const EXAMPLES: &str = "\
Examples:
  yamux-conform goodput
  yamux-conform goodput built-in go-libp2p --rtt 200 --rate 100,any --streams 1
  yamux-conform goodput --rate 100 --format markdown";
