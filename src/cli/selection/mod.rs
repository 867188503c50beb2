//! `Selection`: which scenarios a command works on.

pub(crate) mod filters;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::analysis::coverage::unasked;
use crate::cli::selection::filters::Filters;
use crate::cli::shell::complete;
use crate::report::SuiteRecord;
use crate::runner::known::Scope;
use crate::runner::{Filter, Refused};
use crate::scenario::{CaseId, Clauses, REGISTER, Scenario, UPSTREAM_TESTS, load, meant};
use crate::system::sink::path_name;
use crate::system::suite::{self, Suite};
use crate::yamux::frame::Side;

// Not a doc comment: clap would use it as the help of the command that has these arguments.
#[derive(Args, Clone, Debug)]
pub struct Selection {
    /// Scenario files, folders that are searched for them, and scenarios of the suite by their id, such as ping/burst;
    /// with /client or /server behind it, one case, as reports name it [default: the whole suite]
    #[arg(value_name = "PATH|ID", add = ArgValueCompleter::new(complete::selected))]
    pub paths: Vec<PathBuf>,

    /// The suite.
    #[arg(long, help = SUITE_HELP, value_name = "DIR")]
    pub suite: Option<PathBuf>,

    /// Which of them.
    #[command(flatten)]
    pub filters: Filters,
}

/// What was selected.
pub(crate) struct Selected {
    pub(crate) scenarios: Vec<Arc<Scenario>>,
    pub(crate) clauses: Clauses,
    pub(crate) filter: Filter,
    /// Every id of the library, selected or not, with its sides.
    pub(crate) all: Vec<(Arc<str>, Vec<Side>)>,
    /// Their suite, or their folder.
    pub(crate) suite: Suite,
    /// The selected cases that are in other shards.
    elsewhere: Vec<(Arc<str>, Side)>,
    /// Whether cases may be left out on some targets only.
    is_partial: bool,
    root: PathBuf,
    /// The files and folders that were read.
    paths: Vec<PathBuf>,
}

impl Selected {
    /// The path of this name beside the scenarios, whether it exists or not.
    ///
    /// `golden`, `known` and `mutants.json` belong to the folder `scenarios` beside them; any other folder has none, so
    /// that it never takes its neighbour's.
    pub(crate) fn beside(&self, name: &str) -> Option<PathBuf> {
        if self.library_root().file_name() != Some(SUITE.as_ref()) {
            return None;
        }
        Some(match self.root.parent() {
            Some(parent) if self.root != Path::new(".") => parent.join(name),
            _ => self.root.join("..").join(name),
        })
    }

    /// The same for a path that is to be written; `next` says what is beside, and what to do instead.
    pub(crate) fn to_write(&self, name: &str, next: &str) -> Result<PathBuf, Refused> {
        let refused = |why| Refused::usage([format!("{why} {next}")]);
        if self.suite.is_built_in {
            return Err(refused("the suite inside yamux-conform is not written to, beside which"));
        }
        self.beside(name).ok_or_else(|| {
            refused("these scenarios are in no folder called scenarios, beside which")
        })
    }

