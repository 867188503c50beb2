//! `WireControl`: faults and limits of the transport. Pure.

use std::time::Duration;

use crate::scenario::Actor;
use crate::trace::TransportEnd;

/// A change of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireControl {
    /// Bytes towards this end arrive at most so many at a time; `None` ends it.
    Segment(Actor, Option<u32>),
    /// Nothing arrives at this end any more; bytes up to the buffer are kept.
    Stall(Actor),
    /// What was kept arrives, and everything after it.
    Resume(Actor),
    /// Bytes towards this end arrive later.
    Delay {
        /// At this end.
        to: Actor,
        /// By so much.
        by: Duration,
        /// Each piece by up to so much more; none overtakes another.
        jitter: Duration,
    },
    /// Bytes towards this end pass at so many a second; `None` ends it.
    Rate(Actor, Option<u32>),
    /// At most so many bytes towards this end are under way.
    Buffer(Actor, u32),
    /// Bytes towards this end arrive in such pieces.
    Pieces(Actor, Pieces),
    /// What can go on at one moment goes on in the order that this seed decides.
    Order(u32),
    /// The transport ends in an orderly way in the direction of this end, and goes on in the other.
    End(Actor),
    /// The transport ends, for both ends, in the same way.
    Cut(TransportEnd),
}

/// How a variation of the wire cuts the bytes under way, which no scenario can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// Headers, short bodies and both ends of long ones byte by byte.
    Single,
    /// Each header is cut behind so many bytes, and nothing else is.
    HeaderCutAt(u8),
    /// Each header is cut, one byte further on than the one before.
    HeaderCutInTurn,
    /// All that is sent at one moment is one piece.
    Merged,
}
