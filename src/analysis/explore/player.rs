//! `Player`: plays stories on one implementation, many at once; `StoryTally`: what they have shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::analysis::explore::surprise::{Kind, Surprise};
use crate::analysis::story::Story;
use crate::analysis::strength::behind;
use crate::endpoint::mutant::Mutant;
use crate::engine::{CaseSetup, Outcome, SubjectRules};
use crate::report::Reporters;
use crate::runner::verdict::Clock;
use crate::runner::{
    Audience, Case, CaseRun, How, InterruptHandle, Options, Plan, PlannedTarget, run, virtual_time,
};
use crate::scenario::{Actor, Clauses, Dialect, Label, Level, Scenario};
use crate::yamux::frame::Side;

/// How long a story may take in real time: a wire that carries a byte at a time takes many small steps.
const STORY_LIMIT: Duration = Duration::from_secs(20);

/// One implementation that plays stories.
pub(crate) struct Player<'a> {
    subject: StorySubject<'a>,
    clauses: &'a Clauses,
    interrupt: &'a InterruptHandle,
    /// The clauses that were broken before: a story goes on after breaking one of them.
    tolerated: BTreeSet<Arc<str>>,
}

/// The implementation that plays.
enum StorySubject<'a> {
    /// A planned target.
    Target(&'a PlannedTarget),
    /// The built-in yamux, with one thing wrong.
    Mutant(&'a Mutant),
}

/// A story that was played.
pub(crate) struct Played {
    /// The result of its case.
    pub(crate) run: CaseRun,
    /// Its surprise, if it has one.
    pub(crate) surprise: Option<Surprise>,
    /// The clause that it broke, if that does not bind the implementation.
    pub(crate) differs: Option<Arc<str>>,
}

impl<'a> Player<'a> {
    /// Plays on a target.
    pub(crate) fn of_target(
        target: &'a PlannedTarget,
        clauses: &'a Clauses,
        interrupt: &'a InterruptHandle,
    ) -> Self {
        Self::new(StorySubject::Target(target), clauses, interrupt)
    }

    /// Plays on a mutant.
    pub(crate) fn of_mutant(
        mutant: &'a Mutant,
        clauses: &'a Clauses,
        interrupt: &'a InterruptHandle,
    ) -> Self {
        Self::new(StorySubject::Mutant(mutant), clauses, interrupt)
    }

    const fn new(
        subject: StorySubject<'a>,
        clauses: &'a Clauses,
        interrupt: &'a InterruptHandle,
    ) -> Self {
        Self { subject, clauses, interrupt, tolerated: BTreeSet::new() }
    }

    /// Lets stories go on after breaking this clause, so that they can break others.
    pub(crate) fn tolerate(&mut self, clause: &Arc<str>) {
        self.tolerated.insert(Arc::clone(clause));
    }

    /// Whether a signal asks for the end.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.has_come()
    }

    /// How many stories to play at once, so that starting processes costs little.
    pub(crate) const fn batch(&self) -> usize {
        match self.subject {
            StorySubject::Target(PlannedTarget { how: How::InProcess, .. })
            | StorySubject::Mutant(_) => 512,
            StorySubject::Target(_) => 256,
        }
    }

    /// Whether stories take real time.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.subject, StorySubject::Target(target) if target.info.clock == Clock::Live)
    }

    /// How many stories may be played to make one smaller.
    pub(crate) const fn patience(&self) -> usize {
        match self.subject {
            StorySubject::Target(PlannedTarget { how: How::InProcess, .. })
            | StorySubject::Mutant(_) => 2000,
            StorySubject::Target(PlannedTarget { how: How::Lockstep { .. }, .. }) => 400,
            StorySubject::Target(_) => 60,
        }
    }

    /// Plays the stories, each with the subject on the given side, and returns the results in the same order; fewer if it was
    /// interrupted.
    pub(crate) fn play(&self, stories: &[(&Story, Side)]) -> Vec<Played> {
        let runs = match self.subject {
            StorySubject::Target(target) if target.how != How::InProcess => {
                self.run_shim(target, stories)
            }
            _ => self.run_here(stories),
        };
        let played = runs.into_iter().zip(stories).map_while(|(run, (story, side))| {
            let run = run?;
            let (surprise, differs) = self.judge(&run, story, *side);
            Some(Played { run, surprise, differs })
        });
        played.collect()
    }

    fn dialect(&self) -> Dialect {
        match self.subject {
            StorySubject::Target(target) => target.dialect,
            StorySubject::Mutant(_) => Dialect::Hashicorp,
        }
    }

    /// The surprise of a run; or the clause that it broke, if that does not bind this dialect.
    fn judge(
        &self,
        run: &CaseRun,
        story: &Story,
        side: Side,
    ) -> (Option<Surprise>, Option<Arc<str>>) {
        let (kind, failure) = match &run.outcome {
            Outcome::Failed(failure) => (Kind::Broke, failure),
            Outcome::Died(death, failure) => (Kind::Died(*death), failure),
            _ => return (None, None),
        };
        let clause = self.clauses.find(&failure.clause);
        let level = clause.map_or(Level::Must, |clause| clause.binding(self.dialect()).0);
        if kind == Kind::Broke && level < Level::Must {
            return (None, Some(Arc::clone(&failure.clause)));
        }
        (Some(Surprise::new(kind, story.clone(), side, failure)), None)
    }

    /// Plays in this process, on several threads.
    fn run_here(&self, stories: &[(&Story, Side)]) -> Vec<Option<CaseRun>> {
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = stories.len().div_ceil(threads).max(1);
        thread::scope(|scope| {
            let workers: Vec<_> = stories
                .chunks(share)
                .map(|part| {
                    scope.spawn(move || {
                        let play = |(story, side): &(&Story, Side)| {
                            (!self.interrupt.has_come()).then(|| self.run_one(story, *side))
                        };
                        part.iter().map(play).collect::<Vec<_>>()
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("no play panics")).collect()
        })
    }

    fn run_one(&self, story: &Story, side: Side) -> CaseRun {
        let script = Arc::new(story.script());
        let rules = SubjectRules { tolerated: self.tolerated.clone(), ..SubjectRules::built_in() };
        let setup = virtual_time::built_in(&script, side, 0);
        match self.subject {
            StorySubject::Target(_) => {
                virtual_time::run_with(CaseSetup { judged_by: Arc::new(rules), ..setup })
            }
            StorySubject::Mutant(mutant) => behind(&script, side, (mutant.make)()),
        }
    }

    /// Plays in the processes of a shim.
    fn run_shim(&self, target: &PlannedTarget, stories: &[(&Story, Side)]) -> Vec<Option<CaseRun>> {
        let case = |(number, (story, side)): (usize, &(&Story, Side))| {
            let id = Label::from(format!("story/{number}"));
            let scenario = Arc::new(Scenario { id, ..story.script() });
            Case { scenario, side: *side, target: 0, repeat: 1 }
        };
        let plan = Plan {
            targets: vec![target.without_ledger()],
            cases: stories.iter().enumerate().map(case).collect(),
            clauses: self.clauses.clone(),
            suite: None,
        };
        let mut runs: Vec<Option<CaseRun>> = vec![None; stories.len()];
        let mut keep = |case: &Case, _: &PlannedTarget, run: &CaseRun| {
            let number = case.scenario.id.rsplit('/').next().and_then(|text| text.parse().ok());
            if let Some(place) = number.and_then(|number: usize| runs.get_mut(number)) {
                *place = Some(run.clone());
            }
            Ok(())
        };
        let audience = Audience { reporter: &mut Reporters::default(), keep: &mut keep };
        let options = Options {
            tolerated: self.tolerated.clone(),
            case_timeout: Some(STORY_LIMIT),
            ..Options::default()
        };
        run(&plan, &options, self.interrupt, audience);
        runs
    }
}

/// What stories on one implementation have shown besides their surprises.
#[derive(Debug, Default)]
pub(crate) struct StoryTally {
    /// The clauses that were put to the test.
    pub(crate) reached: BTreeSet<&'static str>,
    /// The clauses that were broken and do not bind the implementation, each with the number of stories.
    pub(crate) differs: BTreeMap<Arc<str>, u64>,
    /// How many stories could not be played.
    pub(crate) unplayed: u64,
    /// Why the first of them could not.
    pub(crate) why_unplayed: Option<String>,
}

impl StoryTally {
    /// Takes in a story. Returns whether it could be played.
    pub(super) fn take(&mut self, played: &Played) -> bool {
        self.reached.extend(played.run.model.reached(Actor::Subject));
        if let Some(clause) = &played.differs {
            *self.differs.entry(Arc::clone(clause)).or_default() += 1;
        }
        let (Outcome::Skipped { reason: why } | Outcome::Broken { message: why, .. }) =
            &played.run.outcome
        else {
            return true;
        };
        self.unplayed += 1;
        self.why_unplayed.get_or_insert_with(|| why.clone());
        false
    }
}
