//! Keeps a story consistent when turns are removed or streams are renamed. Pure.

use std::collections::{HashMap, HashSet};

use crate::analysis::story::rules::{end, label};
use crate::analysis::story::turn::{AppCall, Cancellable, PeerFrame, Turn, WireFault};
use crate::scenario::{Actor, Label};

/// The end that opens each stream.
pub(super) fn openers(turns: &[Turn]) -> HashMap<&Label, Actor> {
    let mut openers = HashMap::new();
    for turn in turns {
        match turn {
            Turn::Call(actor, AppCall::Open(stream)) => {
                openers.entry(stream).or_insert(*actor);
            }
            Turn::Frame(frame) if frame.may_open() => {
                if let Some(stream) = frame.stream() {
                    openers.entry(stream).or_insert(Actor::Peer);
                }
            }
            _ => {}
        }
    }
    openers
}

/// The turns without those that refer to a stream or call that was removed.
///
/// `unopened` are the streams that an accept may wait for although nobody opens them.
pub(super) fn sweep(turns: &[Turn], unopened: &HashSet<Label>) -> Vec<Turn> {
    let openers = openers(turns);
    let mut sweeping = Sweeping {
        openers: &openers,
        unopened,
        opened: HashSet::new(),
        has: [HashSet::new(), HashSet::new()],
        calls: HashSet::new(),
        stalled: HashSet::new(),
    };
    turns.iter().filter(|turn| sweeping.keeps(turn)).cloned().collect()
}

/// The streams and calls that the kept turns have begun.
struct Sweeping<'a> {
    openers: &'a HashMap<&'a Label, Actor>,
    unopened: &'a HashSet<Label>,
    opened: HashSet<Label>,
    /// The streams that each application has a handle of.
    has: [HashSet<Label>; 2],
    calls: HashSet<(Actor, Cancellable, Label)>,
    stalled: HashSet<Actor>,
}

impl Sweeping<'_> {
    fn keeps(&mut self, turn: &Turn) -> bool {
        match turn {
            Turn::Call(actor, call) => self.keeps_call(*actor, call),
            Turn::Frame(frame) => match frame.stream() {
                None => true,
                Some(stream) if self.opened.contains(stream) => {
                    !matches!(frame, PeerFrame::WrongParity(_))
                }
                Some(stream) => frame.may_open() && self.opened.insert(Label::clone(stream)),
            },
            Turn::Fault(WireFault::Stall(to)) => {
                self.stalled.insert(*to);
                true
            }
            Turn::Fault(WireFault::Resume(to)) => self.stalled.remove(to),
            Turn::Fault(_) | Turn::Wait(_) => true,
        }
    }

    fn keeps_call(&mut self, actor: Actor, call: &AppCall) -> bool {
        let Some(stream) = call.stream() else { return true };
        let own = &mut self.has[end(actor)];
        let is_kept = match call {
            AppCall::Open(_) => {
                !own.contains(stream)
                    && self.opened.insert(Label::clone(stream))
                    && own.insert(Label::clone(stream))
            }
            AppCall::Accept(_) => {
                let is_opened = match self.openers.get(stream) {
                    Some(opener) => *opener != actor,
                    None => self.unopened.contains(stream),
                };
                is_opened && own.insert(Label::clone(stream))
            }
            AppCall::Cancel(kind, _) => self.calls.contains(&(actor, *kind, Label::clone(stream))),
            _ => own.contains(stream),
        };
        if let (true, Some(kind)) = (is_kept, call.kind()) {
            self.calls.insert((actor, kind, Label::clone(stream)));
        }
        is_kept
    }
}

/// The streams in the order in which they are first named.
pub(super) fn streams(turns: &[Turn]) -> Vec<Label> {
    let mut seen = HashSet::new();
    turns.iter().filter_map(Turn::stream).filter(|stream| seen.insert(*stream)).cloned().collect()
}

/// The turns with `from` replaced by `to`, without the opening and the accept of `from`.
pub(super) fn merged(turns: &[Turn], from: &Label, to: &Label) -> Vec<Turn> {
    let mut is_opened = false;
    let kept = turns.iter().filter(|turn| {
        let begins = match turn {
            _ if turn.stream() != Some(from) => return true,
            Turn::Call(_, AppCall::Accept(_)) => return false,
            Turn::Call(_, AppCall::Open(_)) => true,
            Turn::Frame(frame) => frame.may_open() && !is_opened,
            _ => false,
        };
        is_opened |= begins;
        !begins
    });
    kept.map(|turn| renamed(turn, |stream| if stream == from { to } else { stream })).collect()
}

/// The turns with the streams called `a`, `b`, `c` in the order in which they are first named.
pub(super) fn relabelled(turns: &[Turn]) -> Vec<Turn> {
    let names: HashMap<Label, Label> = streams(turns).into_iter().zip((0..).map(label)).collect();
    turns.iter().map(|turn| renamed(turn, |stream| &names[stream])).collect()
}

/// The turn on the stream that `name` returns for its stream.
fn renamed<'a>(turn: &'a Turn, name: impl FnOnce(&'a Label) -> &'a Label) -> Turn {
    let mut turn_renamed = turn.clone();
    if let (Some(own), Some(stream)) = (turn_renamed.stream_mut(), turn.stream()) {
        *own = Label::clone(name(stream));
    }
    turn_renamed
}

impl Turn {
    /// The stream it is about, to rename it.
    const fn stream_mut(&mut self) -> Option<&mut Label> {
        match self {
            Self::Call(_, call) => call.stream_mut(),
            Self::Frame(frame) => frame.stream_mut(),
            Self::Fault(_) | Self::Wait(_) => None,
        }
    }
}

impl AppCall {
    /// The stream it is about, to rename it.
    const fn stream_mut(&mut self) -> Option<&mut Label> {
        match self {
            Self::Open(stream)
            | Self::Accept(stream)
            | Self::Write(stream, _)
            | Self::Read(stream, _)
            | Self::ReadToEnd(stream)
            | Self::HalfClose(stream)
            | Self::Close(stream)
            | Self::Reset(stream)
            | Self::Drop(stream)
            | Self::CloseRead(stream)
            | Self::SetDeadline { stream, .. }
            | Self::Cancel(_, stream) => Some(stream),
            Self::Ping | Self::GoAway | Self::CloseSession => None,
        }
    }

    /// Its kind, if it can be cancelled.
    const fn kind(&self) -> Option<Cancellable> {
        match self {
            Self::Open(_) => Some(Cancellable::Open),
            Self::Accept(_) => Some(Cancellable::Accept),
            Self::Read(..) | Self::ReadToEnd(_) => Some(Cancellable::Read),
            Self::Write(..) => Some(Cancellable::Write),
            _ => None,
        }
    }
}

impl PeerFrame {
    /// The stream it names, to rename it.
    const fn stream_mut(&mut self) -> Option<&mut Label> {
        match self {
            Self::Update { stream, .. }
            | Self::Data { stream, .. }
            | Self::FillWindow { stream, .. }
            | Self::WrongParity(stream)
            | Self::PingOnStream(stream)
            | Self::GoAwayOnStream(stream) => Some(stream),
            _ => None,
        }
    }
}
