//! Faults and limits of the wire. Pure.

use crate::scenario::check::Script;
use crate::scenario::document::{CutName, EndName, SegmentText, WireBlock};
use crate::scenario::syntax::Place;
use crate::scenario::{Actor, WireControl};
use crate::trace::TransportEnd;

impl Script<'_> {
    /// One change of the wire.
    pub(super) fn fault(&mut self, block: &WireBlock, place: Place<'_>) -> Option<WireControl> {
        if let Some(segment) = &block.segment {
            let place = place.get("segment").get("bytes");
            let bytes = match segment.bytes {
                SegmentText::Off(_) => None,
                SegmentText::Size(size) => {
                    self.some_bytes(size, place);
                    self.sum_pieces(size.0, place.value());
                    Some(self.u32_size(size, place)?)
                }
            };
            return Some(WireControl::Segment(actor(segment.to), bytes));
        }
        if let Some(stall) = &block.stall {
            return Some(WireControl::Stall(actor(stall.to)));
        }
        if let Some(resume) = &block.resume {
            return Some(WireControl::Resume(actor(resume.to)));
        }
        if let Some(delay) = &block.delay {
            return Some(WireControl::Delay(actor(delay.to), delay.by.0));
        }
        if let Some(buffer) = &block.buffer {
            let place = place.get("buffer").get("bytes");
            self.some_bytes(buffer.bytes, place);
            let bytes = self.u32_size(buffer.bytes, place)?;
            return Some(WireControl::Buffer(actor(buffer.to), bytes));
        }
        Some(WireControl::Cut(match block.cut? {
            CutName::Eof => TransportEnd::Eof,
            CutName::Reset => TransportEnd::Reset,
        }))
    }
}

const fn actor(end: EndName) -> Actor {
    match end {
        EndName::Subject => Actor::Subject,
        EndName::Peer => Actor::Peer,
    }
}
