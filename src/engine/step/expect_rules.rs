//! Each rule on what satisfies an expectation, contradicts it, or leaves it open.

use std::time::Duration;

use crate::engine::observe::sight::{Sight, data, go_away, ping, update};
use crate::engine::step::expect::{Match, forbidden, leftovers, take, take_frame};
use crate::engine::{Instead, Unwanted};
use crate::scenario::{Amount, ExpectFrame, ExpectedEvent, ForbiddenEvent, Label};
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, Side};
use crate::yamux::time::Time;

fn s() -> Label {
    Label::from("s")
}

fn at(seconds: u64) -> Match {
    Match::Satisfied(Time::ZERO + Duration::from_secs(seconds))
}

#[track_caller]
fn assert_not_yet(found: &Match, words: &str) {
    assert!(matches!(found, Match::NotYet(lack) if lack.to_string() == words), "{found:?}");
}

#[track_caller]
fn assert_contradicted(found: &Match, words: &str) {
    assert!(
        matches!(found, Match::Contradicted(instead) if instead.to_string() == words),
        "{found:?}"
    );
}

#[track_caller]
fn assert_ended(found: &Match, moment: &str) {
    let Match::Contradicted(instead) = found else { panic!("{found:?}") };
    let words = instead.to_string();
    assert!(words.starts_with("the subject ended the transport"), "{words}");
    assert!(words.ends_with(moment), "{words}");
}

#[test]
fn a_new_stream_is_opened_once_and_in_order() {
    let mut sight = Sight::of(Side::Client);
    let opened = |sight: &mut Sight, label: &str| {
        take(&mut sight.observer, &ExpectedEvent::Opened(Label::from(label)))
    };
    assert_not_yet(&opened(&mut sight, "a"), "no new stream");
    sight.subject(update(Flags::SYN, 1, 0));
    sight.subject(update(Flags::SYN, 3, 0));
    assert_eq!(opened(&mut sight, "a"), at(1));
    assert_eq!(opened(&mut sight, "b"), at(2));
    assert_eq!(sight.observer.number_of("b"), Some(3));
    assert_not_yet(&opened(&mut sight, "c"), "no new stream");
}

#[test]
fn a_stream_whose_call_has_told_its_number_is_opened_too() {
    let mut sight = Sight::of(Side::Client);
    sight.subject(update(Flags::SYN, 1, 0));
    sight.subject(update(Flags::SYN, 3, 0));
    sight.bind("s", 3);
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Opened(s())), at(2));
    assert_eq!(sight.observer.opened.len(), 1, "the other one is still unclaimed");
}

#[test]
fn an_acknowledgement_counts_once_and_not_after_a_reset() {
    let mut sight = Sight::of(Side::Client);
    let acked = ExpectedEvent::Acked(s());
    sight.peer(update(Flags::SYN, 2, 0));
    sight.bind("s", 2);
    assert_not_yet(&take(&mut sight.observer, &acked), "no acknowledgement");
    sight.subject(update(Flags::ACK, 2, 0));
    assert_eq!(take(&mut sight.observer, &acked), at(2));
    assert_not_yet(&take(&mut sight.observer, &acked), "no acknowledgement");
    sight.subject(update(Flags::RST, 2, 0));
    assert_contradicted(&take(&mut sight.observer, &acked), "reset at 3.000");
}

#[test]
fn data_adds_up_over_frames_and_what_is_left_stays() {
    let mut sight = Sight::of_open_stream();
    let wants = |sight: &mut Sight, bytes| {
        take(&mut sight.observer, &ExpectedEvent::Data(s(), Amount::Exactly(bytes)))
    };
    sight.subject(data(Flags::NONE, 1, 60));
    assert_not_yet(&wants(&mut sight, 100), "60 bytes of data");
    sight.subject(data(Flags::NONE, 1, 60));
    assert_eq!(wants(&mut sight, 100), at(4), "the moment of the last byte that counts");
    assert_eq!(wants(&mut sight, 20), at(4));
    assert_not_yet(&wants(&mut sight, 1), "0 bytes of data");
}

