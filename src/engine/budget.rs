//! `Budget`: what one case may cost. It is charged while bytes move, so that no flood outgrows it first. Pure.

/// What a case has cost so far.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: u64,
    effort: u64,
    /// What it takes to look once at everything that could go on: one more than there are running calls.
    weight: u64,
}

/// A limit that a case has gone beyond, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overrun {
    /// The limit.
    pub(crate) expected: String,
    /// What was there instead.
    pub(crate) observed: String,
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
        entries > MAX_ENTRIES || self.bytes > MAX_BYTES || self.effort > MAX_EFFORT
    }

    /// The limit that a case with so many entries has gone beyond.
    pub(crate) fn overrun(&self, entries: usize) -> Option<Overrun> {
        let limit = if entries > MAX_ENTRIES {
            format!("{MAX_ENTRIES} frames")
        } else if self.bytes > MAX_BYTES {
            format!("{} MiB on the wire", MAX_BYTES >> 20)
        } else if self.effort > MAX_EFFORT {
            format!("{MAX_EFFORT} pieces, timers and running calls to look at")
        } else {
            return None;
        };
        Some(Overrun {
            expected: format!("at most {limit} in a case"),
            observed: "more than that, and no end".to_owned(),
        })
    }
}

/// More entries than this has no trace. Beyond it somebody floods, and a trace must not take all memory.
pub(crate) const MAX_ENTRIES: usize = 400_000;

/// Twice what a script may send and write: an end that sends more than it is asked for is stopped.
pub(crate) const MAX_BYTES: u64 = 512 << 20;

/// A few seconds' work. Bytes that come one by one cost it, and many calls that wait all look at each piece.
const MAX_EFFORT: u64 = 16_000_000;
