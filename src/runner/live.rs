//! Cases on the live clock: several long-lived shims side by side, several sessions at once in each.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::Duration;

use tokio::runtime;
use tokio::task::{JoinError, JoinSet, LocalSet};

use crate::engine::Outcome;
use crate::runner::doubt::EarlyJudge;
use crate::runner::live_case::{self, LiveSetup, Tried};
use crate::runner::punctual::{self, Punctual};
use crate::runner::streak::Streak;
use crate::runner::{CaseRun, Interrupt, processes};
use crate::shim::process::ShimProcess;
use crate::shim::protocol::Capabilities;

/// Cases for one shim.
pub(crate) struct LiveRun {
    /// The shim's command.
    pub(crate) command: Vec<String>,
    /// How many cases run at once, at least 1.
    pub(crate) jobs: usize,
    /// What is to be run; the number comes back with the result.
    pub(crate) cases: Vec<(usize, LiveSetup)>,
    /// How patient to be beyond the cases.
    pub(crate) timeout_scale: f64,
}

/// What a live run tells while it runs.
pub(crate) enum LiveEvent {
    /// A case has begun.
    Started(usize),
    /// A case is over.
    Finished(usize, Box<CaseRun>),
    /// The shim breaks one case after the other: the rest is not run.
    GivenUp(String),
    /// The shim cannot be used at all.
    Unusable(String),
}

/// Starts the shim once, to learn what it is.
pub fn inquire(command: &[String], timeout_scale: f64) -> Result<Capabilities, String> {
    on_local_runtime(async {
        let patience = patience(timeout_scale);
        let (process, capabilities) = ShimProcess::start(command, patience).await?;
        process.stop(patience).await;
        Ok(capabilities)
    })
}

/// Runs the cases; returns at once. The channel closes when all is over.
pub(crate) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    run: LiveRun,
    bench: &'scope EarlyJudge<'_>,
    events: &Sender<LiveEvent>,
    interrupt: &Interrupt,
) -> Vec<thread::ScopedJoinHandle<'scope, ()>> {
    let shims = processes(run.jobs, run.cases.len());
    let jobs = run.cases.into_iter().map(|(number, setup)| Job { number, setup, attempt: 1 });
    let queue = Arc::new(Mutex::new(jobs.collect()));
    let streak = Streak::default();
    (0..shims)
        .map(|index| {
            let worker = LiveWorker {
                command: run.command.clone(),
                sessions: run.jobs / shims + usize::from(index < run.jobs % shims),
                queue: Arc::clone(&queue),
                streak: streak.clone(),
                events: events.clone(),
                interrupt: interrupt.clone(),
                bench,
                patience: patience(run.timeout_scale),
            };
            scope.spawn(move || on_local_runtime(worker.work()))
        })
        .collect()
}

/// A case that waits to be run.
struct Job {
    number: usize,
    setup: LiveSetup,
    /// From 1.
    attempt: u32,
}

impl Job {
    /// What its session is called; the process may have seen it before.
    fn session(&self) -> String {
        match self.attempt {
            1 => format!("s{}", self.number),
            attempt => format!("s{}-attempt-{attempt}", self.number),
        }
    }
}

/// What one process of a shim was good for.
#[derive(Default)]
struct ProcessYield {
    /// Cases that were under way when it went.
    suspects: Vec<Job>,
    /// Whether any case was begun.
    was_used: bool,
}

/// One thread with one shim.
struct LiveWorker<'a> {
    command: Vec<String>,
    sessions: usize,
    queue: Arc<Mutex<VecDeque<Job>>>,
    streak: Streak,
    events: Sender<LiveEvent>,
    interrupt: Interrupt,
    bench: &'a EarlyJudge<'a>,
    patience: Duration,
}

