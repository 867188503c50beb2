//! `Crew`: what all workers of one shim share, on either clock: the waiting cases, where results go, and when the remaining
//! cases are skipped.

mod streak;

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::engine::{Death, Outcome};
use crate::runner::crew::streak::Streak;
use crate::runner::{CaseRun, Interrupt};

/// What the workers report.
pub(crate) enum CaseEvent {
    /// A case has begun.
    Started(usize),
    /// A case is over.
    Finished(usize, Box<CaseRun>),
    /// The shim breaks one case after another: the rest is not run.
    GivenUp(String),
    /// The shim cannot be used at all.
    Unusable(String),
}

/// A case waiting to run.
pub(crate) trait Job {
    /// Its number in the plan.
    fn number(&self) -> usize;
}

/// What the workers of one shim share. Each has a clone.
pub(crate) struct Crew<J> {
    queue: Arc<Mutex<VecDeque<J>>>,
    streak: Streak,
    events: Sender<CaseEvent>,
    interrupt: Interrupt,
}

impl<J> Clone for Crew<J> {
    fn clone(&self) -> Self {
        let (queue, streak) = (Arc::clone(&self.queue), self.streak.clone());
        let (events, interrupt) = (self.events.clone(), self.interrupt.clone());
        Self { queue, streak, events, interrupt }
    }
}

impl<J: Job> Crew<J> {
    /// A crew for these cases.
    pub(crate) fn new(
        jobs: impl IntoIterator<Item = J>,
        events: &Sender<CaseEvent>,
        interrupt: &Interrupt,
    ) -> Self {
        Self {
            queue: Arc::new(Mutex::new(jobs.into_iter().collect())),
            streak: Streak::default(),
            events: events.clone(),
            interrupt: interrupt.clone(),
        }
    }

    /// What stops the run early.
    pub(crate) const fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether no work is left.
    pub(crate) fn is_done(&self) -> bool {
        self.interrupt.has_come() || self.lock().is_empty()
    }

    /// The next case.
    pub(crate) fn next(&self) -> Option<J> {
        self.lock().pop_front()
    }

    /// Puts the case back as the next one.
    pub(crate) fn put_back(&self, job: J) {
        self.lock().push_front(job);
    }

    /// Queues the case to run once more, after the others.
    pub(crate) fn put_last(&self, job: J) {
        self.lock().push_back(job);
    }

    /// A case begins.
    pub(crate) fn started(&self, number: usize) {
        self.say(CaseEvent::Started(number));
    }

    /// A case is over.
    pub(crate) fn finished(&self, number: usize, run: CaseRun) {
        self.streak.note(&run);
        self.say(CaseEvent::Finished(number, Box::new(run)));
    }

    /// Records that a process of the shim is gone, with no case to blame.
    pub(crate) fn note_break(&self) {
        self.streak.note_break();
    }

    /// Whether the shim has broken too many cases in a row.
    pub(crate) fn is_worn_out(&self) -> bool {
        self.streak.is_too_long()
    }

    /// Whether the rest is given up, which is then reported.
    pub(crate) fn gives_up(&self) -> bool {
        if !self.is_worn_out() || self.lock().is_empty() {
            return false;
        }
        let why = self.streak.why();
        self.skip_rest(&why);
        self.say(CaseEvent::GivenUp(why));
        true
    }

    /// Reports that the shim cannot be used: its cases do not run.
    pub(crate) fn cannot_be_used(&self, why: &str) {
        self.skip_rest("the shim could not be used");
        self.say(CaseEvent::Unusable(why.to_owned()));
    }

    fn skip_rest(&self, reason: &str) {
        while let Some(job) = self.next() {
            let outcome = Outcome::Skipped { reason: reason.to_owned() };
            self.finished(job.number(), CaseRun::without_trace(outcome, Duration::ZERO));
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<J>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, event: CaseEvent) {
        // A run that no longer listens has all it needs.
        let _ = self.events.send(event);
    }
}

/// Whether the case has no verdict, or ended with the death of its subject, for which an earlier case may be to blame.
pub(crate) const fn needs_another_look(run: &CaseRun) -> bool {
    matches!(run.outcome, Outcome::Broken { .. } | Outcome::Died(..))
}

/// Which run counts of a case that ran once among others and once more alone: one with a verdict before one without; and a
/// death also if it did not happen again.
pub(crate) fn weigh(first: CaseRun, again: CaseRun) -> CaseRun {
    match (&first.outcome, &again.outcome) {
        (Outcome::Died(..), Outcome::Died(..)) => again,
        // The same stuck call, seen in the step that waits for it.
        (Outcome::Died(Death::Stuck, _), Outcome::Failed(_)) => again,
        // Whether it would happen again is unknown.
        (Outcome::Died(..), Outcome::Broken { .. } | Outcome::Skipped { .. }) => first,
        (Outcome::Died(..), _) => in_one_of_two_runs(first),
        (_, Outcome::Died(..)) if !matches!(first.outcome, Outcome::Broken { .. }) => {
            in_one_of_two_runs(again)
        }
        (
            Outcome::Passed | Outcome::PassedWeaker { .. } | Outcome::Failed(_),
            Outcome::Broken { .. },
        ) => first,
        _ => again,
    }
}

fn in_one_of_two_runs(mut run: CaseRun) -> CaseRun {
    if let Outcome::Died(_, failure) = &mut run.outcome {
        failure.runs = Some((1, 2));
    }
    run
}

/// Marks that the case ran alone in a fresh process: no earlier case can be to blame.
pub(crate) fn mark_as_alone(run: &mut CaseRun) {
    if let Outcome::Broken { message, .. } = &mut run.outcome {
        message.push_str(" (again, alone in a fresh process)");
    }
}
