//! `Budget`: what one case may cost. It is charged while bytes move, so that no flood outgrows it first. Pure.

use std::fmt;

/// What a case has cost so far.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: u64,
    effort: u64,
    /// What it takes to look once at everything that could go on: one more than there are running calls.
    weight: u64,
}

/// A limit of what a case may cost.
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
    /// From now on so many calls are running.
    pub(crate) const fn set_running(&mut self, calls: usize) {
        self.weight = calls as u64 + 1;
    }

    /// Bytes have crossed the wire.
    pub(crate) const fn charge_bytes(&mut self, len: usize) {
        self.bytes += len as u64;
        self.charge_look();
    }

    /// Bytes have arrived, or a moment has come: every running call may go on.
    pub(crate) const fn charge_look(&mut self) {
        self.effort += self.weight;
    }

    /// Whether a case whose trace has so many entries costs too much.
    pub(crate) const fn is_overrun(&self, entries: usize) -> bool {
        self.overrun(entries).is_some()
    }

    /// The limit that a case with so many entries has gone beyond.
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

/// More entries than this has no trace. Beyond it somebody floods, and a trace must not take all memory.
pub(crate) const MAX_ENTRIES: usize = 400_000;

/// Twice what a script may send and write: an end that sends more than it is asked for is stopped.
pub(crate) const MAX_BYTES: u64 = 512 << 20;

/// A few seconds' work. Bytes that come one by one cost it, and many calls that wait all look at each piece.
const MAX_EFFORT: u64 = 16_000_000;
