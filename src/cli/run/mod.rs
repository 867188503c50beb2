//! `yamux-conform run`: run scenarios, judge them and report.

pub(crate) mod conduct;
pub(crate) mod debug;
pub(crate) mod kept;
pub(crate) mod limits;
pub(crate) mod list_cases;
pub(crate) mod portion;
pub(crate) mod report_files;
pub(crate) mod rerun;
pub(crate) mod sweep;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::cli::run::conduct::ConductArgs;
use crate::cli::run::kept::KeptReport;
use crate::cli::run::limits::RunLimits;
use crate::cli::run::list_cases::list_cases;
use crate::cli::run::portion::{PortionArgs, Rerun};
use crate::cli::run::report_files::ReportFiles;
use crate::cli::run::rerun::FailedBefore;
use crate::cli::selection::Selection;
use crate::cli::shell::complete;
use crate::cli::shell::output::note;
use crate::cli::shell::signals::Signals;
use crate::cli::{Color, ExitCode};
use crate::engine::Outcome;
use crate::report::{
    Github, Human, Json, Junit, Portion, ProgressLine, Reporters, Verbosity, markdown_file,
    markdown_on_stdout, markdown_step_summary,
};
use crate::runner::verdict::Clock;
use crate::runner::{
    Audience, Case, CaseRun, Named, Options, Plan, PlannedTarget, Refused, Wanted, golden, prepare,
    run, swept_cases,
};
use crate::scenario::{PeerKind, Scenario, Variation};
use crate::shim::target::{LedgerFile, Manifest, Target};
use crate::system::sink::{ColorChoice, is_stdout_terminal, plain_stdout};
use crate::trace::Form;

/// Run scenarios, judge them and report
///
/// Each scenario runs on each target, once for each side it is written for. The frames on the wire are compared with
/// the golden trace and with the reference's. Where Go is missing, the reference's golden traces stand in for it, and
/// the summary says so.
///
/// Negative verdicts are told in groups, one for each clause that is broken: what is a must first, then what most cases
/// break. Of the first five groups the case that tells most is shown in full, and the next one that fails in another way;
/// all others are listed. --verbose shows each in full.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// Which scenarios.
    #[command(flatten)]
    pub selection: Selection,

    /// Which part of them.
    #[command(flatten)]
    pub portion: PortionArgs,

    /// What to run on: built-in, a bundled library or NAME=shim:COMMAND [default: built-in, and go-hashicorp where Go is there]
    ///
    /// May be given several times. built-in is the yamux inside this program; bundled are go-hashicorp (hashicorp/yamux),
    /// go-libp2p, js-libp2p, js-yamux, py-libp2p, rust-tokio and rust-yamux; all is everything of that whose toolchain is
    /// there. NAME@VERSION is another release of one, and NAME=PATH a checkout of it on this machine; several of one library
    /// can run side by side. NAME+race is a Go library under the race detector, NAME+checked a Rust one with debug
    /// assertions and overflow checks. NAME=shim:COMMAND is whatever that command serves, under that name; without NAME,
    /// under the name that its hello gives.
    #[arg(long = "target", value_name = "TARGET", add = ArgValueCompleter::new(complete::targets))]
    pub targets: Vec<Target>,

    /// What plays the other end where a scenario needs an application there, as for --target
    /// [default: built-in]
    ///
    /// Both ends are judged. They run on the virtual clock where they can share one, which is where the target is built-in or
    /// the same implementation and offers lockstep; else on the live clock, each in a process of its own. Scenarios in
    /// which the peer writes frames itself are left out, and traces are not compared. For more than two implementations
    /// see `yamux-conform interop`.
    #[arg(long, value_name = "TARGET", add = ArgValueCompleter::new(complete::targets))]
    pub peer: Option<Target>,

    /// How to run and judge them.
    #[command(flatten)]
    pub conduct: ConductArgs,

    /// Compare the traces of every target with the reference's, not only of those that speak its dialect
    #[arg(long)]
    pub compare: bool,

    /// Fail (exit code 5) where this toolchain is missing, instead of using golden traces or leaving a target out;
    /// all is every toolchain that a target needs
    #[arg(long, value_name = "TOOLCHAIN", value_parser = toolchain())]
    pub require: Vec<String>,

    /// A ledger of known deviations, named after its target, as in go-hashicorp.json, or given as TARGET=FILE. May be
    /// given several times [default: TARGET.json in `known` of the suite]
    #[arg(long, value_name = "FILE")]
    pub known: Vec<LedgerFile>,

    /// Where the golden traces are [default: `golden` of the suite]
    #[arg(long, value_name = "DIR")]
    pub golden: Option<PathBuf>,

    /// Run each case again on wires that carry the same bytes in other ways, on the virtual clock: --sweep tries a few,
    /// --sweep=NAME,NAME those, --sweep=all each
    ///
    /// bytewise (byte by byte), split-1 to split-11 (each header cut behind so many bytes; split-header is all eleven),
    /// split-each (each header cut one byte further on than the one before), merged (all that is sent at one moment arrives
    /// in one piece), small-buffer (the transport holds 61 bytes), jitter (each piece takes 1 to 4 ms), seed-1 to seed-4 (what can go on at one moment does so
    /// in another order; seed is all four). Such a case is called ID~NAME/SIDE. Its verdict must be that of the plain case.
    #[arg(long, value_name = "NAMES", num_args = 0..=1, require_equals = true, default_missing_value = "",
          value_delimiter = ',', conflicts_with_all = ["peer", "debug_shim"])]
    pub sweep: Option<Vec<String>>,

    /// Run each case so many times
    #[arg(long, value_name = "N", default_value = "1")]
    pub repeat: NonZeroU32,

    /// When it is enough.
    #[command(flatten)]
    pub limits: RunLimits,

    /// Hold each shim between its start and its first request until Enter is pressed, tell its process and command, and wait for
    /// its answers as long as it takes, so that a debugger can be attached; for one case on one target
    #[arg(long, conflicts_with = "timeout")]
    pub debug_shim: bool,

    /// List the cases that would run, each with its target and clock, in the format of --format, instead of running them
    #[arg(long, conflicts_with_all = ["junit", "markdown", "trace_dir", "json", "html", "pcap"])]
    pub list: bool,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = OUTPUT)]
    pub format: Format,

    /// Also write a JUnit report
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub junit: Option<PathBuf>,

    /// Also write the Markdown report of --format markdown to this file. Where GITHUB_STEP_SUMMARY names a file, it is put
    /// behind what is in that one, too
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub markdown: Option<PathBuf>,

    /// Also write JSON reports.
    #[command(flatten)]
    pub kept: KeptReport,

    /// Also write each case's trace below this folder, as TARGET/CLOCK/ID.SIDE.trace
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub trace_dir: Option<PathBuf>,

    /// Files for other programs.
    #[command(flatten)]
    pub report_files: ReportFiles,

    /// A row for each scenario, every negative verdict in full, and why cases are skipped or known; twice: a row for each
    /// side, with times, and every such case
    #[arg(short, long, action = ArgAction::Count, help_heading = OUTPUT)]
    pub verbose: u8,

    /// Only negative verdicts and the last line
    #[arg(short, long, conflicts_with = "verbose", help_heading = OUTPUT)]
    pub quiet: bool,
}

