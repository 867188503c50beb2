//! Refuses scripts whose totals no machine could carry out, or only in hours. Pure.
//!
//! Each limit is reported once, at the value that exceeds it; of two limits that one value exceeds, the first.

use std::time::Duration;

use crate::scenario::Position;
use crate::scenario::check::Script;
use crate::scenario::read::place::Place;

/// The totals of the script up to the step being checked.
#[derive(Debug, Default)]
pub(super) struct Sums {
    bytes: u64,
    frames: u64,
    time: Duration,
    /// The size of the smallest pieces in which bytes are taken, and where it is set.
    pieces: Option<(u64, Position)>,
    /// The slowest rate of the transport, and where it is set.
    rate: Option<(u64, Position)>,
}

impl Script<'_> {
    /// Adds `times` writes or frames of `one` bytes; `place` is the object that gives them.
    pub(super) fn sum_bytes(&mut self, one: u64, times: u32, place: Place<'_>) {
        let before = (self.sums.bytes, self.sums.frames);
        self.sums.bytes = before.0.saturating_add(one.saturating_mul(times.into()));
        self.sums.frames = before.1.saturating_add(times.into());
        let at = |key| if place.has(key) { place.get(key).value() } else { place.value() };
        if before.0 <= MAX_BYTES && self.sums.bytes > MAX_BYTES {
            let key = if times > 1 { "times" } else { "bytes" };
            let message = format!(
                "expected at most {} MiB written and sent in a scenario, found {} bytes up to here: move less, or write two scenarios",
                MAX_BYTES >> 20,
                self.sums.bytes
            );
            self.report(at(key), message);
        } else if before.1 <= MAX_FRAMES && self.sums.frames > MAX_FRAMES {
            let message = format!(
                "expected at most {MAX_FRAMES} writes and frames in a scenario, found {} up to here: take fewer",
                self.sums.frames
            );
            self.report(at("times"), message);
        }
    }

    /// Adds time that passes; `position` is where it is written.
    pub(super) fn sum_time(&mut self, time: Duration, position: Position) {
        let before = self.sums.time;
        self.sums.time = before.saturating_add(time);
        if before <= MAX_TIME && self.sums.time > MAX_TIME {
            let message = "expected at most a year of waiting in a scenario: wait for less";
            self.report(position, message);
        }
    }

    /// Bytes are taken in pieces of at most `size`.
    pub(super) fn sum_pieces(&mut self, size: u64, position: Position) {
        if size > 0 && self.sums.pieces.is_none_or(|(smallest, _)| size < smallest) {
            self.sums.pieces = Some((size, position));
        }
    }

    /// Bytes pass at this rate.
    pub(super) fn sum_rate(&mut self, per_second: u64, position: Position) {
        if per_second > 0 && self.sums.rate.is_none_or(|(slowest, _)| per_second < slowest) {
            self.sums.rate = Some((per_second, position));
        }
    }

    /// Whether there is room for another step; the first step without room is reported.
    pub(super) fn has_room_for_step(&mut self, position: Position) -> bool {
        let steps = self.steps.len();
        if steps >= MAX_STEPS && !self.is_too_long {
            self.is_too_long = true;
            let message = format!(
                "expected at most {MAX_STEPS} steps (a probe counts as up to ten), found more: write two scenarios"
            );
            self.report(position, message);
        }
        steps < MAX_STEPS
    }

    /// Reports if all the bytes in the smallest pieces are too many pieces.
    pub(super) fn report_pieces(&mut self) {
        let Some((size, position)) = self.sums.pieces else { return };
        let pieces = self.sums.bytes.min(MAX_BYTES) / size;
        if pieces > MAX_PIECES {
            let message = format!(
                "expected at most {MAX_PIECES} pieces in a scenario, found {} bytes to be taken by {size}: take larger pieces, or move less",
                self.sums.bytes
            );
            self.report(position, message);
        }
    }

    /// Reports if all the bytes take too long at the slowest rate.
    pub(super) fn report_rate(&mut self) {
        let Some((per_second, position)) = self.sums.rate else { return };
        if self.sums.bytes.min(MAX_BYTES) / per_second > MAX_TIME.as_secs() {
            let message = format!(
                "expected at most a year of waiting in a scenario, found {} bytes to pass at {per_second} a second: let them pass faster, or move less",
                self.sums.bytes
            );
            self.report(position, message);
        }
    }
}

/// All that applications write and a wire peer sends. It bounds memory too: nothing else is kept.
const MAX_BYTES: u64 = 256 << 20;

/// Half of the frames that a trace may hold: each frame may be answered.
const MAX_FRAMES: u64 = 200_000;

const MAX_PIECES: u64 = 4_000_000;

/// The steps of every round of a `for_each` count.
const MAX_STEPS: usize = 10_000;

const MAX_TIME: Duration = Duration::from_secs(366 * 24 * 3600);
