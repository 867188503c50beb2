//! Resolves times: whose timeout a name means, which step started it, and what it counts from. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::scenario::check::{Script, the};
use crate::scenario::read::document::{StepBlock, Times};
use crate::scenario::read::place::Place;
use crate::scenario::read::written::{TimeText, WrittenTime};
use crate::scenario::{Actor, Need, Origin, PeerKind, Position, TimePoint, TimeoutName, Timing};

/// A step that times of later steps may count from.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedStep {
    index: usize,
    position: Position,
}

/// The steps that start a timeout.
#[derive(Debug, Default)]
pub(super) struct Arming {
    by_step: BTreeMap<usize, Actor>,
    /// The latest step of each end.
    subject: Option<usize>,
    peer: Option<usize>,
}

impl Arming {
    /// Adds a step of that end, after all others.
    pub(super) fn push(&mut self, actor: Actor, step: usize) {
        self.by_step.insert(step, actor);
        match actor {
            Actor::Subject => self.subject = Some(step),
            Actor::Peer => self.peer = Some(step),
        }
    }

    /// The step that `from` names, or else the latest; only steps of `owner`, if it is known.
    fn find(&self, owner: Option<Actor>, from: &Option<Origin>) -> Option<(Actor, usize)> {
        let is_owner = |actor: Actor| owner.is_none_or(|owner| owner == actor);
        let named = match from {
            Some(Origin::Step(index)) => self.by_step.get_key_value(index),
            _ => None,
        };
        let named = named.map(|(index, actor)| (*actor, *index));
        let latest = [(Actor::Subject, self.subject), (Actor::Peer, self.peer)];
        let latest = latest.into_iter().filter_map(|(actor, step)| Some((actor, step?)));
        let latest = latest.filter(|(actor, _)| is_owner(*actor)).max_by_key(|(_, step)| *step);
        named.filter(|(actor, _)| is_owner(*actor)).or(latest)
    }
}

