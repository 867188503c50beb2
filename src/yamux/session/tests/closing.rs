//! `close`, `close_read`, `forget`: an application that is done with a stream, as hashicorp/yamux issue 133 asks for.

use super::*;
use crate::yamux::session::Error;

fn resetting() -> PairEnd {
    PairEnd::new(Side::Server, Config { close_resets: true, ..Config::default() })
}

#[test]
fn close_is_half_close_unless_configured_otherwise() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.session.close(server.now, stream).unwrap();
    server.recv(data(NONE, 1, &[0; 262_144]));
    assert_eq!(server.sent(), ["W[FIN] s1 +0"]);
    assert_eq!(server.read(stream, 300_000), Ok(262_144));
    assert_eq!(server.sent(), ["W s1 +262144"]);
}

#[test]
fn a_closed_stream_answers_late_data_with_rst_at_once_and_once() {
    let mut server = resetting();
    let stream = server.accepted(1);
    assert_eq!(server.read(stream, 1), Err(Error::Blocked));
    server.session.close(server.now, stream).unwrap();
    assert_eq!(server.events(), [Event::Readable(stream)]);
    assert_eq!(server.read(stream, 1), Err(Error::StreamClosed));
    assert_eq!(server.write(stream, 1), Err(Error::StreamClosed));
    assert_eq!(server.sent(), ["W[FIN] s1 +0"]);
    server.recv(data(NONE, 1, b"")).recv(window(NONE, 1, 10));
    assert_eq!(server.sent(), [""; 0], "a frame without data harms nobody");
    server.recv(data(NONE, 1, b"late")).recv(data(NONE, 1, &[0; 200_000]));
    assert_eq!(server.sent(), ["W[RST] s1 +0"]);
    assert_eq!(server.session.live_streams(), 0);
    assert!(!server.session.is_ended());
    assert_eq!(server.pass_to(at(29.0)), []);
}

#[test]
fn a_close_with_unread_data_resets_at_once() {
    let mut server = resetting();
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, b"unread"));
    server.session.close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W[FIN] s1 +0", "W[RST] s1 +0"]);
    assert_eq!(server.read(stream, 1), Err(Error::StreamClosed));
    let stream = server.accepted(3);
    server.session.half_close(server.now, stream).unwrap();
    server.recv(data(NONE, 3, b"unread"));
    server.session.close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W[FIN] s3 +0", "W[RST] s3 +0"]);
}

#[test]
fn a_close_inside_a_body_resets_when_more_of_it_comes() {
    let mut server = resetting();
    let stream = server.accepted(1);
    let bytes = data(NONE, 1, b"abcdef");
    server.recv(bytes[..14].to_vec());
    assert_eq!(server.read(stream, 10), Ok(2));
    server.session.close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W[FIN] s1 +0"]);
    server.recv(bytes[14..].to_vec()).recv(ping(SYN, 1));
    assert_eq!(server.sent(), ["W[RST] s1 +0", "P[ACK] #1"]);
}

#[test]
fn a_peer_that_just_finishes_gets_no_rst() {
    let mut server = resetting();
    let stream = server.accepted(1);
    server.session.close(server.now, stream).unwrap();
    server.recv(window(FIN, 1, 0));
    assert_eq!(server.sent(), ["W[FIN] s1 +0"]);
    let stream = server.accepted(3);
    server.recv(data(FIN, 3, b"unread"));
    server.session.close(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W[FIN] s3 +0"], "the peer waits for nothing");
    assert_eq!(server.session.live_streams(), 0);
}

#[test]
fn the_window_holds_for_a_closed_stream_too() {
    let mut server = resetting();
    let stream = server.accepted(1);
    server.session.close(server.now, stream).unwrap();
    server.recv(frame(FrameType::Data, NONE, 1, 262_145));
    assert_eq!(server.sent(), ["W[FIN] s1 +0", "G 1"]);
}

#[test]
fn a_closed_reading_side_drops_data_and_credits_it() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, &[0; 200_000]));
    server.session.close_read(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W s1 +200000"]);
    assert_eq!(server.read(stream, 1), Err(Error::StreamClosed));
    for _ in 0..3 {
        server.recv(data(NONE, 1, &[0; 100_000]));
    }
    assert_eq!(server.sent(), ["W s1 +200000"]);
    assert_eq!(server.write(stream, 10), Ok(10));
    server.recv(window(FIN, 1, 0));
    server.session.half_close(server.now, stream).unwrap();
    assert_eq!(server.session.live_streams(), 0);
}

#[test]
fn dropped_data_is_credited_per_frame_however_it_is_cut() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.session.close_read(server.now, stream).unwrap();
    let bytes = data(NONE, 1, &[0; 200_000]);
    server.recv(bytes[..150_000].to_vec());
    assert_eq!(server.sent(), [""; 0]);
    server.recv(bytes[150_000..].to_vec());
    assert_eq!(server.sent(), ["W s1 +200000"]);
}

#[test]
fn a_forgotten_stream_says_nothing_and_goes_when_it_is_closed() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, &[0; 200_000]));
    server.session.forget(stream);
    assert_eq!(server.read(stream, 1), Err(Error::UnknownStream));
    server.recv(data(NONE, 1, &[0; 62_144]));
    assert_eq!(server.sent(), [""; 0]);
    assert_eq!(server.session.live_streams(), 1);
    server.recv(window(RST, 1, 0));
    assert_eq!(server.session.live_streams(), 0);
    assert_eq!(server.events(), []);
}

#[test]
fn a_closed_and_forgotten_stream_still_answers_late_data() {
    let mut server = resetting();
    let stream = server.accepted(1);
    server.session.close(server.now, stream).unwrap();
    server.session.forget(stream);
    server.recv(data(NONE, 1, b"late"));
    assert_eq!(server.sent(), ["W[FIN] s1 +0", "W[RST] s1 +0"]);
    assert!(server.session.streams.remains.is_empty());
}

#[test]
fn an_abandoned_stream_answers_late_data_whatever_the_configuration() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.session.abandon(server.now, stream).unwrap();
    assert!(!server.session.holds(stream));
    server.recv(data(NONE, 1, b"late"));
    assert_eq!(server.sent(), ["W[FIN] s1 +0", "W[RST] s1 +0"]);
    let stream = server.accepted(3);
    server.recv(data(NONE, 3, b"unread"));
    server.session.abandon(server.now, stream).unwrap();
    assert_eq!(server.sent(), ["W[FIN] s3 +0", "W[RST] s3 +0"]);
    assert_eq!(server.session.streams.live.len() + server.session.streams.remains.len(), 0);
}

#[test]
fn ten_thousand_closed_and_forgotten_streams_leave_nothing() {
    let mut server = PairEnd::server();
    for number in 0..10_000 {
        let id = 2 * number + 1;
        let stream = server.accepted(id);
        server.recv(data(FIN, id, b"x"));
        server.session.half_close(server.now, stream).unwrap();
        server.session.forget(stream);
        server.sent();
        server.events();
    }
    assert_eq!(server.session.streams.live.len() + server.session.streams.remains.len(), 0);
    assert_eq!(server.session.close_timers.next(), None);
}
