//! Opening, accepting, refusing, acknowledging.

use super::*;
use crate::yamux::frame::GoAwayCode;
use crate::yamux::session::{EndReason, Error, Violation};

#[test]
fn open_announces_the_stream_and_a_larger_window_at_once() {
    let config = Config { max_window: 1 << 20, ..Config::default() };
    let mut client = PairEnd::new(Side::Client, config);
    assert_eq!(client.open(), StreamId(1));
    assert_eq!(client.open(), StreamId(3));
    assert_eq!(client.sent(), ["W[SYN] s1 +786432", "W[SYN] s3 +786432"]);
    let mut server = PairEnd::server();
    assert_eq!(server.open(), StreamId(2));
    assert_eq!(server.sent(), ["W[SYN] s2 +0"]);
}

#[test]
fn accept_acknowledges_in_the_order_of_the_syns() {
    let config = Config { max_window: 1 << 20, ..Config::default() };
    let mut server = PairEnd::new(Side::Server, config);
    assert_eq!(server.session.accept(server.now), Err(Error::Blocked));
    server.recv(window(SYN, 5, 0)).recv(data(SYN, 1, b"hello"));
    assert_eq!(server.events(), [Event::Acceptable]);
    assert_eq!(server.sent(), [""; 0]);
    assert_eq!((server.accept(), server.accept()), (StreamId(5), StreamId(1)));
    assert_eq!(server.sent(), ["W[ACK] s5 +786432", "W[ACK] s1 +786432"]);
    assert_eq!(server.read(StreamId(1), 100), Ok(5));
}

#[test]
fn the_credit_of_a_syn_or_ack_adds_to_the_initial_window() {
    let mut server = PairEnd::server();
    server.recv(window(SYN, 1, 1000));
    let stream = server.accept();
    assert_eq!(server.session.send_window(stream), Some(263_144));
    let mut client = PairEnd::client();
    let stream = client.open();
    client.recv(window(ACK, 1, 7));
    assert_eq!(client.session.send_window(stream), Some(262_151));
    assert_eq!(client.events(), [Event::Acked(stream)]);
}

#[test]
fn data_may_flow_before_the_acknowledgement_in_both_directions() {
    let mut client = PairEnd::client();
    let stream = client.open();
    assert_eq!(client.write(stream, 300), Ok(300));
    assert_eq!(client.sent(), ["W[SYN] s1 +0", "D s1 len300"]);
    client.recv(data(NONE, 1, b"early"));
    assert_eq!(client.read(stream, 100), Ok(5));
}

#[test]
fn a_fin_before_the_accept_does_not_cost_the_acknowledgement() {
    let mut server = PairEnd::server();
    server.recv(data(SYN | FIN, 1, b"bye"));
    let stream = server.accept();
    assert_eq!(server.sent(), ["W[ACK] s1 +0"]);
    assert_eq!(server.events(), [Event::Finished(stream)]);
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W[FIN] s1 +0"]);
    assert_eq!(server.read(stream, 100), Ok(3));
    assert_eq!(server.read(stream, 100), Err(Error::Eof));
}

#[test]
fn a_stream_reset_before_the_accept_frees_its_place_and_is_never_accepted() {
    let mut server = PairEnd::new(Side::Server, Config { accept_backlog: 2, ..Config::default() });
    for _ in 0..100 {
        server.recv(window(SYN, 1, 0)).recv(window(RST, 1, 0));
        server.recv(window(SYN | RST, 3, 0));
    }
    server.recv(window(SYN, 5, 0));
    assert_eq!(server.sent(), [""; 0]);
    assert_eq!(server.accept(), StreamId(5));
    assert_eq!(server.session.accept(server.now), Err(Error::Blocked));
    assert_eq!(server.session.live_streams(), 1);
    assert_eq!(server.events(), [], "no event names a stream the application never had");
}

#[test]
fn a_syn_beyond_the_backlog_is_reset_and_its_payload_skipped() {
    let mut server = PairEnd::new(Side::Server, Config { accept_backlog: 2, ..Config::default() });
    server.recv(window(SYN, 1, 0)).recv(window(SYN, 3, 0));
    server.recv(data(SYN, 5, &[0; 1000])).recv(data(NONE, 5, b"late")).recv(ping(SYN, 9));
    assert_eq!(server.sent(), ["W[RST] s5 +0", "P[ACK] #9"]);
    server.accept();
    server.sent();
    server.recv(window(SYN, 7, 0));
    assert_eq!(server.sent(), [""; 0]);
}

