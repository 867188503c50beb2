//! Each passive rule: a frame that breaks it, and the nearest one that does not.

use crate::engine::observe::sight::{MAX_WINDOW, Sight, data, go_away, ping, update};
use crate::model::judge_end;
use crate::yamux::frame::{Flags, FrameType, RawHeader, Side, StreamId};

/// The clause that this frame of the subject breaks; empty for none.
fn clause(sight: &mut Sight, header: RawHeader) -> &'static str {
    sight.judge(header).err().map_or("", |breach| breach.clause())
}

/// The clause that the frame breaks on a stream 1 that both sides know.
fn on_open_stream(header: RawHeader) -> &'static str {
    clause(&mut Sight::of_open_stream(), header)
}

#[test]
fn every_header_has_version_0_a_known_type_and_known_flags() {
    let right = ping(Flags::SYN, 1);
    assert_eq!(on_open_stream(right), "");
    assert_eq!(on_open_stream(RawHeader { version: 1, ..right }), "FRM-02");
    assert_eq!(on_open_stream(RawHeader { frame_type: 4, ..right }), "FRM-03");
    let unknown = Flags::from_bits(Flags::SYN.bits() | 16);
    assert_eq!(on_open_stream(RawHeader { flags: unknown, ..right }), "FRM-04");
}

#[test]
fn pings_and_go_aways_are_on_stream_0() {
    for right in [ping(Flags::SYN, 1), go_away(0)] {
        assert_eq!(on_open_stream(right), "");
        assert_eq!(on_open_stream(RawHeader { stream: StreamId(1), ..right }), "SID-06");
    }
}

#[test]
fn a_ping_has_syn_or_ack_and_a_go_away_no_flag() {
    assert_eq!(on_open_stream(ping(Flags::ACK, 1)), "");
    let both = Flags::from_bits(Flags::SYN.bits() | Flags::ACK.bits());
    for flags in [Flags::NONE, Flags::FIN, Flags::RST, both] {
        assert_eq!(on_open_stream(ping(flags, 1)), "FRM-05", "{flags}");
    }
    for flags in [Flags::SYN, Flags::ACK, Flags::FIN, Flags::RST] {
        assert_eq!(on_open_stream(RawHeader { flags, ..go_away(0) }), "FRM-05", "{flags}");
    }
}

#[test]
fn a_side_opens_only_streams_of_its_parity() {
    let opens = |side, number| clause(&mut Sight::of(side), update(Flags::SYN, number, 0));
    assert_eq!((opens(Side::Client, 1), opens(Side::Server, 2)), ("", ""));
    assert_eq!(opens(Side::Client, 2), "SID-01");
    assert_eq!(opens(Side::Server, 1), "SID-02");
    assert_eq!((opens(Side::Client, 0), opens(Side::Server, 0)), ("SID-04", "SID-04"));
}

#[test]
fn a_stream_has_one_syn_until_it_is_over() {
    assert_eq!(on_open_stream(update(Flags::SYN, 1, 0)), "OPEN-02");
    assert_eq!(on_open_stream(update(Flags::SYN, 3, 0)), "");
    let mut sight = Sight::of_open_stream();
    sight.subject(data(Flags::FIN, 1, 0));
    sight.peer(update(Flags::FIN, 1, 0));
    assert_eq!(clause(&mut sight, update(Flags::SYN, 1, 0)), "", "both directions were finished");
}

#[test]
fn only_a_reset_may_be_sent_on_a_stream_that_nobody_opened() {
    for header in [data(Flags::NONE, 3, 1), update(Flags::NONE, 3, 1), update(Flags::FIN, 4, 0)] {
        assert_eq!(on_open_stream(header), "OPEN-01", "{header:?}");
    }
    assert_eq!(on_open_stream(update(Flags::RST, 3, 0)), "");
    let mut sight = Sight::of_open_stream();
    sight.peer(update(Flags::SYN, 2, 0));
    assert_eq!(clause(&mut sight, data(Flags::NONE, 2, 1)), "", "the peer has opened it");
}

#[test]
fn a_syn_of_the_peer_is_acknowledged_at_most_once() {
    assert_eq!(on_open_stream(update(Flags::ACK, 1, 0)), "ACC-06", "it is the subject's own");
    let mut sight = Sight::of_open_stream();
    sight.peer(update(Flags::SYN, 2, 0));
    assert_eq!(clause(&mut sight, update(Flags::ACK, 2, 0)), "");
    assert_eq!(clause(&mut sight, data(Flags::ACK, 2, 1)), "ACC-06");
}

#[test]
fn nothing_follows_a_reset() {
    for header in [data(Flags::NONE, 1, 1), update(Flags::NONE, 1, 1), update(Flags::RST, 1, 0)] {
        let mut sight = Sight::of_open_stream();
        sight.subject(update(Flags::RST, 1, 0));
        assert_eq!(clause(&mut sight, header), "RST-10", "{header:?}");
        assert_eq!(clause(&mut sight, ping(Flags::SYN, 1)), "", "the session goes on");
    }
}

