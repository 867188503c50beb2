//! What the applications at both ends have asked for: their calls, and what they did with each stream. Pure.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::model::Model;
use crate::scenario::{Action, Actor, ErrorClass, Label};
use crate::yamux::time::Time;

/// Both applications.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    /// The calls that have not ended, by number.
    running: BTreeMap<u32, Call>,
    handles: HashMap<(Actor, Label), Handle>,
    /// The labels of all streams, in the order in which they were first named.
    named: Vec<Label>,
    /// The streams that each application has opened and that may have no number yet, oldest first.
    unannounced: [VecDeque<Label>; 2],
    /// The subject's application, and the peer's.
    both: [App; 2],
}

/// What one application has asked of its session.
#[derive(Debug, Default)]
pub(crate) struct App {
    /// How many opens it has begun.
    pub(crate) opens: u32,
    /// How many accepts have succeeded.
    pub(crate) accepts: u32,
    pub(crate) has_asked_go_away: bool,
    pub(crate) has_closed_session: bool,
    /// Whether it has ever cancelled a call.
    pub(crate) has_cancelled: bool,
}

/// A call that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) actor: Actor,
    pub(crate) action: Action,
    pub(crate) label: Option<Label>,
    /// Whether its stream had been closed or half-closed before it began.
    pub(super) is_after_close: bool,
    /// Whether its application has cancelled it.
    is_cancelled: bool,
}

impl Call {
    pub(crate) const fn new(actor: Actor, action: Action, label: Option<Label>) -> Self {
        Self { actor, action, label, is_after_close: false, is_cancelled: false }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallEnding {
    /// The error; `None` for success.
    pub class: Option<ErrorClass>,
    /// The bytes it wrote or read.
    pub bytes: u64,
}

/// What an application has done with one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handle {
    /// The other end has used its number again, for another stream.
    pub(crate) is_stale: bool,
    /// This application opened the stream.
    pub(crate) is_opener: bool,
    /// Its open or accept has succeeded.
    pub(crate) is_held: bool,
    /// The other end had sent FIN before the accept ended.
    pub(crate) was_finished: bool,
    /// Its open has failed.
    pub(crate) is_abandoned: bool,
    /// The bytes of all writes that were begun.
    pub(crate) asked: u64,
    /// The bytes that writes have reported.
    pub(crate) written: u64,
    /// A write has failed: it need not have reported all that it sent.
    pub(crate) has_lost_count: bool,
    /// A write waited behind one that failed or was cancelled: nobody knows where in the stream its bytes begin.
    pub(crate) has_mixed_writes: bool,
    /// The bytes that reads have returned.
    pub(crate) read: u64,
    /// A close or half-close has begun.
    pub(crate) is_closed: bool,
    /// One has succeeded.
    pub(crate) has_closed: bool,
    /// A close of both directions has begun.
    pub(crate) is_closed_whole: bool,
    pub(crate) is_reset: bool,
    /// A reset has succeeded.
    pub(crate) has_reset: bool,
    pub(crate) is_dropped: bool,
    /// A close of the reading side has begun.
    pub(crate) reads_no_more: bool,
    /// A read has begun since the other end broke the protocol.
    pub(crate) reads_after_violation: bool,
    /// The deadlines of its reads and of its writes.
    pub(crate) deadlines: [Option<Time>; 2],
    /// A deadline was ever set.
    pub(crate) has_deadline: bool,
}

impl Handle {
    /// Whether the application has closed, reset or dropped it.
    pub(crate) const fn is_ended(&self) -> bool {
        self.is_closed || self.is_reset || self.is_dropped
    }
}

impl Apps {
    /// Whether an application has begun to close its session.
    pub(crate) const fn has_closed_session(&self) -> bool {
        self.both[0].has_closed_session || self.both[1].has_closed_session
    }

    pub(crate) const fn of(&self, end: Actor) -> &App {
        &self.both[end as usize]
    }

    /// The running calls of an application, in the order they began.
    pub(crate) fn running(&self, end: Actor) -> impl Iterator<Item = &Call> {
        self.running.values().filter(move |call| call.actor == end)
    }

