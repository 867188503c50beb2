//! When a mutant is wrong: always, or only after or before an event. Pure.

use std::collections::BTreeMap;

use crate::endpoint::mutant::WholeFrame;
use crate::endpoint::mutant::decorator::wrong::{Own, Wrong, wrong};
use crate::scenario::Action;
use crate::yamux::frame::{Flags, StreamId};

/// A condition on past events. It applies to the stream of the current frame; for a call, to any stream.
#[derive(Clone, Copy)]
pub(crate) enum Condition {
    /// This flag was sent before.
    Sent(Flags),
    /// This flag was not sent.
    NotSent(Flags),
    /// This flag was received before.
    Heard(Flags),
    /// This flag was not received, nor is it on this frame.
    NotHeard(Flags),
    /// One end or the other has opened the stream before.
    Opened,
    /// Nobody has opened the stream, nor does this frame.
    NotOpened,
    /// The application has made such a call.
    Called(fn(&Action) -> bool),
    /// The application has made such a call while the transport was stalled.
    CalledInStall(fn(&Action) -> bool),
    /// The transport is stalled.
    Stuck,
}

/// The events so far.
#[derive(Default)]
pub(crate) struct Past {
    sent: BTreeMap<StreamId, Flags>,
    heard: BTreeMap<StreamId, Flags>,
    /// Whether the call named by a condition was made.
    is_called: bool,
    /// Whether a ping has passed, which opens stream 0 for `NotOpened`.
    is_pinged: bool,
}

impl Past {
    pub(crate) fn sends(&mut self, frame: &WholeFrame) {
        self.is_pinged |= frame.asks();
        note(&mut self.sent, frame);
    }

    pub(crate) fn hears(&mut self, frame: &WholeFrame) {
        self.is_pinged |= frame.asks();
        note(&mut self.heard, frame);
    }

    pub(crate) fn calls(&mut self, conditions: &[Condition], own: &Own, action: &Action) {
        self.is_called |= conditions.iter().any(|condition| match condition {
            Condition::Called(kind) => kind(action),
            Condition::CalledInStall(kind) => own.is_stuck && kind(action),
            _ => false,
        });
    }

    /// Whether all events that must have occurred have; checked before the current frame is noted.
    pub(crate) fn has(&self, conditions: &[Condition], own: &Own, on: Option<StreamId>) -> bool {
        conditions.iter().all(|condition| match condition {
            Condition::Sent(flag) => carried(&self.sent, on, *flag),
            Condition::Heard(flag) => carried(&self.heard, on, *flag),
            Condition::Opened => self.is_opened(on),
            Condition::Called(_) | Condition::CalledInStall(_) => self.is_called,
            Condition::Stuck => own.is_stuck,
            Condition::NotSent(_) | Condition::NotHeard(_) | Condition::NotOpened => true,
        })
    }

    /// Whether no event has occurred that must not have; checked after the current frame is noted.
    pub(crate) fn lacks(&self, conditions: &[Condition], on: Option<StreamId>) -> bool {
        conditions.iter().all(|condition| match condition {
            Condition::NotSent(flag) => !carried(&self.sent, on, *flag),
            Condition::NotHeard(flag) => !carried(&self.heard, on, *flag),
            Condition::NotOpened => {
                !(self.is_opened(on) || self.is_pinged && on == Some(StreamId::SESSION))
            }
            _ => true,
        })
    }

    fn is_opened(&self, on: Option<StreamId>) -> bool {
        carried(&self.sent, on, Flags::SYN) || carried(&self.heard, on, Flags::SYN)
    }
}

/// A mutant that records the events its conditions need.
pub(crate) fn remembering(conditions: &[Condition]) -> Wrong<Past> {
    let conditions = conditions.to_vec();
    wrong::<Past>()
        .on_sent(|past, _, frame| past.sends(frame))
        .on_heard(|past, _, frame| past.hears(frame))
        .on_call(move |past, own, call| past.calls(&conditions, own, call))
}

fn note(flags: &mut BTreeMap<StreamId, Flags>, frame: &WholeFrame) {
    if frame.is_of_stream() && !frame.header.flags.is_empty() {
        *flags.entry(frame.header.stream).or_default() |= frame.header.flags;
    }
}

fn carried(flags: &BTreeMap<StreamId, Flags>, on: Option<StreamId>, flag: Flags) -> bool {
    match on {
        Some(stream) => flags.get(&stream).is_some_and(|flags| flags.contains(flag)),
        None => flags.values().any(|flags| flags.contains(flag)),
    }
}
