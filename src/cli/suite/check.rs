//! `yamux-conform check`: whether the files are correct and complete, and none is left over.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::strength::Exceptions;
use crate::cli::ExitCode;
use crate::cli::analysis::coverage::upstream_tests;
use crate::cli::selection::filters::Filters;
use crate::cli::selection::{SUITE_HELP, Selected, Selection};
use crate::cli::shell::output;
use crate::cli::suite::belongings::{self, folders};
use crate::runner::known::{self, Known};
use crate::runner::{Refused, golden};
use crate::shim::target::{Manifest, Target};
use crate::system::sink::path_name;

/// Check scenarios, clauses, ledgers and golden traces without running anything
///
/// Names every problem of every file, each with its line and column. In a whole suite whose register is `complete`, each
/// clause must have a scenario, a rule that is watched, or the reason why not. Exit code 3 if there is a problem. Else every ledger entry
/// and golden trace must belong to a case, and every case have the golden traces it should have: exit code 1 if not.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Scenario files, and folders that are searched for them [default: the whole suite]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The suite.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,

    /// A ledger of known deviations. May be given several times [default: those in `known` of the suite]
    #[arg(long, value_name = "FILE")]
    pub known: Vec<PathBuf>,

    /// Where the golden traces are [default: `golden` of the suite]
    #[arg(long, value_name = "DIR")]
    pub golden: Option<PathBuf>,
}

/// What is wrong with files, and what is valid but has no counterpart.
#[derive(Default)]
struct Problems {
    wrong: Vec<String>,
    unmatched: Vec<String>,
}

impl CheckArgs {
    /// Checks, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let mut problems = Problems::default();
        let selected =
            match Selection::new(self.paths.clone(), self.suite.clone(), Filters::default()).load()
            {
                Ok(selected) => Some(selected),
                Err(refused) => {
                    problems.wrong.extend_from_slice(refused.messages());
                    None
                }
            };
        let ledgers = self.ledgers(selected.as_ref(), &mut problems);
        let exceptions = selected.as_ref().and_then(|selected| selected.beside("mutants.json"));
        if let Some(Err(found)) = exceptions.map(|path| Exceptions::load(&path)) {
            problems.wrong.extend(found.iter().map(ToString::to_string));
        }
        let mut traces = 0;
        if let Some(selected) = &selected {
            problems.wrong.extend(selected.lacks_clauses());
            if selected.is_whole() {
                problems.wrong.extend(selected.unasked());
                if let Err(refused) = upstream_tests(selected) {
                    problems.wrong.extend_from_slice(refused.messages());
                }
            }
            match selected.goldens(self.golden.as_deref()) {
                Ok(Some(root)) => traces = self.goldens(&root, selected, &ledgers, &mut problems),
                Ok(None) => {}
                Err(refused) => problems.wrong.extend_from_slice(refused.messages()),
            }
        }
        let Problems { wrong, unmatched } = problems;
        match (wrong.is_empty(), unmatched.is_empty()) {
            (true, true) => {}
            (true, false) => return Err(Refused::negative(unmatched)),
            (false, _) => return Err(Refused::bad_input(wrong.into_iter().chain(unmatched))),
        }
        let scenarios = selected.map_or(0, |selected| selected.scenarios.len());
        let ledgers = ledgers.len();
        output::print(|out| {
            out.line(format!(
                "right: {scenarios} scenarios, {traces} golden traces, known deviations of {ledgers} targets"
            ))
        })
    }

    /// The ledgers, each with the name of its target.
    fn ledgers(
        &self,
        selected: Option<&Selected>,
        problems: &mut Problems,
    ) -> Vec<(String, Known)> {
        let mut paths = self.known.clone();
        if paths.is_empty()
            && let Some(folder) = selected.and_then(|selected| selected.beside("known"))
        {
            problems.wrong.extend(known::misspelt(&folder, &Target::bundled()));
            paths.extend(known::names(&folder).iter().map(|name| folder.join(name)));
        }
        let scope = selected.map(|selected| selected.scope());
        let mut ledgers = Vec::new();
        for path in paths {
            if path.symlink_metadata().is_err() || path.extension() != Some("json".as_ref()) {
                let message = "expected a ledger, a file called TARGET.json, found none";
                problems.wrong.push(format!("{}: {message}", path_name(path)));
                continue;
            }
            match Known::load(&path) {
                Ok(known) => {
                    let known = match &scope {
                        Some(scope) => known.within(scope.clone()),
                        None => known,
                    };
                    problems.wrong.extend(known.outdated().iter().map(ToString::to_string));
                    problems.unmatched.extend(known.dead().iter().map(ToString::to_string));
                    let target = path.file_stem().unwrap_or_default();
                    ledgers.push((target.to_string_lossy().into_owned(), known));
                }
                Err(found) => problems.wrong.extend(found.iter().map(ToString::to_string)),
            }
        }
        ledgers
    }

    /// Checks the golden traces of these scenarios on every target, and counts them.
    fn goldens(
        &self,
        root: &Path,
        selected: &Selected,
        ledgers: &[(String, Known)],
        problems: &mut Problems,
    ) -> usize {
        let mut traces = 0;
        let none = Known::default();
        let targets = folders(root);
        for target in &targets {
            for key in belongings::keys(target, selected) {
                match golden::load(root, &key) {
                    Ok(golden) => traces += usize::from(golden.is_some()),
                    Err(error) => problems.wrong.push(error.to_string()),
                }
            }
            let ledger = ledgers.iter().find(|(name, _)| name == target);
            let known = ledger.map_or(&none, |(_, known)| known);
            match belongings::missing(root, target, known, selected) {
                Ok(missing) => problems.unmatched.extend(missing),
                Err(error) => problems.wrong.push(error),
            }
        }
        if !selected.is_whole() || !root.is_dir() {
            return traces;
        }
        problems.wrong.extend(known::misspelt(root, &Target::bundled()));
        problems.unmatched.extend(belongings::orphans(root, selected));
        for target in &targets {
            // A file that cannot be read was reported already.
            let wrong = belongings::wrongly_skipped(root, target, selected);
            problems.unmatched.extend(wrong.unwrap_or_default());
        }
        // Targets other than the built-in yamux and the reference may have a ledger and no golden trace.
        let reference = Manifest::reference().map(|(name, _)| name);
        let is_kept = |name: &str| {
            let has_ledger = ledgers.iter().any(|(target, _)| target == name);
            name == Target::BUILT_IN || has_ledger && reference == Some(name)
        };
        for name in Target::bundled().into_iter().filter(|name| is_kept(name)) {
            if !targets.is_empty() && !targets.iter().any(|target| target == name) {
                let message = "there are golden traces of others only; bring these back, or bless";
                problems.unmatched.push(format!("{}: {message}", path_name(root.join(name))));
            }
        }
        traces
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform check
  yamux-conform check scenarios/half-close
  yamux-conform check --known known/go-hashicorp.json --golden golden";