#[test]
fn opening_blocks_while_the_backlog_is_unacknowledged() {
    let mut client = PairEnd::new(Side::Client, Config { accept_backlog: 2, ..Config::default() });
    client.open();
    client.open();
    assert_eq!(client.session.open(client.now), Err(Error::Blocked));
    client.recv(window(ACK, 1, 0));
    assert_eq!(client.events(), [Event::Acked(StreamId(1)), Event::Openable]);
    assert_eq!(client.open(), StreamId(5));
}

#[test]
fn a_second_acknowledgement_frees_no_second_place() {
    let mut client = PairEnd::new(Side::Client, Config { accept_backlog: 1, ..Config::default() });
    client.open();
    client.recv(window(ACK, 1, 0));
    client.open();
    client.recv(window(ACK, 1, 0));
    assert_eq!(client.session.open(client.now), Err(Error::Blocked));
}

#[test]
fn every_end_of_an_unacknowledged_stream_frees_its_place_once() {
    for how in ["reset by the peer", "reset by us", "closed by both", "closed by time"] {
        let config = Config { accept_backlog: 1, keep_alive_interval: None, ..Config::default() };
        let mut client = PairEnd::new(Side::Client, config);
        let stream = client.open();
        let now = client.now;
        match how {
            "reset by the peer" => {
                client.recv(window(RST, stream.0, 0)).recv(window(ACK, stream.0, 0));
            }
            "reset by us" => client.session.reset(now, stream).unwrap(),
            "closed by both" => {
                client.session.half_close(now, stream).unwrap();
                client.recv(window(FIN, stream.0, 0));
            }
            _ => {
                client.session.half_close(now, stream).unwrap();
                client.pass_to(now + Duration::from_secs(300));
            }
        }
        client.open();
        assert_eq!(client.session.open(client.now), Err(Error::Blocked), "{how}");
    }
}

#[test]
fn the_last_stream_number_of_the_reference_is_the_last_of_ours() {
    let mut client = PairEnd::client();
    client.session.next_stream = StreamId(u32::MAX - 2);
    assert_eq!(client.open(), StreamId(u32::MAX - 2));
    assert_eq!(client.session.open(client.now), Err(Error::StreamsExhausted));
    let mut server = PairEnd::server();
    server.session.next_stream = StreamId(u32::MAX - 3);
    assert_eq!(server.open(), StreamId(u32::MAX - 3));
    assert_eq!(server.session.open(server.now), Err(Error::StreamsExhausted));
}

#[test]
fn an_unlawful_syn_ends_the_session_with_a_go_away() {
    let cases = [
        (Side::Server, 0, Violation::StreamZeroOpened),
        (Side::Client, 0, Violation::StreamZeroOpened),
        (Side::Server, 2, Violation::WrongSideOpened(StreamId(2))),
        (Side::Client, 1, Violation::WrongSideOpened(StreamId(1))),
    ];
    for (side, id, violation) in cases {
        let mut end = PairEnd::new(side, Config::default());
        end.recv(window(SYN, id, 0));
        assert_eq!(end.sent(), ["G 1"]);
        assert_eq!(end.session.end_reason(), Some(EndReason::Violation(violation)));
        assert!(end.session.poll_end());
    }
}

#[test]
fn a_second_syn_on_a_live_stream_ends_the_session() {
    for second in [window(SYN, 1, 0), data(SYN, 1, b"abc")] {
        let mut server = PairEnd::server();
        server.recv(window(SYN, 1, 0)).recv(second);
        assert_eq!(server.sent(), ["G 1"]);
        let violation = Violation::StreamAlreadyOpen(StreamId(1));
        assert_eq!(server.session.end_reason(), Some(EndReason::Violation(violation)));
    }
}

#[test]
fn a_number_used_again_after_both_fins_is_a_fresh_stream() {
    let mut server = PairEnd::server();
    let first = server.accepted(1);
    assert_eq!(server.write(first, 1000), Ok(1000));
    server.recv(data(FIN, 1, b"old"));
    server.session.half_close(server.now, first).unwrap();
    server.recv(data(SYN, 1, b"new data"));
    // Until the accept, the application's number still refers to the old stream.
    assert_eq!(server.session.unread(first), Some(3));
    let second = server.accept();
    assert_eq!(server.session.unread(second), Some(8));
    assert_eq!(server.session.send_window(second), Some(262_144));
    server.session.forget(second);
    assert!(!server.session.holds(second), "nothing is left of the first either");
}

#[test]
fn after_our_go_away_a_syn_is_reset_and_the_rest_goes_on() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.session.go_away(server.now, GoAwayCode::Normal).unwrap();
    server.recv(data(SYN, 3, &[0; 100])).recv(data(NONE, 1, b"abc"));
    assert_eq!(server.sent(), ["G 0", "W[RST] s3 +0"]);
    assert_eq!(server.read(stream, 10), Ok(3));
    assert_eq!(server.write(stream, 10), Ok(10));
}
