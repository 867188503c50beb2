//! What is owed once nothing moves any more: frames, and the ends of calls. Pure.

use crate::model::rules::{
    Exchange, WINDOW, accept, cancel, close, close_read, data, go_away, half_close, open, ping,
    read, read_to_end, reset, update, write,
};
use crate::scenario::ErrorClass::Cancelled;
use crate::scenario::{Action, Actor, WireControl};
use crate::yamux::frame::{Flags, RawHeader};

#[test]
fn a_ping_has_a_pong() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(ping(Flags::SYN, 7));
    assert_eq!(exchange.owed(), "PING-01");
    exchange.subject(ping(Flags::ACK, 7));
    assert_eq!(exchange.owed(), "");
}

#[test]
fn each_of_several_pings_has_a_pong() {
    let mut exchange = Exchange::of_opened();
    exchange.peer(ping(Flags::SYN, 7));
    exchange.peer(ping(Flags::SYN, 8));
    exchange.subject(ping(Flags::ACK, 8));
    assert_eq!(exchange.owed(), "PING-10");
    exchange.subject(ping(Flags::ACK, 7));
    assert_eq!(exchange.owed(), "");
    exchange.peer(ping(Flags::SYN, 9));
    assert_eq!(exchange.owed(), "PING-01", "it is alone");
}

#[test]
fn a_stream_is_announced_once_it_is_written_to() {
    let mut exchange = Exchange::default();
    exchange.done(open("s"));
    exchange.bind("s", 1);
    assert_eq!(exchange.owed(), "", "an opening may wait for the first bytes");
    exchange.done(write(5));
    assert_eq!(exchange.owed(), "OPEN-01");
    exchange.subject(data(Flags::SYN, 1, 5));
    assert_eq!(exchange.owed(), "");
}

#[test]
fn an_accepted_stream_is_acknowledged() {
    let mut exchange = Exchange::of_accepted();
    assert_eq!(exchange.owed(), "ACC-07");
    exchange.subject(update(Flags::ACK, 2, 0));
    assert_eq!(exchange.owed(), "");
    let mut exchange = Exchange::of_accepted();
    exchange.peer(update(Flags::FIN, 2, 0));
    assert_eq!(exchange.owed(), "ACC-07", "its opener has finished since");
    let mut exchange = Exchange::default();
    exchange.peer(update(Flags::SYN, 2, 0));
    exchange.bind("s", 2);
    exchange.peer(update(Flags::FIN, 2, 0));
    exchange.done(accept("s"));
    assert_eq!(exchange.owed(), "ACC-08", "its opener had finished before");
    let mut exchange = Exchange::of_accepted();
    exchange.peer(update(Flags::RST, 2, 0));
    assert_eq!(exchange.owed(), "");
}

#[test]
fn payload_is_sent_as_far_as_there_is_credit() {
    let mut exchange = Exchange::of_opened();
    exchange.begin(write(u64::from(WINDOW) + 1));
    exchange.subject(data(Flags::NONE, 1, WINDOW - 1));
    assert_eq!(exchange.owed(), "FLOW-02");
    exchange.subject(data(Flags::NONE, 1, 1));
    assert_eq!(exchange.owed(), "");
    exchange.peer(update(Flags::NONE, 1, 1));
    assert_eq!(exchange.owed(), "FLOW-02");
}

#[test]
fn more_than_the_first_window_waits_for_the_acknowledgement() {
    let mut exchange = Exchange::default();
    exchange.done(open("s"));
    exchange.subject(update(Flags::SYN, 1, 0));
    exchange.bind("s", 1);
    exchange.begin(write(u64::from(WINDOW) + 1));
    exchange.subject(data(Flags::NONE, 1, WINDOW - 1));
    assert_eq!(exchange.owed(), "FLOW-02");
    exchange.subject(data(Flags::NONE, 1, 1));
    exchange.peer(update(Flags::NONE, 1, 1));
    assert_eq!(exchange.owed(), "");
    exchange.peer(update(Flags::ACK, 1, 0));
    assert_eq!(exchange.owed(), "FLOW-02");
}

#[test]
fn a_close_has_a_fin() {
    for action in [half_close(), close()] {
        let mut exchange = Exchange::of_opened();
        exchange.done(action);
        assert_eq!(exchange.owed(), "FIN-01");
        exchange.subject(update(Flags::FIN, 1, 0));
        assert_eq!(exchange.owed(), "");
    }
    let mut exchange = Exchange::of_opened();
    exchange.begin(write(u64::from(WINDOW) + 1));
    exchange.subject(data(Flags::NONE, 1, WINDOW));
    exchange.done(half_close());
    assert_eq!(exchange.owed(), "", "a write waits for credit");
}

