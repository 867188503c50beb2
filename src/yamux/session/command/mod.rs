//! Commands that open, accept, close and ping; `read` and `write` have their own files. Pure.

pub(crate) mod read;
pub(crate) mod write;

use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
use crate::yamux::session::stream::half::{Reader, RecvHalf, SendHalf};
use crate::yamux::session::stream::{Stream, StreamTimer};
use crate::yamux::session::{EndReason, Error, Event, Session};
use crate::yamux::time::Time;

impl Session {
    /// Opens a stream and announces it at once. `Blocked` while the backlog of our unacknowledged streams is full, or
    /// too much output waits.
    pub fn open(&mut self, now: Time) -> Result<StreamId, Error> {
        if self.is_ended() {
            return Err(Error::SessionShutdown);
        }
        if self.has_received_go_away {
            return Err(Error::RemoteGoAway);
        }
        // As in the reference, the highest number of each side is never used.
        let id = self.next_stream;
        let next = id.next().ok_or(Error::StreamsExhausted)?;
        if self.outbox.output.is_stalled() {
            return Err(Error::ConnectionWriteTimeout);
        }
        if !self.may_open() {
            return Err(Error::Blocked);
        }
        self.next_stream = next;
        self.outbox.unacked += 1;
        let mut stream = Stream::new();
        stream.is_held = true;
        stream.holds_slot = true;
        stream.timer = self.open_timers.arm(now, id).map_or(StreamTimer::Off, StreamTimer::Open);
        self.outbox.send(now, Flags::SYN, id, stream.fill_window(self.config.max_window));
        self.streams.live.insert(id, stream);
        Ok(id)
    }

    /// Accepts the stream that has waited longest and acknowledges it, even if the peer has finished it already.
    /// `Blocked` while no stream waits, or too much output does.
    pub fn accept(&mut self, now: Time) -> Result<StreamId, Error> {
        if let Some(reason) = self.end {
            return Err(reason.error());
        }
        if !self.may_accept() {
            return Err(Error::Blocked);
        }
        let id = self.accept_queue.pop().expect("one waits");
        let stream = self.streams.adopt(id);
        if stream.recv == RecvHalf::Finished {
            self.outbox.tell(Event::Finished(id));
        }
        self.outbox.send(now, Flags::ACK, id, stream.fill_window(self.config.max_window));
        Ok(id)
    }

    /// Half-closes the stream: sends FIN, and starts the close timer unless the peer has finished too; reading goes on.
    /// A second call, or one after a reset, does nothing.
    pub fn half_close(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        let is_ended = self.is_ended();
        let (stream, _) = self.streams.held_mut(id)?;
        if is_ended || stream.send != SendHalf::Open {
            return Ok(());
        }
        stream.send = SendHalf::Finished;
        self.outbox.wake_writer(id, stream);
        self.outbox.send(now, Flags::FIN, id, 0);
        if stream.is_off_the_wire() {
            self.retire(id);
        } else {
            let close = self.close_timers.arm(now, id).map_or(StreamTimer::Off, StreamTimer::Close);
            let open = std::mem::replace(&mut stream.timer, close);
            self.disarm(open);
        }
        Ok(())
    }

    /// Stops reading: buffered and later data is dropped but credited as if read, so that the writer can finish. Reads
    /// return `StreamClosed`. The peer is not notified.
    pub fn close_read(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        let (stream, is_live) = self.streams.held_mut(id)?;
        if stream.reader != Reader::Reading {
            return Ok(());
        }
        stream.reader = Reader::Discarding;
        stream.buffer.clear();
        self.outbox.wake_reader(id, stream);
        if is_live {
            self.outbox.credit(now, id, stream, self.config.max_window);
        }
        Ok(())
    }

    /// Closes the stream. Without `close_resets` this is `half_close` (as in the reference, the handle may still read).
    /// With it, reads return `StreamClosed` from now on, and unread and later data is answered with RST; a peer that
    /// only finishes gets no RST.
    pub fn close(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        self.half_close(now, id)?;
        if self.config.close_resets { self.refuse_from_now_on(now, id) } else { Ok(()) }
    }

