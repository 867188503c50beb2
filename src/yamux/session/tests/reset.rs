//! RST, from either end.

use super::*;
use crate::yamux::session::Error;

#[test]
fn reset_sends_one_rst_and_ends_both_directions() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, b"abc"));
    assert_eq!(server.session.reset(server.now, stream), Ok(()));
    assert_eq!(server.session.reset(server.now, stream), Ok(()));
    assert_eq!(server.sent(), ["W[RST] s1 +0"]);
    assert_eq!(server.read(stream, 1), Err(Error::StreamReset));
    assert_eq!(server.write(stream, 1), Err(Error::StreamReset));
    assert_eq!(server.session.half_close(server.now, stream), Ok(()));
    server.recv(data(NONE, 1, &[0; 1000])).recv(window(NONE, 1, 9)).recv(window(FIN, 1, 0));
    assert_eq!(server.sent(), [""; 0]);
    assert!(!server.session.is_ended());
    assert_eq!(server.session.live_streams(), 0);
}

#[test]
fn the_peers_rst_ends_both_directions_and_drops_what_is_buffered() {
    for rst in [window(RST, 1, 0), window(RST, 1, u32::MAX), data(RST, 1, b"payload")] {
        let mut server = PairEnd::server();
        let stream = server.accepted(1);
        server.recv(data(NONE, 1, b"abc")).recv(rst).recv(ping(SYN, 1));
        assert_eq!(server.events(), [Event::Reset(stream)]);
        assert_eq!(server.read(stream, 1), Err(Error::StreamReset));
        assert_eq!(server.write(stream, 1), Err(Error::StreamReset));
        assert_eq!(server.sent(), ["P[ACK] #1"], "a reset is not answered");
        assert_eq!(server.session.live_streams(), 0);
    }
}

#[test]
fn the_peers_rst_wakes_a_reader_and_a_writer() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 262_144).unwrap();
    assert_eq!(server.write(stream, 1), Err(Error::Blocked));
    assert_eq!(server.read(stream, 1), Err(Error::Blocked));
    server.recv(window(RST, 1, 0));
    let expected = [Event::Reset(stream), Event::Readable(stream), Event::Writable(stream)];
    assert_eq!(server.events(), expected);
}

#[test]
fn fin_and_rst_in_one_frame_is_a_reset_even_after_a_fin() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(window(FIN, 1, 0)).recv(window(FIN | RST, 1, 0));
    assert!(!server.session.is_ended());
    assert_eq!(server.read(stream, 1), Err(Error::StreamReset));
}

#[test]
fn an_rst_in_answer_to_a_syn_fails_the_stream() {
    let mut client = PairEnd::client();
    let stream = client.open();
    client.recv(window(ACK | RST, 1, 0));
    assert_eq!(client.read(stream, 1), Err(Error::StreamReset));
    assert_eq!(client.write(stream, 1), Err(Error::StreamReset));
}

#[test]
fn a_reset_leaves_other_streams_alone() {
    let mut server = PairEnd::server();
    let (first, second) = (server.accepted(1), server.accepted(3));
    server.recv(window(RST, first.0, 0)).recv(data(NONE, second.0, b"abc"));
    assert_eq!(server.read(second, 10), Ok(3));
}

#[test]
fn no_data_beyond_the_window_not_even_with_an_rst() {
    let mut server = PairEnd::server();
    server.accepted(1);
    server.recv(frame(FrameType::Data, RST, 1, 262_145));
    assert_eq!(server.sent(), ["G 1"]);
}

#[test]
fn a_reset_while_a_body_comes_in_skips_the_rest_of_it() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    let bytes = data(FIN, 1, b"abcdef");
    server.recv(bytes[..14].to_vec());
    server.session.reset(server.now, stream).unwrap();
    server.recv(bytes[14..].to_vec()).recv(ping(SYN, 4));
    assert_eq!(server.sent(), ["W[RST] s1 +0", "P[ACK] #4"]);
}
