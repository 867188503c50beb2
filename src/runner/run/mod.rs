//! A run: takes a plan, emits events, returns a summary.

mod end;
pub(crate) mod interrupt;
mod panel;
mod sweep;
mod verdicts;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::engine::{CaseSetup, Outcome, SubjectRules};
use crate::report::{Reporter, RunEvent, Summary, TargetInfo};
use crate::runner::crew::CaseEvent;
use crate::runner::judge::Reference;
use crate::runner::judge::goldens::Goldens;
use crate::runner::live::budget::TimeBudget;
use crate::runner::live::case::LiveSetup;
use crate::runner::live::doubt::EarlyJudge;
use crate::runner::live::shims::ShimCommands;
use crate::runner::live::slots::Slots;
use crate::runner::live::{self, LiveRun};
use crate::runner::lockstep::{self, Able, LockstepRun};
use crate::runner::options::Options;
use crate::runner::plan::{Case, How, Plan, PlannedTarget};
use crate::runner::verdict::{Again, Clock, ExitCode};
use crate::runner::{CaseRun, InterruptHandle, processes, virtual_time};
use crate::scenario::CaseId;
use crate::yamux::frame::Side;

/// The receivers of a run's events and traces.
pub struct Audience<'a> {
    /// Receives every event; the first error of writing is a problem in the summary.
    pub reporter: &'a mut dyn Reporter,
    /// Receives the result of every case; an error is a problem in the summary.
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
        again: plan.targets.iter().map(|target| Arc::new(options.again(target, plan))).collect(),
        judged_by: plan
            .targets
            .iter()
            .map(|target| {
                let mut rules = plan.judged_by(target);
                rules.tolerated.extend(options.tolerated.iter().map(Arc::clone));
                Arc::new(rules)
            })
            .collect(),
        peer_judged_by: plan
            .targets
            .iter()
            .map(|one| plan.peer_judged_by(one).map(Arc::new))
            .collect(),
        summary: Summary { seed: options.seed, ..Summary::default() },
        panels: HashMap::new(),
        plain: HashMap::new(),
        lockstep: VecDeque::new(),
        early: HashMap::new(),
        skipped: HashSet::new(),
        compared: HashMap::new(),
        missing: BTreeSet::new(),
        unkept: 0,
        bad_goldens: HashSet::new(),
        is_stopped: false,
        reported: 0,
        negative: 0,
        started: Instant::now(),
    };
    run.begin();
    let _alarm = options.run_timeout.map(|limit| interrupt.time_out_after(limit));
    let bench = EarlyJudge::new(plan, &goldens, options.compares_all);
    thread::scope(|scope| {
        let workers = run.start_shims(scope, &bench, &events);
        drop(events);
        run.virtual_cases();
        run.listen(&heard, workers);
    });
    run.finish()
}

/// The identity of a case across targets: the case and its repetition.
type PanelKey = (CaseId, u32);

/// A plain case on one target: its scenario, side, target and repetition.
type PlainKey = (Arc<str>, Side, usize, u32);