    /// Every selected case, scenario by scenario.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (&Arc<Scenario>, Side)> {
        let scenarios = self.scenarios.iter();
        scenarios.flat_map(|one| self.filter.sides(one).into_iter().map(move |side| (one, side)))
    }

    /// Keeps only these cases, ids with their sides. The others are in other shards.
    pub(crate) fn keep_shard(&mut self, cases: HashMap<Arc<str>, Vec<Side>>) {
        let is_kept = |id: &Arc<str>, side| cases.get(id).is_some_and(|own| own.contains(&side));
        let others = self.cases().filter(|(one, side)| !is_kept(&one.id, *side));
        self.elsewhere = others.map(|(one, side)| (Arc::clone(&one.id), side)).collect();
        self.only(cases);
    }

    /// Keeps only these cases, each on some targets.
    pub(crate) fn keep(&mut self, cases: HashMap<Arc<str>, Vec<Side>>) {
        self.is_partial = true;
        self.only(cases);
    }

    fn only(&mut self, cases: HashMap<Arc<str>, Vec<Side>>) {
        self.scenarios.retain(|scenario| cases.contains_key(&scenario.id));
        self.filter.only = Some(Arc::new(cases));
    }

    /// Whether a case is selected.
    pub(crate) fn has(&self, id: &str, side: Side) -> bool {
        self.filter.side.is_none_or(|only| only == side)
            && self.filter.is_named(id, side)
            && self.scenarios.iter().any(|scenario| *scenario.id == *id)
    }

    /// The folder of the golden traces: the one that was named, which must exist, or the scenarios' own.
    pub(crate) fn goldens(&self, named: Option<&Path>) -> Result<Option<PathBuf>, Refused> {
        match named {
            Some(root) if !root.is_dir() => {
                let message = format!("--golden {}: there is no such folder", path_name(root));
                Err(Refused::bad_input([message]))
            }
            Some(root) => Ok(Some(root.to_owned())),
            None => Ok(self.beside("golden")),
        }
    }

    /// A note if there is no register of clauses.
    pub(crate) fn lacks_clauses(&self) -> Option<String> {
        let root = path_name(&self.root);
        (!self.clauses.is_there()).then(|| {
            format!(
                "{root}: there is no clauses.json in it or above: that clause ids are right cannot be told; write one (yamux-conform schema clauses), or copy that of yamux-conform without its \"complete\""
            )
        })
    }

    /// The list of other projects' tests that these scenarios cover, whether it exists or not.
    pub(crate) fn upstream_tests(&self) -> PathBuf {
        self.root.join(UPSTREAM_TESTS)
    }

    /// Untested clauses, and outdated reasons for that. Needs the whole suite.
    pub(crate) fn unasked(&self) -> Vec<String> {
        let scenarios: Vec<&Scenario> = self.scenarios.iter().map(AsRef::as_ref).collect();
        let problems = unasked(&self.root.join(REGISTER), &self.clauses, &scenarios);
        problems.iter().map(ToString::to_string).collect()
    }

    /// The cases that ledgers are checked against: all that were read, and which of them are left out.
    pub(crate) fn scope(&self) -> Arc<Scope> {
        let selected: BTreeSet<&str> =
            self.scenarios.iter().map(|scenario| &*scenario.id).collect();
        let is_selected = |id: &str, side: &Side| {
            self.filter.side.is_none_or(|only| only == *side)
                && selected.contains(id)
                && self.filter.is_named(id, *side)
        };
        let cases =
            self.all.iter().flat_map(|(id, sides)| sides.iter().map(move |side| (id, *side)));
        let elsewhere: HashSet<(&str, Side)> =
            self.elsewhere.iter().map(|(id, side)| (&**id, *side)).collect();
        let left_out = cases.filter(|(id, side)| {
            self.is_partial || !is_selected(id, side) && !elsewhere.contains(&(&***id, *side))
        });
        Arc::new(Scope {
            left_out: left_out.map(|(id, side)| (Arc::clone(id), side)).collect(),
            elsewhere: self.elsewhere.clone(),
            cases: self.all.clone(),
            is_whole: self.is_whole(),
        })
    }

    /// The suite in reports; none if the scenarios belong to no suite, or it can no longer be read.
    pub(crate) fn suite_info(&self) -> Option<SuiteRecord> {
        let (scenarios, hash) = self.suite.extent().ok().filter(|_| self.clauses.is_there())?;
        Some(SuiteRecord {
            folder: (!self.suite.is_built_in).then(|| path_name(&self.root)),
            scenarios,
            own: hash == suite::HASH,
            sha256: hash,
        })
    }

    /// The folder of the scenarios, absolute if that can be found out.
    pub(crate) fn library_root(&self) -> PathBuf {
        std::path::absolute(&self.root).unwrap_or_else(|_| self.root.clone())
    }

    /// Whether every scenario of the library was loaded, so that files without one are orphans.
    pub(crate) fn is_whole(&self) -> bool {
        let root = self.library_root();
        self.paths.iter().any(|path| {
            std::path::absolute(path).is_ok_and(|path| path.components().eq(root.components()))
        })
    }
}

impl Selection {
    /// Those at or below these paths that the filters let through.
    pub(crate) const fn new(paths: Vec<PathBuf>, suite: Option<PathBuf>, filters: Filters) -> Self {
        Self { paths, suite, filters }
    }

    /// Whether everything is at its default.
    pub(crate) fn is_default(&self) -> bool {
        self.paths.is_empty() && self.suite.is_none() && self.filters.is_default()
    }

    /// Loads and filters; reports every problem of every file.
    pub(crate) fn load(&self) -> Result<Selected, Refused> {
        let (paths, named) = self.places()?;
        let library = load(&paths).map_err(|problems| {
            let mut messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let plural = if messages.len() == 1 { "problem" } else { "problems" };
            messages.push(format!("{} {plural}; nothing was run", messages.len()));
            Refused::bad_input(messages)
        })?;
        let cases = named.iter().map(|name| case_of(name, &library.scenarios, &library.root));
        let (cases, unknown) = parted(cases);
        if !unknown.is_empty() {
            return Err(Refused::bad_input(unknown));
        }
        let filter = Filter { cases, ..self.filters.filter() };
        let all = library
            .scenarios
            .iter()
            .map(|scenario| (Arc::clone(&scenario.id), scenario.sides.clone()))
            .collect();
        let scenarios = filter
            .select(library.scenarios, &library.clauses)
            .map_err(Refused::nothing_selected)?;
        if scenarios.is_empty() {
            let message = "no scenario is selected; see: yamux-conform list".to_owned();
            return Err(Refused::nothing_selected([message]));
        }
        let suite = Suite::of_folder(library.root.clone());
        let (clauses, root) = (library.clauses, library.root);
        Ok(Selected {
            scenarios,
            clauses,
            filter,
            all,
            elsewhere: Vec::new(),
            is_partial: false,
            suite,
            root,
            paths,
        })
    }

