//! What can be done at a point of a session, and what a peer may lawfully do there. Pure.

use crate::analysis::story::turn::{AppCall, Cancellable, PeerFrame, Turn, WireFault};
use crate::model::{Snapshot, StreamSnapshot};
use crate::scenario::{Action, Actor, Label};
use crate::yamux::frame::{Flags, INITIAL_WINDOW};

impl Turn {
    /// Whether the scenario format and the two ends can carry it out at this point.
    pub(crate) fn is_possible(&self, snapshot: &Snapshot) -> bool {
        match self {
            Self::Call(actor, call) => call.is_possible(*actor, snapshot),
            Self::Frame(frame) => !snapshot.is_over && frame.is_possible(snapshot),
            Self::Fault(WireFault::Resume(_)) => !snapshot.is_over && snapshot.is_held_up,
            Self::Fault(_) => !snapshot.is_over,
            Self::Wait(time) => !time.is_zero(),
        }
    }

    /// Whether the peer keeps the protocol with it. Calls of an application, faults and waits are always lawful.
    ///
    /// A frame that a peer may send only until the subject's RST or go-away has arrived counts as unlawful.
    pub(crate) fn is_lawful(&self, snapshot: &Snapshot) -> bool {
        match self {
            Self::Frame(frame) => frame.is_lawful(snapshot),
            Self::Call(..) | Self::Fault(_) | Self::Wait(_) => true,
        }
    }
}

impl AppCall {
    fn is_possible(&self, actor: Actor, snapshot: &Snapshot) -> bool {
        let held = |label| find(snapshot, label).filter(|stream| stream.is_held[end(actor)]);
        let open = |label| held(label).is_some_and(|stream| !stream.is_closed[end(actor)]);
        match self {
            Self::Open(label) => {
                find(snapshot, label).is_none()
                    && names_in_calls(snapshot).all(|(by, named)| named != label || by != actor)
                    && awaited(snapshot, actor.other()).is_none_or(|awaited| awaited == label)
            }
            Self::Accept(label) => match find(snapshot, label) {
                Some(_) => next_to_accept(snapshot, actor).is_some_and(|next| next.label == *label),
                None => {
                    awaited(snapshot, actor).is_none()
                        && next_to_accept(snapshot, actor).is_none()
                        && names_in_calls(snapshot).all(|(_, named)| named != label)
                }
            },
            Self::Write(label, _) => {
                open(label) && !is_running(snapshot, actor, Cancellable::Write, label)
            }
            Self::Read(label, _) | Self::ReadToEnd(label) => {
                held(label).is_some() && !is_running(snapshot, actor, Cancellable::Read, label)
            }
            Self::HalfClose(label) | Self::Close(label) => open(label),
            Self::Reset(label)
            | Self::CloseRead(label)
            | Self::SetDeadline { stream: label, .. } => held(label).is_some(),
            Self::Drop(label) => {
                held(label).is_some()
                    && names_in_calls(snapshot).all(|(by, named)| named != label || by != actor)
            }
            // Once the stream is on the wire, a cancelled accept would leave it to the next accept, which has another label.
            Self::Cancel(Cancellable::Accept, label) => {
                find(snapshot, label).is_none()
                    && is_running(snapshot, actor, Cancellable::Accept, label)
            }
            Self::Cancel(kind, label) => is_running(snapshot, actor, *kind, label),
            Self::Ping | Self::GoAway | Self::CloseSession => !snapshot.is_over,
        }
    }
}

impl PeerFrame {
    fn is_possible(&self, snapshot: &Snapshot) -> bool {
        let Some(label) = self.stream() else {
            return !matches!(self, Self::Pong) || !snapshot.unanswered_pings.is_empty();
        };
        match find(snapshot, label) {
            Some(_) if matches!(self, Self::WrongParity(_)) => false,
            Some(stream) => {
                let is_known = stream.opener == Actor::Peer || stream.is_announced;
                let is_filled = matches!(self, Self::FillWindow { beyond: 0, .. })
                    && stream.credit[end(Actor::Peer)] == 0;
                is_known && !is_filled
            }
            None => {
                self.may_open()
                    && names_in_calls(snapshot)
                        .all(|(by, named)| named != label || by == Actor::Subject)
                    && awaited(snapshot, Actor::Subject).is_none_or(|awaited| awaited == label)
                    && !is_running(snapshot, Actor::Subject, Cancellable::Open, label)
            }
        }
    }

    fn is_lawful(&self, snapshot: &Snapshot) -> bool {
        match self {
            Self::Update { stream, flags, credit } => {
                is_flow_lawful(snapshot, stream, *flags, (u64::from(*credit), 0))
            }
            Self::Data { stream, flags, bytes } => {
                is_flow_lawful(snapshot, stream, *flags, (0, u64::from(*bytes)))
                    && find(snapshot, stream).is_none_or(|stream| !stream.is_finished[PEER])
            }
            Self::FillWindow { stream, beyond } => {
                *beyond == 0
                    && find(snapshot, stream).is_some_and(|stream| !stream.is_finished[PEER])
                    && is_flow_lawful(snapshot, stream, Flags::NONE, (0, 0))
            }
            Self::Ping(_) => true,
            // Were there several, the latest might have been answered already.
            Self::Pong => snapshot.unanswered_pings.len() == 1,
            Self::GoAway(code) => *code <= 2,
            Self::UnaskedPong(_)
            | Self::WrongParity(_)
            | Self::Unopened(_)
            | Self::WrongVersion
            | Self::UnknownType
            | Self::PingOnStream(_)
            | Self::GoAwayOnStream(_) => false,
        }
    }
}

