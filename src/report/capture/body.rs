//! `Bodies`: payload of which a trace has only the length and checksum. Tries the harness's patterns; if none matches, the
//! body is zeros.

use std::collections::{HashMap, HashSet};

use crate::trace::Direction;
use crate::yamux::frame::StreamId;
use crate::yamux::payload::{Pattern, seed_of};

/// The payload so far of each direction of each stream.
#[derive(Default)]
pub(super) struct Bodies {
    seed: u32,
    flows: HashMap<(StreamId, Direction), Pattern>,
    foreign: HashSet<(StreamId, Direction)>,
}

impl Bodies {
    /// Payload in a run with this seed.
    pub(super) fn new(seed: u32) -> Self {
        Self { seed, ..Self::default() }
    }

    /// The next `len` bytes of a stream in this direction, which have that checksum if they are a pattern of the harness.
    pub(super) fn next(
        &mut self,
        stream: StreamId,
        direction: Direction,
        len: u32,
        crc: u32,
    ) -> Vec<u8> {
        let is_it = |pattern: &Pattern| pattern.crc(u64::from(len)) == crc;
        let known = self.flows.get(&(stream, direction)).copied().filter(is_it);
        let Some(pattern) = known.or_else(|| self.search(stream, direction, len, is_it)) else {
            return vec![0; len as usize];
        };
        self.flows.insert((stream, direction), pattern.skip(u64::from(len)));
        pattern.bytes(len as usize).to_vec()
    }

    /// A pattern that begins with these bytes. After a failed search, long bodies are not searched again.
    fn search(
        &mut self,
        stream: StreamId,
        direction: Direction,
        len: u32,
        is_it: impl Fn(&Pattern) -> bool,
    ) -> Option<Pattern> {
        if len > SHORT && self.foreign.contains(&(stream, direction)) {
            return None;
        }
        let found = self.candidates(direction).find(is_it);
        if found.is_none() {
            self.foreign.insert((stream, direction));
        }
        found
    }

    /// Patterns from their beginning, by the names that scenarios give to streams: `s`, `s7`.
    fn candidates(&self, direction: Direction) -> impl Iterator<Item = Pattern> + use<> {
        let (seed, is_peer) = (self.seed, direction == Direction::PeerToSubject);
        // The most common ones first.
        let letters = "stab".chars().chain('a'..='z').map(String::from);
        let numbered = (0..NUMBERED).map(|number| format!("s{number}"));
        letters.chain(numbered).map(move |label| Pattern::new(seed_of(seed, &label, is_peer)))
    }
}

const NUMBERED: u32 = 100;

const SHORT: u32 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_by_its_checksum_and_goes_on_where_it_was() {
        let mut bodies = Bodies::new(7);
        let pattern = Pattern::new(seed_of(7, "s3", true));
        let mut next = |offset, len: u32, direction| {
            let crc = pattern.skip(offset).crc(u64::from(len));
            bodies.next(StreamId(2), direction, len, crc)
        };
        assert_eq!(next(0, 10, Direction::PeerToSubject), pattern.bytes(10));
        assert_eq!(next(10, 5, Direction::PeerToSubject), pattern.skip(10).bytes(5));
        assert_eq!(next(99, 5, Direction::PeerToSubject), [0; 5], "nobody wrote this");
        assert_eq!(next(0, 5, Direction::SubjectToPeer), [0; 5], "the other end writes otherwise");
        assert_eq!(next(15, 5, Direction::PeerToSubject), pattern.skip(15).bytes(5));
    }
}
