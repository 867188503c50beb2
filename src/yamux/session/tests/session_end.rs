//! Go-aways, the transport's end, `close_session`.

use super::*;
use crate::yamux::frame::GoAwayCode;
use crate::yamux::session::{EndReason, Error, InputEnd, Violation};

#[test]
fn after_the_peers_go_away_no_stream_is_opened_and_the_rest_goes_on() {
    let mut server = PairEnd::new(Side::Server, Config { accept_backlog: 1, ..Config::default() });
    let stream = server.accepted(1);
    server.open();
    assert_eq!(server.session.open(server.now), Err(Error::Blocked));
    server.sent();
    server.recv(go_away(0)).recv(go_away(0)).recv(data(FIN, 1, b"abc")).recv(window(SYN, 3, 0));
    let normal = Event::GoAway(GoAwayCode::Normal);
    assert_eq!(server.events(), [normal, Event::Openable, Event::Finished(stream)]);
    assert_eq!(server.session.open(server.now), Err(Error::RemoteGoAway));
    assert_eq!(server.read(stream, 10), Ok(3));
    assert_eq!(server.write(stream, 10), Ok(10));
    assert_eq!(server.accept(), StreamId(3));
    assert_eq!(server.sent(), ["D s1 len10", "W[ACK] s3 +0"]);
}

#[test]
fn any_other_go_away_ends_the_session() {
    for code in [1, 2, 0x1005] {
        let mut server = PairEnd::server();
        let stream = server.accepted(1);
        server.recv(data(NONE, 1, b"abc")).recv(go_away(code)).recv(data(NONE, 1, b"late"));
        let code = GoAwayCode::from_number(code);
        let ended = EndReason::PeerGoAway(code);
        assert_eq!(server.events(), [Event::GoAway(code), Event::Ended(ended)]);
        assert_eq!(server.read(stream, 10), Ok(3));
        assert_eq!(server.read(stream, 10), Err(Error::RemoteGoAway));
        assert_eq!(server.write(stream, 10), Err(Error::StreamClosed));
        assert_eq!(server.sent(), [""; 0]);
        assert!(server.session.poll_end());
        assert!(!server.session.poll_end(), "the end is reported once");
    }
}

#[test]
fn close_session_flushes_then_says_go_away_then_ends() {
    let mut client = PairEnd::client();
    let stream = client.opened();
    client.write(stream, 10_000).unwrap();
    client.session.close_session(client.now);
    client.session.close_session(client.now);
    assert!(client.session.is_ended());
    assert!(!client.session.poll_end(), "output still waits");
    assert_eq!(client.sent(), ["D s1 len10000", "G 0"]);
    assert!(client.session.poll_end());
    assert_eq!(client.session.poll_timeout(), None);
}

#[test]
fn close_session_wakes_every_blocked_call() {
    let mut client = PairEnd::new(Side::Client, Config { accept_backlog: 1, ..Config::default() });
    let stream = client.open();
    client.write(stream, 262_144).unwrap();
    assert_eq!(client.write(stream, 1), Err(Error::Blocked));
    assert_eq!(client.read(stream, 1), Err(Error::Blocked));
    assert_eq!(client.session.open(client.now), Err(Error::Blocked));
    assert_eq!(client.session.accept(client.now), Err(Error::Blocked));
    client.session.close_session(client.now);
    let expected = [
        Event::Ended(EndReason::Closed),
        Event::Readable(stream),
        Event::Writable(stream),
        Event::Acceptable,
        Event::Openable,
    ];
    assert_eq!(client.events(), expected);
    assert_eq!(client.write(stream, 1), Err(Error::StreamClosed));
    assert_eq!(client.read(stream, 1), Err(Error::SessionShutdown));
    assert_eq!(client.session.open(client.now), Err(Error::SessionShutdown));
    assert_eq!(client.session.accept(client.now), Err(Error::SessionShutdown));
    assert_eq!(client.session.ping(client.now), Err(Error::SessionShutdown));
    let go_away = client.session.go_away(client.now, GoAwayCode::Normal);
    assert_eq!(go_away, Err(Error::SessionShutdown));
}

