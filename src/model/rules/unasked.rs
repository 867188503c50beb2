//! What an end sends is asked for, by its application or by the other end. Pure.

use crate::model::rules::{
    Exchange, WINDOW, accept, cancel, close, close_read, data, drop_handle, go_away, half_close,
    open, ping, reset, update, write,
};
use crate::scenario::{Action, Actor, WireControl};
use crate::yamux::frame::Flags;

#[test]
fn each_stream_has_an_open() {
    let mut exchange = Exchange::default();
    exchange.begin(open("a"));
    assert_eq!(exchange.subject(update(Flags::SYN, 1, 0)), "");
    assert_eq!(exchange.subject(update(Flags::SYN, 3, 0)), "SES-10");
    assert_eq!(Exchange::default().subject(data(Flags::SYN, 1, 0)), "SES-10");
}

#[test]
fn a_number_is_used_again_once_its_stream_is_over() {
    let over: [fn(&mut Exchange); 2] = [
        |exchange| {
            exchange.begin(half_close());
            assert_eq!(exchange.subject(update(Flags::FIN, 1, 0)), "");
            exchange.peer(update(Flags::FIN, 1, 0));
        },
        |exchange| {
            exchange.begin(reset());
            assert_eq!(exchange.subject(update(Flags::RST, 1, 0)), "");
        },
    ];
    for end in over {
        for first in [update(Flags::SYN, 1, 0), data(Flags::SYN, 1, WINDOW)] {
            let mut exchange = Exchange::of_opened();
            exchange.begin(open("t"));
            assert_eq!(exchange.subject(first), "OPEN-02", "its stream lives");
            let mut exchange = Exchange::of_opened();
            end(&mut exchange);
            assert_eq!(exchange.subject(first), "SES-10", "no other stream was opened");
            let mut exchange = Exchange::of_opened();
            end(&mut exchange);
            exchange.begin(open("t"));
            assert_eq!(exchange.subject(first), "", "{first:?}");
        }
    }
}

#[test]
fn payload_is_what_was_written() {
    let mut exchange = Exchange::of_opened();
    exchange.begin(write(10));
    assert_eq!(exchange.subject(data(Flags::NONE, 1, 10)), "");
    assert_eq!(exchange.subject(data(Flags::NONE, 1, 1)), "DATA-01");
    assert_eq!(Exchange::of_opened().subject(data(Flags::NONE, 1, 1)), "DATA-01");
}

#[test]
fn a_fin_follows_the_end_of_a_handle() {
    for fin in [update(Flags::FIN, 1, 0), data(Flags::FIN, 1, 0)] {
        assert_eq!(Exchange::of_opened().subject(fin), "SES-10");
        for action in [half_close(), close(), reset(), drop_handle(), cancel()] {
            let mut exchange = Exchange::of_opened();
            exchange.begin(action.clone());
            assert_eq!(exchange.subject(fin), "", "{action}");
        }
        let mut exchange = Exchange::of_opened();
        exchange.begin(close_read());
        assert_eq!(exchange.subject(fin), "SES-10", "it may write on");
    }
}

#[test]
fn a_call_that_the_library_does_not_have_undoes_nothing() {
    let mut exchange = Exchange::of_opened();
    exchange.begin(close());
    let missing = exchange.begin(half_close());
    exchange.model.forget_call(missing);
    assert_eq!(exchange.subject(update(Flags::FIN, 1, 0)), "");
    let mut exchange = Exchange::of_opened();
    let missing = exchange.begin(half_close());
    exchange.model.forget_call(missing);
    assert_eq!(exchange.subject(update(Flags::FIN, 1, 0)), "SES-10");
}

#[test]
fn a_reset_follows_the_end_of_a_handle_or_of_reading() {
    let rst = update(Flags::RST, 1, 0);
    assert_eq!(Exchange::of_opened().subject(rst), "SES-10");
    for action in [half_close(), close(), reset(), drop_handle(), cancel(), close_read()] {
        let mut exchange = Exchange::of_opened();
        exchange.begin(action.clone());
        assert_eq!(exchange.subject(rst), "", "{action}");
    }
    let mut exchange = Exchange::of_opened();
    exchange.peer(rst);
    assert_eq!(exchange.subject(rst), "", "the stream is over");
    let mut exchange = Exchange::of_opened();
    exchange.peer(rst);
    assert_eq!(exchange.subject(update(Flags::FIN, 1, 0)), "", "so is it for a FIN");
}

#[test]
fn a_stream_that_nobody_acknowledges_may_be_given_up() {
    let opened = || {
        let mut exchange = Exchange::default();
        let call = exchange.begin(open("s"));
        exchange.subject(update(Flags::SYN, 1, 0));
        exchange.bind("s", 1);
        exchange.ends(call, None, 0);
        exchange
    };
    assert_eq!(opened().subject(update(Flags::RST, 1, 0)), "");
    let mut exchange = opened();
    exchange.peer(update(Flags::ACK, 1, 0));
    assert_eq!(exchange.subject(update(Flags::RST, 1, 0)), "SES-10");
}

#[test]
fn streams_may_end_before_their_session() {
    let reasons: [fn(&mut Exchange); 3] = [
        |exchange| {
            exchange.subject(ping(Flags::SYN, 0));
        },
        |exchange| {
            exchange.begin(Action::GoAway { code: None });
        },
        |exchange| exchange.model.take_fault(&WireControl::Rate(Actor::Peer, Some(1))),
    ];
    for reason in reasons {
        for header in [update(Flags::FIN, 1, 0), update(Flags::RST, 1, 0)] {
            let mut exchange = Exchange::of_opened();
            reason(&mut exchange);
            assert_eq!(exchange.subject(header), "", "{header:?}");
        }
        let mut exchange = Exchange::of_opened();
        reason(&mut exchange);
        assert_eq!(exchange.subject(data(Flags::NONE, 1, 1)), "DATA-01", "nobody wrote that");
    }
}

