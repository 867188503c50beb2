//! `Pings`: pings in flight and when the next keep-alive is due. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::yamux::session::Config;
use crate::yamux::time::Time;

/// Pings without a pong yet, in the order they were sent, and the keep-alive rhythm.
#[derive(Debug)]
pub(crate) struct Pings {
    timeout: Duration,
    interval: Option<Duration>,
    /// When the next keep-alive ping is due; `None` while one is in flight, or without keep-alive.
    due: Option<Time>,
    next_value: u32,
    /// When the last byte of the peer arrived.
    heard: Time,
    /// By place: the number of pings sent before.
    in_flight: BTreeMap<u64, Ping>,
    count: u64,
    /// Value and place of each ping in flight.
    places: BTreeSet<(u32, u64)>,
}

/// A ping in flight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ping {
    pub(crate) value: u32,
    pub(crate) sent: Time,
    /// Whether the session sent it as a keep-alive: its pong causes no event, its loss ends the session.
    pub(crate) is_keep_alive: bool,
}

impl Pings {
    pub(crate) fn new(now: Time, config: &Config) -> Self {
        Self {
            timeout: config.connection_write_timeout,
            interval: config.keep_alive_interval,
            due: config.keep_alive_interval.map(|interval| now + interval),
            next_value: 0,
            heard: now,
            in_flight: BTreeMap::new(),
            count: 0,
            places: BTreeSet::new(),
        }
    }

    /// The value of the next ping: 0, 1, 2 …, one sequence for all pings, as in the reference.
    pub(crate) const fn next_value(&mut self) -> u32 {
        let value = self.next_value;
        self.next_value = value.wrapping_add(1);
        value
    }

    /// A ping went out.
    pub(crate) fn sent(&mut self, now: Time, value: u32) {
        self.push(Ping { value, sent: now, is_keep_alive: false });
    }

    /// The value of the keep-alive ping to send now, if one is due.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<u32> {
        self.due.filter(|due| *due <= now)?;
        self.due = None;
        let value = self.next_value();
        self.push(Ping { value, sent: now, is_keep_alive: true });
        Some(value)
    }

    /// The ping a pong answers; `None` for an unknown value or one that timed out.
    pub(crate) fn answered(&mut self, now: Time, value: u32) -> Option<Ping> {
        let (_, place) = *self.places.range((value, 0)..=(value, u64::MAX)).next()?;
        let ping = self.take(place)?;
        if ping.is_keep_alive {
            self.due = self.interval.map(|interval| now + interval);
        }
        Some(ping)
    }

    /// Bytes of the peer arrived: it is alive, whether or not it has read our ping yet.
    pub(crate) const fn heard(&mut self, now: Time) {
        self.heard = now;
    }

    /// The next ping whose pong is overdue.
    pub(crate) fn take_timed_out(&mut self, now: Time) -> Option<Ping> {
        let place = self.first_overdue().filter(|(at, _)| *at <= now)?.1;
        self.take(place)
    }

    /// When the next ping is due or overdue.
    pub(crate) fn next(&self) -> Option<Time> {
        let overdue = self.first_overdue().map(|(at, _)| at);
        [overdue, self.due].into_iter().flatten().min()
    }

    /// The ping that is overdue first, and when. A keep-alive ping counts from the peer's last byte, so it may be
    /// overdue after those behind it; at most one is in flight.
    fn first_overdue(&self) -> Option<(Time, u64)> {
        let overdue = |(place, ping): (&u64, &Ping)| {
            let from = if ping.is_keep_alive { ping.sent.max(self.heard) } else { ping.sent };
            (from + self.timeout, *place)
        };
        self.in_flight.iter().take(2).map(overdue).min()
    }

    /// Forgets all pings and stops the keep-alive.
    pub(crate) fn clear(&mut self) {
        self.in_flight = BTreeMap::new();
        self.places = BTreeSet::new();
        self.due = None;
    }

    fn push(&mut self, ping: Ping) {
        self.places.insert((ping.value, self.count));
        self.in_flight.insert(self.count, ping);
        self.count += 1;
    }

    fn take(&mut self, place: u64) -> Option<Ping> {
        let ping = self.in_flight.remove(&place)?;
        self.places.remove(&(ping.value, place));
        Some(ping)
    }
}
