//! The rules of the canonical form, one by one: which differences are ignored, and which are not.

use crate::trace::samples::{Builder, TO_PEER, TO_SUBJECT, diff_canonical};
use crate::trace::{Item, Trace, TransportEnd, canonical};
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};

fn begin() -> Builder {
    Builder::default()
}

/// A stream the subject opened, with one settled step.
fn opened() -> Builder {
    begin().window(TO_PEER, Flags::SYN, 1, 0).step(1)
}

fn same(left: Builder, right: Builder) {
    let (left, right) = (left.build(), right.build());
    assert_eq!(sentence(&left, &right), None);
    assert_eq!(sentence(&right, &left), None);
}

fn different(left: Builder, right: Builder) {
    let (left, right) = (left.build(), right.build());
    assert!(diff_canonical(&left, &right).is_some());
    assert!(diff_canonical(&right, &left).is_some());
}

fn sentence(left: &Trace, right: &Trace) -> Option<String> {
    diff_canonical(left, right).map(|diff| diff.to_string())
}

#[test]
fn n1_payload_may_be_cut_in_any_way() {
    let whole = || opened().data(TO_PEER, Flags::NONE, 1, b"hello world");
    let cut = || {
        opened().data(TO_PEER, Flags::NONE, 1, b"hello").data(TO_PEER, Flags::NONE, 1, b" world")
    };
    same(whole(), cut());
    different(whole(), cut().data(TO_PEER, Flags::NONE, 1, b"!"));
    different(whole(), opened().data(TO_PEER, Flags::NONE, 1, b"hello_world"));
    let swapped =
        opened().data(TO_PEER, Flags::NONE, 1, b" world").data(TO_PEER, Flags::NONE, 1, b"hello");
    different(whole(), swapped);
}

#[test]
fn n2_fin_may_ride_on_any_frame_behind_the_last_byte() {
    let with_data = || opened().data(TO_PEER, Flags::FIN, 1, b"x");
    let data = || opened().data(TO_PEER, Flags::NONE, 1, b"x");
    same(with_data(), data().window(TO_PEER, Flags::FIN, 1, 0));
    same(with_data(), data().data(TO_PEER, Flags::FIN, 1, b""));
    different(with_data(), data());
    different(
        with_data(),
        opened().window(TO_PEER, Flags::FIN, 1, 0).data(TO_PEER, Flags::NONE, 1, b"x"),
    );
    different(with_data(), data().window(TO_SUBJECT, Flags::FIN, 1, 0));
}

#[test]
fn n3_rst_may_ride_on_any_frame_but_its_code_counts() {
    let window = || opened().window(TO_PEER, Flags::RST, 1, 0);
    same(window(), opened().data(TO_PEER, Flags::RST, 1, b""));
    different(window(), opened().window(TO_PEER, Flags::RST, 1, 2));
    different(window(), opened().window(TO_PEER, Flags::FIN, 1, 0));
    different(window(), opened());
}

#[test]
fn n4_syn_may_ride_on_the_first_payload() {
    let eager = || begin().window(TO_PEER, Flags::SYN, 1, 0).data(TO_PEER, Flags::NONE, 1, b"x");
    same(eager(), begin().data(TO_PEER, Flags::SYN, 1, b"x"));
    let late = begin().data(TO_PEER, Flags::NONE, 1, b"x").window(TO_PEER, Flags::SYN, 1, 0);
    different(eager(), late);
    different(eager(), begin().data(TO_PEER, Flags::NONE, 1, b"x"));
    different(
        eager(),
        begin().window(TO_PEER, Flags::SYN, 1, 7).data(TO_PEER, Flags::NONE, 1, b"x"),
    );
}

#[test]
fn n5_ack_may_stand_anywhere_in_its_direction_but_must_be_there() {
    let first =
        || opened().window(TO_SUBJECT, Flags::ACK, 1, 0).data(TO_SUBJECT, Flags::NONE, 1, b"x");
    same(first(), opened().data(TO_SUBJECT, Flags::ACK, 1, b"x"));
    let last = opened().data(TO_SUBJECT, Flags::NONE, 1, b"x").window(TO_SUBJECT, Flags::ACK, 1, 0);
    same(first(), last);
    different(first(), opened().data(TO_SUBJECT, Flags::NONE, 1, b"x"));
}

#[test]
fn n6_credit_counts_as_a_sum_at_each_settled_step() {
    let one = || opened().window(TO_SUBJECT, Flags::NONE, 1, 8).step(2);
    let many =
        opened().window(TO_SUBJECT, Flags::ACK, 1, 5).window(TO_SUBJECT, Flags::NONE, 1, 3).step(2);
    same(one().window(TO_SUBJECT, Flags::ACK, 1, 0), many);
    different(one(), opened().window(TO_SUBJECT, Flags::NONE, 1, 9).step(2));
    different(one(), opened().step(2).window(TO_SUBJECT, Flags::NONE, 1, 8));
    different(one(), opened().window(TO_PEER, Flags::NONE, 1, 8).step(2));
    let more = |credit| one().window(TO_SUBJECT, Flags::NONE, 1, credit).step(3);
    different(more(1), more(2));
    different(more(1), one().step(3));
}

