//! A run: plan in, events out, summary back.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::engine::Outcome;
use crate::frame::Side;
use crate::golden;
use crate::known::{Deviation, KnownEntry};
use crate::report::{Reporter, RunEvent, Summary, TargetInfo};
use crate::runner::budget::Budget;
use crate::runner::doubt::Bench;
use crate::runner::goldens::Goldens;
use crate::runner::judge::{self, Court, Judged, Reference, Trouble};
use crate::runner::live::{self, LiveEvent, LiveRun};
use crate::runner::live_case::LiveSetup;
use crate::runner::lockstep::{self, LockstepRun};
use crate::runner::plan::{Case, How, PlannedTarget};
use crate::runner::{CaseRun, InterruptHandle, virtual_time};
use crate::scenario::{Clauses, Position, Problem};
use crate::verdict::{CaseReport, Clock, ExitCode};

/// Everything a run is made from.
pub struct Plan {
    /// The implementations.
    pub targets: Vec<PlannedTarget>,
    /// The cases.
    pub cases: Vec<Case>,
    /// The register that reports quote.
    pub clauses: Clauses,
}

impl Plan {
    /// The implementation at the other end, if it is another one than that of goldens and of the reference's traces.
    fn peer(&self) -> Option<&str> {
        self.targets.iter().find_map(|target| Some(&*target.peer.as_ref()?.asked))
    }

    /// What the others are compared with, whether or not it runs.
    pub(crate) fn reference(&self) -> Option<&PlannedTarget> {
        self.targets.iter().find(|target| target.is_reference)
    }
}

/// How a run is carried out.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many live cases run at once.
    pub jobs: usize,
    /// How much more patient than usual to be on the live clock.
    pub timeout_scale: f64,
    /// What payload patterns come from; goldens hold for 0.
    pub seed: u64,
    /// Where goldens are; `None` compares with none.
    pub golden: Option<PathBuf>,
    /// Whether the first negative verdict ends the run.
    pub fail_fast: bool,
}

impl Options {
    /// Where goldens are, if this plan is compared with any.
    fn golden_root(&self, plan: &Plan) -> Option<&Path> {
        self.golden.as_deref().filter(|_| self.seed == 0 && plan.peer().is_none())
    }
}

/// Whoever takes part in a run.
pub struct Audience<'a> {
    /// Hears everything; the first error of writing is a problem in the summary.
    pub reporter: &'a mut dyn Reporter,
    /// Gets what every case gave; an error is a problem in the summary.
    pub keep: &'a mut dyn FnMut(&Case, &PlannedTarget, &CaseRun) -> Result<(), String>,
}

/// Carries the plan out.
pub fn run<'a>(
    plan: &'a Plan,
    options: &'a Options,
    interrupt: &'a InterruptHandle,
    audience: Audience<'a>,
) -> Summary {
    let (events, heard) = channel();
    let goldens = Arc::new(Goldens::new(options.golden_root(plan)));
    let mut run = Run {
        plan,
        options,
        goldens: Arc::clone(&goldens),
        interrupt,
        audience,
        summary: Summary { seed: options.seed, ..Summary::default() },
        panels: HashMap::new(),
        lockstep: VecDeque::new(),
        early: HashMap::new(),
        skipped: HashSet::new(),
        missing: BTreeSet::new(),
        bad_goldens: HashSet::new(),
        is_stopped: false,
        started: Instant::now(),
    };
    run.begin();
    let bench = Bench::new(plan, &goldens);
    thread::scope(|scope| {
        let workers = run.start_shims(scope, &bench, &events);
        drop(events);
        run.virtual_cases();
        run.listen(&heard, workers);
    });
    run.finish()
}

/// What identifies the same case on different targets: scenario, side, repetition.
type Key = (Arc<str>, Side, u32);

/// One case on all targets.
#[derive(Default)]
struct Panel {
    /// The number of the case that is the reference, if it ran, and what it did.
    reference: Option<(Option<usize>, Reference)>,
    /// Runs that are over and wait for the reference.
    held: Vec<(usize, CaseRun)>,
    /// How many were reported.
    reported: usize,
}

/// The threads that have shims.
#[derive(Default)]
struct Workers<'scope> {
    lockstep: Vec<JoinHandle<()>>,
    live: Vec<ScopedJoinHandle<'scope, ()>>,
}

