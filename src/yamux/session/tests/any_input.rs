//! Arbitrary input: no panic, no unlawful frame, bounded memory, and the way the input is split does not matter.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::yamux::frame::GoAwayCode;

/// A frame that is mostly lawful and on one of few streams, so that many states are reached.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![8 => 1..8u32, 1 => Just(0), 1 => any::<u32>()];
    let flags = prop_oneof![
        6 => Just(NONE),
        3 => Just(SYN),
        2 => Just(FIN),
        1 => Just(RST),
        2 => (0..16u16).prop_map(Flags::from_bits),
        1 => any::<u16>().prop_map(Flags::from_bits),
    ];
    let credit = prop_oneof![8 => 0..300_000u32, 1 => any::<u32>()];
    prop_oneof![
        6 => (flags.clone(), id.clone(), 0..5000usize)
            .prop_map(|(flags, id, len)| data(flags, id | 1, &vec![3; len])),
        4 => (flags.clone(), id.clone(), credit)
            .prop_map(|(flags, id, credit)| window(flags, id, credit)),
        2 => (flags, any::<u32>()).prop_map(|(flags, value)| ping(flags, value)),
        1 => (0..3u32).prop_map(|code| go_away(code / 2)),
        1 => vec(any::<u8>(), 12..=12),
        1 => (id, any::<u32>()).prop_map(|(id, len)| frame(FrameType::Data, NONE, id, len)),
    ]
}

/// What the application does between two frames.
#[derive(Clone, Copy, Debug)]
enum Reaction {
    Nothing,
    Accept,
    Open,
    Write(usize),
    Read(usize),
    HalfClose,
    Close,
    CloseRead,
    Reset,
    Forget,
    Ping,
    GoAway,
    Wait(u64),
}

fn reaction() -> impl Strategy<Value = Reaction> {
    prop_oneof![
        4 => Just(Reaction::Nothing),
        6 => Just(Reaction::Accept),
        2 => Just(Reaction::Open),
        4 => (0..300_000usize).prop_map(Reaction::Write),
        4 => (0..300_000usize).prop_map(Reaction::Read),
        1 => Just(Reaction::HalfClose),
        1 => Just(Reaction::Close),
        1 => Just(Reaction::CloseRead),
        1 => Just(Reaction::Reset),
        1 => Just(Reaction::Forget),
        1 => Just(Reaction::Ping),
        1 => Just(Reaction::GoAway),
        1 => (0..100u64).prop_map(Reaction::Wait),
    ]
}

fn react(end: &mut PairEnd, reaction: Reaction, id: StreamId) {
    let (session, now) = (&mut end.session, end.now);
    // The call may succeed or fail; it must not panic.
    let _ = match reaction {
        Reaction::Nothing => Ok(()),
        Reaction::Accept => session.accept(now).map(drop),
        Reaction::Open => session.open(now).map(drop),
        Reaction::Write(len) => session.write(now, id, &vec![5; len]).map(drop),
        Reaction::Read(max) => session.read(now, id, &mut vec![0; max]).map(drop),
        Reaction::HalfClose => session.half_close(now, id),
        Reaction::Close => session.close(now, id),
        Reaction::CloseRead => session.close_read(now, id),
        Reaction::Reset => session.reset(now, id),
        Reaction::Forget => {
            session.forget(id);
            Ok(())
        }
        Reaction::Ping => session.ping(now).map(drop),
        Reaction::GoAway => session.go_away(now, GoAwayCode::Normal),
        Reaction::Wait(seconds) => {
            end.pass_to(now + Duration::from_secs(seconds));
            Ok(())
        }
    };
}

/// What must hold after every step.
fn check(session: &Session) {
    let max = session.config.max_window;
    let mut slots = 0;
    for stream in session.streams.live.values() {
        assert!(stream.buffer.len() + stream.recv_window.available() <= max);
        assert!(!stream.is_off_the_wire());
        slots += u32::from(stream.holds_slot);
    }
    assert_eq!(slots, session.outbox.unacked);
    for id in session.accept_queue.iter() {
        assert!(session.streams.live.get(id).is_some_and(|stream| !stream.is_held));
    }
    assert!(session.accept_queue.len() <= session.config.accept_backlog as usize);
    assert!(session.streams.remains.values().all(|stream| stream.is_held));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_frames_and_no_calls_make_it_panic_or_forget_a_bound(
        steps in vec((any_frame(), reaction(), 1..8u32), 0..80),
        is_client: bool,
        close_resets: bool,
    ) {
        let side = if is_client { Side::Client } else { Side::Server };
        let config = Config { accept_backlog: 3, close_resets, ..Config::default() };
        let mut end = PairEnd::new(side, config);
        for (frame, reaction, id) in steps {
            end.recv(frame);
            check(&end.session);
            react(&mut end, reaction, StreamId(id));
            check(&end.session);
            end.events();
        }
        // Every frame sent is lawful and whole.
        end.sent();
        end.session.close_session(end.now);
        end.sent();
        prop_assert!(end.session.poll_end());
    }

    #[test]
    fn any_bytes_at_all(input in vec(any::<u8>(), 0..2000)) {
        let mut end = PairEnd::server();
        end.recv(input);
        end.sent();
        check(&end.session);
    }

    #[test]
    fn the_cuts_make_no_difference(
        frames in vec(any_frame(), 0..30),
        cuts in vec(1..700usize, 1..40),
        mode in 0..3usize,
    ) {
        let input = frames.concat();
        // Streams stay as the application left them before the input: not accepted, closed, or closed for reading.
        let end = || {
            let mut end = PairEnd::new(Side::Server, Config { close_resets: true, ..timeless() });
            if mode > 0 {
                for id in [1, 3, 5] {
                    let stream = end.accepted(id);
                    match mode {
                        1 => end.session.close(end.now, stream).unwrap(),
                        _ => end.session.close_read(end.now, stream).unwrap(),
                    }
                }
            }
            end
        };
        let mut whole = end();
        whole.recv(input.clone());
        let mut cut = end();
        let mut rest = input.as_slice();
        for len in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, later) = rest.split_at((*len).min(rest.len()));
            cut.recv(piece.to_vec());
            rest = later;
        }
        prop_assert_eq!(cut.sent_bytes(), whole.sent_bytes());
        prop_assert_eq!(cut.session.end_reason(), whole.session.end_reason());
        prop_assert_eq!(cut.events(), whole.events());
        let unread = |end: &PairEnd| {
            let mut unread: Vec<_> =
                end.session.streams.live.iter().map(|(id, stream)| (*id, stream.buffer.len())).collect();
            unread.sort();
            unread
        };
        prop_assert_eq!(unread(&cut), unread(&whole));
    }
}

#[test]
fn a_window_full_of_one_byte_frames_is_kept_and_read_in_one_go() {
    let mut server = PairEnd::server();
    let stream = server.accepted(1);
    server.recv(data(NONE, 1, b"x").repeat(262_144));
    assert_eq!(server.session.unread(stream), Some(262_144));
    assert_eq!(server.read(stream, 300_000), Ok(262_144));
    assert_eq!(server.sent(), ["W s1 +262144"]);
}

#[test]
fn a_flood_of_go_aways_and_rapid_resets_leaves_no_events_behind() {
    let mut server = PairEnd::server();
    for _ in 0..1000 {
        server.recv(go_away(0)).recv(window(SYN, 1, 0)).recv(window(FIN, 1, 0));
        server.recv(window(RST, 1, 0));
    }
    assert_eq!(server.events().len(), 1);
    assert_eq!(server.session.live_streams(), 0);
}
