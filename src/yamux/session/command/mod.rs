//! Commands that open, accept, end and probe; `read` and `write` have their own files. Pure.

pub(crate) mod read;
pub(crate) mod write;

use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
use crate::yamux::session::stream::half::{Reader, RecvHalf, SendHalf};
use crate::yamux::session::stream::{Stream, StreamTimer};
use crate::yamux::session::{EndReason, Error, Event, Session};
use crate::yamux::time::Time;

impl Session {
    /// Opens a stream and announces it at once. `Blocked` while as many of ours as the backlog allows wait for their
    /// acknowledgement, or too much output waits.
    pub fn open(&mut self, now: Time) -> Result<StreamId, Error> {
        if self.is_ended() {
            return Err(Error::SessionShutdown);
        }
        if self.has_received_go_away {
            return Err(Error::RemoteGoAway);
        }
        // As the reference, the highest number of each side is never used.
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

    /// Accepts the stream that has waited longest and acknowledges it, also if the peer has finished it already.
    /// `Blocked` while none waits, or too much output does.
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

    /// "I will send no more, I go on reading": sends FIN and starts the close timer, unless the peer has finished too.
    /// Doing it twice, or after a reset, does nothing.
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

    /// "I will read no more": what is buffered and what still comes is dropped but credited as if read, so that the
    /// writer can finish. Reads answer `StreamClosed`. Nothing tells the peer.
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

    /// "I am done with this stream." Without `close_resets` this is `half_close` (as in the reference, the handle may
    /// still read). With it, reads answer `StreamClosed` from now on, and data that is unread or comes later is
    /// answered with RST; a peer that just finishes gets none.
    pub fn close(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        self.half_close(now, id)?;
        if self.config.close_resets { self.refuse_from_now_on(now, id) } else { Ok(()) }
    }

    /// What `close` with `close_resets` does, whatever the configuration says, and `forget`: for a handle that goes
    /// away unasked.
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

    /// "Abort this stream": sends RST and ends both directions at once; unread data is dropped. On a stream that is
    /// closed already it does nothing.
    pub fn reset(&mut self, now: Time, id: StreamId) -> Result<(), Error> {
        self.reset_with(now, id, 0)
    }

    /// As `reset`, and tells the peer this code where libp2p has it: in the length of the RST.
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

    /// The application lets go of its handle. As in the reference nothing goes on the wire: a stream that is not
    /// closed stays open there, its data never credited. Later calls with this number answer `UnknownStream`. What
    /// remains of a closed stream is kept until then, so an application should forget every stream at last.
    pub fn forget(&mut self, id: StreamId) {
        self.streams.forget(id);
    }

    /// Sends a ping with the next value of the session's own row (0, 1, 2 …, shared with the keep-alive) and says
    /// which. `Pong` or `PingTimedOut` follows, or the session's end.
    pub fn ping(&mut self, now: Time) -> Result<u32, Error> {
        self.can_ping()?;
        let value = self.pings.next_value();
        self.ping_with(now, value)?;
        Ok(value)
    }

    /// As `ping` with a value of the caller's, which had better be unique among the pings in flight.
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

    /// Tells the peer to open no more streams; those that come all the same are reset. Everything else goes on,
    /// whatever the code.
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

    /// Ends the session: after all pending output goes a go-away `Normal` (unless one went before), then the
    /// transport is to be closed. Readers get what is buffered, then `Eof`; every other call an error. Doing it twice
    /// does nothing.
    pub fn close_session(&mut self, now: Time) {
        self.close_session_with(now, GoAwayCode::Normal);
    }

    /// As `close_session`, with another code; one that is not `Normal` is sent whatever go-away went before.
    pub fn close_session_with(&mut self, now: Time, code: GoAwayCode) {
        if self.is_ended() {
            return;
        }
        // Spec, "Session termination": a go-away should be sent before.
        if !self.has_sent_go_away || code != GoAwayCode::Normal {
            self.send_go_away(now, code);
        }
        self.end(EndReason::Closed);
    }
}