/// Whether a frame with these flags, which gives this much credit and carries this much data, is lawful.
fn is_flow_lawful(
    snapshot: &Snapshot,
    label: &Label,
    flags: Flags,
    (credit, bytes): (u64, u64),
) -> bool {
    let has = |flag| flags.contains(flag);
    if flags.unknown() != 0 {
        return false;
    }
    let Some(stream) = find(snapshot, label) else {
        return has(Flags::SYN)
            && !has(Flags::ACK)
            && !has(Flags::RST)
            && !snapshot.said_go_away[SUBJECT]
            && credit + u64::from(INITIAL_WINDOW) <= MAX_CREDIT
            && bytes <= u64::from(INITIAL_WINDOW);
    };
    let is_over = stream.is_reset || stream.is_finished == [true; 2];
    let is_first_ack = stream.opener == Actor::Subject && !stream.is_acknowledged;
    // A refusal needs no acknowledgement before it, everything else does.
    let is_ack_due = is_first_ack && !has(Flags::RST);
    !is_over
        && !has(Flags::SYN)
        && has(Flags::ACK) <= is_first_ack
        && is_ack_due <= has(Flags::ACK)
        && !(has(Flags::FIN) && stream.is_finished[PEER])
        && stream.credit[SUBJECT] + credit <= MAX_CREDIT
        && bytes <= stream.credit[PEER]
}

/// The stream with this label.
pub(crate) fn find<'b>(snapshot: &'b Snapshot, label: &Label) -> Option<&'b StreamSnapshot> {
    snapshot.streams.iter().rev().find(|stream| stream.label == *label)
}

/// The index of an end in the pairs of a snapshot.
pub(crate) const fn end(actor: Actor) -> usize {
    match actor {
        Actor::Subject => SUBJECT,
        Actor::Peer => PEER,
    }
}

/// The actors and streams of the running calls.
fn names_in_calls(snapshot: &Snapshot) -> impl Iterator<Item = (Actor, &Label)> {
    snapshot.running.iter().filter_map(|(_, actor, action)| Some((*actor, action.stream()?)))
}

/// Whether a call of this kind by `actor` is running on the stream.
pub(crate) fn is_running(
    snapshot: &Snapshot,
    actor: Actor,
    kind: Cancellable,
    label: &Label,
) -> bool {
    snapshot.running.iter().any(|(_, by, action)| {
        *by == actor && Cancellable::of(action) == Some(kind) && action.stream() == Some(label)
    })
}

/// The stream that a waiting accept of `actor` is for: the other end must open it under this label.
pub(crate) fn awaited(snapshot: &Snapshot, actor: Actor) -> Option<&Label> {
    snapshot.running.iter().find_map(|(_, by, action)| match action {
        Action::Accept { stream, .. } if *by == actor && find(snapshot, stream).is_none() => {
            Some(stream)
        }
        _ => None,
    })
}

/// The label of the stream with this number, from 0: `a` to `z`, then `aa`, `ab`…
pub(crate) fn label(number: u32) -> Label {
    let letter = |n: u32| char::from(b'a' + (n % 26) as u8);
    match number.checked_sub(26) {
        None => letter(number).to_string().into(),
        Some(rest) => format!("{}{}", letter(rest / 26), letter(rest)).into(),
    }
}

/// The label under which `opener` must open its next stream: the one that is awaited, or the first from `number` on that
/// is not in use.
pub(crate) fn next_label(snapshot: &Snapshot, opener: Actor, number: u32) -> Label {
    let is_free = |label: &Label| {
        find(snapshot, label).is_none() && names_in_calls(snapshot).all(|(_, named)| named != label)
    };
    let awaited = awaited(snapshot, opener.other()).cloned();
    awaited.or_else(|| (number..).map(label).find(is_free)).unwrap_or_else(|| label(number))
}

/// The oldest stream of the other end that `actor` has neither accepted nor begun to accept.
pub(crate) fn next_to_accept(snapshot: &Snapshot, actor: Actor) -> Option<&StreamSnapshot> {
    let own = end(actor);
    snapshot.streams.iter().find(|stream| {
        stream.opener == actor.other()
            && !stream.was_held[own]
            && !stream.is_closed[own]
            && !stream.is_finished[own]
            && !stream.is_reset
            && !is_running(snapshot, actor, Cancellable::Accept, &stream.label)
    })
}

/// The index of the subject in the pairs of a snapshot.
pub(crate) const SUBJECT: usize = 0;

/// The index of the peer in the pairs of a snapshot.
pub(crate) const PEER: usize = 1;

/// The most credit that a window can hold.
const MAX_CREDIT: u64 = u32::MAX as u64;
