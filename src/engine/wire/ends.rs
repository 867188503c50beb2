//! The two ends of a session and the directions they send in. Pure.

use crate::scenario::Actor;
use crate::trace::Direction;

/// The end that sends in this direction.
pub(crate) const fn sender(direction: Direction) -> Actor {
    match direction {
        Direction::SubjectToPeer => Actor::Subject,
        Direction::PeerToSubject => Actor::Peer,
    }
}

/// The direction in which this end sends.
pub(crate) const fn way_of(sender: Actor) -> Direction {
    match sender {
        Actor::Subject => Direction::SubjectToPeer,
        Actor::Peer => Direction::PeerToSubject,
    }
}
