//! Every case as a named trial, `<id>/<side>/<target>`: on the built-in implementation in virtual time, and wherever Go
//! is there on hashicorp/yamux, over a socket and (`<id>/<side>/<target>/virtual`) in lockstep. Each trial has a shim
//! process of its own.

mod support;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use yamux_conform::frame::Side;
use yamux_conform::golden;
use yamux_conform::known::Known;
use yamux_conform::peer::shim::Capabilities;
use yamux_conform::report::{Reporter, RunEvent, TargetInfo, body, headline};
use yamux_conform::runner::{
    Audience, Case, How, InterruptHandle, Options, Plan, PlannedTarget, Plays, inquire, run,
};
use yamux_conform::scenario::{Clauses, Clocks, Scenario};
use yamux_conform::target::{GoShim, Target};
use yamux_conform::verdict::{CaseReport, Clock, Verdict};

fn main() {
    let arguments = Arguments::from_args();
    let library = support::library();
    let clauses = Arc::new(library.clauses);
    let why_no_go = why_no_go();
    let mut trials = Vec::new();
    for scenario in library.scenarios {
        let scenario = Arc::new(scenario);
        for side in scenario.sides.clone() {
            let (script, register) = (Arc::clone(&scenario), Arc::clone(&clauses));
            let name = format!("{}/{side}/{}", scenario.id, Target::BuiltIn);
            trials.push(Trial::ignorable_test(name, move || on_built_in(&script, side, &register)));

            let (script, register) = (Arc::clone(&scenario), Arc::clone(&clauses));
            let name = format!("{}/{side}/{}", scenario.id, Target::GoHashicorp);
            let trial =
                Trial::ignorable_test(name, move || on_go(&script, side, &register, Clock::Live));
            let why_not = match &scenario.clocks {
                Clocks::VirtualOnly(_) => Some("virtual clock only"),
                Clocks::Any => why_no_go,
            };
            trials.push(match why_not {
                Some(why) => trial.with_kind(why).with_ignored_flag(true),
                None => trial,
            });

            let (script, register) = (Arc::clone(&scenario), Arc::clone(&clauses));
            let name = format!("{}/{side}/{}/virtual", scenario.id, Target::GoHashicorp);
            let trial = Trial::ignorable_test(name, move || {
                on_go(&script, side, &register, Clock::Virtual)
            });
            trials.push(match why_no_go {
                Some(why) => trial.with_kind(why).with_ignored_flag(true),
                None => trial,
            });
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Runs a case on the built-in implementation, and holds it against its own golden trace and the reference's.
fn on_built_in(
    script: &Arc<Scenario>,
    side: Side,
    clauses: &Clauses,
) -> Result<Completion, Failed> {
    let built_in = PlannedTarget {
        info: info(&Target::BuiltIn, Clock::Virtual, true),
        folder: Target::BuiltIn.folder().to_owned(),
        how: How::InProcess,
        able: None,
        peer: None,
        known: ledger(&Target::BuiltIn)?,
    };
    let reference = PlannedTarget {
        info: info(&Target::GoHashicorp, Clock::Live, false),
        folder: Target::GoHashicorp.folder().to_owned(),
        how: How::Absent,
        able: None,
        peer: None,
        known: ledger(&Target::GoHashicorp)?,
    };
    let case = Case { scenario: Arc::clone(script), side, target: 0, repeat: 1 };
    if are_goldens_kept() {
        let key = case.golden_key(&built_in.folder);
        if golden::load(&golden_root(), &key)?.is_none() {
            let path = script.path.display();
            return Err(format!(
                "{} has no golden trace on built-in; look at what it does, then bless it: yamux-conform bless {path} --target built-in",
                script.id
            )
            .into());
        }
    }
    judge(vec![built_in, reference], case, clauses)
}

/// Runs a case on hashicorp/yamux in a shim process of its own, and holds it against its golden trace.
fn on_go(
    script: &Arc<Scenario>,
    side: Side,
    clauses: &Clauses,
    clock: Clock,
) -> Result<Completion, Failed> {
    let (shim, able) = go_shim()?;
    let command = |program: &Path| vec![program.display().to_string()];
    let how = match (clock, &shim.lockstep) {
        (Clock::Live, _) => How::Shim { command: command(&shim.program) },
        (Clock::Virtual, Some(program)) => {
            How::Lockstep { command: command(program), plays: Plays::Subject }
        }
        (Clock::Virtual, None) => return Ok(Completion::ignored_with("Go is older than 1.25")),
    };
    let known = ledger(&Target::GoHashicorp)?;
    let go = PlannedTarget {
        info: info(&Target::GoHashicorp, clock, true),
        folder: Target::GoHashicorp.folder().to_owned(),
        how,
        able: Some(able.clone()),
        peer: None,
        known: known.for_clock(clock).for_version(Some(&able.implementation.version)),
    };
    let case = Case { scenario: Arc::clone(script), side, target: 0, repeat: 1 };
    judge(vec![go], case, clauses)
}

/// Runs one case and turns a negative verdict into a failed trial.
fn judge(targets: Vec<PlannedTarget>, case: Case, clauses: &Clauses) -> Result<Completion, Failed> {
    let is_ours = targets[0].how == How::InProcess;
    if are_goldens_kept() {
        for target in &targets {
            golden::load(&golden_root(), &case.golden_key(&target.folder))?;
        }
    }
    let plan = Plan { targets, cases: vec![case], clauses: clauses.clone() };
    let golden = are_goldens_kept().then(golden_root);
    let options = Options { jobs: 1, timeout_scale: 2.0, seed: 0, golden, fail_fast: false };
    let mut heard = Heard::default();
    let audience = Audience { reporter: &mut heard, keep: &mut |_, _, _| Ok(()) };
    let summary = run(&plan, &options, &InterruptHandle::new(), audience);
    let Some(report) = heard.0 else {
        return Err(format!("the case gave no verdict: {}", summary.problems.join("; ")).into());
    };
    match &report.verdict {
        // What the implementation has no call for is said in its capabilities, and is no failure of it.
        Verdict::Skip { reason } if !is_ours => Ok(Completion::ignored_with(reason)),
        Verdict::Skip { reason } => Err(format!("skipped: {reason}").into()),
        verdict if verdict.is_negative() => {
            Err(format!("{}\n{}", headline(&report), body(&report, 0)).into())
        }
        _ => Ok(Completion::Completed),
    }
}

/// Keeps the report of the one case.
#[derive(Default)]
struct Heard(Option<CaseReport>);

impl Reporter for Heard {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        if let RunEvent::CaseFinished(report) = event {
            self.0 = Some((*report).clone());
        }
        Ok(())
    }
}

fn info(target: &Target, clock: Clock, ran: bool) -> TargetInfo {
    let name = target.to_string();
    TargetInfo { description: name.clone(), name, clock, ran, note: None }
}

fn ledger(target: &Target) -> Result<Known, Failed> {
    let path = checkout().join("known").join(format!("{}.json", target.folder()));
    Known::load(&path).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\n").into()
    })
}

/// The Go shim and what it can do; built and asked once for all trials.
fn go_shim() -> Result<&'static (GoShim, Capabilities), Failed> {
    static SHIM: OnceLock<Result<(GoShim, Capabilities), String>> = OnceLock::new();
    let shim = SHIM.get_or_init(|| {
        let shim = GoShim::prepare(&checkout(), &mut |_| {}).map_err(|error| error.to_string())?;
        let command = vec![shim.program.display().to_string()];
        let able = inquire(&command, 2.0)?;
        Ok((shim, able))
    });
    shim.as_ref().map_err(Failed::from)
}

/// Why cases on Go are ignored, if they are.
fn why_no_go() -> Option<&'static str> {
    match Command::new("go").arg("version").output() {
        Ok(_) => None,
        Err(_) => Some("go is not on PATH"),
    }
}

fn are_goldens_kept() -> bool {
    golden_root().join(Target::BuiltIn.folder()).is_dir()
}

fn golden_root() -> PathBuf {
    checkout().join("golden")
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
