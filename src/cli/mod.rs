//! The command line: one file per subcommand, each with its arguments and its help.
//!
//! A wrong command line is a usage error: a sentence on stderr that says what to do, and exit code 2.

pub(crate) mod analysis;
pub(crate) mod explore;
mod run;
mod selection;
pub(crate) mod shell;
mod shim;
pub(crate) mod suite;

use clap::{Parser, Subcommand, ValueEnum};

use crate::cli::shell::signals::Signals;
use crate::cli::shell::{command_line, completions, output};
use crate::runner::Refused;
use crate::system::sink::ColorChoice;

pub(crate) use crate::cli::analysis::compare::CompareArgs;
pub(crate) use crate::cli::analysis::coverage::CoverageArgs;
pub(crate) use crate::cli::analysis::diff::DiffArgs;
pub(crate) use crate::cli::analysis::goodput::GoodputArgs;
pub(crate) use crate::cli::analysis::interop::InteropArgs;
pub(crate) use crate::cli::analysis::mutants::MutantsArgs;
pub(crate) use crate::cli::analysis::profile::ProfileArgs;
pub(crate) use crate::cli::analysis::report::ReportArgs;
pub(crate) use crate::cli::analysis::repro::ReproArgs;
pub(crate) use crate::cli::analysis::trace::TraceArgs;
pub(crate) use crate::cli::explore::breadth::ExploreArgs;
pub(crate) use crate::cli::explore::fuzz::FuzzArgs;
pub(crate) use crate::cli::shell::completions::CompletionsArgs;
pub(crate) use crate::cli::shell::man::ManArgs;
pub(crate) use crate::cli::suite::bless::BlessArgs;
pub(crate) use crate::cli::suite::check::CheckArgs;
pub(crate) use crate::cli::suite::explain::ExplainArgs;
pub(crate) use crate::cli::suite::export::ExportArgs;
pub(crate) use crate::cli::suite::list::ListArgs;
pub(crate) use crate::cli::suite::new::NewArgs;
pub(crate) use crate::cli::suite::schema::SchemaArgs;
pub use crate::cli::suite::schema::SchemaName;
pub(crate) use crate::runner::verdict::ExitCode;
pub(crate) use run::{Format, RunArgs};
pub(crate) use shim::ShimArgs;

