//! `AcceptQueue`: streams that wait to be accepted, in the order of their SYNs. Pure.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use crate::yamux::frame::StreamId;
use crate::yamux::session::StreamIdHasher;

/// Streams in order, each at most once; any of them can leave, wherever it stands.
#[derive(Debug, Default)]
pub(crate) struct AcceptQueue {
    waiting: BTreeMap<u64, StreamId>,
    places: HashMap<StreamId, u64, BuildHasherDefault<StreamIdHasher>>,
    next: u64,
}

impl AcceptQueue {
    /// The number of waiting streams.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The stream that has waited longest.
    pub(crate) fn first(&self) -> Option<StreamId> {
        self.waiting.first_key_value().map(|(_, id)| *id)
    }

    /// Adds a stream that is not in the queue.
    pub(crate) fn push(&mut self, id: StreamId) {
        self.waiting.insert(self.next, id);
        self.places.insert(id, self.next);
        self.next += 1;
    }

    /// Removes the stream that has waited longest.
    pub(crate) fn pop(&mut self) -> Option<StreamId> {
        let (_, id) = self.waiting.pop_first()?;
        self.places.remove(&id);
        Some(id)
    }

    /// Removes a stream, if it waits.
    pub(crate) fn remove(&mut self, id: StreamId) {
        if let Some(place) = self.places.remove(&id) {
            self.waiting.remove(&place);
        }
    }

    /// The waiting streams, in order.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &StreamId> {
        self.waiting.values()
    }

    /// Removes all streams.
    pub(crate) fn clear(&mut self) {
        *self = Self { next: self.next, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leaves_and_comes_back_waits_at_the_end() {
        let mut queue = AcceptQueue::default();
        for number in [1, 3, 5] {
            queue.push(StreamId(number));
        }
        queue.remove(StreamId(1));
        queue.remove(StreamId(9));
        queue.push(StreamId(1));
        assert_eq!((queue.len(), queue.first()), (3, Some(StreamId(3))));
        let order: Vec<u32> = std::iter::from_fn(|| queue.pop()).map(|id| id.0).collect();
        assert_eq!(order, [3, 5, 1]);
        queue.push(StreamId(7));
        queue.clear();
        assert_eq!((queue.len(), queue.pop()), (0, None));
    }
}
