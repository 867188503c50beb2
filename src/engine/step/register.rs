//! `Register`: every call of a case, by number and by label, with the counts that other checks need. Pure.

use std::collections::{BTreeSet, HashMap};

use crate::endpoint::{CallId, CallResult};
use crate::engine::rules::classes::Situation;
use crate::engine::step::calls::RunningCall;
use crate::scenario::{Action, Actor, Figures, Label, StatsUse};
use crate::yamux::time::Time;

/// The calls in the order they began; a call's number is its index.
#[derive(Debug, Default)]
pub(crate) struct Register {
    calls: Vec<RunningCall>,
    /// The indices of running calls.
    running: BTreeSet<usize>,
    /// The index of the latest call of each label.
    labels: HashMap<Label, usize>,
    /// The bytes that each end's writes and reads have moved on each stream, or will have moved.
    moved: HashMap<(Actor, RegisterKind, Label), u64>,
    /// When each deadline that was set ends.
    deadlines: BTreeSet<Time>,
    /// The number of pings requested of the subject.
    pings: usize,
    /// The streams that each application has closed or reset.
    ended: HashMap<(Actor, Label), Situation>,
    /// The figures recorded for each end.
    figures: HashMap<(Actor, Label), Figures>,
    /// The number of streams the subject and the peer have accepted.
    accepted: [usize; 2],
    /// Whether the subject and the peer have closed the session.
    has_closed: [bool; 2],
}

/// The way a call moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum RegisterKind {
    Write,
    Read,
}

impl RegisterKind {
    const fn of(action: &Action) -> Option<Self> {
        match action {
            Action::Write { .. } => Some(Self::Write),
            Action::Read { .. } => Some(Self::Read),
            _ => None,
        }
    }
}

/// How this call of its application ends a stream.
const fn own_end(action: &Action) -> Option<Situation> {
    match action {
        Action::Reset { .. } | Action::Drop { .. } => Some(Situation::OwnReset),
        Action::Close { .. } | Action::HalfClose { .. } => Some(Situation::OwnClose),
        _ => None,
    }
}

impl Register {
    /// The number of the next call.
    pub(crate) fn next_id(&self) -> CallId {
        CallId(u32::try_from(self.calls.len()).unwrap_or(u32::MAX))
    }

    /// Adds a call that has begun.
    pub(crate) fn push(&mut self, call: RunningCall) {
        let place = self.calls.len();
        self.running.insert(place);
        if let Some(label) = &call.label {
            self.labels.insert(Label::clone(label), place);
        }
        if let Action::SetDeadline { read, write, .. } = &call.action {
            let set = [read, write].into_iter().filter_map(|deadline| deadline.flatten());
            self.deadlines.extend(set.map(|after| call.started + after));
        }
        if let Action::Open { deadline, .. } | Action::Accept { deadline, .. } = &call.action {
            self.deadlines.extend(deadline.map(|after| call.started + after));
        }
        if let (Some(end), Some(stream)) = (own_end(&call.action), call.action.stream()) {
            let key = (call.actor, Label::clone(stream));
            let before = self.ended.entry(key).or_insert(end);
            // A close after a reset changes nothing.
            if *before != Situation::OwnReset {
                *before = end;
            }
        }
        self.has_closed[call.actor as usize] |= matches!(call.action, Action::CloseSession { .. });
        self.pings += usize::from(call.actor == Actor::Subject && call.action == Action::Ping);
        self.calls.push(call);
        self.count_moved(place, 0);
    }

    /// The call with this number.
    pub(crate) fn find(&self, id: CallId) -> Option<&RunningCall> {
        self.calls.get(id.0 as usize)
    }

    /// The latest call with this label.
    pub(crate) fn labelled(&self, label: &Label) -> Option<&RunningCall> {
        self.calls.get(*self.labels.get(label)?)
    }

    /// The number of the latest call with this label.
    pub(crate) fn id_of(&self, label: &Label) -> Option<CallId> {
        let place = *self.labels.get(label)?;
        Some(CallId(u32::try_from(place).unwrap_or(u32::MAX)))
    }