#[test]
fn data_of_at_least_so_much_is_all_that_is_there() {
    let mut sight = Sight::of_open_stream();
    let wants = |sight: &mut Sight, bytes| {
        take(&mut sight.observer, &ExpectedEvent::Data(s(), Amount::AtLeast(bytes)))
    };
    sight.subject(data(Flags::NONE, 1, 60));
    assert_not_yet(&wants(&mut sight, 100), "60 bytes of data");
    sight.subject(data(Flags::NONE, 1, 60));
    sight.subject(data(Flags::FIN, 1, 60));
    assert_eq!(wants(&mut sight, 100), at(4), "the moment at which it was enough");
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Fin(s())), at(5), "nothing is left");
}

#[test]
fn data_that_a_fin_or_reset_cuts_short_can_no_longer_come() {
    for (header, words) in [
        (data(Flags::FIN, 1, 0), "60 bytes of data, then fin at 4.000"),
        (update(Flags::RST, 1, 0), "60 bytes of data, then reset at 4.000"),
    ] {
        let mut sight = Sight::of_open_stream();
        sight.subject(data(Flags::NONE, 1, 60));
        sight.subject(header);
        let found = take(&mut sight.observer, &ExpectedEvent::Data(s(), Amount::Exactly(61)));
        assert_contradicted(&found, words);
        assert_eq!(
            take(&mut sight.observer, &ExpectedEvent::Data(s(), Amount::Exactly(60))),
            at(3)
        );
    }
}

#[test]
fn a_fin_comes_after_all_data_before_it() {
    let mut sight = Sight::of_open_stream();
    let fin = ExpectedEvent::Fin(s());
    assert_not_yet(&take(&mut sight.observer, &fin), "no fin");
    sight.subject(data(Flags::FIN, 1, 5));
    assert_contradicted(&take(&mut sight.observer, &fin), "5 bytes of data at 3.000");
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Data(s(), Amount::Exactly(5))), at(3));
    assert_eq!(take(&mut sight.observer, &fin), at(3));
    assert_not_yet(&take(&mut sight.observer, &fin), "no fin");
}

#[test]
fn a_reset_is_no_fin_and_a_fin_no_reset() {
    let mut sight = Sight::of_open_stream();
    sight.subject(update(Flags::FIN, 1, 0));
    let found = take(&mut sight.observer, &ExpectedEvent::Reset(s()));
    assert_contradicted(&found, "fin at 3.000");
    let mut sight = Sight::of_open_stream();
    sight.subject(update(Flags::RST, 1, 0));
    assert_contradicted(&take(&mut sight.observer, &ExpectedEvent::Fin(s())), "reset at 3.000");
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Reset(s())), at(3));
}

#[test]
fn credit_adds_up_and_more_than_exactly_contradicts() {
    let mut sight = Sight::of_open_stream();
    let exactly = |bytes| ExpectedEvent::Credit(s(), Amount::Exactly(bytes));
    let at_least = |bytes| ExpectedEvent::Credit(s(), Amount::AtLeast(bytes));
    sight.peer(data(Flags::NONE, 1, 1000));
    sight.subject(update(Flags::NONE, 1, 300));
    assert_not_yet(&take(&mut sight.observer, &exactly(600)), "credit of 300 bytes");
    assert_not_yet(&take(&mut sight.observer, &at_least(301)), "credit of 300 bytes");
    sight.subject(update(Flags::NONE, 1, 300));
    assert_contradicted(&take(&mut sight.observer, &exactly(599)), "credit of 600 bytes at 5.000");
    assert_eq!(take(&mut sight.observer, &exactly(600)), at(5));
    assert_not_yet(&take(&mut sight.observer, &exactly(1)), "credit of 0 bytes");
    sight.subject(update(Flags::NONE, 1, 400));
    assert_eq!(take(&mut sight.observer, &at_least(1)), at(6));
    assert_not_yet(&take(&mut sight.observer, &at_least(1)), "credit of 0 bytes");
}

