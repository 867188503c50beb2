//! Every case as a named trial, `<id>/<side>/<target>`: on the built-in implementation in virtual time, and where Go is
//! installed on hashicorp/yamux, over a socket and (`<id>/<side>/<target>/virtual`) in lockstep. The cases on Go run as those
//! of the program do, many in one shim process; each trial waits for its own verdict.

mod support;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::{io, thread};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use yamux_conform::harness::report::{Reporter, RunEvent, TargetInfo, body, headline};
use yamux_conform::harness::runner::golden::{self, Golden};
use yamux_conform::harness::runner::known::Known;
use yamux_conform::harness::runner::{
    Audience, Case, How, InterruptHandle, Options, Plan, PlannedTarget, Plays, inquire, run,
};
use yamux_conform::harness::scenario::{CaseId, Clauses, Clocks, Dialect, Scenario};
use yamux_conform::harness::shim::target::{self, Edition, Target};
use yamux_conform::harness::verdict::{CaseReport, Clock, Verdict};
use yamux_conform::yamux::frame::Side;

/// The reference.
const GO: &str = "go-hashicorp";

fn main() {
    let arguments = Arguments::from_args();
    let library = support::library();
    let clauses = Arc::new(library.clauses);
    let why_no_go = why_no_go();
    let mut trials = Vec::new();
    let (mut lockstep, mut live) = (OnGo::new(Clock::Virtual), OnGo::new(Clock::Live));
    for scenario in library.scenarios {
        let scenario = Arc::new(scenario);
        for side in scenario.sides.clone() {
            let (script, register) = (Arc::clone(&scenario), Arc::clone(&clauses));
            let name = format!("{}/{side}/{}", scenario.id, Target::BUILT_IN);
            trials.push(Trial::ignorable_test(name, move || on_built_in(&script, side, &register)));
            lockstep.add(&scenario, side, why_no_go, &arguments);
            let why_not = match &scenario.clocks {
                Clocks::VirtualOnly(_) => Some("virtual clock only"),
                Clocks::Any => why_no_go,
            };
            live.add(&scenario, side, why_not, &arguments);
        }
    }
    // Those come last that wait, so that they keep no other from running.
    trials.append(&mut lockstep.trials);
    trials.append(&mut live.trials);
    let on_go = (!arguments.list).then(|| {
        // One after the other: on the live clock, a busy machine makes cases run again.
        thread::spawn(move || [lockstep, live].into_iter().for_each(|cases| cases.run(&clauses)))
    });
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Its shims end before this program does.
    if let Some(on_go) = on_go {
        assert!(on_go.join().is_ok(), "a run on {} panicked", GO);
    }
    conclusion.exit();
}

/// How a trial ends.
type Ended = Result<Completion, Failed>;

/// The cases on hashicorp/yamux on one clock, and the trials that wait for them.
struct OnGo {
    clock: Clock,
    trials: Vec<Trial>,
    /// Only those whose trials are selected.
    cases: Vec<Case>,
    waiting: HashMap<CaseId, Sender<Ended>>,
}

impl OnGo {
    fn new(clock: Clock) -> Self {
        Self { clock, trials: Vec::new(), cases: Vec::new(), waiting: HashMap::new() }
    }

    /// Adds a trial, and its case if it is selected.
    fn add(
        &mut self,
        scenario: &Arc<Scenario>,
        side: Side,
        why_not: Option<&str>,
        arguments: &Arguments,
    ) {
        let clock = if self.clock == Clock::Virtual { "/virtual" } else { "" };
        let name = format!("{}/{side}/{}{clock}", scenario.id, GO);
        let (ended, ends) = channel::<Ended>();
        let case = Case { scenario: Arc::clone(scenario), side, target: 0, repeat: 1 };
        let own = case.clone();
        let mut trial = Trial::ignorable_test(name, move || {
            golden_of(&own, GO)?;
            ends.recv().unwrap_or_else(|_| Err("its run has panicked".into()))
        });
        if let Some(why) = why_not {
            trial = trial.with_kind(why).with_ignored_flag(true);
        }
        let is_ignored = why_not.is_some() && !arguments.ignored && !arguments.include_ignored;
        if !is_ignored && !arguments.is_filtered_out(&trial) {
            self.waiting.insert(CaseId { scenario: Arc::clone(&scenario.id), side }, ended);
            self.cases.push(case);
        }
        self.trials.push(trial);
    }

    /// Runs the cases, holds each against its golden trace, and ends the trials.
    fn run(self, clauses: &Clauses) {
        let Self { clock, cases, mut waiting, .. } = self;
        if cases.is_empty() {
            return;
        }
        // A receiver that has stopped waiting needs no result.
        let end = |trial: Sender<Ended>, how: Ended| drop(trial.send(how));
        match go(clock) {
            Ok(Some(target)) => {
                let problems = carry_out(vec![target], cases, clauses.clone(), |report| {
                    if let Some(trial) = waiting.remove(&report.run.case) {
                        end(trial, ended(report));
                    }
                });
                waiting.into_values().for_each(|trial| end(trial, Err(no_verdict(&problems))));
            }
            Ok(None) => {
                let why = "Go is older than 1.25";
                waiting
                    .into_values()
                    .for_each(|trial| end(trial, Ok(Completion::ignored_with(why))));
            }
            Err(why) => waiting.into_values().for_each(|trial| end(trial, Err(why.clone()))),
        }
    }
}