/// One case on all targets.
#[derive(Default)]
struct Panel {
    /// The number of the reference's case, if it ran, and its trace.
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
    /// The goldens to compare with.
    goldens: Arc<Goldens>,
    interrupt: &'a InterruptHandle,
    audience: Audience<'a>,
    /// The options that repeat a case, for each target.
    again: Vec<Arc<Again>>,
    /// The rules each target is judged by.
    judged_by: Vec<Arc<SubjectRules>>,
    /// The rules its peer is judged by, for each target whose peer is under test too.
    peer_judged_by: Vec<Option<Arc<SubjectRules>>>,
    summary: Summary,
    /// The cases of which not every target's run was reported.
    panels: HashMap<PanelKey, Panel>,
    /// The verdicts of plain cases, for their variations.
    plain: HashMap<PlainKey, String>,
    /// The numbers of the cases in lockstep that were not reported yet, in order, and those of them that are over.
    lockstep: VecDeque<usize>,
    early: HashMap<usize, CaseRun>,
    /// The numbers of the cases that were skipped.
    skipped: HashSet<usize>,
    /// The numbers of the cases whose traces were compared: exactly on the virtual clock, in meaning on the live one.
    compared: HashMap<usize, Clock>,
    /// Missing golden traces.
    missing: BTreeSet<String>,
    /// How many traces could not be written.
    unkept: usize,
    /// Problems of golden traces that could not be read.
    bad_goldens: HashSet<String>,
    is_stopped: bool,
    /// How many cases were reported, and how many of them are negative.
    reported: usize,
    negative: usize,
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
            suite: self.plan.suite.as_ref(),
            portion: &self.options.portion,
        });
    }

    fn say(&mut self, event: &RunEvent<'_>) {
        let heard = self.audience.reporter.report(event);
        self.heard(heard);
    }

    fn heard(&mut self, heard: std::io::Result<()>) {
        if let Err(error) = heard {
            // A reader that closes the pipe (`| head`) has seen enough.
            if error.kind() == std::io::ErrorKind::BrokenPipe {
                return;
            }
            self.problem(format!("a report could not be written: {error}"));
        }
    }

    fn start_shims<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        bench: &'scope EarlyJudge<'_>,
        events: &Sender<CaseEvent>,
    ) -> Workers<'scope> {
        let mut workers = Workers::default();
        let room = processes(self.options.jobs, usize::MAX);
        let (lockstep_slots, live_slots) = (Slots::of(room), Slots::of(room * LIVE_AT_ONCE));
        let mut live_runs = Vec::new();
        for (index, target) in self.plan.targets.iter().enumerate() {
            let (command, other) = match &target.how {
                How::Shim { command, peer } => (command.clone(), peer.clone()),
                How::Lockstep { command, .. } => (command.clone(), None),
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
            let (jobs, timeout_scale) = (self.options.jobs, self.options.start_scale());
            if let How::Lockstep { plays, .. } = target.how {
                self.lockstep.extend(cases.iter().map(|(number, _)| *number));
                let cases =
                    cases.into_iter().map(|(number, case)| (number, case.clone())).collect();
                let peer = target.peer.as_ref().map(|peer| peer.able.clone());
                let able = Able { subject: target.able.clone(), peer };
                let run = LockstepRun {
                    command,
                    plays,
                    jobs,
                    cases,
                    judged_by: Arc::clone(&self.judged_by[index]),
                    peer_judged_by: self.peer_judged_by[index].clone(),
                    able,
                    seed: pattern_seed(self.options.seed),
                    timeout_scale,
                    case_timeout: self.options.case_limit(),
                };
                workers.lockstep.extend(lockstep::start(run, &lockstep_slots, events, &ear));
            } else {
                let cases = cases
                    .into_iter()
                    .map(|(number, case)| (number, self.live_setup(case)))
                    .collect();
                let commands = ShimCommands { subject: command, peer: other };
                live_runs.push((LiveRun { commands, jobs, cases, timeout_scale }, ear));
            }
        }
        // By now all those in lockstep have reserved theirs.
        let slots = (&live_slots, &lockstep_slots);
        for (run, ear) in live_runs {
            workers.live.extend(live::start(scope, run, slots, bench, events, &ear));
        }
        workers
    }

    fn live_setup(&self, case: &Case) -> LiveSetup {
        LiveSetup {
            script: Arc::clone(&case.scenario),
            side: case.side,
            judged_by: Arc::clone(&self.judged_by[case.target]),
            peer_judged_by: self.peer_judged_by[case.target].clone(),
            seed: pattern_seed(self.options.seed),
            timeout_scale: self.options.timeout_scale,
            is_hasty: true,
            budget: TimeBudget::of(
                &case.scenario,
                self.options.timeout_scale,
                self.options.case_limit(),
            ),
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
                if let Some(reason) = case.skip_reason(Clock::Virtual) {
                    let skipped = Outcome::Skipped { reason };
                    self.over(number, CaseRun::without_trace(skipped, Duration::ZERO));
                    continue;
                }
                let seed = pattern_seed(self.options.seed);
                let setup = virtual_time::built_in(&case.scenario, case.side, seed);
                let setup = CaseSetup {
                    judged_by: Arc::clone(&self.judged_by[case.target]),
                    peer_judged_by: self.peer_judged_by[case.target].clone(),
                    ..setup
                };
                let begun = Instant::now();
                let limit = self.options.case_timeout;
                let is_late = || limit.is_some_and(|limit| begun.elapsed() > limit);
                let may_go_on = || !self.interrupt.has_come() && !is_late();
                let mut run = virtual_time::run_while(setup, &may_go_on, &mut || None);
                if self.interrupt.has_come() {
                    return;
                }
                if let Some(limit) = limit.filter(|limit| run.is_cut_short(*limit)) {
                    let seconds = limit.as_secs_f64();
                    let message = format!("the case was not over within {seconds} s of real time");
                    run.outcome = Outcome::Broken { message, stderr: Vec::new() };
                }
                self.over(number, run);
            }
        }
    }

    fn listen(&mut self, heard: &Receiver<CaseEvent>, workers: Workers<'_>) {
        while let Ok(event) = heard.recv() {
            match event {
                CaseEvent::Started(number) if self.is_in_lockstep(number) => {}
                CaseEvent::Started(number) => self.case_started(number),
                CaseEvent::Finished(number, run) if self.is_in_lockstep(number) => {
                    self.early.insert(number, *run);
                    while self.lockstep.front().is_some_and(|next| self.early.contains_key(next)) {
                        self.next_in_lockstep();
                    }
                }
                CaseEvent::Finished(number, run) => self.over(number, *run),
                CaseEvent::GivenUp(why) => self.problem(why),
                CaseEvent::Unusable(why) => {
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

    /// A problem with a shim. Each of its threads reports it.
    fn problem(&mut self, problem: String) {
        if !self.summary.problems.contains(&problem) {
            self.summary.problems.push(problem);
        }
    }

    fn is_in_lockstep(&self, number: usize) -> bool {
        matches!(self.plan.targets[self.plan.cases[number].target].how, How::Lockstep { .. })
    }

    /// Reports the next case in lockstep, if it is over. The order is that of the plan, however many processes they run on,
    /// so that two runs print the same.
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
        let run = case.run_id(target);
        self.say(&RunEvent::CaseStarted(&run));
    }

    pub(in crate::runner) fn peer(&self) -> Option<&str> {
        self.plan.peer()
    }
}

/// Pattern seeds have 32 bits.
const fn pattern_seed(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}

/// How many shims have live cases at a time. Those mostly wait, but not all of them.
const LIVE_AT_ONCE: usize = 3;