#[test]
fn after_a_reset_credit_can_no_longer_come() {
    let mut sight = Sight::of_open_stream();
    sight.subject(update(Flags::RST, 1, 0));
    let wanted = ExpectedEvent::Credit(s(), Amount::AtLeast(1));
    let words = "credit of 0 bytes, then reset at 3.000";
    assert_contradicted(&take(&mut sight.observer, &wanted), words);
}

#[test]
fn pongs_are_found_by_value_and_pings_in_order() {
    let mut sight = Sight::of(Side::Client);
    assert_not_yet(&take(&mut sight.observer, &ExpectedEvent::Pong(7)), "no pong");
    sight.subject(ping(Flags::ACK, 8));
    assert_not_yet(&take(&mut sight.observer, &ExpectedEvent::Pong(7)), "pong 8 at 1.000");
    sight.subject(ping(Flags::ACK, 7));
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Pong(7)), at(2));
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Pong(8)), at(1));
    assert_not_yet(&take(&mut sight.observer, &ExpectedEvent::Ping), "no ping");
    sight.subject(ping(Flags::SYN, 5));
    sight.subject(ping(Flags::SYN, 6));
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Ping), at(3));
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Ping), at(4));
    assert_eq!(sight.observer.latest_ping, Some(6));
}

#[test]
fn a_go_away_with_another_code_contradicts() {
    let mut sight = Sight::of(Side::Client);
    let wanted = ExpectedEvent::GoAway(GoAwayCode::ProtocolError);
    assert_not_yet(&take(&mut sight.observer, &wanted), "no go away");
    sight.subject(go_away(0));
    let found = take(&mut sight.observer, &wanted);
    assert!(matches!(&found, Match::Contradicted(Instead::GoAway(_))));
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::GoAway(GoAwayCode::Normal)), at(1));
    sight.subject(go_away(1));
    assert_eq!(take(&mut sight.observer, &wanted), at(2));
}

#[test]
fn what_came_before_the_end_counts_and_nothing_else_can_come() {
    let mut sight = Sight::of_open_stream();
    sight.subject(data(Flags::NONE, 1, 10));
    let end = ExpectedEvent::SessionEnd;
    assert_not_yet(&take(&mut sight.observer, &end), "the session goes on");
    sight.end();
    assert_eq!(take(&mut sight.observer, &ExpectedEvent::Data(s(), Amount::Exactly(10))), at(3));
    for event in [ExpectedEvent::Data(s(), Amount::Exactly(1)), ExpectedEvent::Pong(1)] {
        assert_ended(&take(&mut sight.observer, &event), "4.000");
    }
    assert_eq!(take(&mut sight.observer, &end), at(4));
    assert_eq!(take(&mut sight.observer, &end), at(4), "an end stays");
}

#[test]
fn a_label_that_names_no_stream_is_not_there_yet() {
    let mut sight = Sight::of(Side::Client);
    let found = take(&mut sight.observer, &ExpectedEvent::Fin(s()));
    assert_not_yet(&found, "no stream s on the wire");
}

#[test]
fn a_frame_is_the_next_of_its_stream_and_type_exactly() {
    let mut sight = Sight::of_open_stream();
    let frame =
        |frame_type, flags, length| ExpectFrame { stream: Some(s()), frame_type, flags, length };
    sight.subject(data(Flags::NONE, 1, 10));
    sight.subject(data(Flags::FIN, 1, 0));
    let opening = frame(FrameType::WindowUpdate, Flags::SYN, Some(0));
    assert_eq!(take_frame(&mut sight.observer, &opening), at(1));
    let found = take_frame(&mut sight.observer, &frame(FrameType::Data, Flags::NONE, Some(11)));
    assert_contradicted(&found, "data with flags - and length 10 at 3.000");
    let found = take_frame(&mut sight.observer, &frame(FrameType::Data, Flags::FIN, None));
    assert!(matches!(found, Match::Contradicted(_)), "the one before it comes first: {found:?}");
    assert_eq!(take_frame(&mut sight.observer, &frame(FrameType::Data, Flags::NONE, None)), at(3));
    assert_eq!(take_frame(&mut sight.observer, &frame(FrameType::Data, Flags::FIN, None)), at(4));
    let more = frame(FrameType::Data, Flags::NONE, None);
    assert_not_yet(&take_frame(&mut sight.observer, &more), "no data frame");
    sight.end();
    assert_ended(&take_frame(&mut sight.observer, &more), "5.000");
}

