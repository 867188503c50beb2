//! Windows and credit.

use super::*;
use crate::session::{EndReason, Error, Violation};

#[test]
fn a_write_is_one_frame_of_what_the_window_allows() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    assert_eq!(server.write(stream, 300_000), Ok(262_144));
    assert_eq!(server.sent(), ["D s1 len262144"]);
    assert_eq!(server.write(stream, 1), Err(Error::Blocked));
    server.recv(window(NONE, 1, 5));
    assert_eq!(server.events(), [Event::Writable(stream)]);
    assert_eq!(server.write(stream, 100), Ok(5));
    assert_eq!(server.sent(), ["D s1 len5"]);
}

#[test]
fn a_grant_of_one_byte_is_usable() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 262_144).unwrap();
    server.sent();
    for _ in 0..3 {
        assert_eq!(server.write(stream, 10), Err(Error::Blocked));
        server.recv(window(NONE, 1, 1));
        assert_eq!(server.events(), [Event::Writable(stream)]);
        assert_eq!(server.write(stream, 10), Ok(1));
    }
    assert_eq!(server.sent(), ["D s1 len1"; 3]);
}

#[test]
fn a_write_of_nothing_sends_nothing() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    assert_eq!(server.write(stream, 0), Ok(0));
    assert_eq!(server.sent(), [""; 0]);
}

#[test]
fn credit_goes_out_when_half_of_the_window_was_read() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, &[1; 262_144]));
    assert_eq!(server.read(stream, 131_071), Ok(131_071));
    assert_eq!(server.sent(), [""; 0]);
    assert_eq!(server.read(stream, 1), Ok(1));
    assert_eq!(server.sent(), ["W s1 +131072"]);
    assert_eq!(server.read(stream, 262_144), Ok(131_072));
    assert_eq!(server.sent(), ["W s1 +131072"]);
}

#[test]
fn one_read_of_everything_gives_everything_back() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, &[1; 100_000])).recv(data(NONE, 1, &[2; 162_144]));
    assert_eq!(server.read(stream, 300_000), Ok(262_144));
    assert_eq!(server.sent(), ["W s1 +262144"]);
}

#[test]
fn an_unread_stream_gives_no_credit() {
    let mut server = PairEnd::server();
    server.accepted(1);
    server.recv(data(NONE, 1, &[1; 200_000]));
    assert_eq!(server.sent(), [""; 0]);
}

#[test]
fn credit_flows_after_our_fin_and_after_the_peers() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.session.half_close(server.now, stream).unwrap();
    server.recv(data(NONE, 1, &[1; 150_000]));
    assert_eq!(server.read(stream, 150_000), Ok(150_000));
    assert_eq!(server.sent(), ["W[FIN] s1 +0", "W s1 +150000"]);
    let other = server.accepted(3);
    server.recv(data(FIN, 3, &[1; 150_000]));
    assert_eq!(server.read(other, 150_000), Ok(150_000));
    assert_eq!(server.sent(), ["W s3 +150000"]);
}

#[test]
fn a_stream_off_the_wire_gets_no_credit() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(FIN, 1, &[1; 200_000]));
    server.session.half_close(server.now, stream).unwrap();
    server.sent();
    assert_eq!(server.read(stream, 200_000), Ok(200_000));
    assert_eq!(server.sent(), [""; 0]);
}

#[test]
fn data_beyond_the_window_ends_the_session_at_the_header() {
    let mut server = PairEnd::server();
    server.recv(data(SYN, 1, &[0; 262_144]));
    server.recv(frame(FrameType::Data, NONE, 1, 1));
    let violation = Violation::DataBeyondWindow { stream: StreamId(1), window: 0, len: 1 };
    assert_eq!(server.session.end_reason(), Some(EndReason::Violation(violation)));
    assert_eq!(server.sent(), ["G 1"]);
    assert!(server.session.poll_end());

    let mut server = PairEnd::server();
    server.recv(frame(FrameType::Data, SYN, 1, u32::MAX));
    assert_eq!(server.sent(), ["G 1"]);
}