    /// Does what `close` with `close_resets` does, whatever the configuration says, then `forget`: for a handle that is
    /// dropped without a close.
    pub fn abandon(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        self.half_close(now, id)?;
        self.refuse_from_now_on(now, id)?;
        self.forget(id);
        Ok(())
    }

    fn refuse_from_now_on(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        let (stream, is_live) = self.streams.held_mut(id)?;
        let has_unread = stream.buffer.len() > 0;
        stream.reader = Reader::Closed;
        stream.buffer.clear();
        self.outbox.wake_reader(id, stream);
        if is_live && has_unread {
            self.outbox.refuse_data(now, id, stream);
            self.retire(id);
        }
        Ok(())
    }

    /// Aborts the stream: sends RST and ends both directions at once; unread data is dropped. Does nothing on a stream
    /// that is closed already.
    pub fn reset(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        self.reset_with(now, id, 0)
    }

    /// Like `reset`, and tells the peer this code in the length of the RST, as libp2p does.
    pub fn reset_with(&mut self, now: Time, id: StreamId, code: u32) -> Result<(), Error> {
        let is_ended = self.is_ended();
        let (stream, is_live) = self.streams.held_mut(id)?;
        if !is_live || is_ended {
            return Ok(());
        }
        stream.reset();
        self.outbox.wake_both(id, stream);
        self.retire(id);
        self.outbox.send(now, Flags::RST, id, code);
        Ok(())
    }

    /// Releases the application's handle. As in the reference, nothing is sent: a stream that is not closed stays open
    /// on the wire, its data never credited. Later calls with this number return `UnknownStream`. The remains of a
    /// closed stream are kept until this call, so an application should forget every stream in the end.
    pub fn forget(&mut self, id: StreamId) {
        self.streams.forget(id);
    }

    /// Sends a ping with the session's next value (0, 1, 2 …, one sequence shared with the keep-alive) and returns that
    /// value. `Pong` or `PingTimedOut` follows, or the session's end.
    pub fn ping(&mut self, now: Time) -> Result<u32, Error> {
        self.can_ping()?;
        let value = self.pings.next_value();
        self.ping_with(now, value)?;
        Ok(value)
    }

    /// Like `ping`, with the caller's value, which should be unique among the pings in flight.
    pub fn ping_with(&mut self, now: Time, value: u32) -> Result<(), Error> {
        self.can_ping()?;
        self.pings.sent(now, value);
        self.send_ping(now, value);
        Ok(())
    }

    fn can_ping(&self) -> Result<(), Error> {
        if self.is_ended() {
            return Err(Error::SessionShutdown);
        }
        if self.outbox.output.is_stalled() {
            return Err(Error::ConnectionWriteTimeout);
        }
        Ok(())
    }

    pub(super) fn send_ping(&mut self, now: Time, value: u32) {
        let ping = RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, value);
        self.outbox.output.push_ping(now, ping);
    }

    /// Tells the peer to open no more streams; any it still opens are reset. All else goes on, whatever the code.
    pub fn go_away(&mut self, now: Time, code: GoAwayCode) -> Result<(), Error> {
        if self.is_ended() {
            return Err(Error::SessionShutdown);
        }
        self.send_go_away(now, code);
        Ok(())
    }

    pub(super) fn send_go_away(&mut self, now: Time, code: GoAwayCode) {
        self.has_sent_go_away = true;
        let frame =
            RawHeader::new(FrameType::GoAway, Flags::NONE, StreamId::SESSION, code.number());
        self.outbox.output.push(now, frame);
    }

    /// Ends the session: a go-away `Normal` follows all pending output (unless a go-away was sent before), then the
    /// transport must be closed. Reads return what is buffered, then `Eof`; every other call fails. A second call does
    /// nothing.
    pub fn close_session(&mut self, now: Time) {
        self.close_session_with(now, GoAwayCode::Normal);
    }

    /// Like `close_session`, with the given code; a code other than `Normal` is sent even if a go-away was sent before.
    pub fn close_session_with(&mut self, now: Time, code: GoAwayCode) {
        if self.is_ended() {
            return;
        }
        // Spec, "Session termination": a go-away should be sent first.
        if !self.has_sent_go_away || code != GoAwayCode::Normal {
            self.send_go_away(now, code);
        }
        self.end(EndReason::Closed);
    }
}
