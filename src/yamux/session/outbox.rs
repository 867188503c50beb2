//! `Outbox`: a session's output, bytes for the peer and events for the application. Pure.

use std::collections::VecDeque;
use std::mem::take;

use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};
use crate::yamux::session::Event;
use crate::yamux::session::output::Output;
use crate::yamux::session::stream::half::RecvHalf;
use crate::yamux::session::stream::{Stream, WriteWait};
use crate::yamux::time::Time;

/// Separate from the streams, so that a stream and the output it causes can be borrowed together.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) output: Output,
    pub(super) events: VecDeque<Event>,
    pub(super) is_accept_blocked: bool,
    pub(super) is_open_blocked: bool,
    /// Our streams that wait for their ACK; blocked opens wait for fewer. Invariant: the number with `holds_slot`.
    pub(super) unacked: u32,
}

impl Outbox {
    pub(super) fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Queues a window update that carries credit, flags or both.
    pub(super) fn send(&mut self, now: Time, flags: Flags, id: StreamId, credit: u32) {
        self.output.push(now, RawHeader::new(FrameType::WindowUpdate, flags, id, credit));
    }

    /// Queues the RST that a frame of the peer provoked.
    pub(super) fn refuse(&mut self, now: Time, id: StreamId) {
        let reset = RawHeader::new(FrameType::WindowUpdate, Flags::RST, id, 0);
        self.output.push_reply(now, reset);
    }

    pub(super) fn wake_accepters(&mut self) {
        self.events.extend(take(&mut self.is_accept_blocked).then_some(Event::Acceptable));
    }

    pub(super) fn wake_openers(&mut self) {
        self.events.extend(take(&mut self.is_open_blocked).then_some(Event::Openable));
    }

    pub(super) fn wake_reader(&mut self, id: StreamId, stream: &mut Stream) {
        self.events.extend(take(&mut stream.is_read_blocked).then_some(Event::Readable(id)));
    }

    /// Wakes a writer, whatever it waits for. A writer that waited for room leaves a stale entry in the queue, which is
    /// skipped there; a writer whose turn it is has been woken already.
    pub(super) fn wake_writer(&mut self, id: StreamId, stream: &mut Stream) {
        let was = std::mem::replace(&mut stream.write_wait, WriteWait::Nothing);
        if matches!(was, WriteWait::Room | WriteWait::Window) {
            self.tell(Event::Writable(id));
        }
    }

    pub(super) fn wake_both(&mut self, id: StreamId, stream: &mut Stream) {
        self.wake_reader(id, stream);
        self.wake_writer(id, stream);
    }

    /// A stream of ours no longer waits for its ACK, if it did.
    pub(super) fn release_slot(&mut self, stream: &mut Stream) {
        if take(&mut stream.holds_slot) {
            self.unacked -= 1;
            self.wake_openers();
        }
    }

    /// Gives the peer credit on a live stream if it is worth a frame. Like the reference, also after either end's FIN;
    /// unlike it, never for a stream off the wire: the peer may have reused its number by then.
    pub(super) fn credit(&mut self, now: Time, id: StreamId, stream: &mut Stream, max: u32) {
        if let Some(credit) = stream.recv_window.credit_due(max, stream.buffer.len()) {
            stream.recv_window.grant(credit);
            self.send(now, Flags::NONE, id, credit);
        }
    }

    /// Answers data that will never be read with RST; the stream is then off the wire.
    pub(super) fn refuse_data(&mut self, now: Time, id: StreamId, stream: &mut Stream) {
        stream.recv = RecvHalf::Finished;
        self.refuse(now, id);
    }
}