#[test]
fn after_a_fin_comes_no_data_and_no_second_fin_but_credit() {
    let mut sight = Sight::of_open_stream();
    sight.subject(data(Flags::FIN, 1, 10));
    assert_eq!(clause(&mut sight, data(Flags::NONE, 1, 1)), "FIN-03");
    assert_eq!(clause(&mut sight, update(Flags::FIN, 1, 0)), "FIN-04");
    sight.peer(data(Flags::NONE, 1, 100));
    assert_eq!(clause(&mut sight, update(Flags::NONE, 1, 100)), "");
}

#[test]
fn payload_stays_within_the_window() {
    let mut sight = Sight::of_open_stream();
    assert_eq!(clause(&mut sight, data(Flags::NONE, 1, 262_144)), "");
    assert_eq!(clause(&mut sight, data(Flags::NONE, 1, 1)), "FLOW-01");
    let mut sight = Sight::of_open_stream();
    sight.subject(data(Flags::NONE, 1, 262_144));
    sight.peer(update(Flags::NONE, 1, 5));
    assert_eq!(clause(&mut sight, data(Flags::NONE, 1, 5)), "", "the peer has given credit");
    assert_eq!(clause(&mut sight, data(Flags::NONE, 1, 1)), "FLOW-01");
}

#[test]
fn the_frame_that_opens_a_stream_has_the_initial_window() {
    let opens = |header| clause(&mut Sight::of(Side::Client), header);
    assert_eq!(opens(data(Flags::SYN, 1, 262_144)), "");
    assert_eq!(opens(data(Flags::SYN, 1, 262_145)), "FLOW-01");
    assert_eq!(opens(data(Flags::SYN, 1, u32::MAX)), "FLOW-01");
    assert_eq!(opens(update(Flags::SYN, 1, 1)), "FLOW-17", "the window is already the largest");
}

#[test]
fn credit_never_exceeds_the_window() {
    assert_eq!(on_open_stream(update(Flags::NONE, 1, 1)), "FLOW-17");
    let mut sight = Sight::of_open_stream();
    sight.peer(data(Flags::NONE, 1, 100));
    assert_eq!(clause(&mut sight, update(Flags::NONE, 1, 101)), "FLOW-17");
    let mut sight = Sight::of_open_stream();
    sight.peer(data(Flags::NONE, 1, 100));
    assert_eq!(clause(&mut sight, update(Flags::NONE, 1, 100)), "");
    let breach = sight.judge(update(Flags::NONE, 1, u32::MAX)).unwrap_err();
    assert!(
        breach.to_string().contains(&(u64::from(MAX_WINDOW) + u64::from(u32::MAX)).to_string())
    );
}

#[test]
fn the_transport_ends_between_two_frames() {
    assert_eq!(judge_end(true), Ok(()));
    assert_eq!(judge_end(false).unwrap_err().clause(), "FRM-01");
}

#[test]
fn a_frame_without_a_lawful_type_is_judged_by_its_header_alone() {
    let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(9), 1);
    assert_eq!(on_open_stream(RawHeader { version: 9, ..header }), "FRM-02");
}

#[test]
fn the_frames_of_a_peer_under_test_are_held_against_its_own_direction() {
    let clause = |sight: &mut Sight, header| {
        sight.judge_peer(header).err().map_or("", |breach| breach.clause())
    };
    let open = Sight::of_open_stream;
    assert_eq!(clause(&mut open(), update(Flags::SYN, 2, 0)), "");
    assert_eq!(clause(&mut open(), update(Flags::SYN, 3, 0)), "SID-02");
    assert_eq!(clause(&mut open(), update(Flags::ACK, 1, 0)), "ACC-06", "it has sent one");
    assert_eq!(clause(&mut open(), data(Flags::NONE, 3, 1)), "OPEN-01");
    assert_eq!(clause(&mut open(), data(Flags::NONE, 1, 262_144)), "");
    assert_eq!(clause(&mut open(), data(Flags::NONE, 1, 262_145)), "FLOW-01");
    assert_eq!(clause(&mut open(), update(Flags::NONE, 1, 1)), "FLOW-17");
    let mut sight = open();
    sight.subject(data(Flags::NONE, 1, 100));
    assert_eq!(clause(&mut sight, update(Flags::NONE, 1, 100)), "", "it has read them");
    let mut sight = open();
    sight.subject(update(Flags::FIN, 1, 0));
    assert_eq!(clause(&mut sight, data(Flags::FIN, 1, 1)), "", "the FIN was the subject's");
    assert_eq!(clause(&mut sight, data(Flags::NONE, 1, 1)), "FIN-03");
    let mut sight = open();
    sight.peer(update(Flags::RST, 1, 0));
    assert_eq!(clause(&mut sight, update(Flags::NONE, 1, 0)), "RST-10");
}
