//! Windows and credit.

use super::*;
use crate::yamux::session::{EndReason, Error, InputEnd, Violation};

#[test]
fn a_write_takes_what_the_window_allows_in_frames_of_16_kib() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    assert_eq!(server.write(stream, 16_385), Ok(16_385));
    assert_eq!(server.sent(), ["D s1 len16384", "D s1 len1"]);
    assert_eq!(server.write(stream, 300_000), Ok(245_759));
    assert_eq!(server.sent().last().unwrap(), "D s1 len16383");
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
    assert_eq!(client.events(), [Event::Writable(first)], "there is room for one frame");
    assert_eq!(client.write(second, 1), Err(Error::Blocked), "it is not its turn");
    assert_eq!(client.write(first, 20_000), Ok(16_384), "one frame while another waits");
    assert_eq!(client.write(first, 1), Err(Error::Blocked), "now the other one's turn comes");
    client.sent_bytes();
    assert_eq!(client.events(), [Event::Writable(second)]);
    assert_eq!(client.write(second, 1), Ok(1));
}

/// Three writers on a transport that is slower than they are.
#[test]
fn writers_take_turns_of_one_frame() {
    let mut client = PairEnd::new(Side::Client, Config { send_buffer: 1000, ..Config::default() });
    let streams = [client.opened(), client.opened(), client.opened()];
    assert_eq!(client.write(streams[0], 1000), Ok(1000));
    for stream in streams {
        assert_eq!(client.write(stream, 40_000), Err(Error::Blocked));
    }
    let mut order = Vec::new();
    for _ in 0..6 {
        client.sent();
        let events = client.events();
        let [Event::Writable(id)] = events[..] else { panic!("{events:?}") };
        order.push(id.0);
        client.write(id, 40_000).unwrap();
        assert_eq!(client.write(id, 40_000), Err(Error::Blocked));
    }
    assert_eq!(order, [1, 3, 5, 1, 3, 5]);
}

#[test]
fn a_writer_that_had_its_turn_does_not_pass_those_that_were_called_with_it() {
    let mut client = PairEnd::new(Side::Client, timeless());
    let streams = [client.opened(), client.opened()];
    client.write(streams[0], 262_144).unwrap();
    client.recv(window(NONE, streams[0].0, 262_144));
    for stream in streams {
        assert_eq!(client.write(stream, 10), Err(Error::Blocked));
    }
    client.sent();
    assert_eq!(client.events(), [Event::Writable(streams[0]), Event::Writable(streams[1])]);
    assert_eq!(client.write(streams[0], 10), Ok(10));
    assert_eq!(client.write(streams[0], 10), Err(Error::Blocked), "the other one has its turn");
    assert_eq!(client.write(streams[1], 10), Ok(10));
    assert_eq!(client.events(), [Event::Writable(streams[0])]);
    assert_eq!(client.write(streams[0], 10), Ok(10));
    assert_eq!(client.write(streams[0], 10), Ok(10), "nobody waits any more");
}

#[test]
fn a_turn_passes_on_when_its_writer_goes_away_or_does_not_come() {
    let mut client = PairEnd::new(Side::Client, Config { send_buffer: 1000, ..timeless() });
    let streams = [client.opened(), client.opened(), client.opened(), client.opened()];
    client.write(streams[0], 1000).unwrap();
    for stream in streams {
        assert_eq!(client.write(stream, 40_000), Err(Error::Blocked));
    }
    client.sent();
    assert_eq!(client.events(), [Event::Writable(streams[0])]);
    // It does not write: the next is called after a tenth of a second.
    let until = client.session.poll_timeout().expect("somebody waits");
    assert_eq!(until, Time::ZERO + Duration::from_millis(100));
    client.now = until;
    client.session.handle_timeout(until);
    assert_eq!(client.events(), [Event::Writable(streams[1])]);
    // The next one is reset, so that its turn passes on.
    client.session.reset(client.now, streams[1]).unwrap();
    client.sent();
    assert_eq!(client.events(), [Event::Writable(streams[2])]);
    assert_eq!(client.write(streams[2], 40_000), Ok(16_384));
    client.sent();
    assert_eq!(client.events(), [Event::Writable(streams[3])]);
    // A late writer waits again, and none is left out.
    assert_eq!(client.write(streams[3], 1), Ok(1));
    assert_eq!(client.write(streams[0], 1), Ok(1));
    assert_eq!(client.session.poll_timeout(), Some(client.now + Duration::from_secs(10)));
}

#[test]
fn a_stream_that_waits_no_more_is_not_called() {
    let mut client = PairEnd::new(Side::Client, Config { send_buffer: 1000, ..timeless() });
    let streams = [client.opened(), client.opened(), client.opened()];
    client.write(streams[0], 1000).unwrap();
    for stream in streams {
        assert_eq!(client.write(stream, 40_000), Err(Error::Blocked));
    }
    client.recv(window(RST, streams[1].0, 0));
    assert_eq!(client.events(), [Event::Reset(streams[1]), Event::Writable(streams[1])]);
    client.sent();
    assert_eq!(client.events(), [Event::Writable(streams[0])]);
    client.write(streams[0], 1000).unwrap();
    client.sent();
    assert_eq!(client.events(), [Event::Writable(streams[2])]);
}

#[test]
fn the_end_of_the_session_ends_the_turns() {
    let mut client = PairEnd::new(Side::Client, Config { send_buffer: 1000, ..timeless() });
    let streams = [client.opened(), client.opened(), client.opened()];
    client.write(streams[0], 1000).unwrap();
    for stream in streams {
        assert_eq!(client.write(stream, 40_000), Err(Error::Blocked));
    }
    client.sent();
    assert_eq!(client.events(), [Event::Writable(streams[0])]);
    client.session.handle_end(InputEnd::Failed);
    assert_eq!(client.session.poll_timeout(), None);
    let woken = client.events().into_iter().filter(|event| matches!(event, Event::Writable(_)));
    assert_eq!(
        woken.collect::<Vec<_>>(),
        [Event::Writable(streams[1]), Event::Writable(streams[2])]
    );
    assert_eq!(client.write(streams[0], 1), Err(Error::StreamClosed));
}

