//! A success says what is true, and an error has a cause. Pure.

use std::time::Duration;

use crate::model::Call;
use crate::model::rules::{
    Exchange, WINDOW, accept, cancel, close, close_read, data, drop_handle, go_away, half_close,
    open, ping, read, read_to_end, reset, update, write,
};
use crate::scenario::ErrorClass::{
    Cancelled, ConnectionWriteTimeout, Deadline, Eof, KeepaliveTimeout, SessionShutdown,
    StreamClosed, StreamReset, StreamsExhausted,
};
use crate::scenario::{Action, Actor, Label, WireControl};
use crate::yamux::frame::Flags;

#[test]
fn a_read_returns_what_has_arrived() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(data(Flags::NONE, 1, 10));
    exchange.done(read(10));
    let call = exchange.begin(read(1));
    assert_eq!(exchange.ends(call, None, 1), "DATA-01");
}

#[test]
fn an_accept_returns_a_stream_that_the_peer_has_opened() {
    let mut exchange = Exchange::of_accepted();
    let call = exchange.begin(accept("t"));
    assert_eq!(exchange.ends(call, None, 0), "ACC-19", "its only stream was accepted before");
    let mut exchange = Exchange::of_accepted();
    exchange.peer(update(Flags::SYN, 4, 0));
    exchange.done(accept("t"));
}

#[test]
fn an_open_fails_when_something_bounds_it() {
    let until = |class| {
        let deadline = Some(Duration::from_secs(1));
        let action = Action::Open { stream: "t".into(), deadline };
        Exchange::of_opened().fails(action, class)
    };
    assert_eq!(Exchange::of_opened().fails(open("t"), StreamClosed), "OPEN-27");
    assert_eq!(Exchange::of_opened().fails(open("t"), Deadline), "OPEN-27");
    assert_eq!((until(Deadline), until(StreamClosed)), ("", "OPEN-27"));
    assert_eq!(Exchange::of_opened().fails(open("t"), StreamsExhausted), "");
    let mut exchange = Exchange::of_opened();
    exchange.begin(open("t"));
    exchange.subject(update(Flags::SYN, 3, 0));
    assert_eq!(exchange.fails(open("u"), StreamClosed), "", "another is not acknowledged");
}

#[test]
fn an_open_fails_when_the_peer_refuses_its_stream() {
    let mut exchange = Exchange::of_opened();
    let call = exchange.begin(open("t"));
    exchange.subject(update(Flags::SYN, 3, 0));
    exchange.bind("t", 3);
    exchange.peer(update(Flags::RST, 3, 0));
    assert_eq!(exchange.ends(call, Some(StreamReset), 0), "");
    assert_eq!(exchange.fails(open("u"), StreamReset), "OPEN-27", "nobody refused this one");
}

#[test]
fn an_accept_fails_at_its_deadline() {
    let until = |class| {
        let deadline = Some(Duration::from_secs(1));
        Exchange::default().fails(Action::Accept { stream: "t".into(), deadline }, class)
    };
    assert_eq!((until(Deadline), until(StreamClosed)), ("", "ACC-19"));
    assert_eq!(Exchange::default().fails(accept("t"), Deadline), "ACC-19");
}

#[test]
fn a_read_or_write_fails_when_its_stream_has_ended() {
    for action in [read(1), write(1)] {
        let after = |before: Action| {
            let mut exchange = Exchange::of_opened();
            exchange.begin(before);
            exchange.fails(action.clone(), StreamClosed)
        };
        assert_eq!(Exchange::of_opened().fails(action.clone(), StreamClosed), "DATA-01");
        for before in [half_close(), close(), close_read(), reset(), drop_handle()] {
            assert_eq!(after(before.clone()), "", "{action} after {before}");
        }
        let mut exchange = Exchange::of_opened();
        exchange.peer(update(Flags::RST, 1, 0));
        assert_eq!(exchange.fails(action, StreamReset), "");
    }
}

#[test]
fn a_write_goes_on_after_the_fin_of_the_peer() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(update(Flags::FIN, 1, 0));
    assert_eq!(exchange.fails(write(1), StreamClosed), "FIN-06");
    let mut exchange = Exchange::of_opened();
    exchange.peer(update(Flags::FIN, 1, 0));
    exchange.done(write(1));
}

