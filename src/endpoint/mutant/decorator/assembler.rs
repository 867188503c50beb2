//! `Assembler`: whole frames out of the bytes of a transport. Pure.

use bytes::{BufMut, Bytes, BytesMut};

use crate::endpoint::mutant::WholeFrame;
use crate::yamux::frame::{Decoder, Piece, RawHeader};

/// What bytes come to.
pub(crate) enum Arrival {
    /// A whole frame.
    Frame(WholeFrame),
    /// More of a frame whose beginning was released.
    Rest(Bytes),
}

/// Puts bytes together into whole frames.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    decoder: Decoder,
    header: Option<RawHeader>,
    body: BytesMut,
    /// The bytes of the frame that is not whole yet.
    partial: BytesMut,
    is_released: bool,
}

impl Assembler {
    /// Takes bytes in, and gives out what they come to.
    pub(crate) fn push(&mut self, mut bytes: Bytes) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        while !bytes.is_empty() {
            let mut used = bytes.clone();
            let piece = self.decoder.decode(&mut bytes);
            used.truncate(used.len() - bytes.len());
            if self.is_released {
                arrivals.push(Arrival::Rest(used));
                self.is_released = !self.decoder.is_at_boundary();
                continue;
            }
            self.partial.put(used);
            match piece {
                Some(Piece::Header(header)) => self.header = Some(header),
                Some(Piece::Body(body)) => self.body.put(body),
                None => {}
            }
            if self.decoder.is_at_boundary()
                && let Some(header) = self.header.take()
            {
                self.partial.clear();
                let body = self.body.split().freeze();
                arrivals.push(Arrival::Frame(WholeFrame { header, body }));
            }
        }
        arrivals
    }

    /// Gives out what there is of a frame that is not whole; its rest comes out as it comes in.
    pub(crate) fn release(&mut self) -> Option<Bytes> {
        if self.partial.is_empty() {
            return None;
        }
        self.is_released = true;
        self.header = None;
        self.body.clear();
        Some(self.partial.split().freeze())
    }
}
