//! How timeouts and failures end streams and the session. Pure.

use crate::yamux::frame::Flags;
use crate::yamux::session::stream::StreamTimer;
use crate::yamux::session::{Answer, EndReason, Event, Session, Violation};
use crate::yamux::time::Time;

impl Session {
    /// Output that waits too long fails the writes that wait for it; after the session's end it is discarded.
    pub(super) fn check_stall(&mut self, now: Time) {
        if !self.outbox.output.note_stall(now, self.config.connection_write_timeout) {
            return;
        }
        if self.is_ended() {
            self.outbox.output.discard();
        } else {
            self.call_all();
        }
    }

    pub(super) fn check_pings(&mut self, now: Time) {
        while let Some(ping) = self.pings.take_timed_out(now) {
            if ping.is_keep_alive {
                self.end(EndReason::KeepaliveTimeout);
                // The transport is presumed dead: nothing to wait for.
                self.outbox.output.discard();
                return;
            }
            self.outbox.tell(Event::PingTimedOut { value: ping.value });
        }
        if let Some(value) = self.pings.take_due(now) {
            self.send_ping(now, value);
        }
    }

    pub(super) fn check_streams(&mut self, now: Time) {
        if let Some(id) = self.open_timers.due(now) {
            self.end(EndReason::OpenTimeout(id));
            return;
        }
        while let Some(id) = self.close_timers.due(now) {
            // The peer did not finish in time: buffered data stays readable, then the reader learns of the reset.
            let stream = self.streams.live.get_mut(&id).expect("a stream whose timer runs is live");
            self.outbox.wake_reader(id, stream);
            self.retire(id);
            self.outbox.send(now, Flags::RST, id, 0);
        }
    }

    pub(super) fn violated(&mut self, now: Time, violation: Violation) {
        match violation.answer() {
            Answer::GoAway(code) => self.send_go_away(now, code),
            Answer::TransportEnd => {}
        }
        self.end(EndReason::Violation(violation));
    }

    /// Ends the session for the application at once; pending output still goes out, unless the transport has taken
    /// nothing for too long already.
    pub(super) fn end(&mut self, reason: EndReason) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(reason);
        self.outbox.tell(Event::Ended(reason));
        self.open_timers.clear();
        self.close_timers.clear();
        self.pings.clear();
        self.accept_queue.clear();
        self.turns.clear();
        self.outbox.unacked = 0;
        self.peer_streams = 0;
        for (id, mut stream) in self.streams.take_held() {
            stream.timer = StreamTimer::Off;
            stream.holds_slot = false;
            self.outbox.wake_both(id, &mut stream);
            self.streams.retire(id, stream);
        }
        self.outbox.wake_accepters();
        self.outbox.wake_openers();
        if self.outbox.output.is_stalled() {
            self.outbox.output.discard();
        }
    }
}