#[test]
fn a_stream_is_refused_until_it_is_accepted() {
    let rst = update(Flags::RST, 2, 0);
    assert_eq!(Exchange::of_accepted().subject(rst), "SES-10");
    let mut exchange = Exchange::default();
    exchange.peer(update(Flags::SYN, 2, 0));
    exchange.bind("s", 2);
    exchange.begin(accept("s"));
    assert_eq!(exchange.subject(rst), "");
}

#[test]
fn a_pong_answers_a_ping_once() {
    let mut exchange = Exchange::default();
    exchange.peer(ping(Flags::SYN, 7));
    assert_eq!(exchange.subject(ping(Flags::ACK, 7)), "");
    assert_eq!(exchange.subject(ping(Flags::ACK, 7)), "PING-10");
    assert_eq!(exchange.subject(ping(Flags::ACK, 8)), "PING-01");
    let mut exchange = Exchange::default();
    exchange.peer(ping(Flags::SYN, 7));
    exchange.peer(ping(Flags::SYN, 7));
    assert_eq!(exchange.subject(ping(Flags::ACK, 7)), "");
    assert_eq!(exchange.subject(ping(Flags::ACK, 7)), "", "there were two pings");
    assert_eq!(exchange.subject(ping(Flags::SYN, 7)), "", "keepalives need no call");
}

#[test]
fn a_session_ends_if_its_application_ends_it() {
    let mut exchange = Exchange::of_opened();
    assert_eq!(exchange.subject(go_away(0)), "SES-09");
    assert_eq!(Exchange::of_opened().subject_leaves(), "SES-09");
    for action in [Action::GoAway { code: None }, Action::CloseSession { code: None }] {
        let mut exchange = Exchange::of_opened();
        exchange.begin(action.clone());
        assert_eq!(exchange.subject(go_away(0)), "", "{action}");
        assert_eq!(exchange.subject_leaves(), "", "{action}");
    }
}

#[test]
fn a_session_ends_if_the_peer_or_the_wire_ends_it() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(go_away(0));
    assert_eq!(exchange.subject_leaves(), "");
    let mut exchange = Exchange::of_opened();
    exchange.peer_leaves();
    assert_eq!(exchange.subject(go_away(0)), "");
    let mut exchange = Exchange::of_opened();
    exchange.model.take_fault(&WireControl::End(Actor::Peer));
    assert_eq!(exchange.subject_leaves(), "");
}

#[test]
fn a_session_ends_if_the_peer_breaks_the_protocol_but_not_if_that_is_tolerated() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(data(Flags::NONE, 1, WINDOW + 1));
    assert_eq!(exchange.subject(go_away(1)), "");
    let mut exchange = Exchange::of_opened();
    exchange.peer(ping(Flags::ACK, 9));
    assert_eq!(exchange.subject(go_away(1)), "PING-05");
}

#[test]
fn a_stream_that_ends_before_its_session_breaks_what_the_end_breaks() {
    for header in [update(Flags::RST, 1, 0), update(Flags::FIN, 1, 0)] {
        let mut exchange = Exchange::of_opened();
        exchange.peer(ping(Flags::ACK, 9));
        assert_eq!(exchange.subject(header), "PING-05", "{header:?}");
    }
}

#[test]
fn a_session_ends_if_a_ping_or_an_opening_has_no_answer() {
    let mut exchange = Exchange::of_opened();
    exchange.subject(ping(Flags::SYN, 0));
    assert_eq!(exchange.subject_leaves(), "");
    let mut exchange = Exchange::of_opened();
    exchange.subject(ping(Flags::SYN, 0));
    exchange.peer(ping(Flags::ACK, 0));
    assert_eq!(exchange.subject_leaves(), "SES-09", "it was answered");
    let mut exchange = Exchange::default();
    exchange.begin(open("a"));
    exchange.subject(update(Flags::SYN, 1, 0));
    assert_eq!(exchange.subject_leaves(), "");
}

#[test]
fn everything_goes_while_the_session_ends() {
    for header in [update(Flags::FIN, 1, 0), data(Flags::NONE, 1, 1), ping(Flags::ACK, 3)] {
        let mut exchange = Exchange::of_opened();
        exchange.peer(go_away(0));
        assert_eq!(exchange.subject(header), "", "{header:?}");
    }
}

#[test]
fn a_stream_on_which_the_peer_has_strayed_may_be_given_up() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(update(Flags::FIN, 1, 0));
    exchange.peer(data(Flags::NONE, 1, 1));
    assert_eq!(exchange.subject(update(Flags::RST, 1, 0)), "");
    let mut exchange = Exchange::of_opened();
    exchange.peer(update(Flags::FIN, 1, 0));
    assert_eq!(exchange.subject(update(Flags::RST, 1, 0)), "SES-10", "it has only finished");
}

#[test]
fn a_frame_that_was_tolerated_does_not_explain_an_end_after_the_next_frame() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(ping(Flags::ACK, 9));
    exchange.peer(ping(Flags::SYN, 1));
    assert_eq!(exchange.subject_leaves(), "SES-09");
}