#[test]
fn a_reset_is_sent_also_on_a_stream_that_one_end_has_finished() {
    let mut exchange = Exchange::of_opened();
    exchange.done(reset());
    assert_eq!(exchange.owed(), "RST-01");
    exchange.subject(update(Flags::RST, 1, 0));
    assert_eq!(exchange.owed(), "");
    let mut exchange = Exchange::of_opened();
    exchange.done(half_close());
    exchange.subject(update(Flags::FIN, 1, 0));
    exchange.done(reset());
    assert_eq!(exchange.owed(), "RST-40");
    exchange.peer(update(Flags::FIN, 1, 0));
    assert_eq!(exchange.owed(), "", "both have finished");
    let mut exchange = Exchange::of_opened();
    exchange.peer(update(Flags::FIN, 1, 0));
    exchange.done(reset());
    assert_eq!(exchange.owed(), "RST-41");
}

#[test]
fn a_stream_that_the_peer_never_heard_of_needs_no_reset() {
    let mut exchange = Exchange::default();
    exchange.done(open("s"));
    exchange.bind("s", 1);
    exchange.done(reset());
    assert_eq!(exchange.owed(), "");
    exchange.subject(update(Flags::SYN, 1, 0));
    assert_eq!(exchange.owed(), "RST-01");
}

#[test]
fn a_reader_that_waits_for_more_than_the_window_gives_credit() {
    let read_all = || {
        let mut exchange = Exchange::of_opened();
        exchange.begin(read(u64::from(WINDOW) + 1));
        exchange
    };
    let mut exchange = read_all();
    exchange.peer(data(Flags::NONE, 1, WINDOW - 1));
    assert_eq!(exchange.owed(), "", "a byte of the window is left");
    exchange.peer(data(Flags::NONE, 1, 1));
    assert_eq!(exchange.owed(), "FLOW-16");
    exchange.subject(update(Flags::NONE, 1, WINDOW));
    assert_eq!(exchange.owed(), "");
    let mut exchange = read_all();
    exchange.peer(data(Flags::FIN, 1, WINDOW));
    assert_eq!(exchange.owed(), "FIN-17", "nothing more can come");
    let mut exchange = Exchange::of_opened();
    exchange.peer(data(Flags::NONE, 1, WINDOW));
    assert_eq!(exchange.owed(), "", "nobody reads");
}

#[test]
fn a_read_ends_with_its_bytes_or_with_the_stream() {
    let after = |action: Action, header: RawHeader| {
        let mut exchange = Exchange::of_opened();
        exchange.begin(action);
        exchange.peer(header);
        exchange.owed()
    };
    assert_eq!(after(read(10), data(Flags::NONE, 1, 10)), "WAIT-08");
    assert_eq!(after(read(10), data(Flags::NONE, 1, 9)), "");
    assert_eq!(after(read_to_end(), data(Flags::NONE, 1, 10)), "");
    assert_eq!(after(read_to_end(), data(Flags::FIN, 1, 10)), "FIN-17");
    assert_eq!(after(read_to_end(), update(Flags::RST, 1, 0)), "RST-13");
    let mut exchange = Exchange::of_opened();
    exchange.begin(read_to_end());
    exchange.begin(close_read());
    exchange.peer(update(Flags::FIN, 1, 0));
    assert_eq!(exchange.owed(), "", "its application reads no more");
}

#[test]
fn a_write_ends_once_it_is_sent_or_the_stream_is_reset() {
    let mut exchange = Exchange::of_opened();
    let call = exchange.begin(write(10));
    exchange.subject(data(Flags::NONE, 1, 10));
    assert_eq!(exchange.owed(), "WAIT-08");
    exchange.ends(call, None, 10);
    assert_eq!(exchange.owed(), "");
    exchange.begin(write(10));
    exchange.peer(update(Flags::RST, 1, 0));
    assert_eq!(exchange.owed(), "RST-13");
}

#[test]
fn a_write_behind_one_that_lost_count_may_still_wait_for_credit() {
    let mut exchange = Exchange::of_opened();
    let lost = exchange.begin(write(u64::from(WINDOW) + 1));
    exchange.subject(data(Flags::NONE, 1, WINDOW));
    exchange.begin(cancel());
    assert_eq!(exchange.ends(lost, Some(Cancelled), 0), "");
    exchange.begin(write(10));
    assert_eq!(exchange.owed(), "");
}

