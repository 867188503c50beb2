//! Cases on the live clock: several long-lived shims side by side, several sessions at once in each.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::task::{JoinError, JoinSet, LocalSet};

use crate::engine::Outcome;
use crate::peer::shim::Capabilities;
use crate::runner::live_case::{self, LiveSetup};
use crate::runner::process::ShimProcess;
use crate::runner::punctual::Punctual;
use crate::runner::{CaseRun, Interrupt};

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
pub(crate) fn start(
    run: LiveRun,
    events: &Sender<LiveEvent>,
    interrupt: &Interrupt,
) -> Vec<thread::JoinHandle<()>> {
    let shims = SHIMS.min(run.jobs).min(run.cases.len());
    let queue = Arc::new(Mutex::new(VecDeque::from(run.cases)));
    (0..shims)
        .map(|index| {
            let worker = Worker {
                command: run.command.clone(),
                sessions: run.jobs / shims + usize::from(index < run.jobs % shims),
                queue: Arc::clone(&queue),
                events: events.clone(),
                interrupt: interrupt.clone(),
                patience: patience(run.timeout_scale),
            };
            thread::spawn(move || on_local_runtime(worker.work()))
        })
        .collect()
}

/// What one process of a shim was good for.
#[derive(Default)]
struct Served {
    /// Cases that were under way when it went, or that failed while the machine was too busy to tell.
    suspects: Vec<(usize, LiveSetup)>,
    /// Whether anything could be said of at least one case.
    is_fruitful: bool,
}

/// One thread with one shim.
struct Worker {
    command: Vec<String>,
    sessions: usize,
    queue: Arc<Mutex<VecDeque<(usize, LiveSetup)>>>,
    events: Sender<LiveEvent>,
    interrupt: Interrupt,
    patience: Duration,
}

impl Worker {
    async fn work(self) {
        let mut fruitless = 0;
        while !self.is_done() {
            if fruitless == MAX_FRUITLESS {
                return self.give_up(&format!(
                    "it was started {MAX_FRUITLESS} times in a row without carrying out a single case"
                ));
            }
            let process = match ShimProcess::start(&self.command, self.patience).await {
                Ok((process, _)) => process,
                Err(_) if self.interrupt.has_come() => return,
                Err(error) => return self.give_up(&error),
            };
            let Served { suspects, mut is_fruitful } = self.serve(&process).await;
            process.stop(self.patience_now()).await;
            for (index, setup) in suspects {
                if self.interrupt.has_come() {
                    return;
                }
                let run = self.run_alone(index, &setup).await;
                if self.interrupt.has_come() {
                    return;
                }
                is_fruitful |= !is_broken(&run);
                self.finished(index, run);
            }
            fruitless = if is_fruitful { 0 } else { fruitless + 1 };
        }
    }

    /// The shim is of no use: what it was to do is not done.
    fn give_up(&self, why: &str) {
        while let Some((index, _)) = self.next() {
            let reason = "the shim could not be used".to_owned();
            self.finished(
                index,
                CaseRun::without_trace(Outcome::Skipped { reason }, Duration::ZERO),
            );
        }
        self.say(LiveEvent::Unusable(why.to_owned()));
    }

    fn is_done(&self) -> bool {
        self.interrupt.has_come() || self.lock().is_empty()
    }

    /// Runs cases until none is left or the shim is gone.
    async fn serve(&self, process: &ShimProcess) -> Served {
        let punctual = Punctual::watch();
        let mut served = Served::default();
        let mut under_way = JoinSet::new();
        let mut numbers = HashMap::new();
        loop {
            while under_way.len() < self.sessions
                && process.gone().is_none()
                && !self.interrupt.has_come()
                && let Some((index, setup)) = self.next()
            {
                self.say(LiveEvent::Started(index));
                let (process, interrupt) = (process.clone(), self.interrupt.clone());
                let task = under_way.spawn_local(async move {
                    let run =
                        live_case::run(&process, &format!("s{index}"), &setup, &interrupt).await;
                    (setup, run)
                });
                numbers.insert(task.id(), index);
            }
            let Some(joined) = under_way.join_next_with_id().await else { return served };
            let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            let Some(index) = numbers.remove(&id) else { continue };
            if self.interrupt.has_come() {
                // What was cut short, maybe by the end of its shim, says nothing.
                continue;
            }
            match joined {
                Ok((_, (setup, run))) if is_broken(&run) && process.gone().is_some() => {
                    served.suspects.push((index, setup));
                }
                Ok((_, (setup, run))) if self.is_doubtful(&run, &punctual) => {
                    served.suspects.push((index, setup));
                }
                Ok((_, (_, run))) => {
                    served.is_fruitful |= !is_broken(&run);
                    self.finished(index, run);
                }
                Err(_) => {
                    let message = "the harness panicked in this case: please report it".to_owned();
                    let outcome = Outcome::Broken { message, stderr: process.stderr() };
                    self.finished(index, CaseRun::without_trace(outcome, Duration::ZERO));
                }
            }
        }
    }

    /// A crash or a hang costs its own case: whoever was there runs again alone, in a process of its own.
    async fn run_alone(&self, index: usize, setup: &LiveSetup) -> CaseRun {
        let process = match ShimProcess::start(&self.command, self.patience).await {
            Ok((process, _)) => process,
            Err(message) => {
                return CaseRun::without_trace(
                    Outcome::Broken { message, stderr: Vec::new() },
                    Duration::ZERO,
                );
            }
        };
        let punctual = Punctual::watch();
        let mut attempt = 1;
        let mut run = loop {
            let name = format!("s{index}-alone-{attempt}");
            let run = live_case::run(&process, &name, setup, &self.interrupt).await;
            if attempt == MAX_ATTEMPTS || !self.is_doubtful(&run, &punctual) {
                break run;
            }
            attempt += 1;
        };
        process.stop(self.patience_now()).await;
        if let Outcome::Broken { message, .. } = &mut run.outcome {
            *message = format!("{message} (again, alone in a fresh process)");
        }
        run
    }

    /// Whether a case failed while this thread was not given its time.
    fn is_doubtful(&self, run: &CaseRun, punctual: &Punctual) -> bool {
        let began = tokio::time::Instant::now().checked_sub(run.elapsed);
        matches!(run.outcome, Outcome::Failed(_))
            && began.is_some_and(|began| punctual.has_stalled_since(began))
            && !self.interrupt.has_come()
    }

    /// Who has pressed Ctrl-C does not want to wait for a farewell.
    fn patience_now(&self) -> Duration {
        if self.interrupt.has_come() { self.patience.min(FAREWELL) } else { self.patience }
    }

    fn next(&self) -> Option<(usize, LiveSetup)> {
        self.lock().pop_front()
    }

    fn finished(&self, index: usize, run: CaseRun) {
        self.say(LiveEvent::Finished(index, Box::new(run)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(usize, LiveSetup)>> {
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
const FAREWELL: Duration = Duration::from_millis(500);

/// Two keep two cores busy; more processes only cost their start.
const SHIMS: usize = 2;

/// A shim that goes so often without having done anything is of no use. One bad case does not come to this.
const MAX_FRUITLESS: u32 = 5;

/// A case that fails so often is wrong, however busy the machine is.
const MAX_ATTEMPTS: u32 = 3;
