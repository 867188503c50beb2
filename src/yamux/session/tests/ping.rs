//! Pings, pongs and the keep-alive.

use super::*;
use crate::yamux::session::{EndReason, Error};

#[test]
fn every_ping_is_answered_once_in_order_on_stream_0() {
    let mut server = PairEnd::server();
    let burst: Vec<u8> = [7, 0, u32::MAX, 7].iter().flat_map(|value| ping(SYN, *value)).collect();
    server.recv(burst);
    server.recv(frame(FrameType::Ping, SYN | ACK, 9, 5));
    let pongs = ["P[ACK] #7", "P[ACK] #0", "P[ACK] #4294967295", "P[ACK] #7", "P[ACK] #5"];
    assert_eq!(server.sent(), pongs);
}

#[test]
fn a_pong_reports_its_round_trip() {
    let mut client = PairEnd::client();
    assert_eq!(client.session.ping(client.now), Ok(0));
    assert_eq!(client.session.ping(client.now), Ok(1));
    client.session.ping_with(client.now, 99).unwrap();
    assert_eq!(client.sent(), ["P[SYN] #0", "P[SYN] #1", "P[SYN] #99"]);
    client.now = at(0.5);
    client.recv(ping(ACK, 99)).recv(ping(ACK, 0));
    let round_trip = Duration::from_millis(500);
    let pongs = [Event::Pong { value: 99, round_trip }, Event::Pong { value: 0, round_trip }];
    assert_eq!(client.events(), pongs);
}

#[test]
fn unknown_late_and_second_pongs_are_ignored() {
    let mut client = PairEnd::client();
    client.recv(ping(ACK, 999));
    client.session.ping(client.now).unwrap();
    client.recv(ping(ACK, 0)).recv(ping(ACK, 0));
    assert_eq!(client.events().len(), 1);
    client.session.ping(client.now).unwrap();
    client.sent();
    client.pass_to(at(10.0));
    assert_eq!(client.events(), [Event::PingTimedOut { value: 1 }]);
    client.recv(ping(ACK, 1));
    assert_eq!(client.events(), []);
    assert!(!client.session.is_ended());
}

#[test]
fn the_keep_alive_pings_an_interval_after_each_pong() {
    let mut client = PairEnd::client();
    assert_eq!(client.pass_to(at(31.0)), [(at(30.0), "P[SYN] #0".to_owned())]);
    client.recv(ping(ACK, 0));
    assert_eq!(client.events(), [], "the keep-alive is the session's own business");
    assert_eq!(client.pass_to(at(61.0)), [(at(61.0), "P[SYN] #1".to_owned())]);
}

/// The pong may be behind a lot of data on a slow line: any input shows that the peer is alive.
#[test]
fn a_keep_alive_takes_whatever_comes_in_for_a_sign_of_life() {
    let mut client = PairEnd::client();
    client.opened();
    client.session.ping_with(client.now, 7).unwrap();
    client.pass_to(at(30.0));
    for second in 31..60 {
        client.pass_to(at(f64::from(second)));
        client.recv(data(NONE, 1, b"slow")[..13].to_vec()).recv(b"low".to_vec());
    }
    assert!(!client.session.is_ended(), "the last byte came at 59");
    let answered = client.events();
    assert!(answered.contains(&Event::PingTimedOut { value: 7 }), "that is for keep-alives only");
    client.pass_to(at(68.999));
    assert!(!client.session.is_ended());
    client.pass_to(at(69.0));
    assert_eq!(client.session.end_reason(), Some(EndReason::KeepaliveTimeout));
}

#[test]
fn a_keep_alive_without_a_pong_ends_the_session() {
    let mut client = PairEnd::client();
    let stream = client.opened();
    assert_eq!(client.read(stream, 1), Err(Error::Blocked));
    client.pass_to(at(39.999));
    assert!(!client.session.is_ended());
    client.pass_to(at(40.0));
    assert_eq!(client.session.end_reason(), Some(EndReason::KeepaliveTimeout));
    assert!(client.session.poll_end());
    assert_eq!(
        client.events(),
        [Event::Ended(EndReason::KeepaliveTimeout), Event::Readable(stream)]
    );
    assert_eq!(client.session.accept(client.now), Err(Error::KeepaliveTimeout));
    assert_eq!(client.session.open(client.now), Err(Error::SessionShutdown));
}
