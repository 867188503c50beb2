//! Open, close and write timeouts.

use super::*;
use crate::yamux::session::{EndReason, Error};

fn quiet() -> Config {
    Config { keep_alive_interval: None, ..Config::default() }
}

#[test]
fn an_unacknowledged_stream_ends_the_session_without_a_frame() {
    let mut client = PairEnd::new(Side::Client, quiet());
    let stream = client.open();
    client.recv(data(NONE, 1, b"data is no acknowledgement"));
    client.sent();
    assert_eq!(client.pass_to(at(74.999)), []);
    assert!(!client.session.is_ended());
    assert_eq!(client.pass_to(at(75.0)), []);
    assert_eq!(client.session.end_reason(), Some(EndReason::OpenTimeout(stream)));
    assert!(client.session.poll_end());
}

#[test]
fn ack_fin_rst_and_our_close_each_stop_the_open_timer() {
    let stops: [fn(&mut PairEnd, StreamId); 4] = [
        |end, stream| {
            end.recv(window(ACK, stream.0, 0));
        },
        |end, stream| {
            end.recv(window(FIN, stream.0, 0));
        },
        |end, stream| {
            end.recv(window(RST, stream.0, 0));
        },
        |end, stream| end.session.half_close(end.now, stream).unwrap(),
    ];
    for stop in stops {
        let mut client = PairEnd::new(Side::Client, quiet());
        let stream = client.open();
        stop(&mut client, stream);
        client.pass_to(at(100.0));
        assert!(!client.session.is_ended());
    }
}

#[test]
fn a_close_without_the_peers_fin_is_a_reset_after_the_timeout() {
    let mut server = PairEnd::new(Side::Server, quiet());
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, &[0; 200_000]));
    server.now = at(1.0);
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W[FIN] s1 +0"]);
    server.now = at(2.0);
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.pass_to(at(400.0)), [(at(301.0), "W[RST] s1 +0".to_owned())]);
    assert_eq!(server.read(stream, 200_000), Ok(200_000));
    assert_eq!(server.read(stream, 1), Err(Error::StreamReset));
    assert_eq!(server.sent(), [""; 0], "no credit after the reset");
    server.recv(data(NONE, 1, b"late")).recv(window(FIN, 1, 0)).recv(window(RST, 1, 0));
    assert!(!server.session.is_ended());
    assert_eq!(server.session.live_streams(), 0);
}

#[test]
fn a_reader_blocked_when_the_close_timer_ends_learns_of_the_reset() {
    let mut server = PairEnd::new(Side::Server, quiet());
    let stream = server.accepted(1);
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.read(stream, 1), Err(Error::Blocked));
    server.sent();
    server.pass_to(at(300.0));
    assert_eq!(server.events(), [Event::Readable(stream)]);
    assert_eq!(server.read(stream, 1), Err(Error::StreamReset));
    assert_eq!(server.write(stream, 1), Err(Error::StreamClosed));
}

#[test]
fn the_peers_fin_or_rst_stops_the_close_timer_and_starts_none() {
    for frame in [window(FIN, 1, 0), window(RST, 1, 0)] {
        let mut server = PairEnd::new(Side::Server, quiet());
        let stream = server.accepted(1);
        server.session.half_close(server.now, stream).unwrap();
        server.sent();
        server.recv(frame);
        assert_eq!(server.session.poll_timeout(), None);
        let other = server.accepted(3);
        server.recv(window(FIN, 3, 0));
        server.session.half_close(server.now, other).unwrap();
        server.sent();
        assert_eq!(server.session.poll_timeout(), None);
    }
}

#[test]
fn a_number_used_again_does_not_inherit_a_close_timer() {
    let mut server = PairEnd::new(Side::Server, quiet());
    let stream = server.accepted(1);
    server.session.half_close(server.now, stream).unwrap();
    server.recv(window(FIN, 1, 0));
    server.now = at(100.0);
    let stream = server.accepted(1);
    server.session.half_close(server.now, stream).unwrap();
    server.sent();
    assert_eq!(server.pass_to(at(500.0)), [(at(400.0), "W[RST] s1 +0".to_owned())]);
}

#[test]
fn timeouts_switched_off_never_come() {
    let mut client = PairEnd::new(Side::Client, timeless());
    let stream = client.open();
    client.sent();
    assert_eq!(client.session.poll_timeout(), None);
    client.session.half_close(client.now, stream).unwrap();
    client.sent();
    assert_eq!(client.session.poll_timeout(), None);
}

#[test]
fn a_transport_that_takes_nothing_fails_writes_and_pings_until_it_moves() {
    let config = Config { send_buffer: 1000, ..timeless() };
    let mut client = PairEnd::new(Side::Client, config);
    let stream = client.opened();
    assert_eq!(client.write(stream, 10_000), Ok(10_000));
    assert_eq!(client.write(stream, 1), Err(Error::Blocked));
    assert_eq!(client.session.poll_timeout(), Some(at(10.0)));
    client.now = at(10.0);
    client.session.handle_timeout(client.now);
    assert_eq!(client.events(), [Event::Writable(stream)]);
    assert_eq!(client.write(stream, 1), Err(Error::ConnectionWriteTimeout));
    assert_eq!(client.session.ping(client.now), Err(Error::ConnectionWriteTimeout));
    assert_eq!(client.session.open(client.now), Err(Error::ConnectionWriteTimeout));
    assert_eq!(client.session.live_streams(), 1, "a failed open leaves nothing behind");
    assert!(!client.session.is_ended());
    assert_eq!(client.session.poll_timeout(), None);
    client.now = at(11.0);
    assert_eq!(client.sent(), ["D s1 len10000"], "what was taken before still goes out");
    assert_eq!(client.session.send_window(stream), Some(252_144), "and is charged to it");
}