#[test]
fn a_frame_without_a_stream_is_of_the_session() {
    let mut sight = Sight::of_open_stream();
    sight.subject(ping(Flags::SYN, 9));
    let wanted = |length| ExpectFrame {
        stream: None,
        frame_type: FrameType::Ping,
        flags: Flags::SYN,
        length,
    };
    assert!(matches!(take_frame(&mut sight.observer, &wanted(Some(8))), Match::Contradicted(_)));
    assert_eq!(take_frame(&mut sight.observer, &wanted(Some(9))), at(3));
}

#[test]
fn each_forbidden_event_is_seen_and_no_other() {
    let mut calm = Sight::of_open_stream();
    calm.observer.opened.clear();
    let mut busy = Sight::of_open_stream();
    busy.subject(update(Flags::SYN, 3, 0));
    busy.peer(data(Flags::SYN, 2, 100));
    busy.bind("p", 2);
    busy.subject(update(Flags::ACK, 2, 100));
    busy.subject(data(Flags::FIN, 1, 5));
    busy.subject(update(Flags::RST, 2, 0));
    busy.subject(ping(Flags::ACK, 7));
    busy.subject(go_away(0));
    busy.end();
    let p = || Label::from("p");
    for event in [
        ForbiddenEvent::Acked(p()),
        ForbiddenEvent::Anything(s()),
        ForbiddenEvent::Credit(p()),
        ForbiddenEvent::Data(s()),
        ForbiddenEvent::Fin(s()),
        ForbiddenEvent::GoAway,
        ForbiddenEvent::Opened,
        ForbiddenEvent::Pong(7),
        ForbiddenEvent::Reset(p()),
        ForbiddenEvent::SessionEnd,
    ] {
        assert!(forbidden(&mut busy.observer, &event).is_some(), "{event:?}");
        assert_eq!(forbidden(&mut calm.observer, &event), None);
    }
    for event in [
        ForbiddenEvent::Acked(s()),
        ForbiddenEvent::Credit(s()),
        ForbiddenEvent::Data(p()),
        ForbiddenEvent::Fin(p()),
        ForbiddenEvent::Pong(8),
        ForbiddenEvent::Reset(s()),
    ] {
        assert_eq!(forbidden(&mut busy.observer, &event), None);
    }
}

#[test]
fn what_nobody_asked_for_is_left_over_but_credit_acks_and_pings_are_not() {
    let mut sight = Sight::of_open_stream();
    sight.peer(data(Flags::SYN, 2, 100));
    sight.subject(update(Flags::ACK, 2, 100));
    sight.subject(ping(Flags::SYN, 1));
    sight.subject(ping(Flags::ACK, 2));
    assert_eq!(leftovers(&sight.observer), None);
    sight.subject(go_away(0));
    assert!(
        leftovers(&sight.observer)
            .is_some_and(|(unwanted, _)| unwanted == Unwanted::GoAway(GoAwayCode::Normal))
    );
    sight.subject(data(Flags::NONE, 1, 5));
    let left = |sight: &Sight| {
        let (unwanted, time) = leftovers(&sight.observer).expect("something is left");
        format!("{unwanted} at {time}")
    };
    assert_eq!(left(&sight), "5 bytes of data on s at 8.000");
    sight.subject(update(Flags::SYN, 3, 0));
    assert_eq!(left(&sight), "stream 3 opened at 9.000");
}