    pub(crate) fn all_running(&self) -> impl Iterator<Item = &Call> {
        self.running.values()
    }

    pub(crate) fn call(&self, id: u32) -> Option<&Call> {
        self.running.get(&id)
    }

    /// Notes that the number of this stream was used again.
    pub(crate) fn mark_stale(&mut self, end: Actor, label: &Label) {
        if let Some(handle) = self.handles.get_mut(&(end, Label::clone(label))) {
            handle.is_stale = true;
        }
    }

    /// The writes that run on the stream.
    pub(crate) fn writes(&self, end: Actor, label: &Label) -> impl Iterator<Item = &Call> {
        self.running(end).filter(
            move |call| matches!(&call.action, Action::Write { stream, .. } if stream == label),
        )
    }

    fn handle_mut(&mut self, end: Actor, label: &Label) -> &mut Handle {
        self.handles.entry((end, Label::clone(label))).or_default()
    }
}

impl Model {
    /// Takes in that an application begins a call.
    pub(crate) fn begin_call(&mut self, now: Time, id: u32, mut call: Call) {
        self.now = now;
        let handle = call.action.stream().and_then(|stream| self.handle(call.actor, stream));
        call.is_after_close = handle.is_some_and(|handle| handle.has_closed);
        if let Some(stream) = call.action.stream() {
            self.named(stream);
        }
        let is_broken = self.is_unlawful(call.actor.other());
        let (end, apps) = (call.actor, &mut self.apps);
        match &call.action {
            Action::Open { stream, .. } => {
                apps.both[end as usize].opens += 1;
                apps.unannounced[end as usize].push_back(Label::clone(stream));
                *apps.handle_mut(end, stream) = Handle { is_opener: true, ..Handle::default() };
            }
            Action::Accept { stream, .. } => *apps.handle_mut(end, stream) = Handle::default(),
            Action::Write { stream, .. } => {
                let asked = call.action.requested().unwrap_or_default();
                let is_queued = apps.writes(end, stream).next().is_some();
                let is_behind_cancelled = apps.writes(end, stream).any(|call| call.is_cancelled);
                let handle = apps.handle_mut(end, stream);
                handle.asked = handle.asked.saturating_add(asked);
                handle.has_mixed_writes |=
                    is_behind_cancelled || is_queued && handle.has_lost_count;
            }
            Action::HalfClose { stream } | Action::Close { stream } => {
                let handle = apps.handle_mut(end, stream);
                handle.is_closed = true;
                handle.is_closed_whole |= matches!(call.action, Action::Close { .. });
            }
            Action::CloseRead { stream } => apps.handle_mut(end, stream).reads_no_more = true,
            Action::Reset { stream, .. } => apps.handle_mut(end, stream).is_reset = true,
            Action::Drop { stream } | Action::Forget { stream } => {
                apps.handle_mut(end, stream).is_dropped = true;
            }
            Action::SetDeadline { stream, read, write } => {
                let handle = apps.handle_mut(end, stream);
                handle.has_deadline = true;
                for (own, set) in handle.deadlines.iter_mut().zip([read, write]) {
                    if let Some(after) = set {
                        *own = after.map(|after| now + after);
                    }
                }
            }
            Action::GoAway { .. } => apps.both[end as usize].has_asked_go_away = true,
            Action::CloseSession { .. } => apps.both[end as usize].has_closed_session = true,
            Action::Cancel { label } => {
                apps.both[end as usize].has_cancelled = true;
                let is_it = |one: &&mut Call| one.actor == end && one.label.as_ref() == Some(label);
                if let Some(cancelled) = apps.running.values_mut().find(is_it) {
                    cancelled.is_cancelled = true;
                }
            }
            Action::Read { stream, .. } => {
                apps.handle_mut(end, stream).reads_after_violation |= is_broken;
            }
            Action::Ping | Action::CountStreams | Action::Stats(_) => {}
        }
        apps.running.insert(id, call);
    }

