//! `Lane`: one direction of the wire, and the bytes in flight on it. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::endpoint::Endpoint;
use crate::engine::wire::budget::Budget;
use crate::engine::wire::pieces::Cutter;
use crate::trace::{Direction, Recorder, TransportEnd};
use crate::yamux::time::Time;

/// One direction of the transport.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Parcels in flight, with their arrival times. None overtakes another.
    under_way: VecDeque<(Time, Parcel)>,
    /// Bytes in `under_way`.
    held: usize,
    pub(crate) capacity: usize,
    pub(crate) segment: Option<u32>,
    delay: Duration,
    jitter: Duration,
    dice: Dice,
    pace: Option<Pace>,
    pub(crate) stalled: bool,
    /// Whether all bytes that arrive at one moment are one piece, and whether it waits for more.
    pub(crate) is_merged: bool,
    pub(crate) is_corked: bool,
    pub(crate) cutter: Option<Cutter>,
    /// Whether the sender has ended the transport, or the script has cut it.
    ended: bool,
}

#[derive(Debug)]
enum Parcel {
    Bytes(Bytes),
    End(TransportEnd),
}

impl Lane {
    /// A lane without faults; `seed` determines its jitter.
    pub(crate) const fn new(seed: u64) -> Self {
        Self {
            under_way: VecDeque::new(),
            held: 0,
            capacity: DEFAULT_CAPACITY,
            segment: None,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            dice: Dice(seed),
            pace: None,
            stalled: false,
            is_merged: false,
            is_corked: false,
            cutter: None,
            ended: false,
        }
    }

    /// Delays bytes from now on by `delay`, and each piece by up to `jitter` more.
    pub(crate) const fn set_delay(&mut self, delay: Duration, jitter: Duration) {
        self.delay = delay;
        self.jitter = jitter;
    }

    /// Limits the rate from now on, in bytes per second.
    pub(crate) fn set_rate(&mut self, per_second: Option<u32>) {
        self.pace = per_second.map(Pace::new);
    }

    /// Ends the transport after the bytes in flight.
    pub(crate) fn end(
        &mut self,
        now: Time,
        (direction, end): (Direction, TransportEnd),
        recorder: &mut Recorder,
    ) {
        if !self.ended {
            self.ended = true;
            recorder.end(now, direction, end);
            self.under_way.push_back((now + self.delay, Parcel::End(end)));
        }
    }

    /// Cuts the transport and drops everything in flight. Returns whether the receiver has yet to learn of an end.
    pub(crate) fn cut(
        &mut self,
        now: Time,
        (direction, end): (Direction, TransportEnd),
        recorder: &mut Recorder,
    ) -> bool {
        let has_heard = self.ended && self.under_way.is_empty();
        self.under_way.clear();
        if !self.ended {
            self.ended = true;
            recorder.end(now, direction, end);
        }
        !has_heard
    }

    /// Whether something keeps bytes from crossing at once.
    pub(crate) fn is_held_up(&self) -> bool {
        let takes_time = !self.delay.is_zero() || !self.jitter.is_zero() || self.pace.is_some();
        self.stalled || takes_time || !self.under_way.is_empty()
    }

    /// Takes bytes from the sender while there is room, at most about `ROUND`.
    pub(crate) fn pull(
        &mut self,
        now: Time,
        (direction, from): (Direction, &mut dyn Endpoint),
        recorder: &mut Recorder,
        budget: &mut Budget,
    ) -> bool {
        let (mut taken, mut moved) = (0, false);
        loop {
            // Bytes sent after the end of the transport are discarded.
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
            self.send(now, bytes);
        }
        if !self.ended
            && let Some(end) = from.poll_end()
        {
            moved = true;
            self.end(now, (direction, end), recorder);
        }
        moved
    }

    /// Puts bytes in flight; at a limited rate in small pieces, each with its own arrival time.
    fn send(&mut self, now: Time, mut bytes: Bytes) {
        while !bytes.is_empty() {
            let (passed, piece) = match &mut self.pace {
                None => (now, bytes.split_off(0)),
                Some(pace) => {
                    let piece = bytes.split_to(bytes.len().min(pace.piece()));
                    (pace.pass(now, piece.len()), piece)
                }
            };
            let arrival = passed + self.delay + self.dice.up_to(self.jitter);
            self.under_way.push_back((arrival, Parcel::Bytes(piece)));
        }
    }

    /// Delivers arrived bytes, in pieces of the segment size.
    pub(crate) fn deliver(
        &mut self,
        now: Time,
        to: &mut dyn Endpoint,
        budget: &mut Budget,
    ) -> bool {
        let mut moved = false;
        if self.is_merged {
            self.merge(now);
        }
        while !(self.stalled || self.is_corked || budget.is_overrun(0))
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
                    let size = self.cutter.as_mut().map_or(size, |cutter| cutter.cut(bytes));
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

    /// Merges the arrived parcels at the front into one.
    fn merge(&mut self, now: Time) {
        let is_due =
            |parcel: &&(Time, Parcel)| parcel.0 <= now && matches!(parcel.1, Parcel::Bytes(_));
        let due = self.under_way.iter().take_while(is_due).count();
        if self.stalled || self.is_corked || due < 2 {
            return;
        }
        let mut whole = BytesMut::with_capacity(self.held);
        for (_, parcel) in self.under_way.drain(..due) {
            if let Parcel::Bytes(bytes) = parcel {
                whole.extend_from_slice(&bytes);
            }
        }
        self.under_way.push_front((now, Parcel::Bytes(whole.freeze())));
    }

    pub(crate) fn next_arrival(&self) -> Option<Time> {
        if self.stalled || self.is_corked {
            return None;
        }
        self.under_way.front().map(|(arrival, _)| *arrival)
    }
}

/// A rate, and the bytes that have passed at it.
#[derive(Debug)]
struct Pace {
    per_second: u32,
    /// When the current uninterrupted transfer began, and its bytes so far.
    since: Time,
    passed: u64,
}

impl Pace {
    const fn new(per_second: u32) -> Self {
        Self { per_second, since: Time::ZERO, passed: 0 }
    }

    /// The most bytes that arrive together: a packet, or a millisecond's worth if that is more.
    const fn piece(&self) -> usize {
        let in_a_millisecond = self.per_second as usize / 1000;
        if in_a_millisecond < PACKET { PACKET } else { in_a_millisecond }
    }

    /// When the last of these bytes has passed, after all earlier ones. It is counted from the last pause, so that
    /// no rounding adds up.
    fn pass(&mut self, now: Time, len: usize) -> Time {
        if self.is_free_at() <= now {
            (self.since, self.passed) = (now, 0);
        }
        self.passed += len as u64;
        self.is_free_at()
    }

    fn is_free_at(&self) -> Time {
        self.since + Duration::from_nanos(self.passed * NANOS / u64::from(self.per_second))
    }
}

/// Draws jitter, deterministic for a seed (splitmix64).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// A time between 0 and `most`.
    fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX - 1);
        if most == 0 {
            return Duration::ZERO;
        }
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Duration::from_nanos((drawn ^ (drawn >> 31)) % (most + 1))
    }
}

const PACKET: usize = 1024;

const NANOS: u64 = 1_000_000_000;

/// The default capacity of a lane: more than any window, so that only a stall or a small buffer blocks a
/// sender.
const DEFAULT_CAPACITY: usize = 64 << 20;

/// The most bytes taken from one end before they are delivered and recorded items are processed.
const ROUND: usize = 4 << 20;
