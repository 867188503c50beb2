//! What `compare` accepts as a release: a report, or a target that runs here, more than once if necessary.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use crate::analysis::compare::{CaseKey, Recorded, Sighting, read_report};
use crate::cli::ExitCode;
use crate::cli::selection::Selected;
use crate::cli::shell::output::note;
use crate::engine::Outcome;
use crate::report::{CaseFinished, ProgressLine, Record, Reporter, RunEvent, TargetRecord};
use crate::runner::verdict::Clock;
use crate::runner::{
    Audience, Case, CaseRun, InterruptHandle, Options, Plan, PlannedTarget, Refused, Wanted, cases,
    prepare, run,
};
use crate::shim::target::Target;
use crate::system::input;
use crate::system::sink::path_name;
use crate::trace::{Canonical, canonical};
use crate::yamux::frame::Side;

/// A release by its name on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReleaseName {
    /// A report, and the one target of it that was named, if any.
    Report(PathBuf, Option<String>),
    /// What `--target` takes.
    Target(Target),
}

impl ReleaseName {
    /// A path that exists is a report; with a colon and a name after it, one target of the report.
    pub(crate) fn read(text: &str) -> Result<Self, Refused> {
        if Path::new(text).is_file() {
            return Ok(Self::Report(text.into(), None));
        }
        if let Some((file, target)) = text.rsplit_once(':')
            && Path::new(file).is_file()
        {
            return Ok(Self::Report(file.into(), Some(target.to_owned())));
        }
        text.parse().map(Self::Target).map_err(|why| {
            let message = format!("{text}: there is no such report, and as a target: {why}");
            Refused::usage([message])
        })
    }

    /// Finds it: reads the report, or builds the target. `wanted` is what is asked of a target.
    pub(crate) fn find(
        &self,
        selected: Option<&Selected>,
        wanted: impl FnOnce(&Target) -> Result<Plan, Refused>,
    ) -> Result<Release, Refused> {
        match self {
            Self::Report(path, only) => {
                let mut recorded = read_recorded(path)?;
                if let Some(name) = only {
                    recorded = recorded.only(name).map_err(|message| Refused::usage([message]))?;
                }
                if let Some(selected) = selected {
                    recorded.sightings.retain(|run| selected.has(&run.case.id, run.case.side));
                }
                Ok(Release { recorded, plan: None })
            }
            Self::Target(target) => {
                let plan = wanted(target)?;
                let ran = plan.targets.iter().map(|target| &target.info).filter(|one| one.ran);
                let recorded = Recorded {
                    asked: target.to_string(),
                    targets: ran.map(TargetRecord::from).collect(),
                    ..Recorded::default()
                };
                Ok(Release { recorded, plan: Some(plan) })
            }
        }
    }
}

/// Reads the report of a run.
pub(crate) fn read_recorded(path: &Path) -> Result<Recorded, Refused> {
    let name = path_name(path);
    let wrong = |message: String| Refused::bad_input([message]);
    let text = input::text(path).map_err(|error| wrong(format!("{name}: {error}")))?;
    read_report(&text, &path.display().to_string())
        .map_err(|bad| wrong(format!("{name}:{}: {}", bad.line, bad.message)))
}

/// The plan of a target on its own. Ledgers and golden traces are not used: what counts is what it does.
pub(crate) fn plan(wanted: &Wanted<'_>, selected: &Selected) -> Result<Plan, Refused> {
    let targets = prepare(wanted, &mut note)?;
    let cases = cases(&selected.scenarios, &selected.filter, &targets, 1);
    Ok(Plan { targets, cases, clauses: selected.clauses.clone(), suite: None })
}

/// A release, its results so far, and how to get more.
pub(crate) struct Release {
    pub(crate) recorded: Recorded,
    /// `None` for a report, which does not change.
    pub(crate) plan: Option<Plan>,
}

impl Release {
    /// Runs every case; does nothing for a report. Returns how the run ended.
    pub(crate) fn run(&mut self, options: &Options, interrupt: &InterruptHandle) -> ExitCode {
        let Some(plan) = &self.plan else { return ExitCode::Success };
        let mut traces = HashMap::new();
        let mut keep = |case: &Case, target: &PlannedTarget, run: &CaseRun| {
            let clock = target.info.clock;
            let is_passed = matches!(run.outcome, Outcome::Passed | Outcome::PassedWeaker { .. });
            if is_passed && (clock == Clock::Virtual || case.scenario.not_compared.is_none()) {
                traces.insert(
                    (case.scenario.id.to_string(), case.side, clock),
                    canonical(&run.trace),
                );
            }
            Ok(())
        };
        let mut gathered = Gathered { progress: ProgressLine::stderr(true), cases: Vec::new() };
        let audience = Audience { reporter: &mut gathered, keep: &mut keep };
        let summary = run(plan, options, interrupt, audience);
        summary.problems.iter().for_each(|problem| note(problem));
        self.recorded.is_cut |= summary.is_cut() || summary.exit == ExitCode::Unusable;
        self.recorded.sightings.extend(gathered.into_sightings(traces));
        summary.exit
    }

    /// Runs these cases for the `run`th time.
    pub(crate) fn run_again(
        &mut self,
        cases: &BTreeSet<CaseKey>,
        time: u32,
        (options, interrupt): (&Options, &InterruptHandle),
    ) -> ExitCode {
        let Some(plan) = &mut self.plan else { return ExitCode::Success };
        let is_meant = |case: &Case| {
            cases.contains(&CaseKey {
                id: case.scenario.id.to_string(),
                side: case.side,
                clock: plan.targets[case.target].info.clock,
                target: None,
            })
        };
        let again = plan.cases.iter().filter(|case| is_meant(case));
        let again = again.map(|case| Case { repeat: time, ..case.clone() }).collect();
        let all = std::mem::replace(&mut plan.cases, again);
        let code = self.run(options, interrupt);
        if let Some(plan) = &mut self.plan {
            plan.cases = all;
        }
        code
    }
}

/// The meanings of cases' traces.
type Meanings = HashMap<(String, Side, Clock), Canonical>;

/// Collects the results of cases.
struct Gathered {
    progress: ProgressLine,
    cases: Vec<CaseFinished>,
}

impl Gathered {
    fn into_sightings(self, mut traces: Meanings) -> impl Iterator<Item = Sighting> {
        self.cases.into_iter().map(move |case| {
            let trace = traces.remove(&(case.id.clone(), case.side, case.clock));
            Sighting { case, trace, is_told: false }
        })
    }
}

impl Reporter for Gathered {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        if let Record::CaseFinished(case) = Record::from(event) {
            self.cases.push(*case);
        }
        self.progress.report(event)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_that_is_there_is_a_report_and_all_else_a_target() {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("go-hashicorp");
        fs::write(&file, "").expect("a file");
        let name = file.display().to_string();
        assert_eq!(ReleaseName::read(&name).unwrap(), ReleaseName::Report(file.clone(), None));
        let picked = ReleaseName::Report(file, Some("mine".to_owned()));
        assert_eq!(ReleaseName::read(&format!("{name}:mine")).unwrap(), picked);
        let target = ReleaseName::Target("rust-yamux@0.13.9".parse().unwrap());
        assert_eq!(ReleaseName::read("rust-yamux@0.13.9").unwrap(), target);
        let refused = ReleaseName::read("befor.json").unwrap_err();
        assert_eq!(refused.exit_code(), ExitCode::Usage);
        let messages = refused.messages();
        assert!(messages[0].starts_with("befor.json: there is no such report"), "{messages:?}");
    }
}
