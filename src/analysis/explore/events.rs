//! `StoryRun`: the results of stories as the events of a run, for every reporter and for `report merge`.

use std::sync::Arc;
use std::time::Duration;

use crate::analysis::explore::finding::{StoryFinding, StoryOrigin};
use crate::analysis::explore::surprise::Kind;
use crate::analysis::explore::text::grouped;
use crate::analysis::explore::totals::Totals;
use crate::analysis::explore::triage::quote;
use crate::report::{Portion, RunEvent, Summary, TargetInfo};
use crate::runner::PlannedTarget;
use crate::runner::verdict::{
    Again, Against, CaseReport, Comparison, ExitCode, RunId, Signal, Verdict, shell_word,
};
use crate::scenario::{CaseId, Clauses};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// Stories on one or more implementations.
pub(crate) struct StoryRun<'a> {
    /// The command, which the ids of the cases begin with.
    pub(crate) command: &'static str,
    /// The options that make the command play the same stories again, without its targets.
    pub(crate) options: String,
    /// The seed.
    pub(crate) seed: u64,
    /// Which stories.
    pub(crate) portion: Portion,
    /// The implementations, each with the totals of its stories.
    pub(crate) results: Vec<(&'a PlannedTarget, Totals)>,
    /// The register.
    pub(crate) clauses: &'a Clauses,
    /// Which scenarios could not be written.
    pub(crate) problems: Vec<String>,
    /// How long all of it took, in real time.
    pub(crate) elapsed: Duration,
    /// What ended it early.
    pub(crate) signal: Option<Signal>,
}