impl LiveWorker<'_> {
    async fn work(self) {
        while !self.is_done() {
            if self.streak.is_too_long() {
                let why = self.streak.why();
                self.skip_rest(&why);
                return self.say(LiveEvent::GivenUp(why));
            }
            let process = match ShimProcess::start(&self.command, self.patience).await {
                Ok((process, _)) => process,
                Err(_) if self.interrupt.has_come() => return,
                Err(error) => return self.give_up(&error),
            };
            let ProcessYield { suspects, was_used } = self.serve(&process).await;
            process.stop(self.patience_now()).await;
            if !was_used {
                self.streak.note_break();
            }
            for job in suspects {
                if self.interrupt.has_come() {
                    return;
                }
                if self.streak.is_too_long() {
                    self.lock().push_front(job);
                } else {
                    self.run_alone(job).await;
                }
            }
        }
    }

    /// The shim is of no use: what it was to do is not done.
    fn give_up(&self, why: &str) {
        self.skip_rest("the shim could not be used");
        self.say(LiveEvent::Unusable(why.to_owned()));
    }

    fn skip_rest(&self, reason: &str) {
        while let Some(Job { number, .. }) = self.next() {
            let outcome = Outcome::Skipped { reason: reason.to_owned() };
            self.finished(number, CaseRun::without_trace(outcome, Duration::ZERO));
        }
    }

    fn is_done(&self) -> bool {
        self.interrupt.has_come() || self.lock().is_empty()
    }

    /// Runs cases until none is left or the shim is gone.
    async fn serve(&self, process: &ShimProcess) -> ProcessYield {
        let punctual = Punctual::watch();
        let mut served = ProcessYield::default();
        let mut under_way = JoinSet::new();
        let mut numbers = HashMap::new();
        loop {
            while under_way.len() < self.sessions
                && process.gone().is_none()
                && !self.interrupt.has_come()
                && !self.streak.is_too_long()
                && let Some(job) = self.next()
            {
                served.was_used = true;
                let number = job.number;
                if job.attempt == 1 {
                    self.say(LiveEvent::Started(number));
                }
                let (process, interrupt) = (process.clone(), self.interrupt.clone());
                let task = under_way.spawn_local(async move {
                    let tried =
                        live_case::run(&process, &job.session(), &job.setup, &interrupt).await;
                    (job, tried)
                });
                numbers.insert(task.id(), number);
            }
            let Some(joined) = under_way.join_next_with_id().await else { return served };
            let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            let Some(number) = numbers.remove(&id) else { continue };
            match joined {
                Ok((_, (job, tried))) if is_broken(&tried.run) && process.gone().is_some() => {
                    served.suspects.push(job);
                }
                Ok((_, (job, tried))) => {
                    self.over(job, tried, &punctual);
                }
                Err(_) => {
                    let message = "the harness panicked in this case: please report it".to_owned();
                    let outcome = Outcome::Broken { message, stderr: process.stderr() };
                    self.finished(number, CaseRun::without_trace(outcome, Duration::ZERO));
                }
            }
        }
    }

    /// A crash or a hang costs its own case: whoever was there runs again alone, in a process of its own.
    async fn run_alone(&self, job: Job) {
        let process = match ShimProcess::start(&self.command, self.patience).await {
            Ok((process, _)) => process,
            Err(message) => {
                let outcome = Outcome::Broken { message, stderr: Vec::new() };
                let run = CaseRun::without_trace(outcome, Duration::ZERO);
                return self.finished(job.number, run);
            }
        };
        let punctual = Punctual::watch();
        let session = format!("{}-alone", job.session());
        let mut tried = live_case::run(&process, &session, &job.setup, &self.interrupt).await;
        if is_broken(&tried.run) {
            process.kill("a case has broken it");
        } else {
            process.stop(self.patience_now()).await;
        }
        if let Outcome::Broken { message, .. } = &mut tried.run.outcome {
            *message = format!("{message} (again, alone in a fresh process)");
        }
        self.over(job, tried, &punctual);
    }

    /// A case was run once: it is over, or doubtful and waits to be run again, beside whatever runs then.
    fn over(&self, mut job: Job, tried: Tried, punctual: &Punctual) {
        // What was cut short, maybe by the end of its shim, says nothing.
        if self.interrupt.has_come() {
            return;
        }
        if !self.is_doubtful(&job, &tried, punctual) {
            return self.finished(job.number, tried.run);
        }
        job.attempt += 1;
        job.setup.is_hasty = false;
        self.lock().push_back(job);
    }

    /// Whether a case would count against the implementation, but was decided in haste or while the machine was too busy
    /// to tell. What a ledger knows does not count against it.
    fn is_doubtful(&self, job: &Job, tried: &Tried, punctual: &Punctual) -> bool {
        let Tried { run, was_hasty, slowest_pong } = tried;
        let began = tokio::time::Instant::now().checked_sub(run.elapsed);
        let was_late = began.is_some_and(|began| punctual.has_stalled_since(began))
            || *slowest_pong > punctual::TOLERANCE;
        (*was_hasty || was_late)
            && job.attempt < MAX_ATTEMPTS
            && job.setup.budget.has_room_for(run.elapsed)
            && !matches!(run.outcome, Outcome::Broken { .. } | Outcome::Skipped { .. })
            && !self.interrupt.has_come()
            && self.bench.is_negative(job.number, run)
    }

    /// How long to wait for a farewell: whoever has pressed Ctrl-C does not want to.
    fn patience_now(&self) -> Duration {
        if self.interrupt.has_come() { Duration::ZERO } else { self.patience.min(FAREWELL) }
    }

    fn next(&self) -> Option<Job> {
        self.lock().pop_front()
    }

    fn finished(&self, number: usize, run: CaseRun) {
        self.streak.note(&run);
        self.say(LiveEvent::Finished(number, Box::new(run)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Job>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, event: LiveEvent) {
        // Whoever no longer listens has seen enough.
        let _ = self.events.send(event);
    }
}

/// Runs to the end on a runtime of this thread alone.
pub(crate) fn on_local_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs only a few file descriptors");
    LocalSet::new().block_on(&runtime, work)
}

fn patience(timeout_scale: f64) -> Duration {
    Duration::from_secs(5).mul_f64(timeout_scale)
}

const fn is_broken(run: &CaseRun) -> bool {
    matches!(run.outcome, Outcome::Broken { .. })
}

/// Long enough for a shim that is well.
const FAREWELL: Duration = Duration::from_secs(2);

/// A case that fails so often is wrong, however busy the machine is.
const MAX_ATTEMPTS: u32 = 3;