    /// Where scenarios are, and the names that are not paths.
    fn places(&self) -> Result<(Vec<PathBuf>, Vec<String>), Refused> {
        let (mut places, mut names) = (Vec::new(), Vec::new());
        for path in &self.paths {
            match path.to_str() {
                Some(name) if is_id(name) && path.symlink_metadata().is_err() => {
                    names.push(name.to_owned());
                }
                _ => places.push(path.clone()),
            }
        }
        if places.is_empty() {
            places.push(suite(self.suite.as_deref())?.scenarios);
        }
        Ok((places, names))
    }
}

/// The help of --suite, for each command that has it.
pub(crate) const SUITE_HELP: &str = "The suite: a folder that holds `scenarios` and what belongs to them [default: that of the folder `scenarios` here or in a folder above, else the one inside this program]";

/// The suite that was named, or the nearest one.
pub(crate) fn suite(named: Option<&Path>) -> Result<Suite, Refused> {
    Suite::find(named).map_err(|error| Refused::bad_input([error.to_string()]))
}

/// Whether this can be the id of a scenario, or was meant as one.
fn is_id(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-/._".contains(c);
    !text.is_empty()
        && !text.starts_with(['/', '.'])
        && !text.ends_with('/')
        && text.chars().all(is_part)
}

/// The scenario, and the side, that a name means.
fn case_of(
    name: &str,
    scenarios: &[Scenario],
    root: &Path,
) -> Result<(Arc<str>, Option<Side>), String> {
    let find = |id: &str| scenarios.iter().find(|scenario| *scenario.id == *id);
    if let Some(scenario) = find(name) {
        return Ok((Arc::clone(&scenario.id), None));
    }
    if let Ok(CaseId { scenario: id, side }) = name.parse()
        && let Some(scenario) = find(&id)
    {
        if scenario.sides.contains(&side) {
            return Ok((Arc::clone(&scenario.id), Some(side)));
        }
        return Err(format!("{name}: the subject does not play the {side} there"));
    }
    let folder = root.join(name);
    let near = match meant(name, scenarios) {
        _ if folder.is_dir() => format!(", did you mean {}?", folder.display()),
        Some(hint) => format!(", {hint}"),
        None => String::new(),
    };
    Err(format!("{name}: there is no such file, folder, scenario or case{near}"))
}

fn parted<T>(results: impl Iterator<Item = Result<T, String>>) -> (Vec<T>, Vec<String>) {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => right.push(one),
            Err(message) => wrong.push(message),
        }
    }
    (right, wrong)
}

/// The folder whose golden traces and ledgers are beside it.
const SUITE: &str = "scenarios";

#[cfg(test)]
mod tests {
    use crate::cli::tests::{assert_usage_error, run};
    use crate::yamux::frame::Side;

    #[test]
    fn without_arguments_all_scenarios_are_selected() {
        let selection = run("yamux-conform run").selection;
        assert!(selection.paths.is_empty() && selection.suite.is_none());
        assert!(selection.filters.is_default());
    }

    #[test]
    fn filters_add_up() {
        let selection =
            run("yamux-conform run a b.json -i 'ping/*' --id 'x' --skip y --tag t --area reset --side server")
                .selection;
        assert_eq!(selection.paths.len(), 2);
        let filters = selection.filters;
        assert_eq!(filters.ids[0].as_str(), "ping/*");
        assert!(filters.ids[0].matches("ping/a/b"));
        assert_eq!(filters.ids.len(), 2);
        assert_eq!((&*filters.tags[0], &*filters.areas[0]), ("t", "reset"));
        assert_eq!(filters.side, Some(Side::Server));
    }

    #[test]
    fn a_wrong_filter_is_a_usage_error_with_an_example() {
        assert_usage_error("yamux-conform run -i '[a'", "write a glob such as");
        assert_usage_error("yamux-conform run --side both", "[possible values: client, server]");
        assert_usage_error("yamux-conform run --clock real", "[possible values: virtual, live]");
    }
}
