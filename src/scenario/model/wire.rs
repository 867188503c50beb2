//! `WireControl`: faults and limits of the transport. Pure.

use std::time::Duration;

use crate::scenario::Actor;
use crate::trace::TransportEnd;

/// A change of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireControl {
    /// At most this many bytes arrive at this end at a time; `None` lifts the limit.
    Segment(Actor, Option<u32>),
    /// Nothing more arrives at this end; the buffer keeps as many bytes as fit.
    Stall(Actor),
    /// The bytes kept arrive, and everything after them.
    Resume(Actor),
    /// Bytes arrive at this end with a delay.
    Delay {
        /// The end.
        to: Actor,
        /// The delay.
        by: Duration,
        /// The most that is added to the delay of each piece; no piece overtakes another.
        jitter: Duration,
    },
    /// At most this many bytes a second pass towards this end; `None` lifts the limit.
    Rate(Actor, Option<u32>),
    /// At most this many bytes are in transit to this end.
    Buffer(Actor, u32),
    /// Bytes arrive at this end in these pieces.
    Pieces(Actor, Pieces),
    /// Work that is ready at the same time runs in the order that this seed decides.
    Order(u32),
    /// The transport ends cleanly in the direction of this end, and goes on in the other.
    End(Actor),
    /// The transport ends, for both ends, in the same way.
    Cut(TransportEnd),
}

/// How a variation splits the bytes in transit; scenarios cannot set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// Headers, short bodies and both ends of long bodies arrive byte by byte.
    Single,
    /// Each header is split after this many bytes, and nothing else is.
    HeaderCutAt(u8),
    /// Each header is split, one byte further on than the one before.
    HeaderCutInTurn,
    /// All bytes sent at the same time are one piece.
    Merged,
}
