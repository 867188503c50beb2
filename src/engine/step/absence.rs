//! Absence on the live clock: when a hasty run concludes that an awaited event will not occur. Pure.
//!
//! Such a run decides before patience ends: nothing has moved for a while, no configured timer can still fire, and the
//! subject has answered a barrier since. The case is then doubtful: if it fails, it runs again patiently.

use crate::engine::step::barriers::LastCall;
use crate::engine::step::timing::InForce;
use crate::engine::{Engine, Flow};
use crate::yamux::time::Time;

impl Engine {
    /// How to keep waiting for an event that has not occurred by `now` and may occur until `limit`; `None` once it
    /// counts as absent, which it never does before `earliest`.
    pub(crate) fn wait_on(&mut self, now: Time, earliest: Time, limit: Time) -> Option<Flow> {
        if now >= limit {
            return None;
        }
        let Some(grace) = self.rules.clock.grace() else { return Some(Flow::Wait(limit)) };
        let Self { rig, rules, .. } = self;
        if rig.wire.is_held_up() || rig.wire.is_cut() || rig.has_lost_an_end(rules) {
            return Some(Flow::Wait(limit));
        }
        let quiet = self.timers_end(limit).max(earliest) + grace;
        if quiet > now {
            return Some(Flow::Wait(quiet.min(limit)));
        }
        match self.barriers.last_call {
            Some(call) if call.after == self.rig.last_moved => {
                if self.barriers.is_answered(call.asked) {
                    self.ruling.was_hasty = true;
                    return None;
                }
            }
            // The subject is slow or no longer answers: wait with full patience.
            _ if self.barriers.is_under_way() => {}
            _ => {
                let after = self.rig.last_moved;
                let asked = self.barriers.send(now, &mut self.rig, &self.rules);
                self.barriers.last_call = asked.map(|asked| LastCall { asked, after });
                if self.barriers.last_call.is_some() {
                    return Some(Flow::Again);
                }
            }
        }
        Some(Flow::Wait(limit))
    }

    /// When the last timer that may be running fires, among those that fire before `limit`. A call or a frame starts
    /// each of them.
    fn timers_end(&self, limit: Time) -> Time {
        let InForce { subject, peer } = &self.rules.settings;
        let timeouts = [subject, peer].into_iter().flat_map(|settings| {
            let write = Some(settings.connection_write_timeout);
            let stream = [settings.stream_open_timeout, settings.stream_close_timeout];
            [settings.keep_alive_interval, write].into_iter().chain(stream).flatten()
        });
        timeouts
            .map(|timeout| self.rig.last_moved + timeout)
            .chain(self.rig.calls.last_deadline(limit))
            .chain(self.rig.ends.peer.poll_timeout())
            .filter(|due| *due < limit)
            .fold(self.rig.last_moved, Time::max)
    }
}