/// What to write to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Counts for each area and target, the negative verdicts in groups, and a last line with the counts
    #[default]
    Human,
    /// Counts for each area and target as a table, what scenarios ask, and the negative verdicts
    Markdown,
    /// One JSON object for each event and line; see `yamux-conform schema report`
    Json,
}

impl RunArgs {
    /// Runs, reports, and returns the exit code.
    pub(super) fn execute(&self, color: Color, signals: &Signals) -> Result<ExitCode, Refused> {
        match self.portion.rerun {
            Some(Rerun::Failed) => rerun::resolve(self)
                .and_then(|(before, args)| args.carry_out(color, signals, Some(&before))),
            None => self.carry_out(color, signals, None),
        }
    }

    /// The same; `before` has the earlier failures, if nothing else is to run.
    fn carry_out(
        &self,
        color: Color,
        signals: &Signals,
        before: Option<&FailedBefore>,
    ) -> Result<ExitCode, Refused> {
        let mut selected = self.selection.load()?;
        let golden = selected.goldens(self.golden.as_deref())?;
        let variations = self.variations()?;
        let peer = self.peer.as_ref().filter(|peer| **peer != Target::BuiltIn);
        if peer.is_some()
            && let Err(why) = self.leave_out_wire_peers(&mut selected.scenarios)
        {
            return Err(Refused::usage([why]));
        }
        let portion = match before {
            Some(before) => before.narrow(&mut selected).map(|()| Portion::default())?,
            None => self.portion.narrow(&mut selected),
        };
        if let Some(lack) = selected.lacks_clauses() {
            note(&lack);
        }
        let root = selected.library_root();
        let wanted = Wanted {
            peer,
            required: &self.require,
            known: &self.known,
            known_root: selected.beside("known"),
            clock: if self.sweep.is_some() { Some(Clock::Virtual) } else { self.conduct.clock },
            ..self.conduct.wanted(&self.targets, &selected, &root)
        };
        let interrupt = signals.in_order();
        let prepared = prepare(&wanted, &mut note);
        if let Some(signal) = interrupt.signal() {
            // Nothing ran yet, and what was being built was stopped.
            return Ok(ExitCode::Signalled(signal));
        }
        let targets = prepared?;
        self.conduct.has_each_dialect_its_target(&targets)?;
        let scenarios = sweep::swept(&selected.scenarios, &variations);
        let mut cases = swept_cases(&scenarios, &selected.filter, &targets, self.repeat.get());
        cases.retain(|case| before.is_none_or(|before| before.has(case, &targets[case.target])));
        if self.list {
            return list_cases(&cases, &targets, self.format);
        }
        if self.debug_shim {
            debug::hold_shims(&cases, &targets)?;
        }
        let suite = selected.suite_info();
        let plan = Plan { targets, cases, clauses: selected.clauses, suite };
        let options = Options { portion, ..self.options(golden) };
        let options = if self.debug_shim { debug::options(options) } else { options };
        let mut reporters = self.reporters(color.into());
        let mut keep =
            |case: &Case, target: &PlannedTarget, run: &CaseRun| self.keep_trace(case, target, run);
        let audience = Audience { reporter: &mut reporters, keep: &mut keep };
        let summary = run(&plan, &options, &interrupt, audience);
        // On a terminal they are above the last line already.
        if self.format != Format::Human || !is_stdout_terminal() {
            summary.problems.iter().for_each(|problem| note(problem));
        }
        Ok(summary.exit)
    }

