//! `yamux-conform repro`: a case as a test that does not need this program.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, ValueEnum};

use crate::analysis::compare::read_report;
use crate::analysis::repro::{Foreign, Reproduction, Shown, Sighted, Untranslatable, reproduction};
use crate::cli::ExitCode;
use crate::cli::selection::filters::Filters;
use crate::cli::selection::{SUITE_HELP, Selection};
use crate::cli::shell::output::{self};
use crate::report::{CaseFinished, VerdictRecord};
use crate::runner::Refused;
use crate::scenario::CaseId;
use crate::shim::target::Manifest;
use crate::system::input;
use crate::system::sink::{path_name, write_file};

/// Write a case as a test of a library alone: a `_test.go`, or a `#[test]` in Rust
///
/// The test has a peer of its own that writes raw frames, calls the library as the scenario says, and fails where the
/// library does otherwise. It needs nothing of this program, so that it can go into an issue as it is. A scenario whose
/// steps cannot be said so is refused, with the lines that cannot.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ReproArgs {
    /// The case, as reports name it: a scenario's id, and the side of the library
    #[arg(value_name = "CASE")]
    pub case: CaseId,

    /// The library, go-hashicorp, go-libp2p or rust-yamux; with @VERSION behind it, another release of it than the
    /// pinned one [default: that of --lang]
    #[arg(long, value_name = "TARGET", value_parser = library)]
    pub target: Option<Foreign>,

    /// The language, for its first library: hashicorp/yamux or the crate yamux
    #[arg(long, value_name = "LANGUAGE", default_value = "go", conflicts_with = "target")]
    pub lang: ReproLanguage,

    /// What `run --format json` wrote, or `run --json`: the test ends at the step that failed there, and says what was found
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Write the test below this folder, with the files of a project where it has none, instead of to stdout
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// The suite.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,
}

/// A language of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReproLanguage {
    /// hashicorp/yamux
    Go,
    /// The crate yamux
    Rust,
}

impl ReproArgs {
    /// Writes the test, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let (reproduction, library) = self.reproduction()?;
        let Some(folder) = &self.output else {
            return output::print_own(|out| out.write_all(reproduction.test.as_bytes()));
        };
        write(&reproduction, folder).map_err(|message| Refused::unusable([message]))?;
        let folder = shell_words::quote(&path_name(folder)).into_owned();
        let (module, version) = library.module();
        output::print(|out| {
            out.line(format!("needs:  {module} {version}"))?;
            out.line(format!("run:    cd {folder} && {}", reproduction.command))
        })
    }

    fn reproduction(&self) -> Result<(Reproduction, Foreign), Refused> {
        let library = match (&self.target, self.lang) {
            (Some(library), _) => library.clone(),
            (None, ReproLanguage::Go) => pinned("go-hashicorp")?,
            (None, ReproLanguage::Rust) => pinned("rust-yamux")?,
        };
        let case = vec![self.case.to_string().into()];
        let selected = Selection::new(case, self.suite.clone(), Filters::default()).load()?;
        let scenario = selected.scenarios.iter().find(|one| one.id == self.case.scenario);
        let Some(scenario) = scenario else {
            let message = format!("{}: there is no such case", self.case);
            return Err(Refused::nothing_selected([message]));
        };
        let sighted = self.sighted(&library)?;
        let shown = Shown {
            scenario,
            side: self.case.side,
            clauses: &selected.clauses,
            sighted: sighted.as_ref(),
        };
        match reproduction(shown, &library) {
            Ok(reproduction) => Ok((reproduction, library)),
            Err(untranslatable) => {
                let path = path_name(&scenario.path);
                let tell = |one: &Untranslatable| match one.line {
                    Some(line) => format!("{path}:{line}: no test can say: {}", one.words),
                    None => format!("{path}: no test can say it: {}", one.words),
                };
                Err(Refused::nothing_selected(untranslatable.iter().map(tell)))
            }
        }
    }

    /// The report's result of the case, for any release of the library.
    fn sighted(&self, library: &Foreign) -> Result<Option<Sighted>, Refused> {
        let Some(path) = &self.report else { return Ok(None) };
        let bad = |message| Refused::bad_input([message]);
        let name = path_name(path);
        let text = input::text(path).map_err(|error| bad(format!("{name}: {error}")))?;
        let report = read_report(&text, &name)
            .map_err(|error| bad(format!("{name}:{}: {}", error.line, error.message)))?;
        let cases = report.sightings.iter().map(|sighting| &sighting.case);
        let found = cases
            .filter(|case| case.id == *self.case.scenario && case.side == self.case.side)
            .filter(|case| case.target.split(['@', '=', '+']).next() == Some(library.name()))
            .find_map(sighted_in);
        match found {
            Some(sighted) => Ok(Some(sighted)),
            None => Err(bad(format!(
                "{name}: {} has not failed there on {}",
                self.case,
                library.name()
            ))),
        }
    }
}

fn sighted_in(case: &CaseFinished) -> Option<Sighted> {
    let (VerdictRecord::Fail { failure }
    | VerdictRecord::Crashed { failure }
    | VerdictRecord::Stuck { failure }
    | VerdictRecord::KnownFail { failure, .. }
    | VerdictRecord::Differs { failure }) = &case.verdict
    else {
        return None;
    };
    Some(Sighted {
        step: failure.step.and_then(|step| usize::try_from(step).ok()),
        expected: failure.expected.clone(),
        observed: failure.observed.clone(),
        clause: failure.clause.clone(),
    })
}

fn library(text: &str) -> Result<Foreign, String> {
    let (name, version) =
        text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
    let manifest = Manifest::all().into_iter().find(|(other, _)| *other == name);
    let pinned = manifest.map(|(_, manifest)| manifest.version).unwrap_or_default();
    let is_version =
        |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-".contains(&b));
    let version = match version {
        None => &*pinned,
        Some(version) => Some(version).filter(is_version).ok_or("expected a version behind @")?,
    };
    Foreign::named(name, version).ok_or_else(|| {
        "expected go-hashicorp, go-libp2p or rust-yamux: tests are written for no others".to_owned()
    })
}

fn pinned(name: &str) -> Result<Foreign, Refused> {
    library(name).map_err(|message| Refused::usage([message]))
}

/// Writes the test, and the missing files of a project.
fn write(reproduction: &Reproduction, folder: &Path) -> Result<(), String> {
    let save = |path: &str, text: &str| -> io::Result<()> {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        write_file(&path, text.as_bytes())
    };
    let tell = |path: &str, error: io::Error| format!("{}: {error}", path_name(folder.join(path)));
    let has_project = reproduction.project.iter().any(|(path, _)| folder.join(path).exists());
    for (path, text) in reproduction.project.iter().filter(|_| !has_project) {
        save(path, text).map_err(|error| tell(path, error))?;
    }
    save(&reproduction.path, &reproduction.test).map_err(|error| tell(&reproduction.path, error))
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform repro half-close/peers-second-fin-is-ignored/server
  yamux-conform repro reset/reset-is-not-end-of-stream/client --target rust-yamux -o repro
  yamux-conform repro framing/eof-inside-a-body/server --target go-hashicorp@v0.1.1";