#[test]
fn a_deadline_ends_calls_once_it_is_set() {
    assert_eq!(Exchange::of_opened().fails(read(1), Deadline), "DATA-01");
    let mut exchange = Exchange::of_opened();
    let read_deadline = Some(Some(Duration::from_secs(1)));
    exchange.done(Action::SetDeadline { stream: "s".into(), read: read_deadline, write: None });
    assert_eq!(exchange.fails(read(1), Deadline), "");
    assert_eq!(exchange.fails(read(1), StreamClosed), "DATA-01");
}

#[test]
fn a_deadline_is_exact_to_the_tick_of_a_timer() {
    for (early, clause) in [(1, ""), (3, "TMO-10")] {
        let mut exchange = Exchange::of_opened();
        // The read fails three events after this one.
        let after = Duration::from_secs(3) + Duration::from_millis(early);
        let read_deadline = Some(Some(after));
        exchange.done(Action::SetDeadline { stream: "s".into(), read: read_deadline, write: None });
        assert_eq!(exchange.fails(read(1), Deadline), clause, "{early} ms early");
    }
}

#[test]
fn the_first_close_succeeds() {
    for action in [half_close(), close()] {
        assert_eq!(Exchange::of_opened().fails(action.clone(), StreamClosed), "FIN-01");
        let mut exchange = Exchange::of_opened();
        exchange.done(half_close());
        assert_eq!(exchange.fails(action.clone(), StreamClosed), "", "it is the second");
        let mut exchange = Exchange::of_opened();
        exchange.begin(write(u64::from(WINDOW) + 1));
        exchange.begin(half_close());
        assert_eq!(exchange.fails(action.clone(), StreamClosed), "", "the first waits");
        let mut exchange = Exchange::of_opened();
        exchange.done(reset());
        assert_eq!(exchange.fails(action, StreamReset), "");
    }
}

#[test]
fn the_end_of_a_stream_is_a_fin_and_all_the_bytes_before_it() {
    let to_end = |exchange: &mut Exchange, bytes| {
        let call = exchange.begin(read_to_end());
        exchange.ends(call, Some(Eof), bytes)
    };
    let mut exchange = Exchange::of_opened();
    exchange.peer(data(Flags::NONE, 1, 10));
    assert_eq!(to_end(&mut exchange, 10), "FIN-10", "nothing has ended");
    for (bytes, clause) in [(9, "FIN-10"), (10, "")] {
        let mut exchange = Exchange::of_opened();
        exchange.peer(data(Flags::FIN, 1, 10));
        assert_eq!(to_end(&mut exchange, bytes), clause, "{bytes} of 10 bytes");
    }
    let mut exchange = Exchange::of_opened();
    let now = exchange.now();
    exchange.model.take_header(now, Actor::Peer, &data(Flags::FIN, 1, 10));
    assert_eq!(to_end(&mut exchange, 0), "FIN-08", "the body has not followed yet");
    let mut exchange = Exchange::of_opened();
    exchange.peer(update(Flags::RST, 1, 0));
    assert_eq!(to_end(&mut exchange, 0), "RST-07");
    let mut exchange = Exchange::of_opened();
    exchange.begin(close());
    assert_eq!(to_end(&mut exchange, 0), "", "it has closed the stream itself");
}

#[test]
fn the_end_of_a_session_is_no_end_of_stream_unless_it_was_announced() {
    let after = |ends: fn(&mut Exchange)| {
        let mut exchange = Exchange::of_opened();
        ends(&mut exchange);
        exchange.fails(read(1), Eof)
    };
    assert_eq!(after(Exchange::peer_leaves), "SES-07");
    assert_eq!(after(|exchange| exchange.peer(go_away(0))), "");
    let close_session = Action::CloseSession { code: None };
    let mut exchange = Exchange::of_opened();
    exchange.begin(close_session);
    assert_eq!(exchange.fails(read(1), Eof), "", "its application has ended it");
}

#[test]
fn every_call_fails_with_its_session() {
    let all = [open("t"), accept("t"), read(1), write(1), close()];
    for action in all {
        assert_ne!(Exchange::of_opened().fails(action.clone(), SessionShutdown), "");
        let mut exchange = Exchange::of_opened();
        exchange.peer_leaves();
        assert_eq!(exchange.fails(action.clone(), SessionShutdown), "", "{action}");
        let mut exchange = Exchange::of_opened();
        exchange.peer(data(Flags::NONE, 1, WINDOW + 1));
        assert_eq!(exchange.fails(action, SessionShutdown), "", "the peer broke the protocol");
    }
}