/// Conformance and regression harness for the yamux stream multiplexer
///
/// Runs JSON scenarios against implementations of yamux: its own in virtual time, Go's hashicorp/yamux, and any other
/// that a shim connects. Judges each step, and compares the frames on the wire with the agreed ones.
#[derive(Debug, Parser)]
#[command(name = "yamux-conform", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// When to colour the output; auto asks the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Run(Box<RunArgs>),
    Interop(Box<InteropArgs>),
    List(ListArgs),
    Explain(ExplainArgs),
    New(NewArgs),
    Repro(ReproArgs),
    Check(CheckArgs),
    Bless(BlessArgs),
    Diff(DiffArgs),
    Compare(Box<CompareArgs>),
    Report(ReportArgs),
    Mutants(MutantsArgs),
    Coverage(CoverageArgs),
    Profile(ProfileArgs),
    Goodput(GoodputArgs),
    Explore(ExploreArgs),
    Fuzz(FuzzArgs),
    Trace(TraceArgs),
    Shim(ShimArgs),
    Schema(SchemaArgs),
    Export(ExportArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// When to colour the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// If stdout is a terminal and the environment does not object
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

impl Cli {
    /// Reads the command line of this process. If it is wrong or asks for help, prints that and returns the exit code.
    pub fn of_process() -> Result<Self, ExitCode> {
        completions::complete_if_asked();
        command_line::read(std::env::args_os().collect())
    }

    /// Executes the command, prints why it could not, and returns the exit code.
    pub fn execute(&self) -> ExitCode {
        self.carry_out().unwrap_or_else(|refused| output::complain(&refused))
    }

    fn carry_out(&self) -> Result<ExitCode, Refused> {
        if let Command::Shim(ShimArgs { command: None }) = &self.command {
            // A shim has no children, and its harness ends it.
            return shim::serve();
        }
        let signals = Signals::listen();
        match &self.command {
            Command::Run(args) => args.execute(self.color, &signals),
            Command::Interop(args) => args.execute(&signals),
            Command::List(args) => args.execute(),
            Command::Explain(args) => args.execute(),
            Command::New(args) => args.execute(),
            Command::Repro(args) => args.execute(),
            Command::Check(args) => args.execute(),
            Command::Bless(args) => args.execute(&signals),
            Command::Diff(args) => args.execute(self.color),
            Command::Compare(args) => args.execute(&signals),
            Command::Report(args) => args.execute(self.color),
            Command::Mutants(args) => args.execute(),
            Command::Coverage(args) => args.execute(),
            Command::Profile(args) => args.execute(&signals),
            Command::Goodput(args) => args.execute(&signals),
            Command::Explore(args) => args.execute(&signals),
            Command::Fuzz(args) => args.execute(&signals),
            Command::Trace(args) => args.execute(),
            Command::Shim(args) => args.execute(),
            Command::Schema(args) => args.execute(),
            Command::Export(args) => args.execute(),
            Command::Completions(args) => output::print_own(|out| args.write(out)),
            Command::Man(args) => args.execute(),
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

const AFTER_HELP: &str = "\
Exit codes:
  0    everything was as expected, and at least one case ran
  1    a verdict is negative, or a ledger entry or golden trace belongs to nothing or is missing; compare: the second is worse
  2    the command line is wrong
  3    a scenario, ledger, golden trace or other file is wrong
  4    nothing was selected, or everything was skipped
  5    a shim or toolchain could not be used though it was asked for
  6    --run-timeout was over before all was run, and nothing that was run is negative
  129  hung up (SIGHUP); what was done is reported
  130  interrupted (SIGINT, Ctrl-C); what was done is reported
  143  terminated (SIGTERM); what was done is reported

Examples:
  yamux-conform run
  yamux-conform explain half-close/writer-stalls-until-the-close-timeout
  yamux-conform run --help";

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;
    use crate::report::sample;
    use crate::runner::verdict::{Again, Against, CaseReport, Signal, Verdict};
    use crate::scenario::Dialect;

    /// The words of a command as a shell would split them, up to a redirection.
    fn words(command: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut is_quoted = false;
        for c in command.chars().chain([' ']) {
            match c {
                '\'' => is_quoted = !is_quoted,
                '>' if !is_quoted => break,
                ' ' if !is_quoted => {
                    words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                }
                _ => word.push(c),
            }
        }
        words
    }

    pub(super) fn parse(command: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(words(command)).map(|cli| cli.command)
    }

    pub(super) fn run(command: &str) -> RunArgs {
        match parse(command) {
            Ok(Command::Run(args)) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn assert_usage_error(command: &str, text: &str) {
        let error = parse(command).unwrap_err();
        assert_eq!(error.exit_code(), i32::from(ExitCode::Usage.number()));
        assert!(error.to_string().contains(text), "{error}");
    }

    fn each_command(command: &mut clap::Command, visit: &mut impl FnMut(&mut clap::Command)) {
        visit(command);
        for sub in command.get_subcommands_mut() {
            each_command(sub, visit);
        }
    }

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_example_in_every_help_is_a_right_command_line() {
        let mut cli = Cli::command().disable_help_subcommand(true);
        each_command(&mut cli, &mut |command| {
            let help = command.render_long_help().to_string();
            let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| {
                panic!("{} has no examples", command.get_name());
            });
            let examples: Vec<_> = examples.lines().filter(|line| !line.is_empty()).collect();
            assert!(!examples.is_empty());
            for example in examples {
                match parse(example.trim()) {
                    Ok(_) => {}
                    Err(error) => assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{error}"),
                }
            }
        });
    }

    #[test]
    fn every_command_and_argument_has_help() {
        each_command(&mut Cli::command(), &mut |command| {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "{} {name}", command.get_name());
            }
        });
    }

    #[test]
    fn the_help_of_a_command_is_about_that_command() {
        let about = |name| {
            let cli = Cli::command();
            cli.find_subcommand(name).unwrap().get_about().unwrap().to_string()
        };
        assert_eq!(about("run"), "Run scenarios, judge them and report");
        assert_eq!(about("list"), "List the scenarios a run would select");
        let cli = Cli::command();
        let long = cli.find_subcommand("run").unwrap().get_long_about().unwrap().to_string();
        assert!(long.contains("Where Go is missing"), "{long}");
    }

    #[test]
    fn the_help_names_every_exit_code() {
        use ExitCode::{
            BadInput, Incomplete, Negative, NothingSelected, Signalled, Success, Unusable, Usage,
        };
        use Signal::{Hup, Int, Term};
        let signalled = [Hup, Int, Term].map(Signalled);
        let others = [Success, Negative, Usage, BadInput, NothingSelected, Unusable, Incomplete];
        for code in others.into_iter().chain(signalled) {
            assert!(AFTER_HELP.contains(&format!("\n  {:<3}  ", code.number())));
        }
    }

    #[test]
    fn the_commands_a_report_names_are_right_command_lines() {
        for report in sample::cases().into_iter().chain([sample::broken()]) {
            let args = run(&report.rerun_command());
            assert_eq!(args.selection.paths, std::slice::from_ref(&report.path));
            assert_eq!(args.selection.filters.side, Some(report.run.case.side));
            assert_eq!(args.conduct.clock, Some(report.run.clock));
            assert_eq!(args.targets[0].to_string(), report.run.target);
            assert_eq!(args.conduct.seed, 7);
            assert!(matches!(parse(&report.bless_command()), Ok(Command::Bless(_))));
        }
    }

    #[test]
    fn the_command_that_repeats_a_case_names_what_its_verdict_depends_on() {
        let again = Again {
            seed: 9,
            timeout_scale: Some("2.5".into()),
            known: vec!["a b/built-in.json".parse().unwrap()],
            reference: None,
            is_built_in_suite: false,
            golden: Some("my traces".into()),
            dialect: Some(("built-in".to_owned(), Dialect::Spec)),
            compares_all: true,
            told: None,
        };
        let report = CaseReport {
            peer: Some("shim:./my peer".into()),
            again: Arc::new(again),
            ..sample::failed()
        };
        let args = run(&report.rerun_command());
        assert_eq!(args.peer.unwrap().to_string(), "shim:./my peer");
        assert_eq!(args.conduct.timeout_scale.to_bits(), 2.5_f64.to_bits());
        assert_eq!(args.known[0].path, Path::new("a b/built-in.json"));
        assert_eq!(args.golden.as_deref(), Some(Path::new("my traces")));
        assert_eq!(args.conduct.dialects, [(Some("built-in".to_owned()), Dialect::Spec)]);
        assert!(args.compare);
        assert_eq!((args.conduct.seed, args.targets.len()), (9, 1));
        let Ok(Command::Bless(bless)) = parse(&report.bless_command()) else { panic!() };
        assert_eq!(bless.golden.as_deref(), Some(Path::new("my traces")));
    }

    #[test]
    fn a_trace_that_is_not_the_references_is_compared_with_the_reference_again() {
        let against_reference = |golden| {
            let diff = String::new();
            let verdict = Verdict::TraceChanged { diff, golden, against: Against::Reference };
            let reference = Some("go-hashicorp".to_owned());
            let again = Arc::new(Again { reference, ..Again::default() });
            let report = CaseReport { again, ..sample::with(sample::trace_changed(), verdict) };
            let args = run(&report.rerun_command());
            args.targets.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(against_reference(None), ["built-in", "go-hashicorp"]);
        assert_eq!(against_reference(Some("its.trace".into())), ["built-in"], "a file stays");
    }

    #[test]
    fn no_command_at_all_shows_the_help() {
        let error = parse("yamux-conform").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
        assert_eq!(error.exit_code(), 2);
    }
}