    /// Takes in how a call has ended.
    pub(crate) fn end_call(&mut self, now: Time, id: u32, ending: CallEnding) {
        self.now = now;
        let Some(call) = self.apps.running.remove(&id) else { return };
        let other = call.actor.other();
        let wire = call.action.stream().and_then(|stream| self.labelled(stream));
        let has_fin = wire.is_some_and(|wire| wire.sent_by(other).fin > 0);
        let (end, apps, is_fine) = (call.actor, &mut self.apps, ending.class.is_none());
        match &call.action {
            Action::Open { stream, .. } => {
                let handle = apps.handle_mut(end, stream);
                (handle.is_held, handle.is_abandoned) = (is_fine, !is_fine);
            }
            Action::Accept { stream, .. } => {
                apps.both[end as usize].accepts += u32::from(is_fine);
                let handle = apps.handle_mut(end, stream);
                (handle.is_held, handle.was_finished) = (is_fine, has_fin);
            }
            Action::Write { stream, .. } => {
                let has_queued = apps.writes(end, stream).next().is_some();
                let handle = apps.handle_mut(end, stream);
                handle.written = handle.written.saturating_add(ending.bytes);
                handle.has_lost_count |= !is_fine;
                handle.has_mixed_writes |= !is_fine && has_queued;
            }
            Action::Read { stream, .. } => apps.handle_mut(end, stream).read += ending.bytes,
            Action::HalfClose { stream } | Action::Close { stream } => {
                apps.handle_mut(end, stream).has_closed |= is_fine;
            }
            Action::Reset { stream, .. } => apps.handle_mut(end, stream).has_reset |= is_fine,
            _ => {}
        }
    }

    /// Undoes a call that was not carried out, because the library has no such call.
    pub(crate) fn forget_call(&mut self, id: u32) {
        let Some(call) = self.apps.running.remove(&id) else { return };
        let Some(stream) = call.action.stream() else { return };
        let handle = self.apps.handle_mut(call.actor, stream);
        match &call.action {
            // A library without half-close may have closed the stream before.
            Action::HalfClose { .. } => handle.is_closed = handle.is_closed_whole,
            Action::Close { .. } => (handle.is_closed, handle.is_closed_whole) = (false, false),
            Action::CloseRead { .. } => handle.reads_no_more = false,
            Action::Reset { .. } => handle.is_reset = false,
            Action::SetDeadline { .. } => {
                (handle.deadlines, handle.has_deadline) = ([None; 2], false);
            }
            Action::Drop { .. } => handle.is_dropped = false,
            _ => {}
        }
    }

    /// The labels of all streams, in the order in which they were first named.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Label> {
        self.apps.named.iter()
    }

    /// What the application at this end has done with the stream.
    pub(crate) fn handle(&self, end: Actor, label: &Label) -> Option<&Handle> {
        self.apps.handles.get(&(end, Label::clone(label)))
    }

    /// Whether the application at this end has ever had a handle of the stream.
    pub(crate) fn was_held(&self, end: Actor, stream: &Label) -> bool {
        self.handle(end, stream).is_some_and(|handle| handle.is_held && !handle.is_stale)
    }

    /// Whether the application at this end has a handle of the stream that it may use.
    pub(crate) fn is_held(&self, end: Actor, stream: &Label) -> bool {
        self.was_held(end, stream) && self.handle(end, stream).is_some_and(|one| !one.is_dropped)
    }

    /// The oldest stream that this end's application opens and that has no number yet.
    pub(crate) fn unannounced(&mut self, end: Actor) -> Option<Label> {
        let Self { apps, numbers, .. } = self;
        let queue = &mut apps.unannounced[end as usize];
        while let Some(label) = queue.pop_front() {
            let handle = apps.handles.get(&(end, Label::clone(&label)));
            if !numbers.contains_key(&label) && !handle.is_some_and(|one| one.is_abandoned) {
                return Some(label);
            }
        }
        None
    }

    /// Adds a stream to those that were named, unless it is there.
    pub(crate) fn named(&mut self, label: &Label) {
        let key = |end| (end, Label::clone(label));
        let is_known = self.numbers.contains_key(label)
            || [Actor::Subject, Actor::Peer]
                .iter()
                .any(|end| self.apps.handles.contains_key(&key(*end)));
        if !is_known {
            self.apps.named.push(Label::clone(label));
        }
    }
}
