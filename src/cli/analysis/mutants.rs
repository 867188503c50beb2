//! `yamux-conform mutants`: whether the scenarios catch peers that are wrong on purpose.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use clap::{Args, ValueEnum};
use glob::Pattern;

use crate::analysis::explore::found_by_stories;
use crate::analysis::strength::{
    Assessment, Exceptions, Extent, Survey, Unfit, json, markdown, text,
};
use crate::cli::ExitCode;
use crate::cli::selection::filters::{Filters, glob};
use crate::cli::selection::{SUITE_HELP, Selected, Selection};
use crate::cli::shell::output;
use crate::cli::shell::output::print;
use crate::endpoint::mutant::{Impostor, Mutant, all, impostors};
use crate::runner::Refused;
use crate::scenario::nearest;
use crate::system::sink::{json_line, path_name};

/// Run the scenarios against peers that are wrong on purpose
///
/// Mutants are the built-in yamux made wrong in exactly one way; a scenario catches one by failing. Impostors are no
/// yamux at all; no scenario should let one pass. Everything runs in virtual time. Exit code 1 if a mutant is missed, a
/// scenario catches none, or an impostor passes a scenario, unless mutants.json says why; and if what it says is not
/// needed.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct MutantsArgs {
    /// Scenario files, and folders that are searched for them [default: the whole suite]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The suite.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,

    /// Only mutants and impostors whose name matches. May be given several times
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub only: Vec<Pattern>,

    /// Only scenarios whose id matches; * matches / too. May be given several times
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub scenario: Vec<Pattern>,

    /// Try every scenario against every mutant; takes about a minute
    #[arg(long)]
    pub matrix: bool,

    /// Try each mutant until a second scenario catches it, and name the scenarios that alone catch one
    #[arg(long)]
    pub alone: bool,

    /// How to tell it; markdown includes --alone
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: MutantsFormat,

    /// How many threads [default: one for each processor]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// What may get through, and why [default: mutants.json of the suite]
    #[arg(long, value_name = "FILE")]
    pub exceptions: Option<PathBuf>,
}

/// How to tell what the mutants came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MutantsFormat {
    /// A line for each mutant, then what got through
    #[default]
    Text,
    /// A document, as it stands in docs/strength.md
    Markdown,
    /// One JSON object
    Json,
}

impl MutantsArgs {
    /// Runs them, reports the results, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let filters = Filters { ids: self.scenario.clone(), ..Filters::default() };
        let selected = Selection::new(self.paths.clone(), self.suite.clone(), filters).load()?;
        let (mutants, impostors) = self.wrong_peers()?;
        let exceptions = self.exceptions(&selected)?;
        let is_whole = self.only.is_empty() && self.scenario.is_empty() && selected.is_whole();
        let jobs = self.jobs.or_else(|| thread::available_parallelism().ok());
        let jobs = jobs.map_or(1, NonZeroUsize::get);
        let survey =
            Survey::run(selected.scenarios.clone(), mutants, impostors, self.extent(), jobs)
                .map_err(|Unfit(cases)| unfit(&cases))?;
        let judgement = Assessment::of(&survey, &exceptions, is_whole);
        let printed = print(|out| match self.format {
            MutantsFormat::Text => out.text(&text(&survey, &judgement)),
            MutantsFormat::Markdown if is_whole => {
                out.text(&(markdown(&survey, &judgement) + &found_by_stories(&selected.clauses)))
            }
            MutantsFormat::Markdown => out.text(&markdown(&survey, &judgement)),
            MutantsFormat::Json => out.line(json_line(&json(&survey, &judgement))?),
        });
        if judgement.is_negative() {
            if self.format != MutantsFormat::Text {
                output::note("something got through; --format text names it");
            }
            return Ok(ExitCode::Negative);
        }
        printed
    }

    fn extent(&self) -> Extent {
        match self.format {
            _ if self.matrix => Extent::Full,
            MutantsFormat::Markdown => Extent::Second,
            _ if self.alone => Extent::Second,
            _ => Extent::First,
        }
    }

    fn wrong_peers(&self) -> Result<(Vec<Mutant>, Vec<Impostor>), Refused> {
        let (mut mutants, mut impostors) = (all(), impostors());
        let names: Vec<String> = mutants
            .iter()
            .map(|mutant| mutant.name.to_owned())
            .chain(impostors.iter().map(Impostor::name))
            .collect();
        let unmatched: Vec<String> = self
            .only
            .iter()
            .filter(|glob| !names.iter().any(|name| glob.matches(name)))
            .map(|glob| {
                let near = nearest(glob.as_str(), names.iter().map(String::as_str));
                let hint = near.map_or_else(
                    || "see: yamux-conform mutants".to_owned(),
                    |near| format!("did you mean {near}?"),
                );
                format!("--only {:?} matches no mutant or impostor; {hint}", glob.as_str())
            })
            .collect();
        if !unmatched.is_empty() {
            return Err(Refused::nothing_selected(unmatched));
        }
        let is_meant =
            |name: &str| self.only.is_empty() || self.only.iter().any(|glob| glob.matches(name));
        mutants.retain(|mutant| is_meant(mutant.name));
        impostors.retain(|impostor| is_meant(&impostor.name()));
        Ok((mutants, impostors))
    }

    fn exceptions(&self, selected: &Selected) -> Result<Exceptions, Refused> {
        if let Some(path) = &self.exceptions
            && path.symlink_metadata().is_err()
        {
            let message = format!("{}: there is no such file", path_name(path));
            return Err(Refused::bad_input([message]));
        }
        let path = self.exceptions.clone().or_else(|| selected.beside("mutants.json"));
        let Some(path) = path else { return Ok(Exceptions::default()) };
        Exceptions::load(&path).map_err(Refused::bad_input)
    }
}

fn unfit(cases: &[String]) -> Refused {
    let message = |case| {
        format!(
            "{case} fails against the right peer already, so that its failing tells nothing; see: yamux-conform run --target built-in"
        )
    };
    Refused::negative(cases.iter().map(message))
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform mutants
  yamux-conform mutants --only 'fin-*' --scenario 'half-close/*'
  yamux-conform mutants --matrix --format json
  yamux-conform mutants --format markdown > docs/strength.md";
