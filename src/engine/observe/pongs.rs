//! `Pongs`: the subject's pongs that no expectation has taken, by position and by value. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::yamux::time::Time;

/// Pongs in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Pongs {
    count: usize,
    /// By position.
    waiting: BTreeMap<usize, Pong>,
    /// Value and position.
    places: BTreeSet<(u32, usize)>,
    taken_behind: u64,
}

#[derive(Debug)]
struct Pong {
    time: Time,
    value: u32,
    behind: u64,
}

impl Pongs {
    /// Adds the next pong, which followed `behind` bytes of payload.
    pub(crate) fn push(&mut self, time: Time, value: u32, behind: u64) {
        self.waiting.insert(self.count, Pong { time, value, behind });
        self.places.insert((value, self.count));
        self.count += 1;
    }

    /// The first pong.
    pub(crate) fn first(&self) -> Option<(Time, u32)> {
        self.waiting.first_key_value().map(|(_, pong)| (pong.time, pong.value))
    }

    /// When the first pong with this value arrived.
    pub(crate) fn find(&self, value: u32) -> Option<Time> {
        self.waiting.get(&self.place(value)?).map(|pong| pong.time)
    }

    /// Takes the first pong with this value, and returns its time.
    pub(crate) fn take(&mut self, value: u32) -> Option<Time> {
        let place = self.place(value)?;
        self.places.remove(&(value, place));
        let pong = self.waiting.remove(&place)?;
        self.taken_behind = pong.behind;
        Some(pong.time)
    }

    /// How much payload preceded the pong last taken.
    pub(crate) const fn taken_behind(&self) -> u64 {
        self.taken_behind
    }

    /// The position of the first pong with this value.
    fn place(&self, value: u32) -> Option<usize> {
        self.places.range((value, 0)..=(value, usize::MAX)).next().map(|(_, place)| *place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pong_is_taken_by_value_and_the_first_of_them() {
        let mut pongs = Pongs::default();
        let at = Time::from_nanos;
        for (nanos, value) in [(1, 7), (2, 8), (3, 7)] {
            pongs.push(at(nanos), value, nanos * 10);
        }
        assert_eq!((pongs.find(7), pongs.find(9)), (Some(at(1)), None));
        assert_eq!(pongs.take(7), Some(at(1)));
        assert_eq!(pongs.taken_behind(), 10);
        assert_eq!(pongs.first(), Some((at(2), 8)));
        assert_eq!((pongs.take(7), pongs.take(7)), (Some(at(3)), None));
        assert_eq!(pongs.taken_behind(), 30);
        assert_eq!(pongs.take(8), Some(at(2)));
        assert_eq!(pongs.first(), None);
    }
}