    /// The figures that this call compares its own with.
    pub(crate) fn remembered(&self, actor: Actor, action: &Action) -> Figures {
        let Action::Stats(StatsUse::Since { before, .. }) = action else {
            return Figures::default();
        };
        self.figures.get(&(actor, Label::clone(before))).copied().unwrap_or_default()
    }

    /// The call that began last.
    pub(crate) fn last(&self) -> Option<&RunningCall> {
        self.calls.last()
    }

    /// The running calls, in the order they began.
    pub(crate) fn running(&self) -> impl Iterator<Item = &RunningCall> {
        self.running.iter().map(|place| &self.calls[*place])
    }

    /// The number of running calls.
    pub(crate) fn count_running(&self) -> usize {
        self.running.len()
    }

    /// The number of pings requested of the subject.
    pub(crate) const fn pings(&self) -> usize {
        self.pings
    }

    /// The latest deadline before `limit`.
    pub(crate) fn last_deadline(&self, limit: Time) -> Option<Time> {
        self.deadlines.range(..limit).next_back().copied()
    }

    /// How an application has ended its end of the stream, if it has.
    pub(crate) fn own_end_of(&self, actor: Actor, stream: &Label) -> Option<Situation> {
        self.ended.get(&(actor, Label::clone(stream))).copied()
    }

    /// Whether an application has closed the session.
    pub(crate) const fn has_closed_session(&self, actor: Actor) -> bool {
        self.has_closed[actor as usize]
    }

    /// How many streams an end has accepted.
    pub(crate) const fn count_accepted_by(&self, actor: Actor) -> usize {
        self.accepted[actor as usize]
    }

    /// How many bytes all calls of this kind have moved on a stream, or will have moved.
    pub(crate) fn moved(&self, actor: Actor, action: &Action, stream: &Label) -> u64 {
        let kind = RegisterKind::of(action);
        let key = kind.map(|kind| (actor, kind, Label::clone(stream)));
        key.and_then(|key| self.moved.get(&key)).copied().unwrap_or(0)
    }

    /// How many bytes an end has read from a stream, or will have read.
    pub(crate) fn read_by(&self, actor: Actor, stream: &Label) -> u64 {
        self.moved.get(&(actor, RegisterKind::Read, Label::clone(stream))).copied().unwrap_or(0)
    }

    /// Updates how many bytes a call has moved.
    pub(crate) fn progress(&mut self, id: CallId, bytes: u64) {
        let place = id.0 as usize;
        if let Some(call) = self.calls.get_mut(place) {
            let before = call.moved();
            call.progress = call.progress.max(bytes);
            self.count_moved(place, before);
        }
    }

    /// Ends a call. Only its first end counts.
    pub(crate) fn finish(&mut self, now: Time, id: CallId, result: CallResult) {
        let place = id.0 as usize;
        if let Some(call) = self.calls.get_mut(place) {
            let before = call.moved();
            let is_accept = matches!(call.action, Action::Accept { .. });
            if is_accept && call.finished.is_none() && matches!(result, CallResult::Done(_)) {
                self.accepted[call.actor as usize] += 1;
            }
            if let (Action::Stats(StatsUse::Remember(name)), CallResult::Done(done)) =
                (&call.action, &result)
            {
                self.figures.insert((call.actor, Label::clone(name)), done.figures);
            }
            call.finished.get_or_insert((now, result));
            self.running.remove(&place);
            self.count_moved(place, before);
        }
    }

    /// Updates the totals: this call's share was `before`.
    fn count_moved(&mut self, place: usize, before: u64) {
        let call = &self.calls[place];
        if let (Some(kind), Some(stream)) = (RegisterKind::of(&call.action), call.action.stream()) {
            let sum = self.moved.entry((call.actor, kind, Label::clone(stream))).or_default();
            *sum = sum.saturating_sub(before).saturating_add(call.moved());
        }
    }
}
