//! Which turns are possible, and which are lawful, at which snapshots. Pure.

use std::time::Duration;

use crate::analysis::story::rules::{label, next_label};
use crate::analysis::story::trials::lab::Lab;
use crate::analysis::story::turn::{AppCall, Cancellable, PeerFrame, Turn, WireFault};
use crate::scenario::Actor::{Peer, Subject};
use crate::scenario::Label;
use crate::yamux::frame::Flags;

fn a() -> Label {
    label(0)
}

fn subject(call: AppCall) -> Turn {
    Turn::Call(Subject, call)
}

fn peer(call: AppCall) -> Turn {
    Turn::Call(Peer, call)
}

fn update(flags: Flags, credit: u32) -> Turn {
    Turn::Frame(PeerFrame::Update { stream: a(), flags, credit })
}

fn data(flags: Flags, bytes: u32) -> Turn {
    Turn::Frame(PeerFrame::Data { stream: a(), flags, bytes })
}

fn fill(beyond: u32) -> Turn {
    Turn::Frame(PeerFrame::FillWindow { stream: a(), beyond })
}

/// The session after these turns.
fn after(turns: &[Turn]) -> Lab {
    let mut lab = Lab::default();
    turns.iter().for_each(|turn| lab.play(turn));
    lab
}

#[track_caller]
fn assert_possible(before: &[Turn], possible: &[Turn], impossible: &[Turn]) {
    let lab = after(before);
    for turn in possible {
        assert!(turn.is_possible(lab.snapshot()), "{turn} is possible");
    }
    for turn in impossible {
        assert!(!turn.is_possible(lab.snapshot()), "{turn} is impossible");
    }
}

#[track_caller]
fn assert_lawful(before: &[Turn], lawful: &[Turn], unlawful: &[Turn]) {
    let lab = after(before);
    for turn in lawful {
        assert!(
            turn.is_possible(lab.snapshot()) && turn.is_lawful(lab.snapshot()),
            "{turn} is lawful"
        );
    }
    for turn in unlawful {
        assert!(turn.is_possible(lab.snapshot()), "{turn} is possible");
        assert!(!turn.is_lawful(lab.snapshot()), "{turn} is unlawful");
    }
}

#[test]
fn nothing_happens_on_a_stream_before_its_beginning() {
    let open = subject(AppCall::Open(a()));
    let syn = update(Flags::SYN, 0);
    let accept = subject(AppCall::Accept(a()));
    let write = subject(AppCall::Write(a(), 1));
    let (fin, credit) = (update(Flags::FIN, 0), update(Flags::NONE, 1));
    assert_possible(
        &[],
        &[open.clone(), syn.clone(), accept.clone(), data(Flags::SYN, 1)],
        &[write.clone(), fin.clone(), credit.clone(), fill(0)],
    );
    assert_possible(
        std::slice::from_ref(&open),
        &[write.clone(), fin.clone(), credit.clone(), syn.clone()],
        &[open.clone(), accept.clone()],
    );
    assert_possible(
        std::slice::from_ref(&syn),
        &[accept.clone(), fin, credit, syn.clone()],
        &[open, write.clone()],
    );
    assert_possible(&[syn, accept.clone()], &[write], &[accept]);
}

#[test]
fn a_stream_that_is_awaited_is_the_next_to_be_opened() {
    let accept = subject(AppCall::Accept(label(0)));
    let lab = after(std::slice::from_ref(&accept));
    assert_eq!(next_label(lab.snapshot(), Peer, 0), label(0));
    assert_eq!(next_label(lab.snapshot(), Subject, 0), label(1));
    let syn_b = PeerFrame::Update { stream: label(1), flags: Flags::SYN, credit: 0 };
    assert_possible(
        &[accept],
        &[update(Flags::SYN, 0), subject(AppCall::Cancel(Cancellable::Accept, a()))],
        &[Turn::Frame(syn_b), subject(AppCall::Accept(label(1))), subject(AppCall::Open(a()))],
    );
}

#[test]
fn streams_are_accepted_in_order() {
    let open = |number| peer(AppCall::Open(label(number)));
    let accept = |number| subject(AppCall::Accept(label(number)));
    assert_possible(&[open(0), open(1)], &[accept(0)], &[accept(1), accept(2)]);
    assert_possible(&[open(0), open(1), accept(0)], &[accept(1)], &[accept(0), accept(2)]);
    let drop = subject(AppCall::Drop(a()));
    assert_possible(&[open(0), open(1), accept(0), drop], &[accept(1)], &[accept(0)]);
}

