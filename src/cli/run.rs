//! `yamux-conform run`: run scenarios, judge them and report.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::cli::conduct::Conduct;
use crate::cli::output::{complain, note};
use crate::cli::selection::Selection;
use crate::cli::signals::Signals;
use crate::cli::{Color, ExitCode, list};
use crate::engine::Outcome;
use crate::golden;
use crate::report::{
    Github, Human, Json, JsonFile, Junit, Markdown, ProgressLine, Reporters, Verbosity,
};
use crate::runner::{
    Audience, Case, CaseRun, Named, Options, Plan, PlannedTarget, Refused, Wanted, cases, prepare,
    run,
};
use crate::scenario::{PeerKind, Scenario};
use crate::sink::{ColorChoice, plain_stdout};
use crate::target::{LedgerFile, Manifest, Target};
use crate::trace::Form;

/// Run scenarios, judge them and report
///
/// Each scenario runs on each target, once for each side it is written for. The frames on the wire are compared with
/// the golden trace and with the reference's. Where Go is missing, the reference's golden traces stand in for it, and
/// the summary says so.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// Which scenarios.
    #[command(flatten)]
    pub selection: Selection,

    /// What to run on: built-in, a bundled library or NAME=shim:COMMAND [default: built-in, and go-hashicorp where Go is there]
    ///
    /// May be given several times. built-in is the yamux inside this program; bundled are go-hashicorp (hashicorp/yamux),
    /// go-libp2p, js-libp2p, js-yamux, py-libp2p, rust-tokio and rust-yamux; all is everything of that whose toolchain is
    /// there. NAME@VERSION is another release of one, and NAME=PATH a checkout of it on this machine; several of one library
    /// can run side by side. NAME+race is a Go library under the race detector, NAME+checked a Rust one with debug
    /// assertions and overflow checks. NAME=shim:COMMAND is whatever that command serves, under that name; without NAME,
    /// under the name that its hello gives.
    #[arg(long = "target", value_name = "TARGET")]
    pub targets: Vec<Target>,

    /// What plays the other end where a scenario needs an application there, as for --target
    /// [default: built-in]
    ///
    /// Both ends are judged. They run on the virtual clock where they can share one, which is where the target is built-in or
    /// the same implementation and offers lockstep; else on the live clock, each in a process of its own. Scenarios in
    /// which the peer writes frames itself are left out, and traces are not compared. For more than two implementations
    /// see `yamux-conform interop`.
    #[arg(long, value_name = "TARGET")]
    pub peer: Option<Target>,

    /// How to run and judge them.
    #[command(flatten)]
    pub conduct: Conduct,

    /// Compare the traces of every target with the reference's, not only of those that speak its dialect
    #[arg(long)]
    pub compare: bool,

    /// Fail (exit code 5) where this toolchain is missing, instead of using golden traces or leaving a target out;
    /// all is every toolchain that a target needs
    #[arg(long, value_name = "TOOLCHAIN", value_parser = toolchain())]
    pub require: Vec<String>,

    /// A ledger of known deviations, named after its target, as in go-hashicorp.json, or given as TARGET=FILE. May be
    /// given several times [default: TARGET.json in `known` beside the folder `scenarios`]
    #[arg(long, value_name = "FILE")]
    pub known: Vec<LedgerFile>,

    /// Where the golden traces are [default: `golden` beside the folder `scenarios`]
    #[arg(long, value_name = "DIR")]
    pub golden: Option<PathBuf>,

    /// Run each case so many times
    #[arg(long, value_name = "N", default_value = "1")]
    pub repeat: NonZeroU32,

    /// Begin no more cases after the first negative verdict
    #[arg(long)]
    pub fail_fast: bool,

    /// List the cases instead of running them
    #[arg(long, conflicts_with_all = ["junit", "json", "trace_dir"])]
    pub list: bool,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = OUTPUT)]
    pub format: Format,

    /// Also write a JUnit report
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub junit: Option<PathBuf>,

    /// Also write what --format json writes to stdout
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub json: Option<PathBuf>,

    /// Also write each case's trace below this folder, as TARGET/CLOCK/ID.SIDE.trace
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub trace_dir: Option<PathBuf>,

    /// A row for each side of each scenario, with times; name every skipped case
    #[arg(short, long, help_heading = OUTPUT)]
    pub verbose: bool,

    /// Only negative verdicts and the last line
    #[arg(short, long, conflicts_with = "verbose", help_heading = OUTPUT)]
    pub quiet: bool,
}

/// What to write to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table, each negative verdict in full, and a last line with the counts
    #[default]
    Human,
    /// Counts for each area and target as a table, what scenarios ask, and the negative verdicts
    Markdown,
    /// One JSON object for each event and line; see `yamux-conform schema report`
    Json,
}