struct Run<'a> {
    plan: &'a Plan,
    options: &'a Options,
    /// What to compare with.
    goldens: Arc<Goldens>,
    interrupt: &'a InterruptHandle,
    audience: Audience<'a>,
    summary: Summary,
    /// The cases of which not every target's run was reported.
    panels: HashMap<Key, Panel>,
    /// The numbers of the cases in lockstep that were not reported yet, in order, and those of them that are over.
    lockstep: VecDeque<usize>,
    early: HashMap<usize, CaseRun>,
    /// The numbers of the cases that were skipped.
    skipped: HashSet<usize>,
    /// Golden traces that should be there and are not.
    missing: BTreeSet<String>,
    /// What is wrong with golden traces that could not be read.
    bad_goldens: HashSet<String>,
    is_stopped: bool,
    started: Instant,
}

impl Run<'_> {
    fn begin(&mut self) {
        let targets: Vec<TargetInfo> =
            self.plan.targets.iter().map(|target| target.info.clone()).collect();
        let mut clocks: Vec<Clock> =
            targets.iter().filter(|target| target.ran).map(|target| target.clock).collect();
        clocks.sort_unstable();
        clocks.dedup();
        self.summary.clocks = clocks;
        self.say(&RunEvent::RunStarted {
            cases: self.plan.cases.len(),
            targets: &targets,
            seed: self.options.seed,
            version: env!("CARGO_PKG_VERSION"),
        });
    }

    fn say(&mut self, event: &RunEvent<'_>) {
        if let Err(error) = self.audience.reporter.report(event) {
            // Whoever reads no further (`| head`) has seen enough.
            if error.kind() == std::io::ErrorKind::BrokenPipe {
                return;
            }
            let note = format!("a report could not be written: {error}");
            if !self.summary.problems.contains(&note) {
                self.summary.problems.push(note);
            }
        }
    }

    fn start_shims<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        bench: &'scope Bench<'_>,
        events: &Sender<LiveEvent>,
    ) -> Workers<'scope> {
        let mut workers = Workers::default();
        for (index, target) in self.plan.targets.iter().enumerate() {
            let command = match &target.how {
                How::Shim { command } | How::Lockstep { command, .. } => command.clone(),
                How::InProcess | How::Absent => continue,
            };
            let mut cases = Vec::new();
            for (number, case) in
                self.plan.cases.iter().enumerate().filter(|(_, case)| case.target == index)
            {
                match case.skip_reason(target.info.clock).or_else(|| target.lacks(case)) {
                    Some(reason) => self.over(
                        number,
                        CaseRun::without_trace(Outcome::Skipped { reason }, Duration::ZERO),
                    ),
                    None => cases.push((number, case)),
                }
            }
            let ear = self.interrupt.ear();
            let Options { jobs, timeout_scale, .. } = *self.options;
            if let How::Lockstep { plays, .. } = target.how {
                self.lockstep.extend(cases.iter().map(|(number, _)| *number));
                let cases =
                    cases.into_iter().map(|(number, case)| (number, case.clone())).collect();
                let seed = pattern_seed(self.options.seed);
                let run = LockstepRun { command, plays, jobs, cases, seed, timeout_scale };
                workers.lockstep.extend(lockstep::start(run, events, &ear));
            } else {
                let cases = cases
                    .into_iter()
                    .map(|(number, case)| (number, self.live_setup(case)))
                    .collect();
                let run = LiveRun { command, jobs, cases, timeout_scale };
                workers.live.extend(live::start(scope, run, bench, events, &ear));
            }
        }
        workers
    }

    fn live_setup(&self, case: &Case) -> LiveSetup {
        LiveSetup {
            script: Arc::clone(&case.scenario),
            side: case.side,
            seed: pattern_seed(self.options.seed),
            timeout_scale: self.options.timeout_scale,
            is_hasty: true,
            budget: Budget::new(self.options.timeout_scale),
        }
    }

    fn virtual_cases(&mut self) {
        for number in 0..self.plan.cases.len() {
            if self.is_stopped || self.interrupt.has_come() {
                return;
            }
            let case = &self.plan.cases[number];
            if self.plan.targets[case.target].how == How::InProcess {
                self.case_started(number);
                let case = &self.plan.cases[number];
                let seed = pattern_seed(self.options.seed);
                let setup = virtual_time::built_in(&case.scenario, case.side, seed);
                let run = virtual_time::run_while(setup, &|| !self.interrupt.has_come());
                if self.interrupt.has_come() {
                    return;
                }
                self.over(number, run);
            }
        }
    }

    fn listen(&mut self, heard: &Receiver<LiveEvent>, workers: Workers<'_>) {
        while let Ok(event) = heard.recv() {
            match event {
                LiveEvent::Started(number) if self.is_in_lockstep(number) => {}
                LiveEvent::Started(number) => self.case_started(number),
                LiveEvent::Finished(number, run) if self.is_in_lockstep(number) => {
                    self.early.insert(number, *run);
                    while self.lockstep.front().is_some_and(|next| self.early.contains_key(next)) {
                        self.next_in_lockstep();
                    }
                }
                LiveEvent::Finished(number, run) => self.over(number, *run),
                LiveEvent::GivenUp(why) => self.problem(why),
                LiveEvent::Unusable(why) => {
                    self.summary.exit = ExitCode::Unusable;
                    self.problem(format!("a shim could not be used: {why}"));
                }
            }
        }
        // After an interrupt there may be gaps.
        while !self.lockstep.is_empty() {
            self.next_in_lockstep();
        }
        let lockstep = workers.lockstep.into_iter().map(JoinHandle::join);
        let live = workers.live.into_iter().map(ScopedJoinHandle::join);
        for end in lockstep.chain(live) {
            if end.is_err() {
                self.summary
                    .problems
                    .push("a thread of the harness panicked: please report it".to_owned());
            }
        }
    }

    /// Something is wrong with a shim. Each of its threads says so.
    fn problem(&mut self, problem: String) {
        if !self.summary.problems.contains(&problem) {
            self.summary.problems.push(problem);
        }
    }

    fn is_in_lockstep(&self, number: usize) -> bool {
        matches!(self.plan.targets[self.plan.cases[number].target].how, How::Lockstep { .. })
    }

    /// Reports the next case in lockstep, if it is over. They come in the order of the plan, however many processes
    /// they run on, so that two runs say the same.
    fn next_in_lockstep(&mut self) {
        if let Some(number) = self.lockstep.pop_front()
            && let Some(run) = self.early.remove(&number)
        {
            self.case_started(number);
            self.over(number, run);
        }
    }

    fn case_started(&mut self, number: usize) {
        let case = &self.plan.cases[number];
        let target = &self.plan.targets[case.target].info;
        let (id, side, clock) = (Arc::clone(&case.scenario.id), case.side, target.clock);
        self.say(&RunEvent::CaseStarted { id: &id, side, target: &target.name, clock });
    }

    /// A case is over. It is judged once the reference's run of the same case is known.
    fn over(&mut self, number: usize, run: CaseRun) {
        let case = &self.plan.cases[number];
        let key = (Arc::clone(&case.scenario.id), case.side, case.repeat);
        let mut panel = self.panels.remove(&key).unwrap_or_default();
        panel.held.push((number, run));
        if panel.reference.is_none() {
            panel.reference = self.choose_reference(&panel.held);
        }
        if let Some((chosen, reference)) = panel.reference.clone() {
            panel.held.sort_by_key(|(number, _)| Some(*number) != chosen);
            for (number, run) in std::mem::take(&mut panel.held) {
                panel.reported += 1;
                if Some(number) == chosen {
                    let none = Reference::None("it is the reference".to_owned());
                    self.report(number, &run, &none);
                } else {
                    self.report(number, &run, &reference);
                }
            }
        }
        let running = self.plan.targets.iter().filter(|target| target.how != How::Absent).count();
        if panel.reported < running {
            self.panels.insert(key, panel);
        }
    }

    /// The reference of a case, and the number of its case if it has run: the first of the reference's targets that
    /// could say anything. `None` while it is not over.
    fn choose_reference(
        &mut self,
        over: &[(usize, CaseRun)],
    ) -> Option<(Option<usize>, Reference)> {
        if let Some(peer) = self.peer() {
            return Some((None, Reference::None(format!("the peer is {peer}"))));
        }
        let mut last = None;
        for (index, _) in self
            .plan
            .targets
            .iter()
            .enumerate()
            .filter(|(_, target)| target.is_reference && target.how != How::Absent)
        {
            let (number, run) =
                over.iter().find(|(number, _)| self.plan.cases[*number].target == index)?;
            let clock = self.plan.targets[index].info.clock;
            last = Some((Some(*number), judge::reference_of(run, clock)));
            if !matches!(run.outcome, Outcome::Skipped { .. } | Outcome::Broken { .. }) {
                break;
            }
        }
        if last.is_some() {
            return last;
        }
        let (number, _) = over.first()?;
        let case = &self.plan.cases[*number];
        let Some(target) = self.plan.reference() else {
            return Some((None, Reference::None("there is no reference".to_owned())));
        };
        let reference = judge::golden_reference(&self.goldens, &target.info.name, case);
        let reference = reference.unwrap_or_else(|error| {
            self.bad_golden(error);
            Reference::None("the reference's golden trace cannot be read".to_owned())
        });
        if matches!(reference, Reference::None(_)) {
            self.missing_reference(*number);
        }
        Some((None, reference))
    }

    /// Where the reference does not run, its golden trace should be there, unless it cannot pass the case.
    fn missing_reference(&mut self, number: usize) {
        let case = &self.plan.cases[number];
        let Some(target) = self.plan.reference() else { return };
        let key = case.golden_key(&target.info.name);
        let Some(root) = self.goldens.root().filter(|root| root.join(&key.target).is_dir()) else {
            return;
        };
        let is_there = key.path(root).symlink_metadata().is_ok();
        if is_there || target.known.entry_for(Deviation::Verdict, &key.id, key.side).is_some() {
            return;
        }
        match golden::skipped(root, &key.target) {
            Ok(skipped) if skipped.contains_key(&key.case()) => {}
            Ok(_) => _ = self.missing.insert(golden::missing(root, &key)),
            Err(error) => self.bad_golden(error.to_string()),
        }
    }

    /// A golden trace is a file of the run's input: one that is wrong is no verdict.
    fn bad_golden(&mut self, problem: String) {
        if self.bad_goldens.insert(problem.clone()) {
            self.summary.problems.push(problem);
        }
    }

    /// Golden traces that should be there; when a folder of them is gone, a few names are enough.
    fn missing_goldens(&mut self) {
        let missing = std::mem::take(&mut self.missing);
        let more = missing.len().saturating_sub(MAX_MISSING);
        self.summary.problems.extend(missing.into_iter().take(MAX_MISSING));
        if more > 0 {
            let and_more =
                format!("{more} more golden traces are not there; yamux-conform check names them");
            self.summary.problems.push(and_more);
        }
    }

    fn report(&mut self, number: usize, run: &CaseRun, reference: &Reference) {
        let case = &self.plan.cases[number];
        let target = &self.plan.targets[case.target];
        let goldens = &*self.goldens;
        let compared_with = self.plan.reference();
        let Judged { verdict, comparison, problem } =
            judge::judge(case, run, &Court { target, goldens, reference, compared_with });
        match problem {
            Some(Trouble::Ledger(problem)) => self.summary.problems.push(problem),
            Some(Trouble::NoGolden(problem)) => _ = self.missing.insert(problem),
            Some(Trouble::BadGolden(problem)) => self.bad_golden(problem),
            None => {}
        }
        if matches!(run.outcome, Outcome::Skipped { .. }) {
            self.skipped.insert(number);
        }
        self.summary.problems.extend((self.audience.keep)(case, target, run).err());
        let report = CaseReport {
            id: Arc::clone(&case.scenario.id),
            side: case.side,
            target: target.info.name.clone(),
            asked: target.info.asked.clone(),
            peer: target.peer.as_ref().map(|peer| peer.asked.clone()),
            clock: target.info.clock,
            title: case.scenario.title.clone(),
            path: case.scenario.path.clone(),
            clauses: self.clauses_of(case),
            verdict,
            virtual_duration: run.case_time,
            duration: run.elapsed,
            repeat: case.repeat,
            comparison,
        };
        self.summary.count(&report.verdict);
        if report.verdict.is_negative() && self.options.fail_fast && !self.is_stopped {
            self.is_stopped = true;
            self.interrupt.stop();
        }
        self.say(&RunEvent::CaseFinished(&report));
    }

    fn clauses_of(&self, case: &Case) -> Vec<(Arc<str>, String, String)> {
        let quote = |id: &Arc<str>| match self.plan.clauses.find(id) {
            Some(clause) => (
                Arc::clone(id),
                clause.statement.clone(),
                format!("{}; {}", clause.level, clause.provenance),
            ),
            None => (Arc::clone(id), String::new(), String::new()),
        };
        case.scenario.clauses.iter().map(quote).collect()
    }

    fn peer(&self) -> Option<&str> {
        self.plan.peer()
    }

    fn finish(mut self) -> Summary {
        let panels = std::mem::take(&mut self.panels);
        let mut held: Vec<_> = panels.into_values().flat_map(|panel| panel.held).collect();
        held.sort_by_key(|(number, _)| *number);
        for (number, run) in held {
            self.report(
                number,
                &run,
                &Reference::None("the reference did not get to it".to_owned()),
            );
        }
        self.missing_goldens();
        self.summary.signal = self.interrupt.signal();
        if self.summary.signal.is_none() && !self.is_stopped {
            self.stale_entries();
        }
        self.summary.elapsed = self.started.elapsed();
        self.summary.exit = match (self.summary.exit, self.summary.judge()) {
            _ if !self.bad_goldens.is_empty() => ExitCode::BadInput,
            (ExitCode::Unusable, _) => ExitCode::Unusable,
            (_, judged) => judged,
        };
        let summary = std::mem::take(&mut self.summary);
        self.say(&RunEvent::RunFinished(&summary));
        let late = self.summary.problems.iter().filter(|late| !summary.problems.contains(late));
        let problems: Vec<String> = summary.problems.iter().chain(late).cloned().collect();
        let exit = match summary.exit {
            // Said too late to be in a report: one that could not be written is no success.
            ExitCode::Success if !problems.is_empty() => ExitCode::Negative,
            exit => exit,
        };
        Summary { problems, exit, ..summary }
    }

    /// Entries of the ledgers that no case answered to, on any clock of their target.
    fn stale_entries(&mut self) {
        let targets = &self.plan.targets;
        let unused: Vec<Vec<&KnownEntry>> =
            (0..targets.len()).map(|index| self.unused_entries(index)).collect();
        // Where the entries are of each target that a case answered to.
        let used: Vec<HashSet<Position>> = targets
            .iter()
            .zip(&unused)
            .map(|(target, unused)| {
                let unused: HashSet<Position> = unused.iter().map(|entry| entry.position).collect();
                let places = target.known.entries().map(|entry| entry.position);
                places.filter(|place| !unused.contains(place)).collect()
            })
            .collect();
        let has_others = targets.iter().any(|target| target.info.ran && !target.is_reference);
        let mut stale = BTreeSet::new();
        for (index, target) in targets.iter().enumerate() {
            for entry in &unused[index] {
                // What the reference's ledger says about traces is about others.
                let is_about_others = entry.what == Deviation::Trace && target.is_reference;
                let is_used_elsewhere = targets.iter().zip(&used).any(|(twin, used)| {
                    twin.info.name == target.info.name && used.contains(&entry.position)
                });
                let is_looked_for = entry.what != Deviation::Trace || self.peer().is_none();
                if is_looked_for && !is_used_elsewhere && (has_others || !is_about_others) {
                    let KnownEntry { case, reason, .. } = entry;
                    let message =
                        format!("{case} deviates so no more ({reason}): delete the entry");
                    stale.insert(target.known.problem(entry, message));
                }
            }
        }
        stale.extend(targets.iter().flat_map(|target| target.known.dead()));
        self.summary.problems.extend(stale.iter().map(Problem::to_string));
    }

    /// The entries of one target that no case answered to, though one that they name was carried out. What is skipped on
    /// both clocks never will be.
    fn unused_entries(&self, index: usize) -> Vec<&KnownEntry> {
        let target = &self.plan.targets[index];
        if !target.info.ran {
            return Vec::new();
        }
        let is_on = |clock: Clock| {
            let mut twins =
                self.plan.targets.iter().filter(|twin| twin.info.name == target.info.name);
            twins.any(|twin| twin.info.ran && twin.info.clock == clock)
        };
        let is_everywhere = is_on(Clock::Virtual) && is_on(Clock::Live);
        let cases = self.plan.cases.iter().enumerate();
        let ran = cases
            .filter(|(number, case)| {
                case.target == index && (is_everywhere || !self.skipped.contains(number))
            })
            .map(|(_, case)| (&*case.scenario.id, case.side));
        target.known.unused(ran)
    }
}

/// How many missing golden traces are named.
const MAX_MISSING: usize = 5;

/// Patterns take 32 bits of seed.
const fn pattern_seed(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}