#[test]
fn an_application_uses_what_it_holds_and_has_not_closed() {
    let open = subject(AppCall::Open(a()));
    let (read, write) = (subject(AppCall::Read(a(), 1)), subject(AppCall::Write(a(), 1)));
    let close = subject(AppCall::Close(a()));
    let (drop, reset) = (subject(AppCall::Drop(a())), subject(AppCall::Reset(a())));
    let cancel = subject(AppCall::Cancel(Cancellable::Read, a()));
    assert_possible(
        &[open.clone(), close.clone()],
        &[read.clone(), drop.clone(), reset.clone()],
        &[write.clone(), close.clone(), cancel.clone()],
    );
    assert_possible(
        &[open.clone(), read.clone()],
        &[write.clone(), close.clone(), cancel, reset.clone()],
        &[read.clone(), drop],
    );
    assert_possible(&[open, reset.clone()], &[], &[read, write, close, reset]);
}

#[test]
fn a_peer_keeps_within_its_window_and_ends_once() {
    let (syn, fin) = (update(Flags::SYN, 0), update(Flags::FIN, 0));
    let rst = update(Flags::RST, 0);
    assert_lawful(
        std::slice::from_ref(&syn),
        &[data(Flags::NONE, 262_144), data(Flags::FIN, 0), fill(0), fin.clone(), rst.clone()],
        &[data(Flags::NONE, 262_145), fill(1), syn.clone(), update(Flags::ACK, 0)],
    );
    assert_lawful(
        std::slice::from_ref(&syn),
        &[update(Flags::NONE, u32::MAX - 262_144)],
        &[update(Flags::NONE, u32::MAX - 262_143), update(Flags::from_bits(0x10), 0)],
    );
    assert_lawful(
        &[syn.clone(), fin.clone()],
        &[update(Flags::NONE, 1), rst.clone()],
        &[data(Flags::NONE, 0), fin.clone(), fill(0)],
    );
    let all = [data(Flags::NONE, 0), fin, update(Flags::NONE, 1), rst.clone()];
    assert_lawful(&[syn.clone(), rst], &[], &all);
    assert_possible(&[syn, fill(0)], &[fill(1)], &[fill(0)]);
}

#[test]
fn a_peer_acknowledges_once_and_before_all_else() {
    let open = subject(AppCall::Open(a()));
    let (ack, ack_data) = (update(Flags::ACK, 0), data(Flags::ACK, 1));
    assert_lawful(
        std::slice::from_ref(&open),
        &[ack.clone(), ack_data.clone(), update(Flags::RST, 0)],
        &[data(Flags::NONE, 1), update(Flags::NONE, 1), update(Flags::FIN, 0)],
    );
    assert_lawful(&[open, ack.clone()], &[data(Flags::NONE, 1)], &[ack, ack_data]);
}

#[test]
fn a_session_has_pongs_for_pings_and_nothing_after_its_end() {
    let pong = Turn::Frame(PeerFrame::Pong);
    let ping = subject(AppCall::Ping);
    let (resume, stall) = (WireFault::Resume(Subject), WireFault::Stall(Subject));
    let (resume, stall) = (Turn::Fault(resume), Turn::Fault(stall));
    assert_possible(&[], &[ping.clone(), stall.clone()], &[pong.clone(), resume.clone()]);
    assert_lawful(std::slice::from_ref(&ping), std::slice::from_ref(&pong), &[]);
    assert_lawful(&[ping.clone(), ping.clone()], &[], std::slice::from_ref(&pong));
    assert_possible(std::slice::from_ref(&stall), &[resume], &[]);
    let go_away = |code| Turn::Frame(PeerFrame::GoAway(code));
    assert_lawful(&[], &[go_away(0), go_away(2)], &[go_away(3)]);
    assert_lawful(&[subject(AppCall::GoAway)], &[go_away(0)], &[update(Flags::SYN, 0)]);
    let open = subject(AppCall::Open(a()));
    assert_possible(
        &[open, subject(AppCall::CloseSession)],
        &[subject(AppCall::Read(a(), 1)), Turn::Wait(Duration::from_secs(1))],
        &[ping, stall, update(Flags::ACK, 0), Turn::Wait(Duration::ZERO)],
    );
}

#[test]
fn labels_go_on_behind_z() {
    let labels: Vec<Label> = [0, 25, 26, 27, 53].into_iter().map(label).collect();
    assert_eq!(labels, ["a", "z", "aa", "ab", "bb"].map(Label::from));
}
