//! How the session handles each frame. Pure.

use bytes::Bytes;

use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
use crate::yamux::session::outbox::Outbox;
use crate::yamux::session::stream::Stream;
use crate::yamux::session::stream::half::{Reader, RecvHalf, SendHalf};
use crate::yamux::session::{EndReason, Event, Session, StreamTimer, Violation};
use crate::yamux::time::Time;

/// The stream of the body bytes that come next; there is none if it is unknown, refused or reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameBody {
    id: StreamId,
    /// Whether the frame carries FIN, which takes effect after its last body byte.
    finishes: bool,
}

impl Session {
    pub(super) fn recv_header(&mut self, now: Time, header: RawHeader) {
        match header.lawful_type() {
            Some(kind @ (FrameType::Data | FrameType::WindowUpdate)) => {
                self.body = None;
                if let Err(violation) = self.recv_stream_frame(now, kind, header) {
                    self.violated(now, violation);
                }
            }
            Some(FrameType::Ping) => self.recv_ping(now, header),
            Some(FrameType::GoAway) => self.recv_go_away(header),
            None if header.version != 0 => {
                self.violated(now, Violation::UnknownVersion(header.version));
            }
            None => self.violated(now, Violation::UnknownType(header.frame_type)),
        }
    }

    /// The flags of one frame take effect in the order SYN, ACK, RST, FIN; after RST, FIN has no effect.
    fn recv_stream_frame(
        &mut self,
        now: Time,
        kind: FrameType,
        header: RawHeader,
    ) -> Result<(), Violation> {
        let RawHeader { flags, stream: id, length, .. } = header;
        if flags.contains(Flags::SYN) {
            self.recv_syn(now, id)?;
        }
        let Some(stream) = self.streams.live.get_mut(&id) else {
            // The spec is silent on frames for unknown streams; most likely we reset this one.
            return Ok(());
        };
        let outbox = &mut self.outbox;
        let is_data = kind == FrameType::Data;
        let window = stream.recv_window.available();
        if is_data && length > window {
            return Err(Violation::DataBeyondWindow { stream: id, window, len: length });
        }
        if flags.contains(Flags::ACK) {
            recv_ack(id, stream, outbox);
        }
        let finishes = flags.contains(Flags::FIN);
        if flags.contains(Flags::RST) {
            stream.reset();
            if stream.is_held {
                outbox.tell(Event::Reset(id));
                outbox.wake_both(id, stream);
                // The length of a Data frame is that of its payload.
                self.streams.reset_codes.insert(id, if is_data { 0 } else { length });
            } else {
                self.accept_queue.remove(id);
            }
        } else if is_data && length > 0 && stream.reader == Reader::Closed {
            outbox.refuse_data(now, id, stream);
        } else if is_data && length > 0 {
            self.body = Some(FrameBody { id, finishes });
        } else {
            if !is_data {
                recv_credit(id, stream, length, outbox)?;
            }
            if finishes {
                recv_fin(id, stream, outbox);
            }
        }
        let (moot, is_over) = (stream.take_moot_timer(), stream.is_off_the_wire());
        self.settle(id, moot, is_over);
        Ok(())
    }

    /// Updates timers and the stream table after a frame.
    fn settle(&mut self, id: StreamId, moot: StreamTimer, is_over: bool) {
        self.disarm(moot);
        if is_over {
            self.retire(id);
        }
    }

    /// Creates a stream, or refuses it with RST. Spec, "Opening a stream".
    fn recv_syn(&mut self, now: Time, id: StreamId) -> Result<(), Violation> {
        match id.opener() {
            None => return Err(Violation::StreamZeroOpened),
            Some(opener) if opener == self.side => return Err(Violation::WrongSideOpened(id)),
            Some(_) if self.streams.live.contains_key(&id) => {
                return Err(Violation::StreamAlreadyOpen(id));
            }
            Some(_) => {}
        }
        let is_full = self.config.max_streams.is_some_and(|most| self.peer_streams >= most);
        let has_queue = self.accept_queue.len() < self.config.accept_backlog as usize;
        if self.has_sent_go_away || is_full || !has_queue {
            self.outbox.refuse(now, id);
            return Ok(());
        }
        self.streams.live.insert(id, Stream::new());
        self.peer_streams += 1;
        self.accept_queue.push(id);
        self.outbox.wake_accepters();
        Ok(())
    }