#[test]
fn a_half_close_waits_only_for_what_was_written() {
    let mut exchange = Exchange::of_opened();
    exchange.begin(half_close());
    assert_eq!(exchange.owed(), "WAIT-06");
    let buffered = || {
        let mut exchange = Exchange::of_opened();
        exchange.done(write(u64::from(WINDOW) + 1));
        exchange.subject(data(Flags::NONE, 1, WINDOW));
        exchange.begin(half_close());
        exchange
    };
    let mut exchange = buffered();
    assert_eq!(exchange.owed(), "", "the last byte waits for credit");
    exchange.peer(update(Flags::NONE, 1, 1));
    exchange.subject(data(Flags::NONE, 1, 1));
    assert_eq!(exchange.owed(), "WAIT-06");
    let mut exchange = buffered();
    exchange.peer(update(Flags::RST, 1, 0));
    assert_eq!(exchange.owed(), "RST-13", "nothing can be sent any more");
}

#[test]
fn a_reset_ends_the_calls_on_its_stream() {
    for action in [read(1), write(1), half_close()] {
        let running = || {
            let mut exchange = Exchange::of_opened();
            exchange.begin(action.clone());
            exchange
        };
        let mut exchange = running();
        exchange.peer(update(Flags::RST, 1, 0));
        assert_eq!(exchange.owed(), "RST-13", "{action}");
        let mut exchange = running();
        exchange.done(reset());
        exchange.subject(update(Flags::RST, 1, 0));
        assert_eq!(exchange.owed(), "RST-01", "{action}");
        exchange.peer_leaves();
        assert_eq!(exchange.owed(), "RST-01", "{action}: not by the end of the session");
    }
}

#[test]
fn an_accept_ends_once_a_stream_waits() {
    let mut exchange = Exchange::default();
    exchange.begin(accept("s"));
    assert_eq!(exchange.owed(), "");
    exchange.peer(update(Flags::SYN, 2, 0));
    assert_eq!(exchange.owed(), "ACC-19");
    exchange.peer(update(Flags::RST, 2, 0));
    assert_eq!(exchange.owed(), "", "it was withdrawn");
}

#[test]
fn an_open_ends_once_every_stream_is_acknowledged() {
    let mut exchange = Exchange::default();
    exchange.begin(open("s"));
    exchange.subject(update(Flags::SYN, 1, 0));
    assert_eq!(exchange.owed(), "");
    exchange.peer(update(Flags::ACK, 1, 0));
    assert_eq!(exchange.owed(), "OPEN-27");
}

#[test]
fn a_ping_ends_with_its_pong() {
    let mut exchange = Exchange::default();
    exchange.begin(Action::Ping);
    exchange.subject(ping(Flags::SYN, 0));
    assert_eq!(exchange.owed(), "");
    exchange.peer(ping(Flags::ACK, 0));
    assert_eq!(exchange.owed(), "PING-13");
}

#[test]
fn all_calls_end_with_the_session() {
    let mut exchange = Exchange::of_opened();
    let call = exchange.begin(read(1));
    assert_eq!(exchange.owed(), "");
    exchange.peer_leaves();
    assert_eq!(exchange.owed(), "SES-01");
    exchange.ends(call, None, 0);
    assert_eq!(exchange.owed(), "");
}

#[test]
fn a_broken_protocol_ends_the_session_or_the_stream() {
    let broken = || {
        let mut exchange = Exchange::of_opened();
        exchange.peer(data(Flags::NONE, 1, WINDOW + 1));
        exchange
    };
    assert_eq!(broken().owed(), "FRM-20", "some look at a window only once it is read");
    let mut exchange = broken();
    exchange.begin(read(1));
    assert_eq!(exchange.owed(), "FLOW-13");
    for header in [go_away(1), update(Flags::RST, 1, 0)] {
        let mut exchange = broken();
        exchange.subject(header);
        assert_eq!(exchange.owed(), "", "{header:?}");
    }
    for action in [close_read(), close()] {
        let mut exchange = broken();
        exchange.begin(action);
        assert_eq!(exchange.owed(), "", "nobody counts what nobody reads");
    }
}

#[test]
fn nothing_is_due_where_the_session_ends_the_wire_stalls_or_the_peer_strays() {
    let mut exchange = Exchange::of_accepted();
    exchange.peer(go_away(0));
    assert_eq!(exchange.owed(), "");
    let mut exchange = Exchange::of_accepted();
    exchange.model.take_fault(&WireControl::Stall(Actor::Peer));
    assert_eq!(exchange.owed(), "");
    let mut exchange = Exchange::of_accepted();
    exchange.peer(update(Flags::FIN, 2, 0));
    exchange.peer(data(Flags::NONE, 2, 1));
    assert_eq!(exchange.owed(), "");
}
