//! `Cutter`: how many bytes in flight arrive at once; `TurnOrder`: which end acts first. A variation of the wire sets
//! both. Pure.

use crate::scenario::Pieces;
use crate::yamux::frame::{FrameType, HEADER_LEN, RawHeader};

/// Cuts the bytes of one lane as the variation prescribes.
#[derive(Debug)]
pub(crate) struct Cutter {
    pieces: Pieces,
    /// The part of a header that has passed.
    header: [u8; HEADER_LEN],
    come: usize,
    /// The length of the current body, and how much of it remains.
    body: usize,
    left: usize,
    /// The number of complete headers so far.
    headers: usize,
    cuts: usize,
}

impl Cutter {
    /// A lane before its first byte; `None` if nothing is to be cut.
    pub(crate) fn new(pieces: Pieces) -> Option<Self> {
        (pieces != Pieces::Merged).then_some(Self {
            pieces,
            header: [0; HEADER_LEN],
            come: 0,
            body: 0,
            left: 0,
            headers: 0,
            cuts: 0,
        })
    }

    /// The length of the next piece of these bytes, all of which counts as arrived.
    pub(crate) fn cut(&mut self, bytes: &[u8]) -> usize {
        if self.cuts == MOST_CUTS {
            return bytes.len();
        }
        let mut piece = 0;
        while piece < bytes.len() {
            let rest = &bytes[piece..];
            let stride = self.stride().min(rest.len());
            self.pass(&rest[..stride]);
            piece += stride;
            if self.is_cut() {
                break;
            }
        }
        self.cuts += 1;
        piece
    }

    /// How many bytes pass before the next possible cut.
    fn stride(&self) -> usize {
        match (self.left, self.pieces) {
            (0, Pieces::Single) => 1,
            (0, _) => match self.place() {
                place if place > self.come => place - self.come,
                _ => HEADER_LEN - self.come,
            },
            (left, Pieces::Single) if self.body > SHORT && left <= self.body - EDGE => {
                left.saturating_sub(EDGE).max(1)
            }
            (_, Pieces::Single) => 1,
            (left, _) => left,
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        if self.left > 0 {
            self.left -= bytes.len();
            return;
        }
        self.header[self.come..self.come + bytes.len()].copy_from_slice(bytes);
        self.come += bytes.len();
        if self.come == HEADER_LEN {
            let header = RawHeader::decode(&self.header);
            let is_data = header.frame_type == FrameType::Data.number();
            self.body = if is_data { header.length as usize } else { 0 };
            self.left = self.body;
            self.come = 0;
            self.headers += 1;
        }
    }

    fn is_cut(&self) -> bool {
        self.pieces == Pieces::Single || self.come > 0 && self.come == self.place()
    }

    /// After how many bytes the next header is cut.
    fn place(&self) -> usize {
        match self.pieces {
            Pieces::HeaderCutAt(place) => usize::from(place),
            _ => 1 + self.headers % (HEADER_LEN - 1),
        }
    }
}

/// Which end acts first at the same moment.
#[derive(Debug, Default)]
pub(crate) struct TurnOrder(Option<u64>);

impl TurnOrder {
    /// An order that changes from turn to turn.
    pub(crate) const fn of(seed: u32) -> Self {
        Self(Some(seed as u64))
    }

    /// Whether the peer acts first this time; without a seed it never does.
    pub(crate) const fn is_turned(&mut self) -> bool {
        let Self(Some(state)) = self else { return false };
        // SplitMix64.
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) & 1 == 1
    }
}

/// Bodies up to this length arrive byte by byte.
const SHORT: usize = 256;

/// So do this many bytes at each end of a longer body.
const EDGE: usize = 16;

/// An end that survives this many cuts survives the next one too.
const MOST_CUTS: usize = 100_000;
