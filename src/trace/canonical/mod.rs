//! `Canonical`: the meaning of a trace, without the accidents in which two correct implementations (or two runs) may differ.
//! Pure. Each rule is named where it is applied:
//!
//! N1 data segmentation · N2 N3 N4 which frame carries FIN, RST, SYN · N5 where ACK stands · N6 N7 how credit is
//! cut up · N10 pong order · N9 ping values · N11 N12 order between streams and directions · N13 a go-away before
//! the end · N14 how the transport ends · N18 empty data · N19 credit nobody can use · N21 stream numbers.

pub(crate) mod canonicalise;
#[cfg(test)]
mod rules;
pub(crate) mod text;

use std::collections::BTreeMap;
use std::fmt;

use crate::trace::Direction;
use crate::yamux::frame::RawHeader;

/// The meaning of a trace. Equal only if everything is; `diff_meaning` also ignores what N13 leaves open.
///
/// Times are dropped (N17: a scenario's own expectations judge them), and so is the order between streams and between
/// directions (N11, N12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Canonical {
    /// Each stream with a meaning.
    pub streams: BTreeMap<StreamName, StreamMeaning>,
    /// What the subject sent on the session.
    pub to_peer: SessionMeaning,
    /// What the peer sent on the session.
    pub to_subject: SessionMeaning,
}

/// A stream by the order of opening, not by its number: implementations burn numbers (N21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// The n-th stream (from 1) that was opened in this direction: `subject#1`, `peer#2`.
    Opened(Direction, u32),
    /// The n-th number (from 1) used in this direction without an open stream behind it: `subject?1`.
    Unopened(Direction, u32),
    /// Stream frames on number 0: `zero`.
    Zero,
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(by, number) => write!(f, "{}#{number}", by.sender()),
            Self::Unopened(by, number) => write!(f, "{}?{number}", by.sender()),
            Self::Zero => f.pad("zero"),
        }
    }
}

/// Both directions of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamMeaning {
    /// What the subject sent.
    pub to_peer: FlowMeaning,
    /// What the peer sent.
    pub to_subject: FlowMeaning,
}

/// One direction of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowMeaning {
    /// The events, in order.
    pub events: Vec<MeaningEvent>,
    /// Whether the stream was acknowledged; where the ACK stood is an accident (N5).
    pub is_acked: bool,
    /// The total credit, at each step that changed it (N6, N7).
    pub credit: Vec<Credit>,
}

/// One event of a stream, whichever frame carried it (N2, N3, N4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeaningEvent {
    /// SYN.
    Open,
    /// Payload, in however many frames (N1).
    Bytes {
        /// Bytes.
        len: u64,
        /// CRC-32 (IEEE) of all of them.
        crc: u32,
    },
    /// The transport ended inside a Data frame; the bytes received are counted above.
    Cut,
    /// FIN.
    Fin,
    /// RST.
    Reset {
        /// The length of a WindowUpdate that carried it: an error code for some implementations, else 0.
        code: u32,
    },
    /// Flag bits the spec does not define.
    UnknownFlags(u16),
}

/// The total credit, deltas on SYN and ACK included, the initial window not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Credit {
    /// The step that had settled; `None` means the end of the trace.
    pub step: Option<u32>,
    /// Bytes.
    pub total: u64,
}

/// One direction of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionMeaning {
    /// The events, in order.
    pub events: Vec<SessionEvent>,
    /// Which pings of the other direction were answered, in rising order: pongs may overtake each other (N10).
    pub pongs: Vec<u32>,
    /// How many pongs answered no ping.
    pub unasked_pongs: u32,
}

/// One event of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEvent {
    /// The n-th ping (from 1) of this direction; its value is an accident (N9).
    Ping(u32),
    /// A go-away with this code, followed by more.
    GoAway(u32),
    /// An unlawful header, or a ping or go-away with flags or a stream it must not have. The value of a ping is 0.
    Irregular(RawHeader),
    /// Bytes that are not frames.
    Garbage {
        /// How many.
        len: u32,
        /// CRC-32 (IEEE) of them.
        crc: u32,
    },
    /// This direction of the transport ended, as eof or as reset (N14), with the code of the go-away right before
    /// it in the same step: that frame may be lost (N13).
    End(Option<u32>),
}

impl Canonical {
    /// What was sent on the session in this direction.
    pub const fn session(&self, direction: Direction) -> &SessionMeaning {
        match direction {
            Direction::SubjectToPeer => &self.to_peer,
            Direction::PeerToSubject => &self.to_subject,
        }
    }

    /// The same, to change it.
    pub const fn session_mut(&mut self, direction: Direction) -> &mut SessionMeaning {
        match direction {
            Direction::SubjectToPeer => &mut self.to_peer,
            Direction::PeerToSubject => &mut self.to_subject,
        }
    }
}

impl StreamMeaning {
    /// What was sent on the stream in this direction.
    pub const fn flow(&self, direction: Direction) -> &FlowMeaning {
        match direction {
            Direction::SubjectToPeer => &self.to_peer,
            Direction::PeerToSubject => &self.to_subject,
        }
    }

    /// The same, to change it.
    pub const fn flow_mut(&mut self, direction: Direction) -> &mut FlowMeaning {
        match direction {
            Direction::SubjectToPeer => &mut self.to_peer,
            Direction::PeerToSubject => &mut self.to_subject,
        }
    }
}