    pub(super) fn recv_body(&mut self, now: Time, body: Bytes) {
        let Some(FrameBody { id, finishes }) = self.body else {
            return;
        };
        let is_last = self.decoder.body_left() == 0;
        let Some(stream) = self.streams.live.get_mut(&id) else {
            // Reset or forgotten while its body arrived.
            self.body = None;
            return;
        };
        let outbox = &mut self.outbox;
        stream.recv_window.take(body.len() as u32);
        match stream.reader {
            Reader::Closed => {
                self.body = None;
                outbox.refuse_data(now, id, stream);
            }
            Reader::Reading => {
                stream.buffer.push(body);
                outbox.wake_reader(id, stream);
            }
            // Once per frame, so that it does not matter how the transport split it.
            Reader::Discarding if is_last => {
                outbox.credit(now, id, stream, self.config.max_window);
            }
            Reader::Discarding | Reader::Abandoned => {}
        }
        if is_last && finishes {
            recv_fin(id, stream, outbox);
        }
        let (moot, is_over) = (stream.take_moot_timer(), stream.is_off_the_wire());
        self.settle(id, moot, is_over);
    }

    /// Spec, "Ping": the opaque value is echoed. As in the reference, a ping without SYN counts as a pong.
    fn recv_ping(&mut self, now: Time, header: RawHeader) {
        let value = header.length;
        if header.flags.contains(Flags::SYN) {
            let pong = RawHeader::new(FrameType::Ping, Flags::ACK, StreamId::SESSION, value);
            self.outbox.output.push_pong(now, pong);
        } else if let Some(ping) = self.pings.answered(now, value)
            && !ping.is_keep_alive
        {
            self.outbox.tell(Event::Pong { value, round_trip: now - ping.sent });
        }
    }

    fn recv_go_away(&mut self, header: RawHeader) {
        let code = GoAwayCode::from_number(header.length);
        if code != GoAwayCode::Normal {
            self.outbox.tell(Event::GoAway(code));
            self.end(EndReason::PeerGoAway(code));
        } else if !self.has_received_go_away {
            self.has_received_go_away = true;
            self.outbox.tell(Event::GoAway(code));
            self.outbox.wake_openers();
        }
    }
}

/// Only the first ACK of a stream of ours has an effect.
fn recv_ack(id: StreamId, stream: &mut Stream, outbox: &mut Outbox) {
    if stream.holds_slot && stream.is_held {
        outbox.tell(Event::Acked(id));
    }
    outbox.release_slot(stream);
}

fn recv_credit(
    id: StreamId,
    stream: &mut Stream,
    credit: u32,
    outbox: &mut Outbox,
) -> Result<(), Violation> {
    if stream.send != SendHalf::Open {
        // It comes too late to be used, and therefore too late to do harm.
        return Ok(());
    }
    let window = stream.send_window.available();
    if !stream.send_window.add_credit(credit) {
        return Err(Violation::CreditBeyondLimit { stream: id, window, credit });
    }
    if credit > 0 && window == 0 {
        outbox.wake_writer(id, stream);
    }
    Ok(())
}

/// A second FIN changes nothing.
fn recv_fin(id: StreamId, stream: &mut Stream, outbox: &mut Outbox) {
    if stream.recv != RecvHalf::Open {
        return;
    }
    stream.recv = RecvHalf::Finished;
    if stream.is_held {
        outbox.tell(Event::Finished(id));
        outbox.wake_reader(id, stream);
    }
}
