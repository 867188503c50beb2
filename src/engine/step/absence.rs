//! Absence on the live clock: when a hasty run takes it that what a step waits for does not come any more. Pure.
//!
//! Such a run asks before patience ends: nothing has moved for a while, no timer that the settings tell of can still go
//! off, and the subject has answered a barrier since. The case is doubtful then: if it fails, it runs again patiently.

use std::time::Duration;

use crate::engine::step::settle::BarrierRound;
use crate::engine::{Engine, Flow};
use crate::scenario::Settings;
use crate::yamux::time::Time;

/// A barrier that asks whether the subject has nothing more to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastCall {
    asked: BarrierRound,
    /// When something had last moved by then.
    after: Time,
}

impl Engine {
    /// How to go on waiting for something that has not come by `now` and may come until `limit`; `None` once it is taken
    /// not to come. Before `earliest` nothing is made of its absence.
    pub(crate) fn wait_on(&mut self, now: Time, earliest: Time, limit: Time) -> Option<Flow> {
        if now >= limit {
            return None;
        }
        let Some(grace) = self.rules.grace() else { return Some(Flow::Wait(limit)) };
        if self.wire.is_held_up() || self.wire.is_cut() || self.has_lost_an_end() {
            return Some(Flow::Wait(limit));
        }
        let quiet = self.timers_end(limit).max(earliest) + grace;
        if quiet > now {
            return Some(Flow::Wait(quiet.min(limit)));
        }
        match self.last_call {
            Some(call) if call.after == self.last_moved => {
                if self.is_answered(call.asked) {
                    self.was_hasty = true;
                    return None;
                }
            }
            // The subject is slow to answer, or answers no more: that takes patience.
            _ if self.barrier_is_under_way() => {}
            _ => {
                let after = self.last_moved;
                self.last_call = self.send_barrier(now).map(|asked| LastCall { asked, after });
                if self.last_call.is_some() {
                    return Some(Flow::Again);
                }
            }
        }
        Some(Flow::Wait(limit))
    }

    /// When the last of the timers that may be running goes off, of those that do so before `limit`. Each is set going by a
    /// call or a frame.
    fn timers_end(&self, limit: Time) -> Time {
        let timeouts = [&self.settings.subject, &self.settings.peer].into_iter().flat_map(timeouts);
        timeouts
            .map(|timeout| self.last_moved + timeout)
            .chain(self.calls.last_deadline(limit))
            .chain(self.ends.peer.poll_timeout())
            .filter(|due| *due < limit)
            .fold(self.last_moved, Time::max)
    }
}

fn timeouts(settings: &Settings) -> impl Iterator<Item = Duration> + use<> {
    let Settings {
        keep_alive_interval,
        connection_write_timeout,
        stream_open_timeout,
        stream_close_timeout,
        ..
    } = *settings;
    [keep_alive_interval, Some(connection_write_timeout), stream_open_timeout, stream_close_timeout]
        .into_iter()
        .flatten()
}
