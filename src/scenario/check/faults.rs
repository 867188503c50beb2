//! Checks faults and limits of the wire. Pure.

use std::time::Duration;

use crate::scenario::WireControl;
use crate::scenario::check::Script;
use crate::scenario::read::document::{CutName, DelayBlock, SizeOrOff, WireBlock};
use crate::scenario::read::place::Place;
use crate::trace::TransportEnd;

impl Script<'_> {
    /// Checks one change of the wire.
    pub(super) fn fault(&mut self, block: &WireBlock, place: Place<'_>) -> Option<WireControl> {
        Some(match block {
            WireBlock::Segment(segment) => {
                let place = place.get("segment").get("bytes");
                let bytes = self.size_or_off(segment.bytes, place)?;
                if let Some(bytes) = bytes {
                    self.sum_pieces(bytes.into(), place.value());
                }
                WireControl::Segment(segment.to, bytes)
            }
            WireBlock::Rate(rate) => {
                let place = place.get("rate").get("per_second");
                let bytes = self.size_or_off(rate.per_second, place)?;
                if let Some(bytes) = bytes {
                    self.sum_rate(bytes.into(), place.value());
                }
                WireControl::Rate(rate.to, bytes)
            }
            WireBlock::Stall(stall) => WireControl::Stall(stall.to),
            WireBlock::Resume(resume) => WireControl::Resume(resume.to),
            WireBlock::Delay(delay) => self.delay(delay, place.get("delay")),
            WireBlock::Buffer(buffer) => {
                let place = place.get("buffer").get("bytes");
                self.some_bytes(buffer.bytes, place);
                WireControl::Buffer(buffer.to, self.u32_size(buffer.bytes, place)?)
            }
            WireBlock::End(end) => WireControl::End(end.to),
            WireBlock::Cut(CutName::Eof) => WireControl::Cut(TransportEnd::Eof),
            WireBlock::Cut(CutName::Reset) => WireControl::Cut(TransportEnd::Reset),
        })
    }

    fn delay(&mut self, block: &DelayBlock, place: Place<'_>) -> WireControl {
        let jitter = block.jitter.as_ref().map_or(Duration::ZERO, |span| span.0);
        if block.jitter.is_some() && jitter.is_zero() {
            let message = "a jitter of no time does nothing: leave it out";
            self.report(place.get("jitter").value(), message);
        }
        WireControl::Delay { to: block.to, by: block.by.0, jitter }
    }

    /// Checks a number of bytes; `Some(None)` means no limit.
    fn size_or_off(&mut self, written: SizeOrOff, place: Place<'_>) -> Option<Option<u32>> {
        let SizeOrOff::Size(size) = written else { return Some(None) };
        self.some_bytes(size, place);
        self.u32_size(size, place).map(Some)
    }
}
