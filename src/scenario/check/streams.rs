//! Tracks which end knows which stream label, so that a label is used only after it exists. Pure.

use std::sync::Arc;

use crate::scenario::check::{Script, the};
use crate::scenario::{Actor, Judge, Label, PeerKind, Position};

/// What is known about a stream label.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamUse {
    /// The end that opened it; `None` while an accept only waits for it.
    opener: Option<Actor>,
    /// Whether the subject's application has it.
    subject: bool,
    /// Whether the peer has it: opened it, accepted it, or saw it opened.
    peer: bool,
    /// Where the label first occurs.
    position: Position,
}

impl StreamUse {
    const fn has(&mut self, actor: Actor) -> &mut bool {
        match actor {
            Actor::Subject => &mut self.subject,
            Actor::Peer => &mut self.peer,
        }
    }
}

impl Script<'_> {
    /// `actor` opens a stream, which gets this label.
    pub(super) fn stream_opened(&mut self, actor: Actor, label: &Label, position: Position) {
        let fresh = StreamUse { opener: None, subject: false, peer: false, position };
        let stream = self.streams.entry(Arc::clone(label)).or_insert(fresh);
        if stream.opener.is_none() && !*stream.has(actor) {
            stream.opener = Some(actor);
            *stream.has(actor) = true;
        } else {
            let message = format!("stream label {label:?} is already at {}", stream.position);
            self.report(position, message);
        }
    }

    /// `actor` accepts a stream, or (if `may_wait`) waits for one that is not open yet.
    pub(super) fn stream_accepted(
        &mut self,
        actor: Actor,
        label: &Label,
        may_wait: bool,
        position: Position,
    ) {
        if let Some(stream) = self.streams.get_mut(label) {
            if stream.opener == Some(actor) {
                let message = format!("{} opened {label:?} itself", the(actor));
                self.report(position, message);
            } else if std::mem::replace(stream.has(actor), true) {
                let message =
                    format!("{} has {label:?} already, since {}", the(actor), stream.position);
                self.report(position, message);
            }
            return;
        }
        if !may_wait && !self.sent_unnamed {
            let near = self.hints.suggestion(label, self.streams.keys().map(AsRef::as_ref));
            let message = format!(
                "nobody has opened {label:?} yet{near}; to wait for it, give the accept a label and join it"
            );
            self.report(position, message);
        }
        let mut stream = StreamUse { opener: None, subject: false, peer: false, position };
        *stream.has(actor) = true;
        self.streams.insert(Arc::clone(label), stream);
    }

    /// `actor` uses a stream that it must have.
    pub(super) fn stream_used(&mut self, actor: Actor, label: &Label, position: Position) {
        let (peer, judge) = (self.peer, self.judge);
        let Some(stream) = self.streams.get_mut(label) else {
            return self.report_unknown_stream(label, position);
        };
        // A wire peer that the model keeps in check sends nothing on a stream that it has not seen opened.
        let is_seen = actor == Actor::Peer && judge == Judge::Model;
        if !*stream.has(actor) && !is_seen {
            let message = match (actor, peer) {
                (Actor::Peer, PeerKind::Wire) => format!(
                    "the peer has not seen {label:?} opened: expect \"opened\" before it sends on it"
                ),
                _ => format!("{} has not opened or accepted {label:?} yet", the(actor)),
            };
            self.report(position, message);
        }
    }

    /// A wire peer sends SYN, which opens a stream if the label is not in use.
    pub(super) fn stream_syn_sent(&mut self, label: &Label, position: Position) {
        match self.streams.get(label) {
            Some(stream) if stream.opener.is_some() => {
                self.stream_used(Actor::Peer, label, position);
            }
            _ => self.stream_opened(Actor::Peer, label, position),
        }
    }

    /// The peer must have seen that the subject opened the stream.
    pub(super) fn stream_seen_opened(&mut self, label: &Label, position: Position) {
        let is_app = self.peer == PeerKind::App;
        let Some(stream) = self.streams.get_mut(label) else {
            return self.report_unknown_stream(label, position);
        };
        if stream.opener != Some(Actor::Subject) {
            self.report(position, format!("the subject has not opened {label:?}"));
        } else if !is_app && std::mem::replace(&mut stream.peer, true) {
            self.report(position, format!("the peer has seen {label:?} opened already"));
        }
    }

    /// An event of the subject on a stream that must exist.
    pub(super) fn stream_watched(&mut self, label: &Label, position: Position) {
        if !self.streams.contains_key(label) {
            self.report_unknown_stream(label, position);
        }
    }

    /// The subject acknowledges only what the peer opened.
    pub(super) fn stream_acked(&mut self, label: &Label, position: Position) {
        match self.streams.get(label) {
            None => self.report_unknown_stream(label, position),
            Some(stream) if stream.opener == Some(Actor::Subject) => {
                let message =
                    format!("the subject opened {label:?} itself, so it does not acknowledge it");
                self.report(position, message);
            }
            Some(_) => {}
        }
    }

    fn report_unknown_stream(&mut self, label: &Label, position: Position) {
        let near = self.hints.suggestion(label, self.streams.keys().map(AsRef::as_ref));
        self.report(position, format!("no stream {label:?} here{near}"));
    }
}