#[test]
fn n9_the_value_of_a_ping_is_free_but_its_count_is_not() {
    let seven = || begin().ping(TO_PEER, Flags::SYN, 7).ping(TO_SUBJECT, Flags::ACK, 7);
    same(seven(), begin().ping(TO_PEER, Flags::SYN, 9).ping(TO_SUBJECT, Flags::ACK, 9));
    different(seven(), begin().ping(TO_PEER, Flags::SYN, 7).ping(TO_SUBJECT, Flags::ACK, 8));
    different(seven(), begin().ping(TO_PEER, Flags::SYN, 7));
    different(seven(), seven().ping(TO_PEER, Flags::SYN, 8));
    different(seven(), seven().ping(TO_SUBJECT, Flags::ACK, 7));
    let early = begin().ping(TO_SUBJECT, Flags::ACK, 7).ping(TO_PEER, Flags::SYN, 7);
    different(seven(), early);
}

#[test]
fn n10_pongs_may_overtake_each_other() {
    let asked = || begin().ping(TO_SUBJECT, Flags::SYN, 1).ping(TO_SUBJECT, Flags::SYN, 2);
    let in_order = || asked().ping(TO_PEER, Flags::ACK, 1).ping(TO_PEER, Flags::ACK, 2);
    same(in_order(), asked().ping(TO_PEER, Flags::ACK, 2).ping(TO_PEER, Flags::ACK, 1));
    different(in_order(), asked().ping(TO_PEER, Flags::ACK, 2));
    different(asked().ping(TO_PEER, Flags::ACK, 1), asked().ping(TO_PEER, Flags::ACK, 2));
}

#[test]
fn n11_and_n12_streams_directions_and_the_session_are_free_of_each_other() {
    let two = || opened().window(TO_PEER, Flags::SYN, 3, 0);
    let one_first = || {
        two()
            .ping(TO_SUBJECT, Flags::SYN, 1)
            .data(TO_PEER, Flags::NONE, 1, b"x")
            .ping(TO_PEER, Flags::ACK, 1)
            .data(TO_PEER, Flags::NONE, 3, b"y")
            .data(TO_SUBJECT, Flags::NONE, 1, b"z")
    };
    let other_first = two()
        .data(TO_PEER, Flags::NONE, 3, b"y")
        .data(TO_SUBJECT, Flags::NONE, 1, b"z")
        .data(TO_PEER, Flags::NONE, 1, b"x")
        .ping(TO_SUBJECT, Flags::SYN, 1)
        .ping(TO_PEER, Flags::ACK, 1);
    same(one_first(), other_first);
    let crossed = two()
        .ping(TO_SUBJECT, Flags::SYN, 1)
        .data(TO_PEER, Flags::NONE, 1, b"y")
        .ping(TO_PEER, Flags::ACK, 1)
        .data(TO_PEER, Flags::NONE, 3, b"x")
        .data(TO_SUBJECT, Flags::NONE, 1, b"z");
    different(one_first(), crossed);
}

#[test]
fn n13_a_go_away_right_before_the_end_may_be_lost_but_not_changed() {
    let end = |builder: Builder| builder.end(TO_PEER, TransportEnd::Eof);
    let coded = |code| end(begin().go_away(TO_PEER, code));
    same(coded(1), end(begin()));
    same(coded(1), end(begin().go_away(TO_PEER, 1).step(1)));
    different(coded(1), coded(2));
    different(coded(1), end(begin().go_away(TO_PEER, 2).step(1)));
    different(coded(1), begin().go_away(TO_PEER, 1));
    different(end(begin().go_away(TO_PEER, 0).step(1)), end(begin().step(1)));
    let data = |builder: Builder| builder.data(TO_PEER, Flags::NONE, 1, b"x");
    different(end(data(opened().go_away(TO_PEER, 1))), end(data(opened())));
    let more = begin().go_away(TO_PEER, 1).ping(TO_PEER, Flags::SYN, 1);
    different(end(more), end(begin().ping(TO_PEER, Flags::SYN, 1)));
}

#[test]
fn n14_eof_and_reset_end_the_transport_alike() {
    let eof = || begin().end(TO_PEER, TransportEnd::Eof);
    same(eof(), begin().end(TO_PEER, TransportEnd::Reset));
    different(eof(), begin());
    different(eof(), begin().end(TO_SUBJECT, TransportEnd::Eof));
}

#[test]
fn n18_empty_data_without_a_flag_says_nothing() {
    same(opened().data(TO_PEER, Flags::NONE, 1, b""), opened());
    same(begin().data(TO_PEER, Flags::NONE, 9, b""), begin());
    let unopened = |builder: Builder| builder.data(TO_PEER, Flags::NONE, 11, b"x");
    same(unopened(begin().data(TO_PEER, Flags::NONE, 9, b"")), unopened(begin()));
    different(opened().data(TO_PEER, Flags::FIN, 1, b""), opened());
    different(opened().data(TO_PEER, Flags::NONE, 1, b"x"), opened());
}

