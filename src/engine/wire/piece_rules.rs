//! Where a variation cuts the bytes, and in which order the ends act.

use std::collections::BTreeSet;

use bytes::{BufMut, BytesMut};

use crate::engine::wire::pieces::{Cutter, TurnOrder};
use crate::scenario::Pieces;
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};

/// The sizes of the pieces in which these frames arrive, each given by its body length or `None` for a ping.
fn pieces(pieces: Pieces, frames: &[Option<u32>]) -> Vec<usize> {
    let mut bytes = BytesMut::new();
    for body in frames {
        let kind = if body.is_some() { FrameType::Data } else { FrameType::Ping };
        let length = body.unwrap_or(7);
        bytes.put_slice(&RawHeader::new(kind, Flags::NONE, StreamId::SESSION, length).encode());
        bytes.put_bytes(0, body.unwrap_or(0) as usize);
    }
    let mut cutter = Cutter::new(pieces).unwrap();
    let mut sizes = Vec::new();
    while !bytes.is_empty() {
        let size = cutter.cut(&bytes);
        _ = bytes.split_to(size);
        sizes.push(size);
    }
    sizes
}

#[test]
fn a_header_is_cut_in_one_place_and_all_else_stays_together() {
    assert_eq!(pieces(Pieces::HeaderCutAt(5), &[None, Some(100), None]), [5, 12, 112, 7]);
    for place in 1..12 {
        let sizes = pieces(Pieces::HeaderCutAt(place), &[None]);
        assert_eq!(sizes, [usize::from(place), 12 - usize::from(place)]);
    }
}

#[test]
fn twelve_headers_are_cut_in_every_place() {
    let sizes = pieces(Pieces::HeaderCutInTurn, &[None; 12]);
    let ends: BTreeSet<usize> = sizes
        .iter()
        .scan(0, |end, size| {
            *end += size;
            Some(*end % 12)
        })
        .collect();
    assert_eq!(ends, (0..12).collect());
}

#[test]
fn single_bytes_are_headers_short_bodies_and_the_ends_of_long_ones() {
    assert_eq!(pieces(Pieces::Single, &[None, Some(3), None]), [1; 39]);
    let mut long = vec![1; 12 + 16];
    long.push(1000 - 32);
    long.extend([1; 16 + 12]);
    assert_eq!(pieces(Pieces::Single, &[Some(1000), None]), long);
}

#[test]
fn an_order_is_the_same_each_time_and_turns_about_half_the_times() {
    let turns = |seed| {
        let mut order = TurnOrder::of(seed);
        (0..1000).map(|_| order.is_turned()).collect::<Vec<_>>()
    };
    assert_eq!(turns(1), turns(1));
    assert_ne!(turns(1), turns(2));
    assert!((400..600).contains(&turns(1).iter().filter(|turned| **turned).count()));
    assert!((0..1000).all(|_| !TurnOrder::default().is_turned()));
}
