//! The built-in yamux: one end of a session as a state machine. Pure.
//!
//! Input and time go in (`handle_*`), commands are plain verbs, bytes and events come out (`poll_*`); it never waits
//! and never reads a clock. After each call, poll until nothing comes out. On the wire it does what hashicorp/yamux
//! v0.1.2 does; `docs/deviations.md` lists where it does better.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod command;
mod config;
mod ending;
mod error;
mod event;
mod outbox;
mod output;
mod receive;
mod stream;
mod timers;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use error::{Answer, Error, Violation};
pub use event::{EndReason, Event, InputEnd};
pub(crate) use stream::StreamIdHasher;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::yamux::frame::{Decoder, GoAwayCode, Piece, Side, StreamId};
use crate::yamux::session::outbox::Outbox;
use crate::yamux::session::output::pings::Pings;
use crate::yamux::session::output::turns::Turns;
use crate::yamux::session::receive::FrameBody;
use crate::yamux::session::stream::accept_queue::AcceptQueue;
use crate::yamux::session::stream::table::StreamTable;
use crate::yamux::session::stream::{Stream, StreamTimer};
use crate::yamux::session::timers::Timers;
use crate::yamux::time::Time;

/// One end of a yamux session.
#[derive(Debug)]
pub struct Session {
    side: Side,
    config: Config,
    streams: StreamTable,
    /// Streams that wait to be accepted, in the order of their SYNs; each is live.
    accept_queue: AcceptQueue,
    next_stream: StreamId,
    /// The number of live streams that the peer has opened.
    peer_streams: u32,
    has_sent_go_away: bool,
    has_received_go_away: bool,
    /// Whether the output had no room for an open or an accept.
    is_room_awaited: bool,
    /// Writes that wait for room in the output.
    turns: Turns,
    decoder: Decoder,
    body: Option<FrameBody>,
    outbox: Outbox,
    pings: Pings,
    open_timers: Timers,
    close_timers: Timers,
    end: Option<EndReason>,
    is_end_reported: bool,
}

impl Session {
    /// A session that starts at `now`; values of `config` out of range count as the nearest in range.
    pub fn new(now: Time, side: Side, config: Config) -> Self {
        let config = config.clamped();
        Self {
            side,
            streams: StreamTable::default(),
            accept_queue: AcceptQueue::default(),
            next_stream: first_of(side, config.next_stream),
            peer_streams: 0,
            has_sent_go_away: false,
            has_received_go_away: false,
            is_room_awaited: false,
            turns: Turns::default(),
            decoder: Decoder::default(),
            body: None,
            outbox: Outbox::default(),
            pings: Pings::new(now, &config),
            open_timers: Timers::new(config.stream_open_timeout),
            close_timers: Timers::new(config.stream_close_timeout),
            end: None,
            is_end_reported: false,
            config,
        }
    }

    // Input.

    /// Takes bytes from the transport, in order, in pieces of any size; lawful or not. After the session's end they are
    /// dropped.
    pub fn handle_input(&mut self, now: Time, mut input: Bytes) {
        if !input.is_empty() {
            self.pings.heard(now);
        }
        while !self.is_ended() {
            match self.decoder.decode(&mut input) {
                Some(Piece::Header(header)) => self.recv_header(now, header),
                Some(Piece::Body(body)) => self.recv_body(now, body),
                None => break,
            }
        }
    }

    /// The transport's input has ended, or the transport has failed.
    pub fn handle_end(&mut self, end: InputEnd) {
        let reason = match end {
            InputEnd::Eof if self.decoder.is_at_boundary() => EndReason::TransportEof,
            InputEnd::Eof => EndReason::TransportEofInFrame,
            InputEnd::Failed => EndReason::TransportFailed,
        };
        self.end(reason);
        if end == InputEnd::Failed {
            self.outbox.output.discard();
        }
    }

