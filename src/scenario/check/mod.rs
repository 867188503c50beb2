//! `Document` → `Scenario`, or every problem at once. Pure.
//!
//! The document already has the right form (see `validate`); this checks what a schema cannot express: labels are used
//! after they exist, calls are joined, times name timeouts that are running, and so on.

mod calls;
mod events;
mod faults;
mod frames;
mod giving_up;
mod limits;
mod probe;
mod settings;
mod streams;
mod times;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::scenario::check::calls::StartedCall;
use crate::scenario::check::limits::Sums;
use crate::scenario::check::settings::BothEnds;
use crate::scenario::check::streams::StreamUse;
use crate::scenario::check::times::{Arming, NamedStep};
use crate::scenario::clauses::Clauses;
use crate::scenario::read::document::{DeedBlock, Document, StepBlock};
use crate::scenario::read::nearest::Hints;
use crate::scenario::read::place::Place;
use crate::scenario::read::problem::Finding;
use crate::scenario::read::written::{LabelText, Span};
use crate::scenario::{Actor, Clocks, Judge, Label, PeerKind, Position, Scenario, Step, StepKind};
use crate::yamux::frame::Side;

/// Checks `document`, which is at `place`.
///
/// Clause ids are checked unless there is no register.
pub(super) fn check(
    document: &Document,
    place: Place<'_>,
    (id, path): (Arc<str>, &Path),
    clauses: &Clauses,
    hints: &mut Hints,
) -> Result<Scenario, Vec<Finding>> {
    let mut findings = Vec::new();
    check_words(document, place, &mut findings);
    check_clauses(document, place, (clauses, hints), &mut findings);
    let sides = check_sides(&document.sides, place.get("sides"), &mut findings);
    let ends = settings::check(document, place, &mut findings);

    let peer = document.peer;
    let mut script = Script::new((peer, document.judge, &ends), clauses, hints, findings);
    let wire = document.wire.iter().enumerate();
    let wire =
        wire.filter_map(|(i, block)| script.fault(block, place.get("wire").item(i))).collect();
    for (i, block) in document.steps.iter().enumerate() {
        script.step_or_rounds(block, place.get("steps").item(i));
    }
    let steps = script.finish(place.get("steps"))?;

    Ok(Scenario {
        id,
        path: path.to_owned(),
        title: document.title.clone(),
        note: document.note.clone(),
        clauses: document.clauses.iter().map(|id| Arc::from(id.as_str())).collect(),
        links: document.links.clone(),
        tags: document.tags.clone(),
        sides,
        peer,
        judge: document.judge,
        clocks: match &document.clock {
            None => Clocks::Any,
            Some(clock) => Clocks::VirtualOnly(clock.virtual_only.clone()),
        },
        not_compared: document.not_compared.clone(),
        subject: ends.subject,
        peer_settings: ends.peer,
        live_subject: ends.live_subject,
        live_peer: ends.live_peer,
        wire,
        varied: None,
        steps,
    })
}

/// In characters: a title is one sentence, on one line of a report.
const LONGEST_TITLE: usize = 200;

fn check_words(document: &Document, place: Place<'_>, findings: &mut Vec<Finding>) {
    let title = place.get("title").value();
    if document.title.trim().is_empty() {
        findings
            .push(Finding::new(title, "the title is empty: say what an implementation must do"));
    } else if document.title.ends_with('.') {
        findings.push(Finding::new(title, "the title ends with a full stop: take it away"));
    } else if document.title.trim() != document.title || document.title.contains('\n') {
        findings.push(Finding::new(title, "the title is not one line without spaces around it"));
    }
    let length = document.title.chars().count();
    if length > LONGEST_TITLE {
        let message = format!(
            "expected a title of at most {LONGEST_TITLE} characters, found {length}: move the rest into \"note\""
        );
        findings.push(Finding::new(title, message));
    }
    if document.not_compared.as_ref().is_some_and(|because| because.trim().is_empty()) {
        let place = place.get("not_compared").value();
        findings.push(Finding::new(place, "say why traces of it are not compared, found nothing"));
    }
    if document.clock.as_ref().is_some_and(|clock| clock.virtual_only.trim().is_empty()) {
        let place = place.get("clock").get("virtual_only").value();
        findings.push(Finding::new(place, "say why it cannot run in real time, found nothing"));
    }
}

