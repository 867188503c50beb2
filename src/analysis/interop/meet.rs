//! Runs all pairs, a few at a time, each as a run of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::{io, thread};

use crate::analysis::interop::{Interop, Meeting};
use crate::report::{CaseEvidence, Reporter, RunEvent, Sequence, Summary};
use crate::runner::verdict::{CaseReport, ExitCode, Verdict};
use crate::runner::{
    Audience, Entrant, Filter, InterruptHandle, Options, Pairing, Pairs, Plan, cases, run,
};
use crate::scenario::{Clauses, Scenario};
use crate::yamux::frame::Side;

/// The conditions of every pair.
pub(crate) struct Conditions<'a> {
    /// The scenarios that they run.
    pub scenarios: &'a [Arc<Scenario>],
    /// Which of their sides run.
    pub filter: &'a Filter,
    /// The register.
    pub clauses: &'a Clauses,
    /// How a run is carried out; its jobs are for all pairs together.
    pub options: &'a Options,
}

/// Runs every two implementations together. `say` receives the progress.
pub(crate) fn meet(
    pairs: Pairs,
    conditions: &Conditions<'_>,
    interrupt: &InterruptHandle,
    say: &(dyn Fn(usize, usize) + Sync),
) -> Interop {
    let started = Instant::now();
    let at_once = AT_ONCE.min(conditions.options.jobs).max(1);
    let jobs = (conditions.options.jobs / at_once).max(1);
    let options = Options { jobs, ..conditions.options.clone() };
    let Pairs { players, seats, left_out } = pairs;
    let (count, over) = (seats.len(), AtomicUsize::new(0));
    let met = side_by_side(seats, at_once, |seat| {
        if interrupt.has_come() {
            return None;
        }
        let done = meet_once(seat, conditions, &options, interrupt);
        say(over.fetch_add(1, Ordering::Relaxed) + 1, count);
        Some(done)
    });
    let met = met.into_iter().flatten().collect();
    gather((players, left_out), met, interrupt, started)
}

fn gather(
    (players, left_out): (Vec<Entrant>, Vec<String>),
    met: Vec<(Vec<Meeting>, Summary)>,
    interrupt: &InterruptHandle,
    started: Instant,
) -> Interop {
    let mut interop = Interop {
        players,
        meetings: Vec::new(),
        left_out,
        problems: Vec::new(),
        is_unusable: false,
        signal: interrupt.signal(),
        elapsed: started.elapsed(),
    };
    for (meetings, summary) in met {
        interop.meetings.extend(meetings);
        interop.problems.extend(summary.problems);
        interop.is_unusable |= summary.exit == ExitCode::Unusable;
    }
    interop.problems.sort();
    interop.problems.dedup();
    interop.meetings.sort_by(|a, b| {
        (a.client, a.server, &a.report.run).cmp(&(b.client, b.server, &b.report.run))
    });
    interop
}

/// Runs all scenarios on two implementations, one as the subject and the other as the peer.
fn meet_once(
    Pairing { subject, peer, target }: Pairing,
    conditions: &Conditions<'_>,
    options: &Options,
    interrupt: &InterruptHandle,
) -> (Vec<Meeting>, Summary) {
    let targets = vec![target];
    let cases = cases(conditions.scenarios, conditions.filter, &targets, 1);
    let plan = Plan { targets, cases, clauses: conditions.clauses.clone(), suite: None };
    let mut heard = Heard::default();
    let keep = &mut |_: &_, _: &_, _: &_| Ok(());
    let audience = Audience { reporter: &mut heard, keep };
    let summary = run(&plan, options, interrupt, audience);
    let meetings = heard.reports.into_iter().map(|(report, sequence)| {
        let (client, server) = match report.run.case.side {
            Side::Client => (subject, peer),
            Side::Server => (peer, subject),
        };
        Meeting { client, server, report, sequence }
    });
    (meetings.collect(), summary)
}

/// Does the work on each item, `at_once` at a time, in any order.
fn side_by_side<T: Send, R: Send>(
    items: Vec<T>,
    at_once: usize,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let (items, done) = (Mutex::new(items.into_iter()), Mutex::new(Vec::new()));
    // The lock is released before the work begins, which it would not be in the head of the loop.
    let next = || lock(&items).next();
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(item) = next() {
                    let result = work(item);
                    lock(&done).push(result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the result of every case, and the sequence of those that did not pass.
#[derive(Default)]
struct Heard {
    reports: Vec<(CaseReport, Option<Sequence>)>,
    next: Option<Sequence>,
}

impl Reporter for Heard {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        if let RunEvent::CaseFinished(report) = event {
            self.reports.push(((*report).clone(), self.next.take()));
        }
        Ok(())
    }

    fn evidence(&mut self, report: &CaseReport, evidence: &CaseEvidence<'_>) -> io::Result<()> {
        let is_kept = !matches!(report.verdict, Verdict::Pass | Verdict::WeakPass { .. });
        self.next = is_kept.then(|| Sequence::of(report.run.clock, evidence));
        Ok(())
    }
}

/// Pairs at once: the last cases of a pair are slow, because they run again with more patience, and leave the processor to
/// the next.
const AT_ONCE: usize = 8;

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_is_done_side_by_side_and_none_is_lost() {
        let (done, heard) = channel();
        thread::spawn(move || {
            let both = Barrier::new(2);
            let results = side_by_side(vec![1, 2, 3, 4], 2, |item| {
                both.wait();
                item * 10
            });
            let _ = done.send(results);
        });
        let mut results =
            heard.recv_timeout(Duration::from_secs(60)).expect("each waits for the other");
        results.sort_unstable();
        assert_eq!(results, [10, 20, 30, 40]);
    }
}
