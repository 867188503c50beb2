//! Predicates on frames and changes to them. Pure.

use crate::endpoint::mutant::WholeFrame;
use crate::yamux::frame::{Flags, FrameType, HEADER_LEN, RawHeader, StreamId};

impl WholeFrame {
    /// A WindowUpdate frame.
    pub(crate) const fn update(flags: Flags, stream: StreamId, credit: u32) -> Self {
        Self::bare(RawHeader::new(FrameType::WindowUpdate, flags, stream, credit))
    }

    /// Whether it carries this flag.
    pub(crate) const fn has(&self, flag: Flags) -> bool {
        self.header.flags.contains(flag)
    }

    /// Whether it carries payload, or could.
    pub(crate) fn is_data(&self) -> bool {
        self.header.lawful_type() == Some(FrameType::Data)
    }

    /// Whether it is a WindowUpdate.
    pub(crate) fn is_update(&self) -> bool {
        self.header.lawful_type() == Some(FrameType::WindowUpdate)
    }

    /// Whether it is a WindowUpdate without a flag: nothing but credit.
    pub(crate) fn is_credit(&self) -> bool {
        self.is_update() && self.header.flags.is_empty()
    }

    /// Whether it belongs to a stream.
    pub(crate) fn is_of_stream(&self) -> bool {
        self.is_data() || self.is_update()
    }

    /// Whether it is a ping or a pong.
    pub(crate) fn is_ping(&self) -> bool {
        self.header.lawful_type() == Some(FrameType::Ping)
    }

    /// Whether it is a ping that asks for an answer.
    pub(crate) fn asks(&self) -> bool {
        self.is_ping() && self.has(Flags::SYN)
    }

    /// Whether it is a pong.
    pub(crate) fn is_pong(&self) -> bool {
        self.is_ping() && self.has(Flags::ACK)
    }

    /// Whether it is a go-away.
    pub(crate) fn is_go_away(&self) -> bool {
        self.header.lawful_type() == Some(FrameType::GoAway)
    }

    /// Whether it opens a stream.
    pub(crate) fn opens(&self) -> bool {
        self.is_of_stream() && self.has(Flags::SYN)
    }

    /// Whether it acknowledges a stream.
    pub(crate) fn acknowledges(&self) -> bool {
        self.is_of_stream() && self.has(Flags::ACK)
    }

    /// Whether it carries this flag and no other.
    pub(crate) fn only(&self, flag: Flags) -> bool {
        self.header.flags == flag
    }

    /// Whether it carries several flags.
    pub(crate) const fn has_several(&self) -> bool {
        self.header.flags.bits().count_ones() > 1
    }

    /// Sets its length to 0: the credit, the code, or the value.
    pub(crate) const fn clear_length(&mut self) {
        self.header.length = 0;
    }

    /// Adds to its length, saturating.
    pub(crate) const fn add_length(&mut self, more: u32) {
        self.header.length = self.header.length.saturating_add(more);
    }

    /// Truncates its body to this many bytes.
    pub(crate) fn cut(&mut self, length: u32) {
        self.body.truncate(length as usize);
        self.header.length = self.body.len() as u32;
    }

    /// Replaces one flag with another.
    pub(crate) fn turn(&mut self, flag: Flags, into: Flags) {
        self.clear(flag);
        self.header.flags |= into;
    }

    /// Removes a flag.
    pub(crate) fn clear(&mut self, flag: Flags) {
        self.header.flags = Flags::from_bits(self.header.flags.bits() & !flag.bits());
    }
}

/// Takes the held frames of one stream.
pub(crate) fn take_of(held: &mut Vec<WholeFrame>, stream: StreamId) -> Vec<WholeFrame> {
    held.extract_if(.., |frame| frame.header.stream == stream).collect()
}

/// A payload read as headers.
pub(crate) fn read_as_headers(body: &[u8]) -> Vec<WholeFrame> {
    let (headers, _) = body.as_chunks::<HEADER_LEN>();
    headers.iter().map(|header| WholeFrame::bare(RawHeader::decode(header))).collect()
}

/// The flags, as mutants name them.
pub(crate) const SYN: Flags = Flags::SYN;
pub(crate) const ACK: Flags = Flags::ACK;
pub(crate) const FIN: Flags = Flags::FIN;
pub(crate) const RST: Flags = Flags::RST;

/// All frames.
pub(crate) const fn any(_: &WholeFrame) -> bool {
    true
}

/// Frames with this flag, whichever others they carry.
pub(crate) fn has(flag: Flags) -> impl Fn(&WholeFrame) -> bool {
    move |frame| frame.has(flag)
}

/// Frames with this flag and no other.
pub(crate) fn only(flag: Flags) -> impl Fn(&WholeFrame) -> bool {
    move |frame| frame.only(flag)
}
