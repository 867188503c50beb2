//! The form of frames: the rules that hold whatever the applications asked for. Pure.

use crate::model::{Breach, FrameName, Half, Model, Stream};
use crate::scenario::Actor;
use crate::yamux::frame::{Flags, FrameType, RawHeader, Side, StreamId};

/// The end whose frames are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    /// Which end it is.
    pub(crate) end: Actor,
    /// The side it plays.
    pub(crate) side: Side,
    /// The largest window it may grant, if known.
    pub(crate) max_window: Option<u32>,
    /// The largest body of a data frame, if one was configured.
    pub(crate) max_frame: Option<u32>,
}

impl Model {
    /// Judges the form of a header by all the frames before it.
    pub(crate) fn judge_form(&self, header: &RawHeader, sender: Sender) -> Result<(), Breach> {
        judge_header(header)?;
        let Some(frame_type) = header.lawful_type() else { return Ok(()) };
        let frame = FrameName { frame_type, flags: header.flags };
        match frame_type {
            FrameType::Ping | FrameType::GoAway => judge_session_frame(header, frame),
            FrameType::Data | FrameType::WindowUpdate => {
                self.judge_stream_frame(header, frame, sender)
            }
        }
    }

    fn judge_stream_frame(
        &self,
        header: &RawHeader,
        frame: FrameName,
        sender: Sender,
    ) -> Result<(), Breach> {
        self.judge_opening(header, frame, sender)?;
        let stream = || self.name(header.stream.0);
        // A stream's first frame has the initial window, like any other.
        let fresh = Stream::default();
        let seen = self.stream_of(header).unwrap_or(&fresh);
        let (lane, other) = (seen.sent_by(sender.end), seen.sent_by(sender.end.other()));
        // After a second SYN of the other end the reset may be for the open stream, or refuse the new one.
        if lane.rst > 0 && other.syn <= 1 {
            return Err(Breach::AfterReset(frame, stream()));
        }
        if header.flags.contains(Flags::FIN) && lane.fin > 0 {
            return Err(Breach::SecondFin(stream()));
        }
        if header.body_len() > 0 && lane.fin > 0 {
            return Err(Breach::AfterFin(header.length, stream()));
        }
        let (sent, allowed) = (lane.payload + u64::from(header.body_len()), lane.allowed);
        if sent > allowed {
            return Err(Breach::BeyondWindow { sent, allowed, stream: stream() });
        }
        if let Some(most) = sender.max_frame.filter(|most| header.body_len() > *most) {
            return Err(Breach::LargeFrame { bytes: header.body_len(), most, stream: stream() });
        }
        // If the largest window is not known, any credit is accepted.
        let credit = |max_window| self.judge_credit(other, header, max_window);
        sender.max_window.map_or(Ok(()), credit)
    }

    fn judge_opening(
        &self,
        header: &RawHeader,
        frame: FrameName,
        sender: Sender,
    ) -> Result<(), Breach> {
        let number = header.stream;
        let seen = self.stream_of(header);
        let stream = || self.name(number.0);
        let (syns, acks, peer_syns) = seen.map_or((0, 0, 0), |seen| {
            let (own, other) = (seen.sent_by(sender.end), seen.sent_by(sender.end.other()));
            (own.syn, own.ack, other.syn)
        });
        if header.flags.contains(Flags::SYN) {
            let subject = sender.side;
            if number.opener() != Some(subject) {
                let is_session = number.opener().is_none();
                return Err(Breach::Parity { subject, is_session, stream: stream() });
            }
            if syns > 0 {
                return Err(Breach::SecondSyn(stream()));
            }
        } else if syns == 0 && peer_syns == 0 {
            // The only answer to a frame for an unopened stream is a reset.
            if !header.flags.contains(Flags::RST) {
                return Err(Breach::Unopened(frame, stream()));
            }
        }
        if header.flags.contains(Flags::ACK) && acks >= peer_syns {
            return Err(Breach::Acks { acks: acks + 1, syns: peer_syns, stream: stream() });
        }
        Ok(())
    }

    fn judge_credit(
        &self,
        other: &Half,
        header: &RawHeader,
        max_window: u32,
    ) -> Result<(), Breach> {
        // The length field of a reset is a code.
        if header.lawful_type() != Some(FrameType::WindowUpdate)
            || header.flags.contains(Flags::RST)
        {
            return Ok(());
        }
        let outstanding = (other.allowed + u64::from(header.length)).saturating_sub(other.payload);
        if outstanding > u64::from(max_window) {
            let stream = self.name(header.stream.0);
            return Err(Breach::Credit { outstanding, window: max_window, stream });
        }
        Ok(())
    }
}

/// Judges the end of the transport: it must fall between two frames.
pub(crate) const fn judge_end(is_at_boundary: bool) -> Result<(), Breach> {
    if is_at_boundary { Ok(()) } else { Err(Breach::EndInFrame) }
}

fn judge_header(header: &RawHeader) -> Result<(), Breach> {
    if header.version != 0 {
        return Err(Breach::Version(header.version));
    }
    if FrameType::from_number(header.frame_type).is_none() {
        return Err(Breach::FrameType(header.frame_type));
    }
    if header.flags.unknown() != 0 {
        return Err(Breach::UnknownFlags(header.flags));
    }
    Ok(())
}

fn judge_session_frame(header: &RawHeader, frame: FrameName) -> Result<(), Breach> {
    if header.stream != StreamId::SESSION {
        return Err(Breach::SessionStream(header.stream));
    }
    let is_ping = frame.frame_type == FrameType::Ping;
    let is_fine = match frame.flags {
        Flags::NONE => !is_ping,
        Flags::SYN | Flags::ACK => is_ping,
        _ => false,
    };
    if is_fine { Ok(()) } else { Err(Breach::SessionFlags(frame)) }
}
