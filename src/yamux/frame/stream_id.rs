//! `StreamId` and `Side`: a stream's number, and the side that opens it. Pure.

use std::fmt;

/// Which end of a session: the client opens odd streams, the server even ones. Spec, "StreamID Field".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Opens streams 1, 3, 5 …
    Client,
    /// Opens streams 2, 4, 6 …
    Server,
}

impl Side {
    /// The other end.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// The first stream this side opens.
    pub const fn first_stream(self) -> StreamId {
        match self {
            Self::Client => StreamId(1),
            Self::Server => StreamId(2),
        }
    }
}

/// A stream's number; zero is the session itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

impl StreamId {
    /// The session itself.
    pub const SESSION: Self = Self(0);

    /// The side that opens this stream; `None` for the session.
    pub const fn opener(self) -> Option<Side> {
        match self.0 {
            0 => None,
            id if id % 2 == 1 => Some(Side::Client),
            _ => Some(Side::Server),
        }
    }

    /// The next stream of the same side; `None` if there is no higher number.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(2) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
