//! The record of the wire: fixed records in memory, text only for files and failures. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod canonical;
mod diff;
mod ladder;
mod meta;
mod recorder;
#[cfg(test)]
pub(crate) mod samples;
mod text;

use std::fmt;

use crate::yamux::frame::RawHeader;
use crate::yamux::time::Time;

pub(crate) use crate::trace::canonical::canonicalise::canonical;
pub(crate) use crate::trace::diff::lanes::{diff_lanes, diff_lanes_uncut};
pub(crate) use canonical::{
    Canonical, Credit, FlowMeaning, MeaningEvent, SessionEvent, SessionMeaning, StreamMeaning,
    StreamName,
};
pub(crate) use diff::{TraceDiff, diff_exact, diff_meaning};
pub(crate) use ladder::{LadderColumn, Rung, ladder};
pub use meta::{Clock, Meta};
pub(crate) use meta::{Form, NumberedLine};
pub(crate) use recorder::{Observed, Recorder, Seen};
pub(crate) use text::TextError;

/// Which way something crossed the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the subject to the peer; `S>P` in text.
    SubjectToPeer,
    /// From the peer to the subject; `P>S` in text.
    PeerToSubject,
}

impl Direction {
    /// The opposite direction.
    pub const fn reverse(self) -> Self {
        match self {
            Self::SubjectToPeer => Self::PeerToSubject,
            Self::PeerToSubject => Self::SubjectToPeer,
        }
    }

    /// The sender: `subject` or `peer`.
    pub const fn sender(self) -> &'static str {
        match self {
            Self::SubjectToPeer => "subject",
            Self::PeerToSubject => "peer",
        }
    }

    /// The direction in words: `subject to peer`.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::SubjectToPeer => "subject to peer",
            Self::PeerToSubject => "peer to subject",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SubjectToPeer => "S>P",
            Self::PeerToSubject => "P>S",
        })
    }
}

/// How one direction of the transport ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TransportEnd {
    /// An orderly end of input (TCP FIN).
    Eof,
    /// The connection was torn down (TCP RST, or an error).
    Reset,
}

/// One thing that crossed the wire, or a mark between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When its first byte crossed.
    pub time: Time,
    /// Its direction.
    pub direction: Direction,
    /// Its content.
    pub item: Item,
}

/// What crossed the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A frame.
    Frame {
        /// The header, lawful or not.
        header: RawHeader,
        /// How many body bytes were seen; below `header.body_len()` while the body is incomplete, if the transport ended
        /// inside it, and (0) after an unlawful header, whose body is garbage.
        body_len: u32,
        /// CRC-32 (IEEE) of these body bytes; 0 for none.
        crc: u32,
    },
    /// Bytes that are not frames: after an unlawful header, or a truncated header.
    Garbage {
        /// How many bytes.
        len: u32,
        /// CRC-32 (IEEE) of the bytes.
        crc: u32,
    },
    /// This direction of the transport ended.
    End(TransportEnd),
    /// The step with this number (from 1, in the order of the scenario) has settled. Its direction is meaningless.
    Step(u32),
}

/// Everything that crossed the wire in one case, in the order it crossed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The entries.
    pub entries: Vec<Entry>,
}
