//! Which frames of a wire peer the subject must tolerate, and which free it to end the session. Pure.

use crate::model::rules::{Exchange, WINDOW, data, go_away, half_close, open, ping, reset, update};
use crate::scenario::{Actor, WireControl};
use crate::yamux::frame::{Flags, RawHeader};

/// How the frames of the peer were judged.
#[derive(Debug, PartialEq, Eq)]
enum PeerJudged {
    Lawful,
    /// The session goes on, by this clause.
    Tolerated(&'static str),
    /// The session may end; by this clause, something must. Empty for none.
    Unlawful(&'static str),
}

use PeerJudged::{Lawful, Tolerated, Unlawful};

fn judged(exchange: &Exchange) -> PeerJudged {
    let seen = &exchange.model.end(Actor::Peer).violations;
    if seen.is_unlawful() {
        return Unlawful(seen.reaction().map_or("", |(clause, _)| clause));
    }
    seen.tolerated().map_or(Lawful, Tolerated)
}

/// What the last of these frames is to a subject that has opened stream 1.
fn after(headers: &[RawHeader]) -> PeerJudged {
    let mut exchange = Exchange::of_opened();
    headers.iter().for_each(|header| exchange.peer(*header));
    judged(&exchange)
}

#[test]
fn lawful_frames_are_no_violation() {
    let headers = [
        update(Flags::SYN, 2, 0),
        data(Flags::NONE, 1, WINDOW),
        update(Flags::NONE, 1, 1),
        ping(Flags::SYN, 1),
        update(Flags::FIN, 1, 0),
        update(Flags::RST, 2, 0),
        update(Flags::RST, 9, 0),
        go_away(0),
    ];
    assert_eq!(after(&headers), Lawful);
}

#[test]
fn a_pong_that_nobody_waits_for_is_tolerated() {
    assert_eq!(after(&[ping(Flags::ACK, 1)]), Tolerated("PING-05"));
    let mut exchange = Exchange::of_opened();
    exchange.subject(ping(Flags::SYN, 1));
    exchange.peer(ping(Flags::ACK, 1));
    assert_eq!(judged(&exchange), Lawful);
    exchange.peer(ping(Flags::ACK, 1));
    assert_eq!(judged(&exchange), Tolerated("PING-06"));
}

#[test]
fn a_header_that_is_none_ends_the_session() {
    let right = ping(Flags::SYN, 1);
    assert_eq!(after(&[RawHeader { version: 1, ..right }]), Unlawful("FRM-06"));
    assert_eq!(after(&[RawHeader { frame_type: 4, ..right }]), Unlawful("FRM-08"));
    let unknown = Flags::from_bits(Flags::SYN.bits() | 16);
    assert_eq!(after(&[RawHeader { flags: unknown, ..right }]), Unlawful(""), "it may end");
}

#[test]
fn a_wrong_opening_ends_the_session() {
    assert_eq!(after(&[update(Flags::SYN, 3, 0)]), Unlawful("SID-07"));
    let syn = update(Flags::SYN, 2, 0);
    assert_eq!(after(&[syn, syn]), Unlawful("SID-15"));
    assert_eq!(after(&[syn, update(Flags::RST, 2, 0), update(Flags::SYN, 4, 0)]), Lawful);
    assert_eq!(after(&[update(Flags::SYN, 0, 0)]), Unlawful(""), "nobody opens stream 0");
}

#[test]
fn a_stream_that_is_over_for_its_sender_is_left_alone() {
    let fin = update(Flags::FIN, 1, 0);
    assert_eq!(after(&[fin, fin]), Tolerated("FIN-13"));
    assert_eq!(after(&[fin, data(Flags::NONE, 1, 1)]), Tolerated("DATA-08"));
    assert_eq!(after(&[fin, update(Flags::NONE, 1, 1)]), Lawful, "credit may follow");
    let rst = update(Flags::RST, 1, 0);
    assert_eq!(after(&[rst, rst]), Tolerated("RST-09"));
    assert_eq!(after(&[rst, fin]), Tolerated("FIN-14"));
    assert_eq!(after(&[rst, data(Flags::NONE, 1, 1)]), Tolerated("DATA-09"));
    assert_eq!(after(&[rst, update(Flags::NONE, 1, 1)]), Tolerated("FLOW-25"));
}

#[test]
fn not_every_end_takes_a_number_that_is_used_again() {
    for (again, then_judged) in [
        (update(Flags::SYN, 2, 0), Tolerated("SID-13")),
        (data(Flags::SYN, 2, WINDOW), Tolerated("SID-13")),
        (data(Flags::SYN | Flags::FIN, 2, 1), Tolerated("SID-13")),
        (data(Flags::SYN, 2, WINDOW + 1), Unlawful("FLOW-13")),
    ] {
        let syn = update(Flags::SYN, 2, 0);
        assert_eq!(after(&[syn, update(Flags::RST, 2, 0), again]), then_judged, "{again:?}");
        let mut exchange = Exchange::of_accepted();
        exchange.begin(half_close());
        exchange.peer(data(Flags::FIN, 2, WINDOW));
        exchange.subject(update(Flags::ACK | Flags::FIN, 2, 0));
        exchange.peer(again);
        assert_eq!(judged(&exchange), then_judged, "{again:?} after both FINs");
        if then_judged == Tolerated("SID-13") {
            assert_eq!(exchange.subject(go_away(1)), "SID-13");
        }
    }
}

#[test]
fn frames_on_streams_that_nobody_opened_are_tolerated() {
    assert_eq!(after(&[data(Flags::NONE, 8, 1)]), Tolerated("DATA-05"));
    assert_eq!(after(&[data(Flags::FIN, 8, 0)]), Tolerated("FIN-14"));
    assert_eq!(after(&[data(Flags::FIN, 8, 1)]), Tolerated("DATA-05"), "it is data first");
    assert_eq!(after(&[update(Flags::NONE, 8, 1)]), Tolerated("FLOW-25"));
    assert_eq!(after(&[update(Flags::RST, 8, 0)]), Lawful);
}

#[test]
fn a_second_acknowledgement_is_tolerated() {
    assert_eq!(after(&[update(Flags::ACK, 1, 0)]), Tolerated("OPEN-17"));
    let mut exchange = Exchange::default();
    exchange.begin(open("s"));
    exchange.subject(update(Flags::SYN, 1, 0));
    exchange.peer(update(Flags::ACK, 1, 0));
    assert_eq!(judged(&exchange), Lawful);
}

#[test]
fn more_than_the_window_ends_the_session_if_the_wire_shows_which_credit_it_had() {
    assert_eq!(after(&[data(Flags::NONE, 1, WINDOW + 1)]), Unlawful("FLOW-13"));
    assert_eq!(after(&[data(Flags::NONE, 8, WINDOW)]), Tolerated("DATA-05"));
    let fin = update(Flags::FIN, 1, 0);
    assert_eq!(
        after(&[fin, data(Flags::NONE, 1, WINDOW + 1)]),
        Unlawful(""),
        "which is judged first"
    );
    let mut exchange = Exchange::of_opened();
    exchange.model.take_fault(&WireControl::Rate(Actor::Peer, Some(1)));
    exchange.peer(data(Flags::NONE, 1, WINDOW + 1));
    assert_eq!(judged(&exchange), Unlawful(""), "credit may be on its way");
}

#[test]
fn credit_that_no_counter_holds_frees_the_other_end() {
    let most = u32::MAX - WINDOW;
    assert_eq!(after(&[update(Flags::NONE, 1, most)]), Lawful);
    assert_eq!(after(&[update(Flags::NONE, 1, most + 1)]), Unlawful(""));
}

#[test]
fn a_go_away_with_an_error_frees_the_other_end() {
    assert_eq!(after(&[go_away(0)]), Lawful);
    assert_eq!(after(&[go_away(1)]), Unlawful(""));
}

#[test]
fn bytes_that_are_no_frame_free_the_other_end() {
    let mut exchange = Exchange::of_opened();
    assert!(!exchange.model.is_free(Actor::Subject));
    exchange.model.take_garbage(Actor::Peer);
    assert_eq!(judged(&exchange), Unlawful(""));
    assert!(exchange.model.is_free(Actor::Subject));
}

#[test]
fn the_first_violation_decides_which_reaction_is_due() {
    let version = RawHeader { version: 1, ..ping(Flags::SYN, 1) };
    assert_eq!(after(&[version, update(Flags::SYN, 3, 0)]), Unlawful("FRM-06"));
    assert_eq!(after(&[go_away(1), version]), Unlawful(""));
}

#[test]
fn what_was_tolerated_counts_as_reached() {
    let mut exchange = Exchange::of_opened();
    assert!(!exchange.model.reached(Actor::Subject).contains("PING-05"));
    exchange.peer(ping(Flags::ACK, 1));
    exchange.peer(update(Flags::ACK, 1, 0));
    let reached = exchange.model.reached(Actor::Subject);
    assert!(reached.contains("PING-05") && reached.contains("OPEN-17"), "{reached:?}");
}

#[test]
fn data_after_a_reset_counts_as_reached() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(data(Flags::NONE, 1, 1));
    exchange.begin(reset());
    exchange.subject(update(Flags::RST, 1, 0));
    assert!(!exchange.model.reached(Actor::Subject).contains("DATA-10"));
    exchange.peer(data(Flags::NONE, 1, 1));
    assert!(exchange.model.reached(Actor::Subject).contains("DATA-10"));
}

#[test]
fn after_a_second_syn_a_reset_may_be_for_the_stream_that_it_refuses() {
    let reset_then_credit = |syns: u32| {
        let mut exchange = Exchange::of_opened();
        (0..syns).for_each(|_| exchange.peer(update(Flags::SYN, 2, 0)));
        exchange.subject(update(Flags::RST, 2, 0));
        exchange.subject(update(Flags::NONE, 2, 1))
    };
    assert_eq!(reset_then_credit(1), "RST-10");
    assert_eq!(reset_then_credit(2), "");
}
