//! `Pongs`: the subject's pongs that no expectation has taken, by place and by value. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::time::Time;

/// Pongs in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Pongs {
    count: usize,
    /// Time and value, by place.
    waiting: BTreeMap<usize, (Time, u32)>,
    /// Value and place.
    places: BTreeSet<(u32, usize)>,
}

impl Pongs {
    /// The next pong has come.
    pub(crate) fn push(&mut self, now: Time, value: u32) {
        self.waiting.insert(self.count, (now, value));
        self.places.insert((value, self.count));
        self.count += 1;
    }

    /// The first of all.
    pub(crate) fn first(&self) -> Option<(Time, u32)> {
        self.waiting.first_key_value().map(|(_, pong)| *pong)
    }

    /// When the first with this value came.
    pub(crate) fn find(&self, value: u32) -> Option<Time> {
        self.waiting.get(&self.place(value)?).map(|(time, _)| *time)
    }

    /// Takes the first with this value, and says when it came.
    pub(crate) fn take(&mut self, value: u32) -> Option<Time> {
        let place = self.place(value)?;
        self.places.remove(&(value, place));
        self.waiting.remove(&place).map(|(time, _)| time)
    }

    /// The place of the first with this value.
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
            pongs.push(at(nanos), value);
        }
        assert_eq!((pongs.find(7), pongs.find(9)), (Some(at(1)), None));
        assert_eq!(pongs.take(7), Some(at(1)));
        assert_eq!(pongs.first(), Some((at(2), 8)));
        assert_eq!((pongs.take(7), pongs.take(7)), (Some(at(3)), None));
        assert_eq!(pongs.take(8), Some(at(2)));
        assert_eq!(pongs.first(), None);
    }
}