impl RunArgs {
    /// Runs, reports, and says how the program ends.
    pub(super) fn execute(&self, color: Color, signals: &Signals) -> ExitCode {
        let mut selected = match self.selection.load() {
            Ok(selected) => selected,
            Err(Refused(code, messages)) => return complain(code, &messages),
        };
        let golden = match selected.goldens(self.golden.as_deref()) {
            Ok(golden) => golden,
            Err(Refused(code, messages)) => return complain(code, &messages),
        };
        let peer = self.peer.as_ref().filter(|peer| **peer != Target::BuiltIn);
        if peer.is_some()
            && let Err(why) = self.leave_out_wire_peers(&mut selected.scenarios)
        {
            return complain(ExitCode::Usage, &[why]);
        }
        if self.list {
            return list::print(&selected, list::ListFormat::Text);
        }
        if let Some(lack) = selected.lacks_clauses() {
            note(&lack);
        }
        let root = selected.library_root();
        let wanted = Wanted {
            peer,
            required: &self.require,
            known: &self.known,
            known_root: selected.beside("known"),
            ..self.conduct.wanted(&self.targets, &selected, &root)
        };
        let interrupt = signals.in_order();
        let prepared = prepare(&wanted, &mut note);
        if let Some(signal) = interrupt.signal() {
            // Nothing was done yet, and what was under way was ended.
            return ExitCode::Signalled(signal);
        }
        let targets = match prepared {
            Ok(targets) => targets,
            Err(Refused(code, messages)) => return complain(code, &messages),
        };
        let cases = cases(&selected.scenarios, &selected.filter, &targets, self.repeat.get());
        let plan = Plan { targets, cases, clauses: selected.clauses };
        let options = self.options(golden);
        let mut reporters = self.reporters(color.into());
        let mut keep =
            |case: &Case, target: &PlannedTarget, run: &CaseRun| self.keep_trace(case, target, run);
        let audience = Audience { reporter: &mut reporters, keep: &mut keep };
        let summary = run(&plan, &options, &interrupt, audience);
        for problem in &summary.problems {
            note(problem);
        }
        summary.exit
    }

    fn options(&self, golden: Option<PathBuf>) -> Options {
        let conduct = self.conduct.options();
        Options {
            golden,
            named: Named {
                golden: self.golden.clone(),
                known: self.known.clone(),
                ..conduct.named
            },
            compares_all: self.compare,
            fail_fast: self.fail_fast,
            ..conduct
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
        // Before whatever writes to stdout, so that the bar is gone by then.
        reporters.push(ProgressLine::stderr(!self.quiet));
        match self.format {
            Format::Json => reporters.push(Json::new(plain_stdout())),
            Format::Markdown => reporters.push(Markdown::new(plain_stdout())),
            Format::Human => {
                let verbosity = match (self.quiet, self.verbose) {
                    (true, _) => Verbosity::Quiet,
                    (_, true) => Verbosity::Verbose,
                    _ => Verbosity::Normal,
                };
                reporters.push(Human::stdout(verbosity, color));
                if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
                    reporters.push(Github::new(plain_stdout()));
                }
            }
        }
        if let Some(path) = &self.junit {
            reporters.push(Junit::new(path.clone()));
        }
        if let Some(path) = &self.json {
            reporters.push(JsonFile::new(path.clone()));
        }
        reporters
    }
}

/// Reads the program of a toolchain that something bundled needs.
fn toolchain() -> PossibleValuesParser {
    let programs = Manifest::all().into_iter().map(|(_, manifest)| manifest.toolchain.program);
    let programs: BTreeSet<String> = programs.collect();
    programs.into_iter().chain([Wanted::EVERY_TOOLCHAIN.to_owned()]).collect::<Vec<_>>().into()
}

const OUTPUT: &str = "Output";

const EXAMPLES: &str = "\
Examples:
  yamux-conform run
  yamux-conform run scenarios/half-close --target built-in
  yamux-conform run -i 'ping/*' --skip '*flood*' --side client --verbose
  yamux-conform run --target 'mine=shim:./my-shim --port 0' --known mine=known/my-shim.json
  yamux-conform run --target go-hashicorp --peer go-hashicorp
  yamux-conform run --target go-hashicorp --peer rust-yamux --clock live
  yamux-conform run --require go --junit target/report.xml --trace-dir target/traces
  yamux-conform run --format json > report.jsonl";

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::cli::tests::{assert_usage_error, run};
    use crate::scenario::Dialect;
    use crate::verdict::Clock;

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
        assert!(!(args.fail_fast || args.list || args.verbose || args.quiet));
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
        assert!(args.fail_fast && args.verbose && !args.quiet);
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
