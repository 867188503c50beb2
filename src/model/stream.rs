//! `Stream` and `Half`: a stream and its two directions, as the wire shows them. Pure.

use crate::scenario::{Actor, Label};
use crate::yamux::frame::{Flags, INITIAL_WINDOW};
use crate::yamux::time::Time;

/// One stream as the wire shows it.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The script's label for it.
    pub(crate) label: Option<Label>,
    /// From the subject to the peer, and from the peer to the subject.
    halves: [Half; 2],
}

/// One direction of one stream.
#[derive(Debug)]
pub(crate) struct Half {
    /// Payload bytes so far.
    pub(crate) payload: u64,
    /// Whether payload was sent after the receiver's RST.
    pub(crate) has_payload_after_reset: bool,
    /// Payload bytes the receiver has allowed so far.
    pub(crate) allowed: u64,
    /// Whether the credit ever exceeded the receiver's window plus the bytes its application had read.
    pub(crate) is_over_credited: bool,
    /// When its first SYN was sent.
    pub(crate) announced: Option<Time>,
    /// The number of SYNs.
    pub(crate) syn: u32,
    /// The number of ACKs.
    pub(crate) ack: u32,
    /// The number of FINs.
    pub(crate) fin: u32,
    /// Whether the header of a data frame with FIN was sent: FIN counts once the body has followed.
    pub(crate) has_begun_fin: bool,
    /// The number of RSTs.
    pub(crate) rst: u32,
    /// Whether its FIN or RST was sent before its receiver ended the transport.
    pub(crate) end_has_arrived: bool,
}

impl Default for Half {
    fn default() -> Self {
        Self {
            payload: 0,
            has_payload_after_reset: false,
            allowed: u64::from(INITIAL_WINDOW),
            is_over_credited: false,
            announced: None,
            syn: 0,
            ack: 0,
            fin: 0,
            has_begun_fin: false,
            rst: 0,
            end_has_arrived: false,
        }
    }
}

impl Half {
    /// The bytes that its sender may still send.
    pub(crate) const fn credit(&self) -> u64 {
        self.allowed.saturating_sub(self.payload)
    }
}

impl Stream {
    /// The direction in which this end sends.
    pub(crate) const fn sent_by(&self, end: Actor) -> &Half {
        &self.halves[end as usize]
    }

    /// The direction in which this end sends, to change it.
    pub(crate) const fn sent_by_mut(&mut self, end: Actor) -> &mut Half {
        &mut self.halves[end as usize]
    }

    /// Whether either end has reset it.
    pub(crate) const fn is_reset(&self) -> bool {
        self.halves[0].rst > 0 || self.halves[1].rst > 0
    }

    /// Whether both directions are over, which frees its number.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_reset() || self.halves[0].fin > 0 && self.halves[1].fin > 0
    }

    /// Whether a frame with these flags uses its number again, for another stream.
    pub(crate) const fn begins_anew(&self, flags: Flags) -> bool {
        flags.contains(Flags::SYN) && self.is_over()
    }

    /// Whether this end can send no more: its window is used up, or the stream is over for it.
    pub(crate) const fn writer_is_at_rest(&self, end: Actor) -> bool {
        let half = self.sent_by(end);
        half.credit() == 0 || half.fin > 0 || self.is_reset()
    }

    /// Whether this end announced it before now, and the other end has not answered.
    pub(crate) fn is_unanswered(&self, end: Actor, now: Time) -> bool {
        let (own, other) = (self.sent_by(end), self.sent_by(end.other()));
        let is_answered = other.ack > 0 || other.fin > 0 || other.rst > 0;
        own.announced.is_some_and(|since| now > since) && !is_answered
    }

    /// The end that opened it, if its SYN was seen.
    pub(crate) fn opener(&self) -> Option<Actor> {
        [Actor::Subject, Actor::Peer].into_iter().find(|end| self.sent_by(*end).syn > 0)
    }

    /// Starts over with a fresh window in each direction: its number is used again.
    pub(crate) fn begin_anew(&mut self) {
        self.halves = <[Half; 2]>::default();
    }
}
