//! The frame decoder: however the bytes are cut, they give the same frames, which encode to the same bytes.

use bytes::Bytes;

use crate::analysis::fuzzing::source::FuzzInput;
use crate::yamux::frame::{Decoder, HEADER_LEN, Piece};

/// Decodes the input in one piece, and cut at sizes from its first bytes.
pub fn frame_decoder(input: &[u8]) {
    let mut source = FuzzInput::new(input);
    let cuts = source.take(8);
    let bytes = source.take(usize::MAX);
    let whole = decoded(bytes, &[]);
    assert_eq!(whole, decoded(bytes, cuts), "cut at {cuts:?}");
    let rest = whole.len();
    assert!(whole == bytes[..rest] && bytes.len() - rest < HEADER_LEN, "{rest} bytes came out");
}

/// The frames of these bytes, encoded again one after another. `sizes` repeats; without it the bytes are one piece.
fn decoded(bytes: &[u8], sizes: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::default();
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut out = Vec::with_capacity(bytes.len());
    let mut left = 0;
    for size in sizes.iter().cycle().map(|size| usize::from(*size).max(1)).chain([usize::MAX]) {
        let mut piece = rest.split_to(rest.len().min(size));
        while let Some(found) = decoder.decode(&mut piece) {
            match found {
                Piece::Header(header) => {
                    assert_eq!(left, 0, "a header inside a body");
                    left = header.body_len() as usize;
                    out.extend_from_slice(&header.encode());
                }
                Piece::Body(body) => {
                    assert!(!body.is_empty() && body.len() <= left, "{} of {left}", body.len());
                    left -= body.len();
                    out.extend_from_slice(&body);
                }
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    assert_eq!(decoder.body_left() as usize, left);
    out
}
