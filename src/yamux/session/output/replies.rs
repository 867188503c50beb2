//! `Replies`: how many bytes that the peer provoked still wait in the output. Pure.

/// Counts the bytes of replies that wait in the output, in two generations: a generation is gone once its last byte
/// has moved. Constant space, and never an underestimate.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    /// Bytes ever queued.
    queued_end: u64,
    /// Bytes ever moved.
    moved_end: u64,
    older: usize,
    older_end: u64,
    newer: usize,
    newer_end: u64,
}

impl Replies {
    /// `len` bytes of any kind were queued.
    pub(crate) const fn queued(&mut self, len: usize) {
        self.queued_end += len as u64;
    }

    /// The last `len` bytes queued are a reply.
    pub(crate) const fn add(&mut self, len: usize) {
        self.newer += len;
        self.newer_end = self.queued_end;
    }

    /// The transport took `len` more bytes of any kind.
    pub(crate) const fn advance(&mut self, len: usize) {
        self.moved_end += len as u64;
        if self.moved_end >= self.older_end {
            self.older = self.newer;
            self.older_end = self.newer_end;
            self.newer = 0;
        }
        if self.moved_end >= self.older_end {
            self.older = 0;
        }
    }

    /// An upper bound of the bytes of replies that still wait.
    pub(crate) const fn waiting(&self) -> usize {
        self.older + self.newer
    }
}
