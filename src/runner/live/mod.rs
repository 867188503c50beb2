//! Cases on the live clock: several long-lived shims side by side, several sessions at once in each.

pub(crate) mod budget;
pub(crate) mod case;
pub(crate) mod connection;
pub(crate) mod doubt;
pub(crate) mod end;
pub(crate) mod inquire;
pub(crate) mod punctual;
pub(crate) mod shims;
pub(crate) mod slots;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::mpsc::Sender;
use std::thread::{self, Scope};
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use crate::engine::Outcome;
use crate::runner::crew::{CaseEvent, Crew, Job, mark_as_alone, needs_another_look, weigh};
use crate::runner::live::case::{LiveSetup, Tried};
use crate::runner::live::doubt::EarlyJudge;
use crate::runner::live::inquire::{FAREWELL, on_local_runtime};
use crate::runner::live::punctual::Punctual;
use crate::runner::live::shims::{CaseShims, ShimCommands};
use crate::runner::live::slots::Slots;
use crate::runner::verdict::Verdict;
use crate::runner::{CaseRun, Interrupt, processes};
use crate::scenario::Actor;

/// Cases for one shim.
pub(crate) struct LiveRun {
    /// What starts its shims.
    pub(crate) commands: ShimCommands,
    /// How many cases run at once, at least 1.
    pub(crate) jobs: usize,
    /// The cases; the number is returned with the result.
    pub(crate) cases: Vec<(usize, LiveSetup)>,
    /// The factor for time limits outside the cases.
    pub(crate) timeout_scale: f64,
}

/// Starts the shim once, to ask for its capabilities.
/// Runs the cases as it gets slots, once every worker of `others` works; returns at once. The channel closes when all is
/// over.
pub(crate) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    run: LiveRun,
    (slots, others): (&Slots, &Slots),
    bench: &'scope EarlyJudge<'_>,
    events: &Sender<CaseEvent>,
    interrupt: &Interrupt,
) -> Vec<thread::ScopedJoinHandle<'scope, ()>> {
    let shims = processes(run.jobs, run.cases.len());
    let jobs = run.cases.into_iter();
    let jobs = jobs.map(|(number, setup)| LiveJob { number, setup, attempt: 1, before: None });
    let crew = Crew::new(jobs, events, interrupt);
    (0..shims)
        .map(|index| {
            let worker = LiveWorker {
                commands: run.commands.clone(),
                sessions: run.jobs / shims + usize::from(index < run.jobs % shims),
                crew: crew.clone(),
                bench,
                timeout_scale: run.timeout_scale,
            };
            let (slot, others) = (slots.reserve(), others.clone());
            scope.spawn(move || {
                others.wait_until_all_work();
                slot.wait();
                on_local_runtime(worker.work());
            })
        })
        .collect()
}

/// A case waiting to run.
struct LiveJob {
    number: usize,
    setup: LiveSetup,
    /// From 1.
    attempt: u32,
    /// The run of the previous attempt, if it had a verdict.
    before: Option<Box<CaseRun>>,
}

impl Job for LiveJob {
    fn number(&self) -> usize {
        self.number
    }
}

impl LiveJob {
    /// The name of its session; the process may have run it before.
    fn session(&self) -> String {
        match self.attempt {
            1 => format!("s{}", self.number),
            attempt => format!("s{}-attempt-{attempt}", self.number),
        }
    }
}

/// The result of one process of a shim.
#[derive(Default)]
struct ProcessYield {
    /// Cases that were running when it ended, and their results.
    suspects: Vec<(LiveJob, Tried)>,
    /// Whether any case began.
    was_used: bool,
}

/// One thread with one shim.
struct LiveWorker<'a> {
    commands: ShimCommands,
    sessions: usize,
    crew: Crew<LiveJob>,
    bench: &'a EarlyJudge<'a>,
    timeout_scale: f64,
}

