//! The changes of the wire that could come next, and the time that could pass. Pure.

use std::time::Duration;

use crate::analysis::story::author::draft::Draft;
use crate::analysis::story::author::plot::one;
use crate::analysis::story::turn::{Turn, WireFault};
use crate::scenario::Actor;

impl Draft<'_> {
    /// Adds waits that the bounds allow.
    pub(super) fn add_waits(&mut self) {
        let millis = *one(self.rng, &[1, 100, 1000, 1000, 11_000, 31_000, 76_000, 301_000]);
        let time = Duration::from_millis(millis).min(self.reserve.time);
        self.push(4, Turn::Wait(time));
    }

    /// Adds changes of the wire.
    pub(super) fn add_faults(&mut self) {
        let to = if self.rng.bool() { Actor::Subject } else { Actor::Peer };
        for stalled in self.reserve.stalled.clone() {
            self.fault(15, WireFault::Resume(stalled));
        }
        if !self.reserve.stalled.contains(&to) {
            self.fault(3, WireFault::Stall(to));
        }
        // All bytes in pieces of one take long.
        let sizes: &[_] = if self.plot.is_long { &[1000, 4096] } else { &[1, 13, 100, 1000] };
        let bytes = *one(self.rng, sizes);
        self.fault(3, WireFault::Segment(to, Some(bytes)));
        self.fault(1, WireFault::Segment(to, None));
        let millis = |of: &[u64], draft: &mut Self| Duration::from_millis(*one(draft.rng, of));
        let (by, jitter) = (millis(&[1, 50, 1000], self), millis(&[0, 0, 10], self));
        self.fault(3, WireFault::Delay { to, by, jitter });
        let per_second = *one(self.rng, &[Some(65_536), Some(1 << 20), None]);
        self.fault(2, WireFault::Rate(to, per_second));
        let sizes: &[_] = if self.plot.is_long { &[4096, 65_536] } else { &[1, 1000, 65_536] };
        let bytes = *one(self.rng, sizes);
        self.fault(2, WireFault::Buffer(to, bytes));
        if self.is_late {
            let is_reset = self.rng.bool();
            self.fault(1, WireFault::Cut { is_reset });
            self.fault(1, WireFault::End(to));
        }
    }
}
