//! When a mutant is wrong: always, or only after or before something has happened. Pure.

use std::collections::BTreeMap;

use crate::endpoint::mutant::WholeFrame;
use crate::endpoint::mutant::decorator::wrong::{Own, Wrong, wrong};
use crate::scenario::Action;
use crate::yamux::frame::{Flags, StreamId};

/// What must be so. It is about the stream of the frame in question; for a call, about any stream.
#[derive(Clone, Copy)]
pub(crate) enum Condition {
    /// This flag was sent before.
    Sent(Flags),
    /// This flag was not sent.
    NotSent(Flags),
    /// This flag was heard before.
    Heard(Flags),
    /// This flag was not heard, nor is it on this frame.
    NotHeard(Flags),
    /// One end or the other has opened the stream before.
    Opened,
    /// Nobody has opened the stream, nor does this frame.
    NotOpened,
    /// The application has made such a call.
    Called(fn(&Action) -> bool),
    /// The application has made such a call while the transport took nothing.
    CalledInStall(fn(&Action) -> bool),
    /// The transport takes nothing.
    Stuck,
}

/// What has happened so far.
#[derive(Default)]
pub(crate) struct Past {
    sent: BTreeMap<StreamId, Flags>,
    heard: BTreeMap<StreamId, Flags>,
    /// Whether the call was made that a condition asks for.
    is_called: bool,
    /// Whether a ping has passed: to `NotOpened`, that opens stream 0.
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

    /// Whether all that asks for a past is so; to be asked before the frame in question is noted.
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

    /// Whether nothing has happened that must not have; to be asked once the frame in question is noted.
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

/// A mutant that knows what its conditions ask for.
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