    /// The variations of `--sweep`; none without it.
    fn variations(&self) -> Result<Vec<Variation>, Refused> {
        let Some(names) = &self.sweep else { return Ok(Vec::new()) };
        if self.conduct.clock == Some(Clock::Live) {
            let message = "--sweep with --clock live: expected the virtual clock, on which nothing but the variation changes";
            return Err(Refused::usage([message.to_owned()]));
        }
        sweep::variations(names)
    }

    fn options(&self, golden: Option<PathBuf>) -> Options {
        let options = self.limits.options(self.conduct.options());
        Options {
            golden,
            named: Named {
                golden: self.golden.clone(),
                known: self.known.clone(),
                ..options.named
            },
            compares_all: self.compare,
            ..options
        }
    }

    /// Keeps the scenarios whose peer is an application; the error is that there are none.
    fn leave_out_wire_peers(&self, scenarios: &mut Vec<Arc<Scenario>>) -> Result<(), String> {
        let all = scenarios.len();
        scenarios.retain(|scenario| scenario.peer == PeerKind::App);
        let left_out = all - scenarios.len();
        if scenarios.is_empty() {
            return Err("--peer: in none of these scenarios the peer is an application".to_owned());
        }
        if left_out > 0 && !self.quiet {
            note(&format!(
                "{left_out} of {all} scenarios are left out: their peer writes frames itself"
            ));
        }
        Ok(())
    }

    fn keep_trace(&self, case: &Case, target: &PlannedTarget, run: &CaseRun) -> Result<(), String> {
        let Some(root) = &self.trace_dir else { return Ok(()) };
        if matches!(run.outcome, Outcome::Skipped { .. }) {
            return Ok(());
        }
        let key = case.trace_key(target);
        golden::bless(root, &key, target.info.clock, &run.trace, Form::Exact)
            .map(|_| ())
            .map_err(|error| format!("a trace could not be written: {error}"))
    }

    fn reporters(&self, color: ColorChoice) -> Reporters {
        let mut reporters = Reporters::default();
        // Before every reporter on stdout, so that the bar is gone when they write.
        reporters.push(ProgressLine::stderr(!self.quiet));
        push_stdout(&mut reporters, self.format, Verbosity::of(self.quiet, self.verbose), color);
        self.kept.push_to(&mut reporters);
        if let Some(path) = &self.junit {
            reporters.push(Junit::new(path.clone()));
        }
        self.report_files.add_to(&mut reporters);
        if let Some(path) = &self.markdown {
            reporters.push(markdown_file(path.clone()));
        }
        if let Some(path) = variable("GITHUB_STEP_SUMMARY") {
            reporters.push(markdown_step_summary(path.into()));
        }
        reporters
    }
}

/// The reporter that writes to stdout.
pub(super) fn reporter_on_stdout(format: Format, verbosity: Verbosity, color: Color) -> Reporters {
    let mut reporters = Reporters::default();
    push_stdout(&mut reporters, format, verbosity, color.into());
    reporters
}

fn push_stdout(
    reporters: &mut Reporters,
    format: Format,
    verbosity: Verbosity,
    color: ColorChoice,
) {
    match format {
        Format::Json => reporters.push(Json::new(plain_stdout())),
        Format::Markdown => reporters.push(markdown_on_stdout()),
        Format::Human => {
            reporters.push(Human::stdout(verbosity, color));
            if variable("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
                let workspace = variable("GITHUB_WORKSPACE").map(PathBuf::from);
                reporters.push(Github::new(plain_stdout(), workspace));
            }
        }
    }
}

