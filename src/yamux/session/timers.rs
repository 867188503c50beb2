//! `Timers`: deadlines that all have the same timeout, so that a queue keeps them in order. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::yamux::frame::StreamId;
use crate::yamux::time::Time;

/// Deadlines of streams, each `after` later than it was armed. Every operation takes amortized constant time.
///
/// The stream itself knows its deadline; an entry the stream does not confirm is stale. The first entry is never stale.
#[derive(Debug)]
pub(super) struct Timers {
    after: Option<Duration>,
    queue: VecDeque<(Time, StreamId)>,
    armed: usize,
}

impl Timers {
    /// Timers that run for `after`; with `None` they never run.
    pub(super) const fn new(after: Option<Duration>) -> Self {
        Self { after, queue: VecDeque::new(), armed: 0 }
    }

    /// Starts a stream's timer and returns its deadline; `None` if timers never run.
    pub(super) fn arm(&mut self, now: Time, stream: StreamId) -> Option<Time> {
        let deadline = now + self.after?;
        self.queue.push_back((deadline, stream));
        self.armed += 1;
        Some(deadline)
    }

    /// Disarms one stream's timer; `confirmed` asks the streams whether an entry still counts.
    pub(super) fn disarm(&mut self, confirmed: impl Fn(Time, StreamId) -> bool) {
        self.armed = self.armed.saturating_sub(1);
        if self.queue.len() > 2 * self.armed + STALE_AT_MOST {
            self.queue.retain(|&(deadline, stream)| confirmed(deadline, stream));
        }
        while self.queue.front().is_some_and(|&(deadline, stream)| !confirmed(deadline, stream)) {
            self.queue.pop_front();
        }
    }

    /// The stream whose timer expired first, if any has; the caller disarms it.
    pub(super) fn due(&self, now: Time) -> Option<StreamId> {
        self.queue.front().filter(|(deadline, _)| *deadline <= now).map(|(_, stream)| *stream)
    }

    /// When the next timer expires.
    pub(super) fn next(&self) -> Option<Time> {
        self.queue.front().map(|(deadline, _)| *deadline)
    }

    /// Forgets all timers.
    pub(super) fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.armed = 0;
    }
}

/// How many stale entries may stand among confirmed ones before they are removed.
const STALE_AT_MOST: usize = 64;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn stale_timers_are_never_first_and_do_not_pile_up() {
        let mut timers = Timers::new(Some(Duration::from_secs(75)));
        let mut streams = HashMap::new();
        for number in 0..10_000 {
            let stream = StreamId(number);
            let now = Time::ZERO + Duration::from_millis(u64::from(number));
            streams.insert(stream, timers.arm(now, stream).expect("these timers run"));
            // The first stays armed, so that everything behind it piles up.
            if number > 0 {
                streams.remove(&stream);
                timers.disarm(|deadline, stream| streams.get(&stream) == Some(&deadline));
            }
            assert!(timers.queue.len() <= STALE_AT_MOST + 4);
        }
        assert_eq!(timers.next(), Some(Time::ZERO + Duration::from_secs(75)));
        streams.clear();
        timers.disarm(|deadline, stream| streams.get(&stream) == Some(&deadline));
        assert_eq!(timers.next(), None);
    }
}