/// Runs a case on the built-in implementation, and holds it against its own golden trace and the reference's.
fn on_built_in(script: &Arc<Scenario>, side: Side, clauses: &Clauses) -> Ended {
    let built_in = planned(Target::BUILT_IN, Clock::Virtual, How::InProcess)?;
    let reference = planned(GO, Clock::Live, How::Absent)?;
    let case = Case { scenario: Arc::clone(script), side, target: 0, repeat: 1 };
    let own_golden = golden_of(&case, Target::BUILT_IN)?;
    golden_of(&case, GO)?;
    if are_goldens_kept() && own_golden.is_none() {
        let path = script.path.display();
        return Err(format!(
            "{} has no golden trace on built-in; look at what it does, then bless it: yamux-conform bless {path} --target built-in",
            script.id
        )
        .into());
    }
    let mut end = None;
    let problems = carry_out(vec![built_in, reference], vec![case], clauses.clone(), |report| {
        end = Some(match &report.verdict {
            Verdict::Skip { reason } => Err(format!("skipped: {reason}").into()),
            _ => ended(report),
        });
    });
    end.unwrap_or_else(|| Err(no_verdict(&problems)))
}

/// hashicorp/yamux on this clock; `None` where the toolchain is too old for it.
fn go(clock: Clock) -> Result<Option<PlannedTarget>, Failed> {
    let programs = target::prepare(GO, None, &Edition::Pinned, &checkout(), &mut |_| {})?;
    let able = inquire(&programs.live, PATIENCE)?;
    let how = match (clock, programs.lockstep) {
        (Clock::Live, _) => How::Shim { command: programs.live, peer: None },
        (Clock::Virtual, Some(command)) => How::Lockstep { command, plays: Plays::Subject },
        (Clock::Virtual, None) => return Ok(None),
    };
    let target = planned(GO, clock, how)?;
    let known = target.known.for_clock(clock).for_version(Some(&able.implementation.version));
    Ok(Some(PlannedTarget { able: Some(able), known, ..target }))
}

/// A target that can be asked everything.
fn planned(name: &str, clock: Clock, how: How) -> Result<PlannedTarget, Failed> {
    let info = TargetInfo {
        name: name.to_owned(),
        asked: name.to_owned(),
        clock,
        description: name.to_owned(),
        ran: how != How::Absent,
        note: None,
    };
    let (is_reference, known) = (name == GO, ledger(name)?);
    let dialect = Dialect::Hashicorp;
    let implementation = name.to_owned();
    Ok(PlannedTarget {
        info,
        implementation,
        dialect,
        is_reference,
        how,
        able: None,
        peer: None,
        known,
    })
}

/// Runs the cases, and gives the problems of the run.
fn carry_out(
    targets: Vec<PlannedTarget>,
    cases: Vec<Case>,
    clauses: Clauses,
    hear: impl FnMut(&CaseReport),
) -> Vec<String> {
    let plan = Plan { targets, cases, clauses, suite: None };
    let golden = are_goldens_kept().then(golden_root);
    let options = Options { jobs: JOBS, timeout_scale: PATIENCE, golden, ..Options::default() };
    let mut hearer = Hearer(hear);
    let audience = Audience { reporter: &mut hearer, keep: &mut |_, _, _| Ok(()) };
    run(&plan, &options, &InterruptHandle::new(), audience).problems
}

/// Hears the report of each case.
struct Hearer<F>(F);

impl<F: FnMut(&CaseReport)> Reporter for Hearer<F> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        if let RunEvent::CaseFinished(report) = event {
            (self.0)(report);
        }
        Ok(())
    }
}

/// How a trial ends, by the report of its case.
fn ended(report: &CaseReport) -> Ended {
    match &report.verdict {
        // What the implementation has no call for is said in its capabilities, and is no failure of it.
        Verdict::Skip { reason } => Ok(Completion::ignored_with(reason)),
        verdict if verdict.is_negative() => {
            Err(format!("{}\n{}", headline(report), body(report, 120)).into())
        }
        _ => Ok(Completion::Completed),
    }
}

fn no_verdict(problems: &[String]) -> Failed {
    format!("the case gave no verdict: {}", problems.join("; ")).into()
}

fn ledger(target: &str) -> Result<Known, Failed> {
    let path = checkout().join("known").join(format!("{target}.json"));
    Known::load(&path).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\n").into()
    })
}

/// Why cases on Go are ignored, if they are.
fn why_no_go() -> Option<&'static str> {
    match Command::new("go").arg("version").output() {
        Ok(_) => None,
        Err(_) => Some("go is not on PATH"),
    }
}

/// The golden trace of a case, if there is one; the error is that it cannot be read.
fn golden_of(case: &Case, target: &str) -> Result<Option<Golden>, Failed> {
    if !are_goldens_kept() {
        return Ok(None);
    }
    Ok(golden::load(&golden_root(), &case.golden_key(target))?)
}

fn are_goldens_kept() -> bool {
    golden_root().join(Target::BUILT_IN).is_dir()
}

fn golden_root() -> PathBuf {
    checkout().join("golden")
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Live cases mostly wait, so that many fit on a core.
const JOBS: usize = 32;

/// As in the program: a case that fails on a busy machine runs again.
const PATIENCE: f64 = 1.0;
