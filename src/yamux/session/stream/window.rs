//! `SendWindow` and `RecvWindow`: credit arithmetic only. Pure.

use crate::yamux::frame::INITIAL_WINDOW;

/// Bytes we may still send on a stream. Spec, "Flow Control": both ends start with 256 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SendWindow(u32);

impl SendWindow {
    /// The window of a new stream.
    pub(crate) const fn new() -> Self {
        Self(INITIAL_WINDOW)
    }

    /// Bytes we may still send.
    pub(crate) const fn available(self) -> u32 {
        self.0
    }

    /// Takes up to `wanted` bytes off the window and returns how many.
    pub(crate) fn take(&mut self, wanted: usize) -> u32 {
        let taken = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.0);
        self.0 -= taken;
        taken
    }

    /// Adds the peer's credit; `false`, and no change, if the sum would not fit the wire's 32 bits.
    #[must_use]
    pub(crate) const fn add_credit(&mut self, credit: u32) -> bool {
        match self.0.checked_add(credit) {
            Some(sum) => {
                self.0 = sum;
                true
            }
            None => false,
        }
    }
}

/// Bytes the peer may still send on a stream. Invariant: unread bytes plus this never exceed the configured maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecvWindow(u32);

impl RecvWindow {
    /// The window of a new stream.
    pub(crate) const fn new() -> Self {
        Self(INITIAL_WINDOW)
    }

    /// Bytes the peer may still send.
    pub(crate) const fn available(self) -> u32 {
        self.0
    }

    /// Takes `len` received bytes off; the frame's header was checked against the window before.
    pub(crate) const fn take(&mut self, len: u32) {
        self.0 = self.0.saturating_sub(len);
    }

    /// The credit that refills the window to `max` while `unread` bytes still wait for the reader.
    pub(crate) const fn refill(self, max: u32, unread: u32) -> u32 {
        max.saturating_sub(unread).saturating_sub(self.0)
    }

    /// `refill`, if it is worth a frame of its own: half of `max` or more. The spec only says "regularly"; half is
    /// the reference's rule.
    pub(crate) const fn credit_due(self, max: u32, unread: u32) -> Option<u32> {
        let credit = self.refill(max, unread);
        if credit >= max / 2 { Some(credit) } else { None }
    }

    /// Widens the window by credit that is on its way to the peer.
    pub(crate) const fn grant(&mut self, credit: u32) {
        self.0 = self.0.saturating_add(credit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn credit_is_due_from_half_of_the_maximum_on() {
        let mut window = RecvWindow::new();
        window.take(131_072);
        assert_eq!(window.credit_due(INITIAL_WINDOW, 1), None);
        assert_eq!(window.credit_due(INITIAL_WINDOW, 0), Some(131_072));
    }

    #[test]
    fn credit_beyond_32_bits_is_refused_and_changes_nothing() {
        let mut window = SendWindow::new();
        assert!(!window.add_credit(u32::MAX - INITIAL_WINDOW + 1));
        assert_eq!(window.available(), INITIAL_WINDOW);
        assert!(window.add_credit(u32::MAX - INITIAL_WINDOW));
        assert_eq!(window.available(), u32::MAX);
    }

    proptest! {
        #[test]
        fn what_is_sent_never_exceeds_what_was_granted(
            steps in vec((any::<bool>(), 0u32..=u32::MAX), 0..50),
        ) {
            let mut window = SendWindow::new();
            let (mut granted, mut sent) = (u64::from(INITIAL_WINDOW), 0u64);
            for (is_credit, amount) in steps {
                if is_credit {
                    if window.add_credit(amount) {
                        granted += u64::from(amount);
                    }
                } else {
                    sent += u64::from(window.take(amount as usize));
                }
                prop_assert!(sent <= granted);
                prop_assert_eq!(u64::from(window.available()), granted - sent);
            }
        }

        #[test]
        fn unread_and_window_never_exceed_the_maximum(
            max in INITIAL_WINDOW..4 * INITIAL_WINDOW,
            steps in vec((any::<bool>(), 0u32..300_000), 0..50),
        ) {
            let mut window = RecvWindow::new();
            let mut unread = 0u32;
            for (is_read, amount) in steps {
                if is_read {
                    unread -= amount.min(unread);
                    if let Some(credit) = window.credit_due(max, unread) {
                        window.grant(credit);
                    }
                } else {
                    let len = amount.min(window.available());
                    window.take(len);
                    unread += len;
                }
                prop_assert!(unread + window.available() <= max);
            }
        }
    }
}