impl StoryRun<'_> {
    /// Emits its events as a run does, and returns the exit code.
    pub(crate) fn emit(&self, report: &mut dyn FnMut(&RunEvent<'_>)) -> ExitCode {
        let targets: Vec<TargetInfo> =
            self.results.iter().map(|(target, _)| target.info.clone()).collect();
        let cases: Vec<CaseReport> = self.cases();
        let summary = self.summary(&cases);
        report(&RunEvent::RunStarted {
            cases: cases.len(),
            targets: &targets,
            seed: self.seed,
            version: env!("CARGO_PKG_VERSION"),
            suite: None,
            portion: &self.portion,
        });
        cases.iter().for_each(|case| report(&RunEvent::CaseFinished(case)));
        report(&RunEvent::RunFinished(&summary));
        summary.exit
    }

    fn cases(&self) -> Vec<CaseReport> {
        let of_target = |(target, totals): &(&PlannedTarget, Totals)| {
            let findings = totals.findings.iter().map(|finding| self.surprise(target, finding));
            findings.chain([self.others(target, totals)]).collect::<Vec<_>>()
        };
        self.results.iter().flat_map(of_target).collect()
    }

    fn summary(&self, cases: &[CaseReport]) -> Summary {
        let mut summary = Summary {
            elapsed: self.elapsed,
            clocks: self.results.iter().map(|(target, _)| target.info.clock).collect(),
            seed: self.seed,
            signal: self.signal,
            problems: self.problems.clone(),
            ..Summary::default()
        };
        summary.clocks.sort_unstable();
        summary.clocks.dedup();
        cases.iter().for_each(|case| summary.count(&case.verdict));
        for (target, totals) in &self.results {
            summary.notes.extend(totals.findings.iter().map(|finding| {
                let more = match finding.more {
                    0 => String::new(),
                    more => format!(", and {more} more"),
                };
                let (id, side) = (self.id(&finding.name), finding.surprise.side);
                let name = &target.info.name;
                format!("{id}/{side} ({name}): {}{more}", finding.provenance())
            }));
        }
        summary.exit = summary.judge();
        summary
    }

    fn id(&self, name: &str) -> String {
        format!("{}/{name}", self.command)
    }

    /// The case of a surprise.
    fn surprise(&self, target: &PlannedTarget, finding: &StoryFinding) -> CaseReport {
        let surprise = &finding.surprise;
        let verdict = match (surprise.kind, surprise.failure.clone(), &finding.known) {
            (_, Some(failure), Some(known)) => Verdict::KnownFail {
                failure,
                reason: known.reason.clone(),
                link: known.link.clone(),
            },
            (Kind::Died(death), Some(failure), None) => Verdict::Died(death, failure),
            (_, Some(failure), None) => Verdict::Fail(failure),
            (_, None, _) => Verdict::TraceChanged {
                diff: surprise.observed.clone(),
                golden: None,
                against: Against::Reference,
            },
        };
        let broken = Some(finding.clause.clone()).filter(|_| surprise.failure.is_some());
        let title = match &*finding.clause.1 {
            "" => surprise.observed.clone(),
            statement => statement.trim_end_matches('.').to_owned(),
        };
        CaseReport {
            path: finding.saved.clone().unwrap_or_default(),
            clauses: vec![finding.clause.clone()],
            broken,
            again: self.again(target, Some(finding)),
            ..self.case(target, (&finding.name, surprise.side), title, verdict)
        }
    }

    /// The case that stands for all stories without a surprise.
    fn others(&self, target: &PlannedTarget, totals: &Totals) -> CaseReport {
        let extent: Vec<String> =
            totals.extent.iter().map(|(count, what)| format!("{count} {what}")).collect();
        let title =
            format!("{}, {} clauses reached", extent.join(", "), totals.tally.reached.len());
        let verdict = match (totals.played(), &totals.tally.why_unplayed) {
            (0, Some(why)) => Verdict::Broken {
                message: format!(
                    "none of {} stories was played: {why}",
                    grouped(totals.tally.unplayed)
                ),
                stderr: Vec::new(),
            },
            (0, None) => Verdict::Skip { reason: "no story was played".to_owned() },
            _ => Verdict::Pass,
        };
        let is_kept = |id: &&str| totals.findings.iter().all(|one| *one.surprise.clause != **id);
        let kept = totals.tally.reached.iter().copied().filter(is_kept);
        let clauses = kept.map(|id| quote(self.clauses, &Arc::from(id), target)).collect();
        let name = self.portion.shard.map_or_else(
            || "stories".to_owned(),
            |shard| format!("stories-{}-of-{}", shard.number, shard.of),
        );
        CaseReport {
            clauses,
            duration: totals.elapsed,
            ..self.case(target, (&name, Side::Client), title, verdict)
        }
    }

    fn case(
        &self,
        target: &PlannedTarget,
        (name, side): (&str, Side),
        title: String,
        verdict: Verdict,
    ) -> CaseReport {
        CaseReport {
            run: RunId {
                case: CaseId { scenario: self.id(name).into(), side },
                target: target.info.name.clone(),
                clock: target.info.clock,
                repeat: 1,
            },
            asked: target.info.asked.clone(),
            peer: None,
            title,
            path: std::path::PathBuf::new(),
            clauses: Vec::new(),
            broken: None,
            verdict,
            answers: Vec::new(),
            virtual_duration: Time::ZERO,
            duration: Duration::ZERO,
            comparison: Comparison::NotCompared { reason: "it is about stories".to_owned() },
            again: self.again(target, None),
        }
    }

    /// The command that plays the story of a surprise, or all stories, again.
    fn again(&self, target: &PlannedTarget, finding: Option<&StoryFinding>) -> Arc<Again> {
        let (asked, clock) = (shell_word(&target.info.asked), target.info.clock);
        let saved = finding.and_then(|one| Some((one.saved.as_ref()?, one.surprise.side)));
        let command = match (saved, finding.map(|finding| finding.origin)) {
            (Some((path, side)), _) => {
                let path = shell_word(&path.display().to_string());
                format!("yamux-conform run {path} --side {side} --target {asked} --clock {clock}")
            }
            (None, Some(StoryOrigin::Drawn { seed, number, .. })) => {
                format!("yamux-conform fuzz --target {asked} --seed {seed} --story {number}")
            }
            _ => format!("yamux-conform {} --target {asked}{}", self.command, self.options),
        };
        Arc::new(Again { seed: self.seed, told: Some(command), ..Again::default() })
    }
}
