//! `Triage`: makes a finding of a surprise: names it, quotes its clause, looks it up in the ledger, and saves its scenario.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::analysis::explore::finding::{Accepted, StoryFinding, StoryOrigin};
use crate::analysis::explore::player::Player;
use crate::analysis::explore::save::save;
use crate::analysis::explore::surprise::{Kind, Surprise};
use crate::analysis::story::{Story, StoryHead};
use crate::runner::known::{Deviation, KnownEntry, StepName};
use crate::runner::verdict::QuotedClause;
use crate::runner::{InterruptHandle, PlannedTarget};
use crate::scenario::{Clauses, Scenario};

/// What the surprises of one implementation are compared with, and where they are saved.
pub(crate) struct Triage<'a> {
    /// The implementation.
    pub(crate) target: &'a PlannedTarget,
    /// The name of the implementation that it is compared with.
    pub(crate) beside: Option<&'a str>,
    /// The register.
    pub(crate) clauses: &'a Clauses,
    /// The scenarios that the ledger is about.
    pub(crate) scenarios: &'a [Arc<Scenario>],
    /// The folder that scenarios are saved in.
    pub(crate) folder: Option<&'a Path>,
    /// Ends the stories that are played here.
    pub(crate) interrupt: &'a InterruptHandle,
    /// The names that earlier findings have; empty at first.
    pub(crate) names: Vec<String>,
}

impl Triage<'_> {
    /// The finding for a surprise that was shrunk. The error is that its scenario could not be saved.
    pub(crate) fn finding(
        &mut self,
        mut surprise: Surprise,
        origin: StoryOrigin,
    ) -> (StoryFinding, Result<(), String>) {
        if let (Kind::Differed, Some(beside)) = (surprise.kind, self.beside) {
            surprise.expected = format!("the frames of {beside}");
        }
        let story = Story { side: Some(surprise.side), ..surprise.story.clone() };
        let mut finding = StoryFinding {
            name: self.name(&surprise),
            clause: quote(self.clauses, &surprise.clause, self.target),
            origin,
            more: 0,
            known: self.accepted(&surprise),
            alone: self.alone(&surprise),
            scenario: String::new(),
            saved: None,
            surprise,
        };
        let (title, note) = (title(&finding), self.note(&finding));
        let clauses = [&*finding.surprise.clause];
        let head = StoryHead { title: &title, note: Some(&note), clauses: &clauses };
        finding.scenario = story.scenario(&head);
        let saved = self.save(&finding);
        let result = saved.map(|path| finding.saved = path);
        (finding, result)
    }

    /// A name for the surprise that no earlier finding has.
    fn name(&mut self, surprise: &Surprise) -> String {
        let name = surprise.name();
        let numbered = (2_u32..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let free = names.find(|name| !self.names.contains(name)).expect("there are enough numbers");
        self.names.push(free.clone());
        free
    }

    /// The ledger's entry for such a failure, or else the first for a scenario about the clause, or for the rule itself.
    fn accepted(&self, surprise: &Surprise) -> Option<Accepted> {
        let is_death = matches!(surprise.kind, Kind::Died(_));
        let is_about = |entry: &KnownEntry| {
            let mut named = self.scenarios.iter().filter(|one| entry.names(&one.id, surprise.side));
            matches!(&entry.step, Some(StepName::Name(name)) if **name == *surprise.clause)
                || named.any(|scenario| scenario.clauses.contains(&surprise.clause))
        };
        let known = &self.target.known;
        let verdicts = known.entries().filter(|entry| entry.what != Deviation::Trace);
        // A call that outlives its session is reported as a death if it keeps the session from ending.
        let outlives = &*surprise.clause == "SES-01";
        let is_like = |entry: &KnownEntry| outlives || is_of_death(entry) == is_death;
        let about: Vec<_> = verdicts.filter(|entry| is_like(entry) && is_about(entry)).collect();
        let is_alike = |entry: &KnownEntry| {
            entry.fingerprint.as_deref().is_some_and(|text| surprise.is_alike(text))
        };
        let alike = about.iter().find(|entry| is_alike(entry));
        let entry = alike.or_else(|| about.first()).filter(|_| surprise.kind != Kind::Differed)?;
        let (reason, link) = (entry.reason.clone(), entry.link.clone());
        Some(Accepted { reason, link, place: known.place(entry), is_alike: alike.is_some() })
    }

    /// What the story shows on its own, without the tolerance for clauses that were broken before it was played.
    fn alone(&self, surprise: &Surprise) -> Option<String> {
        if surprise.kind == Kind::Differed {
            return None;
        }
        let player = Player::of_target(self.target, self.clauses, self.interrupt);
        let played = player.play(&[(&surprise.story, surprise.side)]).pop()?;
        match (played.surprise, played.differs) {
            (Some(found), _) if found.likeness() == surprise.likeness() => None,
            (Some(found), _) => {
                Some(format!("{} {}: {}", found.kind, found.clause, found.observed))
            }
            (None, Some(clause)) => Some(format!("breaks {clause}, which does not bind it")),
            (None, None) => Some("nothing: it does not happen each time".to_owned()),
        }
    }

    fn note(&self, finding: &StoryFinding) -> String {
        let Surprise { expected, observed, side, .. } = &finding.surprise;
        let info = &self.target.info;
        let mut note = format!(
            "Found on {} ({}, {} clock) as {side}: {observed}, where this was expected: {expected}. {}.",
            info.name,
            info.description,
            info.clock,
            capital(&finding.provenance())
        );
        if let Some(alone) = &finding.alone {
            note += &format!(" Alone it shows something else: {alone}.");
        }
        note
    }

    fn save(&self, finding: &StoryFinding) -> Result<Option<PathBuf>, String> {
        let Some(folder) = self.folder else { return Ok(None) };
        save(folder, &finding.name, &finding.scenario).map(Some)
    }
}

/// The title of the scenario: the statement of the clause.
fn title(finding: &StoryFinding) -> String {
    let (id, statement, _) = &finding.clause;
    let statement = statement.trim_end_matches('.');
    if statement.is_empty() { format!("{id} holds") } else { statement.to_owned() }
}

/// A clause as reports quote it.
pub(super) fn quote(clauses: &Clauses, id: &Arc<str>, target: &PlannedTarget) -> QuotedClause {
    let Some(clause) = clauses.find(id) else {
        return (Arc::clone(id), String::new(), String::new());
    };
    let (level, provenance) = clause.binding(target.dialect);
    (Arc::clone(id), clause.statement.clone(), format!("{level}; {provenance}"))
}

/// Whether an entry says that the implementation dies.
fn is_of_death(entry: &KnownEntry) -> bool {
    let fingerprint = entry.fingerprint.as_deref().unwrap_or_default();
    [" | crashed", " | stuck"].iter().any(|end| fingerprint.ends_with(end))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
