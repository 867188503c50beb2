//! `Budget`: what one case may cost. It is charged while bytes move, so that a flood is stopped in time. Pure.

use std::fmt;

/// What a case has cost so far.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: u64,
    effort: u64,
    /// The cost of checking once everything that could move: the number of running calls plus one.
    weight: u64,
}

/// A limit on the cost of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Frames in its trace.
    Frames,
    /// Bytes on the wire.
    Bytes,
    /// Work.
    Effort,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frames => write!(f, "{MAX_ENTRIES} frames"),
            Self::Bytes => write!(f, "{} MiB on the wire", MAX_BYTES >> 20),
            Self::Effort => {
                write!(f, "{MAX_EFFORT} pieces, timers and running calls to look at")
            }
        }
    }
}

impl Limit {
    pub(crate) const fn token(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Bytes => "bytes",
            Self::Effort => "effort",
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: 0, effort: 0, weight: 1 }
    }
}

impl Budget {
    /// Sets the number of running calls.
    pub(crate) const fn set_running(&mut self, calls: usize) {
        self.weight = calls as u64 + 1;
    }

    /// Charges bytes that crossed the wire.
    pub(crate) const fn charge_bytes(&mut self, len: usize) {
        self.bytes += len as u64;
        self.charge_look();
    }

    /// Charges an arrival or a new moment: every running call may continue.
    pub(crate) const fn charge_look(&mut self) {
        self.effort += self.weight;
    }

    /// Whether a case with this many trace entries costs too much.
    pub(crate) const fn is_overrun(&self, entries: usize) -> bool {
        self.overrun(entries).is_some()
    }

    /// The limit exceeded by a case with this many trace entries.
    pub(crate) const fn overrun(&self, entries: usize) -> Option<Limit> {
        if entries > MAX_ENTRIES {
            Some(Limit::Frames)
        } else if self.bytes > MAX_BYTES {
            Some(Limit::Bytes)
        } else if self.effort > MAX_EFFORT {
            Some(Limit::Effort)
        } else {
            None
        }
    }
}

/// The most entries in a trace. Beyond it an end floods, and a trace must not use up all memory.
pub(crate) const MAX_ENTRIES: usize = 400_000;

/// Twice what a script may send and write: an end that sends far more than requested is stopped.
pub(crate) const MAX_BYTES: u64 = 512 << 20;

/// A few seconds' work. Each piece, even a single byte, is charged for every running call.
const MAX_EFFORT: u64 = 16_000_000;