#[test]
fn n19_credit_nobody_can_use_is_forgotten() {
    let finished = || opened().window(TO_SUBJECT, Flags::FIN, 1, 0);
    let credit = |builder: Builder| builder.window(TO_PEER, Flags::NONE, 1, 8);
    same(credit(finished()).step(2), finished().step(2));
    same(credit(finished()).step(2), credit(opened()).window(TO_SUBJECT, Flags::FIN, 1, 0).step(2));
    let reset = || opened().window(TO_PEER, Flags::RST, 1, 0);
    same(credit(reset()).step(2), reset().step(2));
    let told = || opened().window(TO_SUBJECT, Flags::RST, 1, 0);
    same(credit(told()).step(2), told().step(2));
    let own_fin = || opened().window(TO_PEER, Flags::FIN, 1, 0);
    different(credit(own_fin()).step(2), own_fin().step(2));
    let earlier = credit(opened()).step(2).window(TO_SUBJECT, Flags::FIN, 1, 0);
    different(earlier, opened().step(2).window(TO_SUBJECT, Flags::FIN, 1, 0));
}

#[test]
fn n21_stream_numbers_are_free_but_their_order_is_not() {
    let numbered =
        |first, second| {
            begin()
                .window(TO_PEER, Flags::SYN, first, 0)
                .window(TO_PEER, Flags::SYN, second, 0)
                .data(TO_PEER, Flags::NONE, second, b"x")
        };
    same(numbered(1, 3), numbered(5, 9));
    let on_the_first = begin()
        .window(TO_PEER, Flags::SYN, 1, 0)
        .window(TO_PEER, Flags::SYN, 3, 0)
        .data(TO_PEER, Flags::NONE, 1, b"x");
    different(numbered(1, 3), on_the_first);
    different(
        begin().window(TO_PEER, Flags::SYN, 1, 0),
        begin().window(TO_SUBJECT, Flags::SYN, 1, 0),
    );
}

#[test]
fn a_number_used_again_is_a_new_stream_only_once_the_old_one_is_over() {
    let over = || opened().window(TO_PEER, Flags::FIN, 1, 0).window(TO_SUBJECT, Flags::FIN, 1, 0);
    same(
        over().window(TO_PEER, Flags::SYN, 1, 0).data(TO_PEER, Flags::NONE, 1, b"x"),
        over().window(TO_PEER, Flags::SYN, 3, 0).data(TO_PEER, Flags::NONE, 3, b"x"),
    );
    different(
        opened().window(TO_PEER, Flags::SYN, 1, 0),
        opened().window(TO_PEER, Flags::SYN, 3, 0),
    );
    let half = || opened().window(TO_PEER, Flags::FIN, 1, 0);
    different(half().window(TO_PEER, Flags::SYN, 1, 0), half().window(TO_PEER, Flags::SYN, 3, 0));
    let stray = || begin().window(TO_SUBJECT, Flags::ACK, 7, 0);
    same(stray().window(TO_PEER, Flags::SYN, 7, 0), stray().window(TO_PEER, Flags::SYN, 9, 0));
}

#[test]
fn unlawful_headers_garbage_and_unknown_flags_count_as_they_are() {
    let header = RawHeader {
        version: 7,
        ..RawHeader::new(FrameType::WindowUpdate, Flags::SYN, StreamId(1), 0)
    };
    same(begin().header(TO_PEER, header), begin().header(TO_PEER, header));
    different(begin().header(TO_PEER, header), begin());
    different(begin().header(TO_PEER, header), begin().header(TO_SUBJECT, header));
    different(
        opened().window(TO_PEER, Flags::from_bits(0x10), 1, 0),
        opened().window(TO_PEER, Flags::NONE, 1, 0),
    );
    let odd = begin().ping(TO_PEER, Flags::SYN | Flags::from_bits(0x10), 7);
    different(odd, begin().ping(TO_PEER, Flags::SYN, 7));
    different(begin().data(TO_PEER, Flags::SYN, 0, b""), begin());
}

#[test]
fn a_body_cut_short_is_not_a_shorter_body() {
    let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 100);
    let item = Item::Frame { header, body_len: 3, crc: crc32fast::hash(b"abc") };
    different(
        opened().item(TO_PEER, item).end(TO_PEER, TransportEnd::Eof),
        opened().data(TO_PEER, Flags::NONE, 1, b"abc").end(TO_PEER, TransportEnd::Eof),
    );
}

#[test]
fn combined_checksums_are_those_of_the_whole_payload() {
    let cut =
        opened().data(TO_PEER, Flags::NONE, 1, b"hello").data(TO_PEER, Flags::NONE, 1, b" world");
    let lines = canonical(&cut.build()).lines();
    let crc = crc32fast::hash(b"hello world");
    assert!(lines.contains(&format!("  S>P  bytes len=11 crc={crc:08x}")), "{lines:?}");
}