fn check_clauses(
    document: &Document,
    place: Place<'_>,
    (clauses, hints): (&Clauses, &mut Hints),
    findings: &mut Vec<Finding>,
) {
    let mut seen = BTreeSet::new();
    for (i, id) in document.clauses.iter().enumerate() {
        let place = place.get("clauses").item(i).value();
        if !seen.insert(id) {
            findings.push(Finding::new(place, format!("clause {id:?} is there twice")));
        }
        findings.extend(unknown_clause(id, (clauses, hints)).map(|text| Finding::new(place, text)));
    }
}

/// The problem with a clause id that is not in the register.
fn unknown_clause(id: &str, (clauses, hints): (&Clauses, &mut Hints)) -> Option<String> {
    if !clauses.is_there() || clauses.find(id).is_some() {
        return None;
    }
    let near = hints.suggestion(id, clauses.ids());
    Some(format!("no clause {id:?} in clauses.json{near}"))
}

fn check_sides(names: &[Side], place: Place<'_>, findings: &mut Vec<Finding>) -> Vec<Side> {
    let mut sides = BTreeSet::new();
    for (i, side) in names.iter().enumerate() {
        if !sides.insert(*side) {
            let place = place.item(i).value();
            findings.push(Finding::new(place, format!("side \"{side}\" is there twice")));
        }
    }
    sides.into_iter().collect()
}

/// What is known about the script up to the step being checked.
struct Script<'a> {
    peer: PeerKind,
    judge: Judge,
    ends: &'a BothEnds,
    clauses: &'a Clauses,
    hints: &'a mut Hints,
    findings: Vec<Finding>,
    steps: Vec<Step>,
    /// The round of the step being checked.
    round: Option<u32>,
    /// Named steps.
    names: BTreeMap<Label, NamedStep>,
    /// Labelled calls.
    calls: BTreeMap<Label, StartedCall>,
    /// The remembered figures of each end.
    remembered: BTreeSet<(Actor, Label)>,
    streams: BTreeMap<Label, StreamUse>,
    /// The clause of the latest step that names one.
    clause: Option<Arc<str>>,
    /// Steps that opened a stream.
    opens: Arming,
    /// Steps that closed or half-closed a stream.
    closes: Arming,
    /// If the peer's last frame was cut short: its stream, and how much of its body is left.
    cut_short: Option<(Label, u32)>,
    /// Whether bytes were sent that may have opened a stream without a label.
    sent_unnamed: bool,
    /// Whether any step so far can fail.
    expects: bool,
    probes: u32,
    sums: Sums,
    /// Whether there are more steps than a script may have.
    is_too_long: bool,
}

