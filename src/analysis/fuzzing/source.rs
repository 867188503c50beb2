//! `FuzzInput`: an input read as numbers and choices until it is used up.

/// The rest of an input. Once used up it gives zeros.
pub(super) struct FuzzInput<'a>(&'a [u8]);

impl<'a> FuzzInput<'a> {
    pub(super) const fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `end`, of up to three bytes.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let bytes = [self.byte(), self.byte(), if end > 1 << 16 { self.byte() } else { 0 }, 0];
        u32::from_le_bytes(bytes) % end.max(1)
    }

    /// A whole number of 32 bits.
    pub(super) fn word(&mut self) -> u32 {
        u32::from_be_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// Up to `most` bytes as they are.
    pub(super) fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(self.0.len().min(most));
        self.0 = rest;
        taken
    }
}
