//! `Lane`: one direction of the wire, and what is under way on it. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::endpoint::Endpoint;
use crate::engine::budget::Budget;
use crate::time::Time;
use crate::trace::{Direction, Recorder, TransportEnd};

/// One direction of the transport.
#[derive(Debug)]
pub(super) struct Lane {
    /// What is under way, and when it arrives; ordered by time.
    pub(super) under_way: VecDeque<(Time, Parcel)>,
    /// Bytes in `under_way`.
    held: usize,
    pub(super) capacity: usize,
    pub(super) segment: Option<u32>,
    pub(super) delay: Duration,
    pub(super) stalled: bool,
    /// Whether the sender has ended the transport, or the script has cut it.
    pub(super) ended: bool,
}

#[derive(Debug)]
pub(super) enum Parcel {
    Bytes(Bytes),
    End(TransportEnd),
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            under_way: VecDeque::new(),
            held: 0,
            capacity: DEFAULT_CAPACITY,
            segment: None,
            delay: Duration::ZERO,
            stalled: false,
            ended: false,
        }
    }
}

impl Lane {
    /// Takes what the sender has and there is room for, at most about `ROUND` bytes.
    pub(super) fn pull(
        &mut self,
        now: Time,
        (direction, from): (Direction, &mut dyn Endpoint),
        recorder: &mut Recorder,
        budget: &mut Budget,
    ) -> bool {
        let (mut taken, mut moved) = (0, false);
        loop {
            // A sender whose transport has ended writes into the void.
            let room =
                if self.ended { usize::MAX } else { self.capacity.saturating_sub(self.held) };
            if room == 0 || taken >= ROUND || budget.is_overrun(recorder.trace().entries.len()) {
                return moved;
            }
            let Some(bytes) = from.poll_transmit(now, room) else { break };
            budget.charge_bytes(bytes.len());
            if self.ended {
                continue;
            }
            moved = true;
            taken += bytes.len();
            self.held += bytes.len();
            recorder.observe(now, direction, bytes.clone());
            self.under_way.push_back((now + self.delay, Parcel::Bytes(bytes)));
        }
        if !self.ended
            && let Some(end) = from.poll_end()
        {
            moved = true;
            self.ended = true;
            recorder.end(now, direction, end);
            self.under_way.push_back((now + self.delay, Parcel::End(end)));
        }
        moved
    }

    /// Hands over what has arrived, in pieces of the segment size.
    pub(super) fn deliver(
        &mut self,
        now: Time,
        to: &mut dyn Endpoint,
        budget: &mut Budget,
    ) -> bool {
        let mut moved = false;
        while !self.stalled
            && !budget.is_overrun(0)
            && let Some((arrival, parcel)) = self.under_way.front_mut()
            && *arrival <= now
        {
            moved = true;
            match parcel {
                Parcel::End(end) => {
                    let end = *end;
                    self.under_way.pop_front();
                    to.receive_end(now, end);
                }
                Parcel::Bytes(bytes) => {
                    let size =
                        self.segment.map_or(bytes.len(), |size| bytes.len().min(size as usize));
                    let piece = bytes.split_to(size);
                    if bytes.is_empty() {
                        self.under_way.pop_front();
                    }
                    self.held -= size;
                    budget.charge_look();
                    to.receive(now, piece);
                }
            }
        }
        moved
    }

    pub(super) fn next_arrival(&self) -> Option<Time> {
        if self.stalled {
            return None;
        }
        self.under_way.front().map(|(arrival, _)| *arrival)
    }
}

/// What a lane holds unless the script says otherwise: more than any window, so that only a stall or a
/// small buffer holds a sender up.
const DEFAULT_CAPACITY: usize = 64 << 20;

/// So much is taken from one end before the other gets it, and the recorder's finds are looked at.
const ROUND: usize = 4 << 20;