impl<'a> Script<'a> {
    fn new(
        (peer, judge, ends): (PeerKind, Judge, &'a BothEnds),
        clauses: &'a Clauses,
        hints: &'a mut Hints,
        findings: Vec<Finding>,
    ) -> Self {
        Self {
            peer,
            judge,
            ends,
            clauses,
            hints,
            findings,
            steps: Vec::new(),
            round: None,
            names: BTreeMap::new(),
            calls: BTreeMap::new(),
            remembered: BTreeSet::new(),
            streams: BTreeMap::new(),
            clause: None,
            opens: Arming::default(),
            closes: Arming::default(),
            cut_short: None,
            sent_unnamed: false,
            expects: false,
            probes: 0,
            sums: Sums::default(),
            is_too_long: false,
        }
    }

    /// Checks a step, or the steps of each round.
    fn step_or_rounds(&mut self, block: &StepBlock, place: Place<'_>) {
        let DeedBlock::ForEach(rounds) = &block.deed else {
            return self.step_of_round(block, place, None);
        };
        let place = place.get("for_each").get("steps");
        for round in (rounds.first.unwrap_or(1)..).take(rounds.count as usize) {
            // Exceeding the limit is reported only once.
            if self.is_too_long {
                return;
            }
            for (i, block) in rounds.steps.iter().enumerate() {
                self.step_of_round(block, place.item(i), Some(round));
            }
        }
    }

    /// Checks a step of a round. A problem at the same place in several rounds is reported once.
    fn step_of_round(&mut self, block: &StepBlock, place: Place<'_>, round: Option<u32>) {
        self.round = round;
        let told = self.findings.len();
        self.step(block, place);
        if round.is_some() {
            let new = self.findings.split_off(told);
            let is_new = |finding: &Finding| {
                self.findings.iter().all(|before| before.position != finding.position)
            };
            let new: Vec<_> = new.into_iter().filter(is_new).collect();
            self.findings.extend(new);
        }
    }

    /// Checks one step and adds it, with probes expanded.
    fn step(&mut self, block: &StepBlock, place: Place<'_>) {
        let position = place.value();
        if !self.has_room_for_step(position) {
            return;
        }
        self.name_step(block, place);
        self.check_clause(block, place);
        if let Some(clause) = &block.clause {
            self.clause = Some(Arc::from(clause.as_str()));
        }
        if block.if_supported && !matches!(block.deed, DeedBlock::Subject(_)) {
            let message = "\"if_supported\" goes only with a call of the subject";
            self.report(place.get("if_supported").key(), message);
        }
        let name = block.name.as_ref().map(|name| self.label(name));
        if let DeedBlock::Probe(probe) = block.deed {
            return self.probe(probe, position, name);
        }
        // A wrong step keeps its number, so that later steps are checked independently.
        let kind = self.step_kind(&block.deed, place).unwrap_or(StepKind::Wait(Duration::ZERO));
        let is_optional = block.if_supported || self.judge == Judge::Model;
        let clause = self.clause.clone();
        let round = self.round;
        self.steps.push(Step { position, round, name, clause, is_optional, kind });
    }

    fn check_clause(&mut self, block: &StepBlock, place: Place<'_>) {
        let Some(id) = &block.clause else { return };
        if let Some(text) = unknown_clause(id, (self.clauses, self.hints)) {
            self.report(place.get("clause").value(), text);
        }
    }

    /// What a step does; `None` if it is wrong, after reporting why.
    fn step_kind(&mut self, deed: &DeedBlock, place: Place<'_>) -> Option<StepKind> {
        let place = place.get(deed.as_ref());
        match deed {
            DeedBlock::Subject(block) => {
                self.call(Actor::Subject, block, place).map(StepKind::Call)
            }
            DeedBlock::Peer(block) => self.peer_step(block, place),
            DeedBlock::Join(block) => self.join(block, place).map(StepKind::Join),
            DeedBlock::StillBlocked(block) => self.still_blocked(block, place),
            DeedBlock::Measure(block) => self.measure(block, place).map(StepKind::Measure),
            DeedBlock::Wire(block) => self.fault(block, place).map(StepKind::Wire),
            DeedBlock::Wait(Span(wait)) => {
                if wait.is_zero() {
                    self.report(place.value(), "a wait of no time does nothing");
                }
                self.sum_time(*wait, place.value());
                Some(StepKind::Wait(*wait))
            }
            DeedBlock::Probe(_) | DeedBlock::ForEach(_) => None,
        }
    }

    /// The steps, or every problem of the file.
    fn finish(mut self, place: Place<'_>) -> Result<Vec<Step>, Vec<Finding>> {
        self.report_pieces();
        self.report_rate();
        if self.is_too_long {
            // The calls and expectations of the steps beyond the limit are not known.
            return Err(self.findings);
        }
        if self.judge == Judge::Script {
            self.report_unjoined();
        }
        if !self.expects && self.judge == Judge::Script {
            self.report(
                place.value(),
                "no step can fail: add an expectation, a join, a read or a probe",
            );
        }
        if self.findings.is_empty() { Ok(self.steps) } else { Err(self.findings) }
    }

    fn label(&self, written: &LabelText) -> Label {
        written.in_round(self.round)
    }

    fn report(&mut self, position: Position, message: impl Into<String>) {
        self.findings.push(Finding::new(position, message));
    }
}

/// The name of an end in a message.
const fn the(actor: Actor) -> &'static str {
    match actor {
        Actor::Subject => "the subject",
        Actor::Peer => "the peer",
    }
}
