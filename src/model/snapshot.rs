//! `Snapshot`: the state of a session, as far as the author of a story needs it to choose the next turn. Pure.

use crate::model::{Model, Stream};
use crate::scenario::{Action, Actor, Label};
use crate::yamux::time::Time;

/// The state of a session, as its wire and its applications show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The time since the case began.
    pub(crate) time: Time,
    /// The streams, in the order in which they were first named.
    pub(crate) streams: Vec<StreamSnapshot>,
    /// The calls of the applications that have not ended: their labels, actors and actions.
    pub(crate) running: Vec<(Label, Actor, Action)>,
    /// Whether the subject and the peer have sent a go-away.
    pub(crate) said_go_away: [bool; 2],
    /// The values of the subject's pings that the peer has not answered.
    pub(crate) unanswered_pings: Vec<u32>,
    /// Whether the session is over, or one of its ends has broken the protocol.
    pub(crate) is_over: bool,
    /// Whether the wire holds bytes back.
    pub(crate) is_held_up: bool,
}

/// One stream of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamSnapshot {
    /// Its label.
    pub(crate) label: Label,
    /// The end that opened it.
    pub(crate) opener: Actor,
    /// Whether its SYN has crossed the wire.
    pub(crate) is_announced: bool,
    /// Whether it has been acknowledged.
    pub(crate) is_acknowledged: bool,
    /// Whether the application of the subject, and of the peer, has a handle of it: its open or accept has succeeded, and
    /// it has not dropped it.
    pub(crate) is_held: [bool; 2],
    /// The same, whether or not it has dropped it since.
    pub(crate) was_held: [bool; 2],
    /// Whether the application of the subject, and of the peer, has closed or half-closed it.
    pub(crate) is_closed: [bool; 2],
    /// Whether the subject, and the peer, has sent FIN.
    pub(crate) is_finished: [bool; 2],
    /// Whether either end has reset it.
    pub(crate) is_reset: bool,
    /// The bytes that the subject, and the peer, may still send.
    pub(crate) credit: [u64; 2],
    /// The bytes sent to the subject, and to the peer, that its application has not read. A wire peer reads none.
    pub(crate) unread: [u64; 2],
}

impl Model {
    /// The session as it stands.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let ends = [Actor::Subject, Actor::Peer];
        let calls = self.apps.all_running();
        let running = calls.filter_map(|call| {
            Some((Label::clone(call.label.as_ref()?), call.actor, call.action.clone()))
        });
        let pings = self.end(Actor::Subject).pings.keys();
        Snapshot {
            time: self.now,
            streams: self.names().filter_map(|label| self.stream_snapshot(label)).collect(),
            running: running.collect(),
            said_go_away: ends.map(|end| self.end(end).has_said_go_away),
            unanswered_pings: pings.copied().collect(),
            is_over: self.is_over() || ends.iter().any(|end| self.is_unlawful(*end)),
            is_held_up: self.is_stalled != [false; 2],
        }
    }

    /// The stream with this label; none if an accept waits for it and nobody has opened it.
    fn stream_snapshot(&self, label: &Label) -> Option<StreamSnapshot> {
        let ends = [Actor::Subject, Actor::Peer];
        let unseen = Stream::default();
        let stream = self.labelled(label).unwrap_or(&unseen);
        let handles = ends.map(|end| self.handle(end, label));
        let opens = |end: &Actor| handles[*end as usize].is_some_and(|handle| handle.is_opener);
        let opener = stream.opener().or_else(|| ends.into_iter().find(opens))?;
        let unread = |end: Actor| {
            let read = handles[end as usize].map_or(0, |handle| handle.read);
            stream.sent_by(end.other()).payload.saturating_sub(read)
        };
        Some(StreamSnapshot {
            label: Label::clone(label),
            opener,
            is_announced: stream.sent_by(opener).syn > 0,
            is_acknowledged: stream.sent_by(opener.other()).ack > 0,
            is_held: ends.map(|end| self.is_held(end, label)),
            was_held: ends.map(|end| self.was_held(end, label)),
            is_closed: ends.map(|end| handles[end as usize].is_some_and(|handle| handle.is_closed)),
            is_finished: ends.map(|end| stream.sent_by(end).fin > 0),
            is_reset: stream.is_reset(),
            credit: ends.map(|end| stream.sent_by(end).credit()),
            unread: ends.map(unread),
        })
    }
}
