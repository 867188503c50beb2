//! What each frame does to the session. Pure.

use bytes::Bytes;

use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
use crate::yamux::session::stream::Stream;
use crate::yamux::session::stream::half::{Reader, RecvHalf, SendHalf};
use crate::yamux::session::{
    EndReason, Event, Session, Violation, wake_reader, wake_writer, window_update,
};
use crate::yamux::time::Time;

/// Where the body bytes that come next belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameBody {
    /// Nowhere: the stream is unknown, refused or reset.
    Skipped,
    /// To a stream, whose peer may finish with the last of them.
    OfStream {
        id: StreamId,
        /// Whether the frame carries FIN, which takes effect after its last body byte.
        finishes: bool,
    },
}

impl Session {
    pub(super) fn recv_header(&mut self, now: Time, header: RawHeader) {
        match header.lawful_type() {
            Some(kind @ (FrameType::Data | FrameType::WindowUpdate)) => {
                self.body = FrameBody::Skipped;
                if let Err(violation) = self.recv_stream_frame(now, kind, header) {
                    self.violated(now, violation);
                }
            }
            Some(FrameType::Ping) => self.recv_ping(now, header),
            Some(FrameType::GoAway) => self.recv_go_away(now, header),
            None if header.version != 0 => {
                self.violated(now, Violation::UnknownVersion(header.version));
            }
            None => self.violated(now, Violation::UnknownType(header.frame_type)),
        }
    }

    /// The flags of one frame take effect in the order SYN, ACK, RST, FIN: RST makes FIN moot.
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
        let Some(stream) = self.streams.get_mut(&id) else {
            // Spec is silent on frames for streams we do not know; most likely we reset it.
            return Ok(());
        };
        let window = stream.recv_window.available();
        if kind == FrameType::Data && length > window {
            return Err(Violation::DataBeyondWindow { stream: id, window, len: length });
        }
        if flags.contains(Flags::ACK) {
            self.recv_ack(id);
        }
        let finishes = flags.contains(Flags::FIN);
        if flags.contains(Flags::RST) {
            // On a Data frame the length is that of its payload.
            self.recv_rst(id, if kind == FrameType::Data { 0 } else { length });
        } else if kind == FrameType::Data && length > 0 {
            self.body = FrameBody::OfStream { id, finishes };
            if self.streams.get(&id).is_some_and(|stream| stream.reader == Reader::Closed) {
                self.body = FrameBody::Skipped;
                self.refuse_data(now, id);
            }
        } else {
            if kind == FrameType::WindowUpdate {
                self.recv_credit(id, length)?;
            }
            if finishes {
                self.recv_fin(id);
            }
        }
        Ok(())
    }

    /// Makes a stream, or refuses it with RST. Spec, "Opening a stream".
    fn recv_syn(&mut self, now: Time, id: StreamId) -> Result<(), Violation> {
        match id.opener() {
            None => return Err(Violation::StreamZeroOpened),
            Some(opener) if opener == self.side => return Err(Violation::WrongSideOpened(id)),
            Some(_) if self.streams.contains_key(&id) => {
                return Err(Violation::StreamAlreadyOpen(id));
            }
            Some(_) => {}
        }
        let is_full = self.config.max_streams.is_some_and(|most| self.peer_streams >= most);
        let has_queue = self.accept_queue.len() < self.config.accept_backlog as usize;
        if self.has_sent_go_away || is_full || !has_queue {
            self.output.push_reply(now, window_update(Flags::RST, id, 0));
            return Ok(());
        }
        self.streams.insert(id, Stream::new());
        self.peer_streams += 1;
        self.accept_queue.push(id);
        self.wake_accepters();
        Ok(())
    }

    /// Only the first ACK of a stream of ours means anything.
    fn recv_ack(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        if std::mem::take(&mut stream.holds_slot) {
            if stream.is_held {
                self.events.push_back(Event::Acked(id));
            }
            self.unacked -= 1;
            self.wake_openers();
            self.stop_open_timer(id);
        }
    }

    fn recv_rst(&mut self, id: StreamId, code: u32) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        stream.reset();
        if stream.is_held {
            self.reset_codes.insert(id, code);
            self.events.push_back(Event::Reset(id));
            wake_reader(stream, id, &mut self.events);
            wake_writer(stream, id, &mut self.events);
        } else {
            self.accept_queue.remove(id);
        }
        self.take_off_the_wire(id);
    }

    fn recv_credit(&mut self, id: StreamId, credit: u32) -> Result<(), Violation> {
        let Some(stream) = self.streams.get_mut(&id) else {
            return Ok(());
        };
        if stream.send != SendHalf::Open {
            // It comes too late to be used, and so too late to do harm.
            return Ok(());
        }
        let window = stream.send_window.available();
        if !stream.send_window.add_credit(credit) {
            return Err(Violation::CreditBeyondLimit { stream: id, window, credit });
        }
        if credit > 0 && window == 0 {
            wake_writer(stream, id, &mut self.events);
        }
        Ok(())
    }

    /// A second FIN changes nothing.
    fn recv_fin(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        if stream.recv != RecvHalf::Open {
            return;
        }
        stream.recv = RecvHalf::Finished;
        if stream.is_held {
            self.events.push_back(Event::Finished(id));
            wake_reader(stream, id, &mut self.events);
        }
        let is_closed = stream.is_off_the_wire();
        self.stop_open_timer(id);
        if is_closed {
            self.take_off_the_wire(id);
        }
    }

    pub(super) fn recv_body(&mut self, now: Time, body: Bytes) {
        let FrameBody::OfStream { id, finishes } = self.body else {
            return;
        };
        let is_last = self.decoder.body_left() == 0;
        let Some(stream) = self.streams.get_mut(&id) else {
            // Reset or forgotten while its body came in.
            self.body = FrameBody::Skipped;
            return;
        };
        match stream.reader {
            Reader::Closed => {
                self.body = FrameBody::Skipped;
                self.refuse_data(now, id);
                return;
            }
            Reader::Reading => {
                stream.recv_window.take(body.len() as u32);
                stream.buffer.push(body);
                wake_reader(stream, id, &mut self.events);
            }
            Reader::Discarding => {
                stream.recv_window.take(body.len() as u32);
                // Per frame, so that it makes no difference how the transport cut it.
                if is_last {
                    self.credit(now, id);
                }
            }
            Reader::Abandoned => stream.recv_window.take(body.len() as u32),
        }
        if is_last && finishes {
            self.recv_fin(id);
        }
    }

    /// Spec, "Ping": the opaque value is echoed. As the reference, whatever has no SYN counts as an answer.
    fn recv_ping(&mut self, now: Time, header: RawHeader) {
        let value = header.length;
        if header.flags.contains(Flags::SYN) {
            let pong = RawHeader::new(FrameType::Ping, Flags::ACK, StreamId::SESSION, value);
            self.output.push_pong(now, pong);
        } else if let Some(ping) = self.pings.answered(now, value)
            && !ping.is_keep_alive
        {
            self.events.push_back(Event::Pong { value, round_trip: now - ping.sent });
        }
    }

    fn recv_go_away(&mut self, now: Time, header: RawHeader) {
        let code = GoAwayCode::from_number(header.length);
        if code != GoAwayCode::Normal {
            self.events.push_back(Event::GoAway(code));
            self.end(now, EndReason::PeerGoAway(code));
        } else if !self.has_received_go_away {
            self.has_received_go_away = true;
            self.events.push_back(Event::GoAway(code));
            self.wake_openers();
        }
    }
}