#[test]
fn a_thousand_writers_are_called_only_as_many_as_there_is_room_for() {
    let mut client = PairEnd::new(Side::Client, Config { accept_backlog: 2000, ..timeless() });
    let streams: Vec<_> = (0..1000).map(|_| client.opened()).collect();
    for stream in &streams {
        let _ = client.write(*stream, 262_144);
    }
    assert_eq!(client.write(streams[999], 1), Err(Error::Blocked));
    client.sent_bytes();
    assert_eq!(client.events().len(), 16, "256 KiB in frames of 16 KiB");
}

#[test]
fn a_pong_overtakes_data_but_not_the_frame_that_has_begun() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 40_000).unwrap();
    let mut bytes = server.session.poll_transmit(server.now, 20).unwrap().to_vec();
    server.session.half_close(server.now, stream).unwrap();
    server.recv(ping(SYN, 7)).recv(ping(SYN, 8));
    bytes.extend(server.sent_bytes());
    let frames = in_short(&bytes);
    let expected = ["D s1 len16384", "P[ACK] #7", "P[ACK] #8", "D s1 len16384", "D s1 len7232"];
    assert_eq!(frames[..5], expected);
    assert_eq!(frames[5..], ["W[FIN] s1 +0"]);
}

#[test]
fn a_flood_of_pings_does_not_hold_up_data_for_ever() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 3 * 16_384).unwrap();
    let mut bytes = Vec::new();
    for value in 0..20 {
        server.recv(ping(SYN, value));
        bytes.extend(server.session.poll_transmit(server.now, 16_384).into_iter().flatten());
    }
    bytes.extend(server.sent_bytes());
    let frames = in_short(&bytes);
    let last = frames.iter().rposition(|frame| frame.starts_with('D')).expect("data");
    assert!(last < 10, "{frames:?}");
}

#[test]
fn a_frame_never_overtakes_what_came_before_it_on_its_stream() {
    let mut server = PairEnd::server();
    server.recv(window(SYN, 1, 0));
    let stream = server.accept();
    server.recv(ping(SYN, 1));
    // One byte at a time, so that every frame is started before the rest of it arrives.
    let mut bytes = server.session.poll_transmit(server.now, 1).unwrap().to_vec();
    server.write(stream, 3).unwrap();
    bytes.extend(server.session.poll_transmit(server.now, 1).unwrap());
    server.recv(ping(SYN, 2));
    bytes.extend(server.sent_bytes());
    server.recv(window(SYN, 3, 0));
    let other = server.accept();
    server.write(other, 3).unwrap();
    bytes.extend(server.sent_bytes());
    let expected =
        ["W[ACK] s1 +0", "P[ACK] #1", "P[ACK] #2", "D s1 len3", "W[ACK] s3 +0", "D s3 len3"];
    assert_eq!(in_short(&bytes), expected);
}

#[test]
fn little_is_handed_over_at_once_so_that_a_pong_can_overtake_the_rest() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.write(stream, 262_144).unwrap();
    let mut pieces = std::collections::VecDeque::new();
    server.session.take_output(&mut pieces);
    server.session.take_output(&mut pieces);
    let handed: usize = pieces.iter().map(Bytes::len).sum();
    assert!((65_536..65_536 + 16_396).contains(&handed), "{handed} bytes");
}

#[test]
fn late_credit_beyond_32_bits_is_as_harmless_as_any_late_credit() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.session.half_close(server.now, stream).unwrap();
    server.recv(window(NONE, 1, u32::MAX));
    assert!(!server.session.is_ended());
    assert_eq!(server.session.send_window(stream), Some(262_144));
}

#[test]
fn a_peer_that_never_reads_cannot_make_us_pile_up_frames_of_streams() {
    let mut server = PairEnd::new(Side::Server, Config { send_buffer: 1000, ..timeless() });
    let mut accepted = 0;
    for number in 0..10_000 {
        server.recv(window(SYN, 2 * number + 1, 0));
        if let Ok(stream) = server.session.accept(server.now) {
            accepted += 1;
            server.session.half_close(server.now, stream).unwrap();
        }
        server.recv(window(RST, 2 * number + 1, 0));
    }
    assert!((40..100).contains(&accepted), "accepted {accepted}");
    assert!(server.session.output_len() < 2000, "{} bytes", server.session.output_len());
    server.events();
    server.sent();
    assert_eq!(server.events(), [Event::Acceptable]);

    let mut client = PairEnd::new(Side::Client, Config { send_buffer: 1000, ..timeless() });
    let opened = (0..10_000).take_while(|number| {
        let opened = client.session.open(client.now).is_ok();
        client.recv(window(RST, 2 * number + 1, 0));
        opened
    });
    assert_eq!(opened.count(), 84, "1000 bytes hold 83 SYNs and a third of one");
    client.events();
    client.sent();
    assert_eq!(client.events(), [Event::Openable]);
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
    // 64 KiB hold 5461 pongs and a third of another.
    server.recv(flood[..5461 * 12].to_vec());
    assert!(server.session.wants_input());
    server.recv(flood[5461 * 12..5462 * 12].to_vec());
    assert!(!server.session.wants_input());
    server.recv(flood[5462 * 12..].to_vec());
    assert!(!server.session.wants_input());
    assert_eq!(server.sent().len(), 6000);
    assert!(server.session.wants_input());
}