impl LiveWorker<'_> {
    async fn work(self) {
        while !self.crew.is_done() && !self.crew.gives_up() {
            let shims = match CaseShims::start(&self.commands, self.timeout_scale).await {
                Ok(shims) => shims,
                Err(_) if self.is_interrupted() => return,
                Err(error) => return self.crew.cannot_be_used(&error),
            };
            let ProcessYield { suspects, was_used } = self.serve(&shims).await;
            shims.stop(self.patience_now()).await;
            if !was_used {
                self.crew.note_break();
            }
            self.question(suspects).await;
        }
    }

    /// Reruns alone each case that was running when the process died, or that stopped it; the one that sent the process
    /// something last comes first. Once one of them has killed it again, the others run among others as before. If none has,
    /// the first is to blame.
    async fn question(&self, mut suspects: Vec<(LiveJob, Tried)>) {
        suspects.sort_by_key(|(_, tried)| (!tried.has_crashed(), Reverse(tried.last_given)));
        let last = suspects.first().map(|(job, _)| job.number);
        let mut is_found = false;
        let mut cleared = Vec::new();
        for (mut job, first) in suspects {
            if self.is_interrupted() {
                return;
            }
            if self.crew.is_worn_out() {
                self.crew.put_back(job);
                continue;
            }
            if is_found && first.has_crashed() {
                job.attempt += 1;
                self.crew.put_back(job);
                continue;
            }
            let (again, punctual) = self.run_alone(&job).await;
            match first.has_crashed() {
                true if again.has_crashed() => is_found = true,
                // Whether the crash was its doing is known once all have run.
                true => {
                    cleared.push((job, first, again, punctual));
                    continue;
                }
                false => {}
            }
            let run = weigh(first.run, again.run);
            self.over(job, Tried { run, ..again }, &punctual);
        }
        for (job, first, again, punctual) in cleared {
            let run = match !is_found && Some(job.number) == last {
                true => weigh(first.run, again.run),
                false => again.run,
            };
            self.over(job, Tried { run, ..again }, &punctual);
        }
    }

    fn is_interrupted(&self) -> bool {
        self.crew.interrupt().has_come()
    }

    /// Runs cases until none is left or a shim is gone.
    async fn serve(&self, shims: &CaseShims) -> ProcessYield {
        let punctual = Punctual::watch();
        let mut served = ProcessYield::default();
        let mut under_way = JoinSet::new();
        let mut numbers = HashMap::new();
        loop {
            while under_way.len() < self.sessions
                && !shims.are_gone()
                && !self.is_interrupted()
                && !self.crew.is_worn_out()
                && let Some(job) = self.crew.next()
            {
                served.was_used = true;
                let number = job.number;
                if job.attempt == 1 {
                    self.crew.started(number);
                }
                let (shims, interrupt) = (shims.clone(), self.crew.interrupt().clone());
                let is_alone = job.setup.script.asks_for_figures();
                let own = is_alone.then(|| (self.commands.clone(), self.timeout_scale));
                let task = under_way.spawn_local(async move {
                    let tried = match own {
                        Some(own) => run_in_its_own(own, &job, &interrupt).await,
                        None => case::run(&shims, &job.session(), &job.setup, &interrupt).await,
                    };
                    (job, tried)
                });
                numbers.insert(task.id(), number);
            }
            let Some(joined) = under_way.join_next_with_id().await else { return served };
            let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            let Some(number) = numbers.remove(&id) else { continue };
            match joined {
                Ok((_, (job, tried)))
                    if needs_another_look(&tried.run) && (tried.is_stuck() || shims.are_gone()) =>
                {
                    served.suspects.push((job, tried));
                }
                Ok((_, (job, tried))) => {
                    self.over(job, tried, &punctual);
                }
                Err(_) => {
                    let message = "the harness panicked in this case: please report it".to_owned();
                    let outcome = Outcome::Broken { message, stderr: shims.stderr() };
                    self.crew.finished(number, CaseRun::without_trace(outcome, Duration::ZERO));
                }
            }
        }
    }

    /// A crash or a hang costs its own case: every case that was running reruns alone, in a process of its own.
    async fn run_alone(&self, job: &LiveJob) -> (Tried, Punctual) {
        let punctual = Punctual::watch();
        let shims = match CaseShims::start(&self.commands, self.timeout_scale).await {
            Ok(shims) => shims,
            Err(message) => return (Tried::without_shim(message), punctual),
        };
        let session = format!("{}-alone", job.session());
        let mut tried = case::run(&shims, &session, &job.setup, self.crew.interrupt()).await;
        if needs_another_look(&tried.run) {
            shims.kill_with_dump("a case has broken it").await;
            if let Outcome::Died(_, failure) = &mut tried.run.outcome {
                failure.stderr = match (failure.end, &shims.peer) {
                    (Actor::Peer, Some(peer)) => peer.stderr(),
                    _ => shims.subject.stderr(),
                };
            }
        } else {
            shims.stop(self.patience_now()).await;
        }
        mark_as_alone(&mut tried.run);
        (tried, punctual)
    }

    /// Handles the end of an attempt: the case is over, or doubtful and queued to run again among others.
    fn over(&self, mut job: LiveJob, mut tried: Tried, punctual: &Punctual) {
        // A run that was cut short, maybe by the end of its shim, says nothing.
        if self.is_interrupted() {
            return;
        }
        if !self.is_doubtful(&job, &tried, punctual) {
            // The trouble of a further attempt is no reason to drop the earlier result.
            if let (Outcome::Broken { .. }, Some(before)) = (&tried.run.outcome, job.before) {
                tried.run = *before;
            }
            return self.crew.finished(job.number, tried.run);
        }
        job.before = Some(Box::new(tried.run));
        job.attempt += 1;
        job.setup.is_hasty = false;
        self.crew.put_last(job);
    }

    /// Whether a case should run again before its verdict is reported: it would be about the implementation, but was decided
    /// in haste or on a machine too busy to tell, or its time ran out while frames still came. A deviation that a ledger
    /// knows does not count against it. One pass is not enough to call a deviation fixed: a race passes now and then.
    fn is_doubtful(&self, job: &LiveJob, tried: &Tried, punctual: &Punctual) -> bool {
        let Tried { run, was_hasty, slowest_pong, was_moving, .. } = tried;
        let began = tokio::time::Instant::now().checked_sub(run.elapsed);
        let was_late = began.is_some_and(|began| punctual.has_stalled_since(began))
            || *slowest_pong > punctual::TOLERANCE;
        // Beside many other cases a slow library may lack the time; once they are over, what is left of it is enough.
        let was_cut_off = *was_moving && run.elapsed >= job.setup.rules().patience();
        let has_room = job.setup.budget.has_room_for(run.elapsed);
        let may_be_wrong = *was_hasty || was_late || was_cut_off;
        job.attempt < MAX_ATTEMPTS
            && (has_room || was_cut_off && job.attempt == 1)
            && !matches!(
                run.outcome,
                Outcome::Broken { .. } | Outcome::Died(..) | Outcome::Skipped { .. }
            )
            && !self.is_interrupted()
            && match self.bench.verdict(job.number, run) {
                Verdict::UnexpectedPass { .. } => true,
                Verdict::Differs(_) | Verdict::NotReached(_) => may_be_wrong,
                verdict => verdict.is_negative() && may_be_wrong,
            }
    }

    /// How long to wait for a farewell: after Ctrl-C nobody wants to wait.
    fn patience_now(&self) -> Duration {
        if self.is_interrupted() { Duration::ZERO } else { FAREWELL }
    }
}

/// Runs a case in processes of its own: what it asks of them would apply to all their cases.
async fn run_in_its_own(
    (commands, timeout_scale): (ShimCommands, f64),
    job: &LiveJob,
    interrupt: &Interrupt,
) -> Tried {
    let shims = match CaseShims::start(&commands, timeout_scale).await {
        Ok(shims) => shims,
        Err(message) => return Tried::without_shim(message),
    };
    let tried = case::run(&shims, &job.session(), &job.setup, interrupt).await;
    let patience = if interrupt.has_come() { Duration::ZERO } else { FAREWELL };
    shims.stop(patience).await;
    tried
}

/// Runs to the end on a runtime of this thread alone.
/// Long enough for a healthy shim.
/// A verdict that repeats this often is right, however busy the machine is.
const MAX_ATTEMPTS: u32 = 3;
