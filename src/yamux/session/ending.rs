//! How time and trouble end streams and the session. Pure.

use crate::yamux::frame::{Flags, StreamId};
use crate::yamux::session::stream::StreamTimer;
use crate::yamux::session::{
    Answer, EndReason, Event, Session, Violation, wake_reader, wake_writer, window_update,
};
use crate::yamux::time::Time;

impl Session {
    /// Output that waits too long fails the writes that wait for it; after the session's end it is given up.
    pub(super) fn check_stall(&mut self, now: Time) {
        if !self.output.note_stall(now, self.config.connection_write_timeout) {
            return;
        }
        if self.is_ended() {
            self.output.discard();
        } else {
            self.call_all();
        }
    }

    pub(super) fn check_pings(&mut self, now: Time) {
        while let Some(ping) = self.pings.take_timed_out(now) {
            if ping.is_keep_alive {
                self.end(now, EndReason::KeepaliveTimeout);
                // The transport is dead as far as we know: nothing to wait for.
                self.output.discard();
                return;
            }
            self.events.push_back(Event::PingTimedOut { value: ping.value });
        }
        if let Some(value) = self.pings.take_due(now) {
            self.send_ping(now, value);
        }
    }

    pub(super) fn check_streams(&mut self, now: Time) {
        if let Some(id) = self.open_timers.due(now) {
            self.end(now, EndReason::OpenTimeout(id));
            return;
        }
        while let Some(id) = self.close_timers.due(now) {
            self.close_timed_out(now, id);
        }
    }

    /// The peer did not finish in time: what is buffered stays readable, then the reader learns of the reset.
    fn close_timed_out(&mut self, now: Time, id: StreamId) {
        self.stop_timer(id);
        if let Some(stream) = self.streams.get_mut(&id) {
            wake_reader(stream, id, &mut self.events);
        }
        self.take_off_the_wire(id);
        self.send(now, window_update(Flags::RST, id, 0));
    }

    /// A stream's FIN, RST or ACK has come: its session need not end for want of one.
    pub(super) fn stop_open_timer(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get(&id)
            && matches!(stream.timer, StreamTimer::Open(_))
        {
            self.stop_timer(id);
        }
    }

    pub(super) fn violated(&mut self, now: Time, violation: Violation) {
        match violation.answer() {
            Answer::GoAway(code) => self.send_go_away(now, code),
            Answer::TransportEnd => {}
        }
        self.end(now, EndReason::Violation(violation));
    }

    /// Ends the session for the application at once; pending output still goes out, unless the transport has taken
    /// nothing for too long already.
    pub(super) fn end(&mut self, _now: Time, reason: EndReason) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(reason);
        self.events.push_back(Event::Ended(reason));
        self.open_timers.clear();
        self.close_timers.clear();
        self.pings.clear();
        self.accept_queue.clear();
        self.turns.clear();
        self.unacked = 0;
        self.peer_streams = 0;
        let mut streams: Vec<_> =
            self.streams.drain().filter(|(_, stream)| stream.is_held).collect();
        // A table has no order, but two runs must not differ.
        streams.sort_unstable_by_key(|(id, _)| *id);
        for (id, mut stream) in streams {
            stream.timer = StreamTimer::Off;
            stream.holds_slot = false;
            wake_reader(&mut stream, id, &mut self.events);
            wake_writer(&mut stream, id, &mut self.events);
            self.remains.insert(id, stream);
        }
        self.wake_accepters();
        self.wake_openers();
        if self.output.is_stalled() {
            self.output.discard();
        }
    }
}