/// The value of an environment variable, unless it is empty.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Reads the name of a toolchain that a bundled shim needs.
fn toolchain() -> PossibleValuesParser {
    let programs = Manifest::all().into_iter().map(|(_, manifest)| manifest.toolchain.program);
    let programs: BTreeSet<String> = programs.collect();
    programs.into_iter().chain([Wanted::EVERY_TOOLCHAIN.to_owned()]).collect::<Vec<_>>().into()
}

const OUTPUT: &str = "Output";

const EXAMPLES: &str = "\
Examples:
  yamux-conform run
  yamux-conform run --area half-close --target built-in
  yamux-conform run -i 'ping/*' --skip '*flood*' --side client --verbose
  yamux-conform run --target 'mine=shim:./my-shim --port 0' --known mine=known/my-shim.json
  yamux-conform run --target go-hashicorp --peer go-hashicorp
  yamux-conform run --target go-hashicorp --peer rust-yamux --clock live
  yamux-conform run --require go --junit target/report.xml --trace-dir target/traces
  yamux-conform run scenarios/half-close --sweep
  yamux-conform run ping/burst --sweep=split-header,merged --target built-in
  yamux-conform run --shard 2/4 --json target/shard-2.jsonl
  yamux-conform run --rerun failed --report report.jsonl
  yamux-conform run --format json > report.jsonl";

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::cli::tests::{assert_usage_error, run};
    use crate::scenario::Dialect;

    #[test]
    fn the_defaults_are_those_of_a_first_run() {
        let args = run("yamux-conform run");
        assert!(
            args.targets.is_empty() && args.conduct.clock.is_none() && args.conduct.jobs.is_none()
        );
        assert!(args.known.is_empty() && args.require.is_empty() && args.junit.is_none());
        assert_eq!(args.conduct.timeout_scale.to_bits(), 1.0_f64.to_bits());
        assert_eq!((args.conduct.seed, args.repeat.get()), (0, 1));
        assert_eq!(args.golden, None);
        assert_eq!(args.format, Format::Human);
        assert!(!(args.limits.fail_fast || args.list || args.quiet) && args.verbose == 0);
    }

    #[test]
    fn every_option_is_read() {
        let args = run(
            "yamux-conform run --target built-in --target 'shim:./a b' --clock live -j 3 \
             --timeout-scale 2.5 --seed 18446744073709551615 --require go --known a --known b \
             --dialect libp2p --dialect a=spec --compare --golden g --repeat 4 --fail-fast --format json --junit j.xml --trace-dir t -v",
        );
        let command = vec!["./a".to_owned(), "b".to_owned()];
        assert_eq!(args.targets, [Target::BuiltIn, Target::Shim { name: None, command }]);
        assert_eq!(args.conduct.clock, Some(Clock::Live));
        assert_eq!((args.conduct.jobs, args.conduct.seed), (NonZeroUsize::new(3), u64::MAX));
        assert_eq!(args.require, ["go"]);
        assert_eq!(args.known.len(), 2);
        let own = (Some("a".to_owned()), Dialect::Spec);
        assert_eq!(args.conduct.dialects, [(None, Dialect::Libp2p), own]);
        assert!(args.compare);
        assert_eq!((args.repeat.get(), args.format), (4, Format::Json));
        assert!(args.limits.fail_fast && args.verbose == 1 && !args.quiet);
        assert!(run("yamux-conform run --list -q").list);
    }

    #[test]
    fn what_makes_no_sense_is_a_usage_error_that_says_what_would() {
        for factor in ["0", "-1", "nan", "inf", "1001", "fast"] {
            let command = format!("yamux-conform run --timeout-scale={factor}");
            assert_usage_error(&command, "expected a number above 0 and at most 1000, such as 2.5");
        }
        assert_usage_error("yamux-conform run -j 0", "--jobs");
        assert_usage_error("yamux-conform run --repeat 0", "--repeat");
        assert_usage_error(
            "yamux-conform run --require rust",
            "[possible values: cargo, go, node, python3, all]",
        );
        assert_usage_error("yamux-conform run --target builtin", "did you mean built-in?");
        assert_usage_error(
            "yamux-conform run --dialect mine=go",
            "expected spec, hashicorp or libp2p",
        );
        assert_usage_error("yamux-conform run -q -v", "cannot be used with");
        assert_usage_error("yamux-conform run --list --junit a", "cannot be used with");
        assert_usage_error("yamux-conform run --gold x", "'--golden'");
    }
}
