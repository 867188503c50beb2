//! FIN: one direction ends, the other goes on.

use super::*;
use crate::yamux::session::Error;

#[test]
fn half_close_sends_one_fin_after_all_data() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 100).unwrap();
    server.session.half_close(server.now, stream).unwrap();
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["D s1 len100", "W[FIN] s1 +0"]);
    assert_eq!(server.write(stream, 1), Err(Error::StreamClosed));
}

#[test]
fn after_our_fin_the_peers_data_is_still_read() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.read(stream, 10), Err(Error::Blocked));
    server.recv(data(NONE, 1, b"abc"));
    assert_eq!(server.events(), [Event::Readable(stream)]);
    assert_eq!(server.read(stream, 10), Ok(3));
    server.recv(window(FIN, 1, 0));
    assert_eq!(server.read(stream, 10), Err(Error::Eof));
    assert_eq!(server.session.live_streams(), 0);
}

#[test]
fn after_the_peers_fin_we_still_write() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(FIN, 1, b"abc"));
    assert_eq!(server.events(), [Event::Finished(stream)]);
    assert_eq!(server.read(stream, 2), Ok(2));
    assert_eq!(server.read(stream, 2), Ok(1));
    assert_eq!(server.read(stream, 2), Err(Error::Eof));
    server.write(stream, 10).unwrap();
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["D s1 len10", "W[FIN] s1 +0"]);
    assert_eq!(server.session.live_streams(), 0);
}

#[test]
fn a_blocked_reader_wakes_on_fin_whatever_frame_carries_it() {
    for fin in [window(FIN, 1, 0), data(FIN, 1, b"")] {
        let mut server = PairEnd::server();
        let stream = server.accepted(1);
        assert_eq!(server.read(stream, 1), Err(Error::Blocked));
        server.recv(fin);
        assert_eq!(server.events(), [Event::Finished(stream), Event::Readable(stream)]);
    }
}

#[test]
fn a_fin_on_data_counts_only_after_its_last_byte() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    let bytes = data(FIN, 1, b"abc");
    server.recv(bytes[..14].to_vec());
    assert_eq!(server.read(stream, 10), Ok(2));
    assert_eq!(server.read(stream, 10), Err(Error::Blocked));
    server.recv(bytes[14..].to_vec());
    assert_eq!(server.read(stream, 10), Ok(1));
    assert_eq!(server.read(stream, 10), Err(Error::Eof));
}

#[test]
fn a_writer_without_window_outlives_the_peers_fin() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 262_144).unwrap();
    assert_eq!(server.write(stream, 1), Err(Error::Blocked));
    server.recv(window(FIN, 1, 0));
    assert_eq!(server.write(stream, 1), Err(Error::Blocked));
    server.sent();
    server.recv(window(NONE, 1, 10));
    assert_eq!(server.events(), [Event::Finished(stream), Event::Writable(stream)]);
    assert_eq!(server.write(stream, 10), Ok(10));
}

#[test]
fn a_second_fin_is_ignored() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(window(FIN, 1, 0)).recv(window(FIN, 1, 0)).recv(data(FIN, 1, b""));
    assert!(!server.session.is_ended());
    assert_eq!(server.events(), [Event::Finished(stream)]);
    server.session.half_close(server.now, stream).unwrap();
    server.recv(window(FIN, 1, 0));
    assert!(!server.session.is_ended());
}

#[test]
fn data_after_the_peers_fin_is_delivered_as_in_the_reference() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(FIN, 1, b"12345")).recv(data(NONE, 1, b"678"));
    assert_eq!(server.read(stream, 100), Ok(8));
    assert_eq!(server.read(stream, 100), Err(Error::Eof));
}

#[test]
fn half_close_wakes_a_writer_that_waits() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 262_144).unwrap();
    assert_eq!(server.write(stream, 1), Err(Error::Blocked));
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.events(), [Event::Writable(stream)]);
    assert_eq!(server.write(stream, 1), Err(Error::StreamClosed));
}

#[test]
fn frames_for_streams_never_opened_are_skipped() {
    let mut server = PairEnd::server();
    for frame in [
        data(NONE, 7, &[0; 1000]),
        data(FIN | ACK, 0, b"abc"),
        window(NONE, 7, 1000),
        window(FIN, 9, 0),
        window(RST, 9, 0),
        window(ACK, 2, 5),
    ] {
        server.recv(frame);
    }
    server.recv(ping(SYN, 3));
    assert_eq!(server.sent(), ["P[ACK] #3"]);
    assert_eq!(server.session.live_streams(), 0);
}