#[test]
fn streams_are_woken_in_the_order_of_their_numbers() {
    let mut client = PairEnd::client();
    let streams: Vec<StreamId> = (0..50).map(|_| client.opened()).collect();
    for stream in &streams {
        assert_eq!(client.read(*stream, 1), Err(Error::Blocked));
    }
    client.session.close_session(client.now);
    let woken: Vec<StreamId> = client
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Readable(stream) => Some(stream),
            _ => None,
        })
        .collect();
    assert_eq!(woken, streams);
}

#[test]
fn close_session_repeats_no_go_away() {
    let mut client = PairEnd::client();
    client.session.go_away(client.now, GoAwayCode::Normal).unwrap();
    client.session.close_session(client.now);
    assert_eq!(client.sent(), ["G 0"]);
}

#[test]
fn close_session_gives_up_when_the_transport_takes_nothing() {
    let mut client = PairEnd::client();
    client.session.close_session(client.now);
    assert_eq!(client.session.poll_timeout(), Some(at(10.0)));
    client.session.handle_timeout(at(10.0));
    assert!(client.session.poll_end());
    assert_eq!(client.sent(), [""; 0]);

    let mut client = PairEnd::client();
    client.open();
    client.session.handle_timeout(at(10.0));
    assert!(!client.session.is_ended());
    client.session.close_session(at(11.0));
    assert!(client.session.poll_end(), "it has taken nothing for that long already");
}

#[test]
fn the_transports_end_ends_the_session() {
    let cases = [
        (vec![], InputEnd::Eof, EndReason::TransportEof, Error::Eof),
        (vec![0, 0], InputEnd::Eof, EndReason::TransportEofInFrame, Error::Transport),
        (vec![], InputEnd::Failed, EndReason::TransportFailed, Error::Transport),
    ];
    for (rest, end, reason, error) in cases {
        let mut server = PairEnd::server();
        let stream = server.accepted(1);
        server.recv(data(NONE, 1, b"abc")).recv(rest);
        server.session.handle_end(end);
        assert_eq!(server.session.end_reason(), Some(reason));
        assert_eq!(server.read(stream, 10), Ok(3));
        assert_eq!(server.read(stream, 10), Err(Error::Transport));
        assert_eq!(server.session.accept(server.now), Err(error));
        assert!(server.session.poll_end());
    }
}

#[test]
fn a_failed_transport_takes_no_output_any_more() {
    let mut client = PairEnd::client();
    client.open();
    client.session.close_session(client.now);
    client.session.handle_end(InputEnd::Failed);
    assert!(client.session.poll_end());
    assert_eq!(client.session.end_reason(), Some(EndReason::Closed), "the first reason stands");
}

#[test]
fn a_foreign_protocol_ends_the_session_without_a_frame() {
    let mut server = PairEnd::server();
    server.recv(b"GET / HTTP/1.1\r\n\r\n".to_vec());
    let violation = Violation::UnknownVersion(b'G');
    assert_eq!(server.session.end_reason(), Some(EndReason::Violation(violation)));
    assert_eq!(server.sent(), [""; 0]);
    let mut server = PairEnd::server();
    server.recv(vec![0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let violation = Violation::UnknownType(4);
    assert_eq!(server.session.end_reason(), Some(EndReason::Violation(violation)));
    assert_eq!(server.session.accept(server.now), Err(Error::Protocol(violation)));
}

#[test]
fn the_go_away_for_a_violation_follows_what_was_queued_before() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 5000).unwrap();
    server.recv(window(SYN, 1, 0)).recv(ping(SYN, 1));
    assert!(!server.session.poll_end());
    assert_eq!(server.sent(), ["D s1 len5000", "G 1"]);
    assert!(server.session.poll_end());
}

#[test]
fn unknown_flags_are_ignored_and_known_ones_beside_them_count() {
    let mut server = PairEnd::server();
    server.recv(window(Flags::from_bits(0x8001), 1, 0));
    let stream = server.accept();
    server.recv(data(Flags::from_bits(0x14), 1, b"ab"));
    assert_eq!(server.read(stream, 10), Ok(2));
    assert_eq!(server.read(stream, 10), Err(Error::Eof));
}

#[test]
fn only_data_has_a_body() {
    let mut server = PairEnd::server();
    server.accepted(1);
    for mut bytes in [window(NONE, 1, 4), ping(ACK, 100), frame(FrameType::Ping, SYN, 0, 100)] {
        bytes.extend(ping(SYN, 9));
        server.recv(bytes);
        assert_eq!(server.sent().last().map(String::as_str), Some("P[ACK] #9"));
    }
}
