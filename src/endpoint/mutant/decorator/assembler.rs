//! `Assembler`: assembles whole frames from the bytes of a transport. Pure.

use bytes::{BufMut, Bytes, BytesMut};

use crate::endpoint::mutant::WholeFrame;
use crate::yamux::frame::{Decoder, Piece, RawHeader};

/// The result of feeding bytes in.
pub(crate) enum Arrival {
    /// A whole frame.
    Frame(WholeFrame),
    /// More of a frame whose first part was released, and the frame if these bytes complete it.
    Rest(Bytes, Option<WholeFrame>),
}

/// Assembles bytes into whole frames.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    decoder: Decoder,
    header: Option<RawHeader>,
    body: BytesMut,
    /// The bytes of the incomplete frame.
    partial: BytesMut,
    is_released: bool,
}

impl Assembler {
    /// Takes bytes in, and returns the frames they complete.
    pub(crate) fn push(&mut self, mut bytes: Bytes) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        while !bytes.is_empty() {
            let mut used = bytes.clone();
            let piece = self.decoder.decode(&mut bytes);
            used.truncate(used.len() - bytes.len());
            match piece {
                Some(Piece::Header(header)) => self.header = Some(header),
                Some(Piece::Body(body)) => self.body.put(body),
                None => {}
            }
            if !self.is_released {
                self.partial.put(used.clone());
            }
            let whole = self.take_whole();
            if self.is_released {
                self.is_released = whole.is_none();
                arrivals.push(Arrival::Rest(used, whole));
            } else if let Some(frame) = whole {
                self.partial.clear();
                arrivals.push(Arrival::Frame(frame));
            }
        }
        arrivals
    }

    fn take_whole(&mut self) -> Option<WholeFrame> {
        let header = self.header.take_if(|_| self.decoder.is_at_boundary())?;
        Some(WholeFrame { header, body: self.body.split().freeze() })
    }

    /// Returns the bytes of an incomplete frame; the rest passes through as it arrives.
    pub(crate) fn release(&mut self) -> Option<Bytes> {
        if self.partial.is_empty() {
            return None;
        }
        self.is_released = true;
        Some(self.partial.split().freeze())
    }
}