impl Script<'_> {
    /// Records the name of a step, if it has one.
    pub(super) fn name_step(&mut self, block: &StepBlock, place: Place<'_>) {
        let Some(name) = block.name.as_ref().map(|name| self.label(name)) else { return };
        let position = place.get("name").value();
        if &*name == "session" {
            self.report(
                position,
                "\"session\" is what \"from\" calls the beginning: take another name",
            );
        }
        if &*name == "end" {
            let message = "\"end\" is what ledgers call the end of the script: take another name";
            self.report(position, message);
        }
        if let Some(earlier) = self.names.get(&name) {
            let message = format!("step name {name:?} is already at {}", earlier.position);
            self.report(position, message);
        }
        let named = NamedStep { index: self.steps.len(), position };
        self.names.entry(name).or_insert(named);
    }

    /// Checks when something must happen; `place` is the object that says so.
    pub(super) fn timing(&mut self, times: &Times, place: Place<'_>) -> Timing {
        if times.at.is_some() && (times.not_before.is_some() || times.within.is_some()) {
            let message = "\"at\" is \"not_before\" and \"within\" in one: write it alone";
            self.report(place.get("at").key(), message);
        }
        let from =
            times.from.as_ref().and_then(|name| self.origin(&self.label(name), place.get("from")));
        let mut point = |time: &Option<TimeText>, key| {
            time.as_ref().and_then(|time| self.point((time, key), &from, place))
        };
        let (not_before, within) = match point(&times.at, "at") {
            Some(at) => (Some(at.clone()), Some(at)),
            None => (point(&times.not_before, "not_before"), point(&times.within, "within")),
        };
        if times.from.is_some() && !times.any() {
            self.report(
                place.get("from").key(),
                "\"from\" without a time: add \"at\", \"within\" or \"not_before\"",
            );
        }
        self.assemble(not_before, within, from, place)
    }

    fn assemble(
        &mut self,
        not_before: Option<(TimePoint, Origin)>,
        within: Option<(TimePoint, Origin)>,
        from: Option<Origin>,
        place: Place<'_>,
    ) -> Timing {
        if let (Some((low, low_from)), Some((high, high_from))) = (&not_before, &within) {
            if from.is_none() && low_from != high_from {
                let message = "\"not_before\" and \"within\" count from different steps: say which with \"from\"";
                self.report(place.get("within").key(), message);
            } else if low.length(&self.ends.subject, &self.ends.peer)
                > high.length(&self.ends.subject, &self.ends.peer)
            {
                let message = "\"within\" is over before \"not_before\" begins";
                self.report(place.get("within").value(), message);
            }
        }
        let default = not_before.as_ref().or(within.as_ref()).map(|(_, origin)| origin.clone());
        Timing {
            from: from.or(default).unwrap_or_default(),
            not_before: not_before.map(|(point, _)| point),
            within: within.map(|(point, _)| point),
        }
    }

    /// The step with this name, or the session, as the origin of times.
    pub(super) fn origin(&mut self, name: &str, place: Place<'_>) -> Option<Origin> {
        if name == "session" {
            return Some(Origin::Session);
        }
        // A step cannot name itself: counting from the step itself is the default.
        let named = self.names.get(name).filter(|named| named.index < self.steps.len());
        if let Some(named) = named {
            return Some(Origin::Step(named.index));
        }
        let names = self.names.keys().map(AsRef::as_ref).chain(["session"]);
        let near = self.hints.suggestion(name, names);
        let message = format!("no earlier step has the name {name:?}{near}");
        self.report(place.value(), message);
        None
    }

    /// A written time with its owner, and its origin unless another is given.
    fn point(
        &mut self,
        (TimeText(time), key): (&TimeText, &str),
        from: &Option<Origin>,
        place: Place<'_>,
    ) -> Option<(TimePoint, Origin)> {
        let position = place.get(key).value();
        let WrittenTime { setting, plus, minus } = time.clone();
        let Some((owner, name)) = setting else {
            return Some((TimePoint { setting: None, plus, minus }, Origin::ThisStep));
        };
        let (actor, origin) = self.armed(owner, name, from, position)?;
        if actor == Actor::Peer && self.peer == PeerKind::Wire {
            let message =
                format!("a wire peer has no {name}: write a duration, or \"subject.{name}\"");
            self.report(position, message);
            return None;
        }
        let ends = self.ends;
        let (settings, live) = match actor {
            Actor::Subject => (&ends.subject, &ends.live_subject),
            Actor::Peer => (&ends.peer, &ends.live_peer),
        };
        if settings.asked.get(&name.setting()) != Some(&Need::Needed) {
            let key = if actor == Actor::Subject { "subject" } else { "peer" };
            let message = format!(
                "nothing sets {name} of {}: give it in \"settings\", \"{key}\", or nobody knows how long it is",
                the(actor)
            );
            self.report(position, message);
            return None;
        }
        for (settings, clock) in
            [Some((settings, "")), ends.live.then_some((live, " on the live clock"))]
                .into_iter()
                .flatten()
        {
            let trouble = match name.of(settings) {
                None => format!("{name} of {} is off{clock}", the(actor)),
                Some(timeout) if timeout < minus => {
                    format!("{name} of {} is only {}{clock}", the(actor), shown(timeout))
                }
                Some(_) => continue,
            };
            self.report(position, trouble);
            return None;
        }
        Some((TimePoint { setting: Some((actor, name)), plus, minus }, origin))
    }

    /// The end whose timeout it is, and the step that started it.
    fn armed(
        &mut self,
        owner: Option<Actor>,
        name: TimeoutName,
        from: &Option<Origin>,
        position: Position,
    ) -> Option<(Actor, Origin)> {
        let (steps, by) = match name {
            TimeoutName::ConnectionWriteTimeout => {
                return Some((owner.unwrap_or(Actor::Subject), Origin::ThisStep));
            }
            TimeoutName::KeepAliveInterval => {
                return Some((owner.unwrap_or(Actor::Subject), Origin::Session));
            }
            TimeoutName::StreamCloseTimeout => (&self.closes, "close or half_close"),
            TimeoutName::StreamOpenTimeout => (&self.opens, "open"),
        };
        if let Some((actor, index)) = steps.find(owner, from) {
            return Some((actor, Origin::Step(index)));
        }
        if let (Some(owner), Some(from)) = (owner, from) {
            return Some((owner, from.clone()));
        }
        let whose = owner.map_or_else(String::new, |owner| format!(" of {}", the(owner)));
        self.report(
            position,
            format!("nothing has set {name} going: no {by} step{whose} comes before"),
        );
        None
    }
}

impl Times {
    const fn any(&self) -> bool {
        self.at.is_some() || self.not_before.is_some() || self.within.is_some()
    }
}

fn shown(span: Duration) -> impl std::fmt::Display {
    humantime::format_duration(span)
}