#[test]
fn a_go_away_ends_the_calls_of_its_own_end() {
    for action in [open("t"), accept("t")] {
        let mut exchange = Exchange::of_opened();
        exchange.begin(Action::GoAway { code: None });
        assert_eq!(exchange.fails(action.clone(), SessionShutdown), "", "{action}");
    }
}

#[test]
fn timers_need_something_that_is_late() {
    assert_eq!(Exchange::of_opened().fails(read(1), KeepaliveTimeout), "DATA-01");
    let mut exchange = Exchange::of_opened();
    exchange.subject(ping(Flags::SYN, 0));
    assert_eq!(exchange.fails(read(1), KeepaliveTimeout), "", "its ping has no answer");
    assert_eq!(Exchange::of_opened().fails(write(1), ConnectionWriteTimeout), "DATA-01");
    let mut exchange = Exchange::of_opened();
    exchange.model.take_fault(&WireControl::Rate(Actor::Peer, Some(1)));
    assert_eq!(exchange.fails(write(1), ConnectionWriteTimeout), "", "the wire is slow");
}

#[test]
fn a_call_is_cancelled_if_its_application_cancels() {
    assert_eq!(Exchange::of_opened().fails(read(1), Cancelled), "DATA-01");
    let mut exchange = Exchange::of_opened();
    exchange.begin(cancel());
    assert_eq!(exchange.fails(read(1), Cancelled), "");
    assert_eq!(exchange.fails(read(1), StreamClosed), "DATA-01");
}

#[test]
fn calls_on_a_stream_whose_number_was_used_again_are_free() {
    let mut exchange = Exchange::of_accepted();
    exchange.peer(update(Flags::FIN, 2, 0));
    exchange.subject(update(Flags::FIN, 2, 0));
    assert_eq!(exchange.fails(write(1), StreamClosed), "FIN-06");
    exchange.peer(update(Flags::SYN, 2, 0));
    assert_eq!(exchange.fails(write(1), StreamClosed), "");
}

#[test]
fn on_a_slow_wire_a_pong_may_be_sent_before_the_ping_is_seen() {
    let pinged = |is_slow: bool, value: u32| {
        let mut exchange = Exchange::of_opened();
        if is_slow {
            exchange.model.take_fault(&WireControl::Rate(Actor::Subject, Some(1)));
        }
        let call = exchange.begin(Action::Ping);
        exchange.peer(ping(Flags::ACK, 7));
        exchange.subject(ping(Flags::SYN, value));
        exchange.ends(call, None, 0)
    };
    assert_eq!(pinged(true, 7), "");
    assert_eq!(pinged(true, 8), "PING-13");
    assert_eq!(pinged(false, 7), "PING-13");
}

#[test]
fn writes_are_mixed_if_one_waits_behind_another_that_fails() {
    let is_mixed = |exchange: &Exchange| {
        let handle = exchange.model.handle(Actor::Subject, &Label::from("s"));
        handle.is_some_and(|handle| handle.has_mixed_writes)
    };
    let mut exchange = Exchange::of_opened();
    let first = exchange.begin(write(1));
    exchange.begin(write(1));
    assert!(!is_mixed(&exchange));
    exchange.ends(first, Some(Deadline), 0);
    assert!(is_mixed(&exchange));
    let mut exchange = Exchange::of_opened();
    exchange.fails(write(1), Deadline);
    exchange.begin(write(1));
    assert!(!is_mixed(&exchange));
    exchange.begin(write(1));
    assert!(is_mixed(&exchange));
}

#[test]
fn writes_are_mixed_if_one_begins_before_a_cancelled_one_has_ended() {
    let is_mixed = |has_ended: bool| {
        let mut exchange = Exchange::of_opened();
        let (now, label) = (exchange.now(), Label::from("first"));
        let first = Call::new(Actor::Subject, write(1), Some(label));
        exchange.model.begin_call(now, 100, first);
        exchange.begin(Action::Cancel { label: Label::from("first") });
        if has_ended {
            exchange.ends(100, Some(Cancelled), 0);
        }
        exchange.begin(write(1));
        exchange
            .model
            .handle(Actor::Subject, &Label::from("s"))
            .is_some_and(|handle| handle.has_mixed_writes)
    };
    assert!(is_mixed(false));
    assert!(!is_mixed(true));
}
