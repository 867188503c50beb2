//! `StreamNumbers`: the number of each of a scenario's streams on the wire. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::scenario::{Label, StreamRef};
use crate::yamux::frame::{Flags, Side, StreamId};

/// The streams named so far. The library numbers its own from the first id of its side, as every yamux does.
#[derive(Debug)]
pub(super) struct StreamNumbers {
    known: BTreeMap<Label, u32>,
    used: BTreeSet<u32>,
    next_of_library: StreamId,
    next_of_peer: StreamId,
    first_of_library: StreamId,
}

impl StreamNumbers {
    pub(super) fn new(side: Side) -> Self {
        Self {
            known: BTreeMap::new(),
            used: BTreeSet::new(),
            next_of_library: side.first_stream(),
            next_of_peer: side.other().first_stream(),
            first_of_library: side.first_stream(),
        }
    }

    /// The number of the stream that the library opens next.
    pub(super) fn opened(&mut self, label: &Label) -> u32 {
        let number = self.next_of_library;
        self.next_of_library = number.next().unwrap_or(number);
        self.bind(label, number.0)
    }

    /// The number of a stream; the error is a label that has none yet.
    pub(super) fn of(&self, label: &Label) -> Result<u32, String> {
        let number = self.known.get(label).copied();
        number.ok_or_else(|| format!("stream {label} is not on the wire yet"))
    }

    /// The number in a frame of the peer, which opens a stream if it has SYN and the label is new.
    pub(super) fn sent(&mut self, stream: &StreamRef, flags: Flags) -> Result<u32, String> {
        Ok(match stream {
            StreamRef::Number { number, label } => match label {
                Some(label) => self.bind(label, *number),
                None => *number,
            },
            StreamRef::Label(label) => match self.known.get(label) {
                Some(number) => *number,
                None if flags.contains(Flags::SYN) => {
                    let number = self.next_of_peer;
                    self.next_of_peer = number.next().unwrap_or(number);
                    self.bind(label, number.0)
                }
                None => return self.of(label),
            },
            StreamRef::WrongParity(label) => {
                let mut number = self.first_of_library;
                while self.used.contains(&number.0) {
                    number = number.next().unwrap_or(StreamId(u32::MAX));
                }
                self.bind(label, number.0)
            }
        })
    }

    fn bind(&mut self, label: &Label, number: u32) -> u32 {
        self.known.insert(Label::clone(label), number);
        self.used.insert(number);
        number
    }
}