    /// The time that `poll_timeout` returned has come; at any other time this does nothing.
    pub fn handle_timeout(&mut self, now: Time) {
        self.check_stall(now);
        self.check_turns(now);
        self.check_pings(now);
        self.check_streams(now);
    }

    // Output.

    /// Returns the next bytes for the transport, at most `max`, in order; they count as taken by it.
    pub fn poll_transmit(&mut self, now: Time, max: usize) -> Option<Bytes> {
        let piece = self.outbox.output.pop(max)?;
        self.advance(now, piece.len());
        Some(piece)
    }

    /// Appends the next output to `pieces`, in order; `advance` must then report what the transport took.
    ///
    /// Until then the bytes count as pending, for the connection write timeout and for the room of writes. Little
    /// more than 64 KiB is ever handed over and not yet taken, because a pong can no longer overtake it.
    pub fn take_output(&mut self, pieces: &mut VecDeque<Bytes>) {
        self.outbox.output.take(pieces, HANDED_OUT_AT_MOST);
    }

    /// The transport took `len` more bytes of what `take_output` handed over.
    pub fn advance(&mut self, now: Time, len: usize) {
        self.outbox.output.advance(now, len);
        self.give_turns(now);
        self.wake_for_room();
    }

    /// Returns the next event for the application.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.outbox.events.pop_front()
    }

    /// When `handle_timeout` must be called.
    pub fn poll_timeout(&self) -> Option<Time> {
        [
            self.outbox.output.stalls_at(self.config.connection_write_timeout),
            self.pings.next(),
            self.open_timers.next(),
            self.close_timers.next(),
            self.turns.next(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// `true` once, after the session's end, when all output is taken or discarded: close the transport now.
    pub fn poll_end(&mut self) -> bool {
        let is_due = self.is_ended() && self.outbox.output.len() == 0 && !self.is_end_reported;
        self.is_end_reported |= is_due;
        is_due
    }

    // Getters.

    /// Which end this is.
    pub const fn side(&self) -> Side {
        self.side
    }

    /// Whether the session has ended; its last output may still wait.
    pub const fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Why the session ended.
    pub const fn end_reason(&self) -> Option<EndReason> {
        self.end
    }

    /// The number of streams still in use on the wire, accepted or not; 0 after the session's end.
    pub fn live_streams(&self) -> usize {
        self.streams.live.len()
    }

    /// The approximate memory of the streams and their buffered data, in bytes.
    pub fn held_bytes(&self) -> usize {
        let StreamTable { live, remains, .. } = &self.streams;
        let unread =
            live.values().chain(remains.values()).map(|stream| stream.buffer.len() as usize);
        let slots = live.capacity() + remains.capacity();
        slots * size_of::<(StreamId, Stream)>() + unread.sum::<usize>() + self.outbox.output.len()
    }

    /// How many bytes may be written to a stream before the peer grants more credit; `None` if the application holds no
    /// such stream.
    pub fn send_window(&self, id: StreamId) -> Option<u32> {
        self.streams.held(id).map(|stream| stream.send_window.available())
    }

    /// How many received bytes wait to be read; `None` if the application holds no such stream.
    pub fn unread(&self, id: StreamId) -> Option<u32> {
        self.streams.held(id).map(|stream| stream.buffer.len())
    }

    /// The code of the peer's reset or go-away, if it is the reason why calls on that stream, or on the session, return
    /// this error.
    pub fn told_code(&self, id: Option<StreamId>, error: Error) -> Option<u32> {
        match (error, self.end) {
            (Error::Blocked | Error::Eof, _) => None,
            (Error::StreamReset, _) => self.streams.reset_codes.get(&id?).copied(),
            (_, Some(EndReason::PeerGoAway(code))) => Some(code.number()),
            // Any go-away except `Normal` ends the session.
            (Error::RemoteGoAway, None) => Some(GoAwayCode::Normal.number()),
            _ => None,
        }
    }

    /// The number of output bytes that the transport has not taken.
    pub const fn output_len(&self) -> usize {
        self.outbox.output.len()
    }

    /// Whether `poll_transmit` or `take_output` would return any bytes.
    pub const fn has_output(&self) -> bool {
        self.outbox.output.has_queued()
    }

    /// The stream that the next `accept` returns.
    pub fn next_accepted(&self) -> Option<StreamId> {
        self.accept_queue.first()
    }

    /// Whether `accept` would now return a stream or an error other than `Blocked`; if not, `Acceptable` follows.
    pub fn may_accept(&mut self) -> bool {
        let has_one = self.accept_queue.first().is_some();
        let may = self.is_ended() || has_one && self.has_room_for_streams();
        self.outbox.is_accept_blocked |= !may;
        may
    }

    /// Whether `open` would now return a stream or an error other than `Blocked`; if not, `Openable` follows.
    pub fn may_open(&mut self) -> bool {
        let has_slot = self.outbox.unacked < self.config.accept_backlog;
        let may =
            self.is_ended() || self.has_received_go_away || has_slot && self.has_room_for_streams();
        self.outbox.is_open_blocked |= !may;
        may
    }

    /// Whether the application holds a stream with that number.
    pub fn holds(&self, id: StreamId) -> bool {
        self.streams.held(id).is_some()
    }

    /// Whether to read more input: not while the peer provokes replies, such as pongs, faster than it reads them. A
    /// driver then stops reading, which bounds memory; `handle_input` still takes bytes.
    pub const fn wants_input(&self) -> bool {
        self.outbox.output.replies_waiting() < REPLIES_AT_MOST
    }

    // Shared by the parts.

    /// Takes a live stream off the wire; keeps what the application may still ask for.
    fn retire(&mut self, id: StreamId) {
        let mut stream = self.streams.live.remove(&id).expect("the stream is live");
        self.disarm(std::mem::take(&mut stream.timer));
        self.peer_streams -= u32::from(id.opener() != Some(self.side));
        self.outbox.release_slot(&mut stream);
        self.streams.retire(id, stream);
    }

    /// Stops this timer of a stream.
    fn disarm(&mut self, timer: StreamTimer) {
        let is = |id, timer| self.streams.live.get(&id).is_some_and(|stream| stream.timer == timer);
        match timer {
            StreamTimer::Off => {}
            StreamTimer::Open(_) => self.open_timers.disarm(|at, id| is(id, StreamTimer::Open(at))),
            StreamTimer::Close(_) => {
                self.close_timers.disarm(|at, id| is(id, StreamTimer::Close(at)));
            }
        }
    }

    /// Whether the output has room for the frame of one more stream: frames must not pile up while a peer reads nothing
    /// and goes on opening and acknowledging.
    fn has_room_for_streams(&mut self) -> bool {
        let has_room = self.outbox.output.len() < self.config.send_buffer;
        self.is_room_awaited |= !has_room;
        has_room
    }

    /// Wakes opens and accepts that found no room, as there may be some now.
    fn wake_for_room(&mut self) {
        if self.has_half_of_its_room() && std::mem::take(&mut self.is_room_awaited) {
            self.outbox.wake_accepters();
            self.outbox.wake_openers();
        }
    }
}

/// The number of the first stream of this side from `from` on.
fn first_of(side: Side, from: Option<StreamId>) -> StreamId {
    match from {
        Some(id) if id.opener() == Some(side) => id,
        Some(id) => StreamId(id.0.saturating_add(1)),
        None => side.first_stream(),
    }
}

/// How many bytes of replies may wait before reading stops: over five thousand pongs, more than any honest peer has
/// pings in flight.
const REPLIES_AT_MOST: usize = 64 * 1024;
/// About how many bytes a driver gets at once: enough to make a system call worth its cost.
const HANDED_OUT_AT_MOST: usize = 64 * 1024;
