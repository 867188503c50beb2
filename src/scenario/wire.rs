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
    /// The transport ends, for both ends, in the same way.
    Cut(TransportEnd),
}
