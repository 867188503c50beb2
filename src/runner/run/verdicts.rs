//! From the outcome of a case to its report.

use std::sync::Arc;

use crate::engine::Outcome;
use crate::report::{CaseEvidence, RunEvent};
use crate::runner::CaseRun;
use crate::runner::judge::goldens::KeptTrace;
use crate::runner::judge::{self, Court, Judged, Reference, Trouble};
use crate::runner::run::Run;
use crate::runner::verdict::{Against, CaseReport, Comparison, QuotedClause, Verdict};
use crate::scenario::Dialect;

impl Run<'_> {
    /// A golden trace is a file of the run's input: an invalid one is no verdict.
    pub(super) fn bad_golden(&mut self, problem: String) {
        if self.bad_goldens.insert(problem.clone()) {
            self.summary.problems.push(problem);
        }
    }

    /// Missing golden traces; if a folder of them is gone, a few names are enough.
    pub(super) fn missing_goldens(&mut self) {
        let missing = std::mem::take(&mut self.missing);
        let more = missing.len().saturating_sub(MAX_NAMED);
        self.summary.problems.extend(missing.into_iter().take(MAX_NAMED));
        if more > 0 {
            let and_more =
                format!("{more} more golden traces are not there; yamux-conform check names them");
            self.summary.problems.push(and_more);
        }
    }

    /// A trace could not be written; the next one hardly can be either.
    fn unkept(&mut self, problem: String) {
        self.unkept += 1;
        if self.unkept <= MAX_NAMED {
            self.summary.problems.push(problem);
        }
    }

    /// How many more traces were not written than were named.
    pub(super) fn unkept_traces(&mut self) {
        let more = self.unkept.saturating_sub(MAX_NAMED);
        if more > 0 {
            self.summary.problems.push(format!("{more} more traces could not be written"));
        }
    }

    pub(super) fn report(&mut self, number: usize, run: &CaseRun, reference: &Reference) {
        let case = &self.plan.cases[number];
        let target = &self.plan.targets[case.target];
        let goldens = &*self.goldens;
        let compared_with = self.plan.reference();
        let court = Court {
            target,
            goldens,
            clauses: &self.plan.clauses,
            compares_all: self.options.compares_all,
            reference,
            compared_with,
        };
        let Judged { verdict, comparison, problem } = judge::judge(case, run, &court);
        let verdict = self.beside_plain(case, verdict);
        match problem {
            // Two sides of a case may need the same change of one entry.
            Some(Trouble::Ledger(problem)) if self.summary.problems.contains(&problem) => {}
            Some(Trouble::Ledger(problem)) => self.summary.problems.push(problem),
            Some(Trouble::NoGolden(problem)) => _ = self.missing.insert(problem),
            Some(Trouble::BadGolden(problem)) => self.bad_golden(problem),
            None => {}
        }
        if let Err(problem) = (self.audience.keep)(case, target, run) {
            self.unkept(problem);
        }
        self.remember(number, run, &comparison, reference);
        let report = CaseReport {
            run: case.run_id(&target.info),
            asked: target.info.asked.clone(),
            peer: target.peer.as_ref().map(|peer| peer.asked.clone()),
            title: case.scenario.title.clone(),
            path: case.scenario.path.clone(),
            clauses: case
                .scenario
                .clauses
                .iter()
                .map(|id| self.quote(id, target.dialect))
                .collect(),
            broken: verdict
                .failure()
                .map(|failure| self.quote(&failure.clause, target.dialect_of(failure.end))),
            verdict,
            answers: run.answers.clone(),
            virtual_duration: run.case_time,
            duration: run.elapsed,
            comparison,
            again: Arc::clone(&self.again[case.target]),
        };
        self.show(number, run, &report, reference);
        self.summary.count(&report.verdict);
        self.negative += usize::from(report.verdict.is_negative());
        let is_enough = self.options.max_fail.is_some_and(|most| self.negative >= most.get());
        if is_enough && !self.is_stopped {
            self.is_stopped = true;
            self.interrupt.stop();
        }
        self.reported += 1;
        self.say(&RunEvent::CaseFinished(&report));
    }

    /// Remembers what the entries of ledgers are judged by in the end.
    fn remember(
        &mut self,
        number: usize,
        run: &CaseRun,
        comparison: &Comparison,
        reference: &Reference,
    ) {
        if matches!(run.outcome, Outcome::Skipped { .. }) {
            self.skipped.insert(number);
        }
        if comparison.was_made() {
            let clock = self.plan.targets[self.plan.cases[number].target].info.clock;
            self.compared.insert(number, reference.clock_with(clock));
        }
    }

    /// Passes the calls and frames of a case to the reporters, before its report.
    fn show(&mut self, number: usize, run: &CaseRun, report: &CaseReport, reference: &Reference) {
        let kept = self.expected(number, report, reference);
        let expected = kept.as_ref().and_then(|(name, kept)| Some((&**name, kept.exact()?)));
        let evidence = CaseEvidence { trace: &run.trace, notes: &run.notes, expected };
        let heard = self.audience.reporter.evidence(report, &evidence);
        self.heard(heard);
    }

    /// The trace that a case's own differs from, and whose it is.
    fn expected(
        &self,
        number: usize,
        report: &CaseReport,
        reference: &Reference,
    ) -> Option<(String, Arc<KeptTrace>)> {
        let case = &self.plan.cases[number];
        if let Verdict::TraceChanged { against: Against::Golden, .. } = report.verdict {
            let key = case.golden_key(&self.plan.targets[case.target].implementation);
            let golden = self.goldens.find(&key).ok().flatten()?;
            return Some(("golden".to_owned(), golden));
        }
        let differs =
            matches!(report.comparison, Comparison::Differs(_) | Comparison::Declared { .. });
        match reference {
            Reference::Ran(kept) | Reference::Golden(kept, _) if differs => {
                let name = self.plan.reference().map_or("the reference", |one| &one.info.name);
                Some((name.to_owned(), Arc::clone(kept)))
            }
            _ => None,
        }
    }

    fn quote(&self, id: &Arc<str>, dialect: Dialect) -> QuotedClause {
        match self.plan.clauses.find(id) {
            Some(clause) => {
                let (level, provenance) = clause.binding(dialect);
                (Arc::clone(id), clause.statement.clone(), format!("{level}; {provenance}"))
            }
            None => (Arc::clone(id), String::new(), String::new()),
        }
    }
}

/// How many traces are named that are missing or could not be written.
const MAX_NAMED: usize = 5;