#[test]
fn until_a_larger_window_is_announced_the_initial_one_holds() {
    let mut server =
        PairEnd::new(Side::Server, Config { max_window: 1 << 20, ..Config::default() });
    server.recv(frame(FrameType::Data, SYN, 1, 262_145));
    assert_eq!(server.sent(), ["G 1"]);
}

#[test]
fn credit_never_wraps_the_window() {
    let mut server = PairEnd::server();
    server.accepted(1);
    server.recv(window(NONE, 1, u32::MAX));
    assert_eq!(server.sent(), ["G 1"]);
    let mut server = PairEnd::server();
    server.recv(window(SYN, 1, u32::MAX));
    assert_eq!(server.sent(), ["G 1"]);
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(window(NONE, 1, u32::MAX - 262_144));
    assert_eq!(server.session.send_window(stream), Some(u32::MAX));
    server.recv(window(NONE, 1, 1));
    assert_eq!(server.sent(), ["G 1"]);
}

#[test]
fn only_payload_counts() {
    let mut server = PairEnd::server();
    server.accepted(1);
    for _ in 0..200 {
        server.recv(data(NONE, 1, b"")).recv(window(NONE, 1, 0));
    }
    server.recv(data(NONE, 1, &[0; 262_144]));
    assert!(!server.session.is_ended());
}

#[test]
fn a_fin_with_credit_gives_both() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(window(FIN, 1, 5000)).recv(window(NONE, 1, 1));
    assert_eq!(server.session.send_window(stream), Some(267_145));
    assert_eq!(server.read(stream, 1), Err(Error::Eof));
}

#[test]
fn writes_block_while_too_much_output_waits_and_go_on_in_turn() {
    let mut client = PairEnd::new(Side::Client, Config { send_buffer: 1000, ..Config::default() });
    let (first, second) = (client.opened(), client.opened());
    assert_eq!(client.write(first, 5000), Ok(5000));
    assert_eq!(client.write(first, 1), Err(Error::Blocked));
    assert_eq!(client.write(second, 1), Err(Error::Blocked));
    assert_eq!(client.write(first, 1), Err(Error::Blocked));
    while client.session.output_len() > 600 {
        client.session.poll_transmit(client.now, 100);
    }
    assert_eq!(client.events(), []);
    assert_eq!(client.write(first, 1), Err(Error::Blocked), "whoever waits goes first");
    while client.session.output_len() > 500 {
        client.session.poll_transmit(client.now, 100);
    }
    assert!(client.session.output_len() > 0);
    assert_eq!(client.events(), [Event::Writable(first), Event::Writable(second)]);
    client.sent_bytes();
    assert_eq!(client.write(second, 1), Ok(1));
}

#[test]
fn output_handed_over_counts_until_the_transport_took_it() {
    let mut client = PairEnd::new(Side::Client, Config { send_buffer: 1000, ..Config::default() });
    let stream = client.opened();
    client.write(stream, 5000).unwrap();
    let mut pieces = std::collections::VecDeque::new();
    client.session.take_output(&mut pieces);
    assert_eq!(pieces.iter().map(Bytes::len).sum::<usize>(), 5012);
    assert_eq!(client.session.output_len(), 5012);
    assert_eq!(client.write(stream, 1), Err(Error::Blocked));
    client.session.advance(client.now, 5012);
    assert_eq!(client.events(), [Event::Writable(stream)]);
}

#[test]
fn many_pings_nobody_lets_us_answer_make_input_unwelcome() {
    let mut server = PairEnd::server();
    let flood: Vec<u8> = (0..6000).flat_map(|value| ping(SYN, value)).collect();
    // 64 KiB hold 5461 pongs and a third of one.
    server.recv(flood[..5461 * 12].to_vec());
    assert!(server.session.wants_input());
    server.recv(flood[5461 * 12..5462 * 12].to_vec());
    assert!(!server.session.wants_input());
    server.recv(flood[5462 * 12..].to_vec());
    assert!(!server.session.wants_input());
    assert_eq!(server.sent().len(), 6000);
    assert!(server.session.wants_input());
}
