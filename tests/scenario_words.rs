//! Valid steps of scenario files: rounds, events that are repeated or optional, bodies in parts, and the wire.

use std::time::Duration;

use pretty_assertions::assert_eq;
use yamux_conform::harness::scenario::{
    Action, Actor, Amount, Expect, ExpectedEvent, Origin, SendFrame, StepKind, StreamRef,
    WireControl,
};
use yamux_conform::harness::trace::TransportEnd;
use yamux_conform::yamux::frame::Flags;

use crate::scenario_steps::{assert_steps, label, one, open, plain};
use crate::scenario_support::{file, scenario};

#[test]
fn steps_in_rounds_are_spelled_out_and_know_their_round() {
    let steps = r#"{"for_each": {"count": 2, "steps": [
        {"subject": {"open": {"stream": "s#"}}, "name": "n#"},
        {"subject": {"ping": {"within": "1s", "from": "n#"}}}]}},
        {"probe": "ping"}"#;
    let scenario = scenario(&file("app", steps));
    let opened: Vec<_> = scenario.steps.iter().step_by(2).map(|step| step.kind.clone()).collect();
    assert_eq!(opened, [open("s1"), open("s2"), plain(Actor::Peer, Action::Ping)]);
    let rounds: Vec<_> = scenario.steps.iter().map(|step| step.round).collect();
    assert_eq!(rounds, [Some(1), Some(1), Some(2), Some(2), None]);
    assert_eq!(scenario.steps[0].position, scenario.steps[2].position);
    let StepKind::Call(call) = &scenario.steps[3].kind else { panic!("expected a call") };
    assert_eq!(call.result.timing.from, Origin::Step(2));
}

#[test]
fn a_peer_expects_an_event_several_times_or_perhaps_or_more_of_it() {
    let expected = |expect| StepKind::Expect(expect);
    let steps = [
        (r#"{"subject": {"open": {"stream": "s"}}}"#, open("s")),
        (
            r#"{"peer": {"expect": {"pong": 7, "times": 3}}}"#,
            expected(Expect { times: 3, ..Expect::of(ExpectedEvent::Pong(7)) }),
        ),
        (
            r#"{"peer": {"expect": {"fin": "s", "optional": true}}}"#,
            expected(Expect { is_optional: true, ..Expect::of(ExpectedEvent::Fin(label("s"))) }),
        ),
        (
            r#"{"peer": {"expect": {"data": "s", "at_least": 3}}}"#,
            expected(Expect::of(ExpectedEvent::Data(label("s"), Amount::AtLeast(3)))),
        ),
    ];
    assert_steps("wire", &steps);
}

#[test]
fn a_body_can_be_cut_short_and_go_on_later() {
    let s = || label("s");
    let steps = [
        (
            r#"{"peer": {"send": {"data": "s", "bytes": 4, "length": 10, "flags": ["SYN"]}}}"#,
            one(SendFrame::Data {
                stream: StreamRef::Label(s()),
                flags: Flags::SYN,
                bytes: 4,
                length: 10,
            }),
        ),
        (
            r#"{"peer": {"send": {"rest": "s", "bytes": 1}}}"#,
            one(SendFrame::Rest { stream: s(), bytes: 1 }),
        ),
        (r#"{"peer": {"send": {"rest": "s"}}}"#, one(SendFrame::Rest { stream: s(), bytes: 5 })),
    ];
    assert_steps("wire", &steps);
}

#[test]
fn the_wire_can_be_disturbed() {
    use Actor::{Peer, Subject};
    let wire = StepKind::Wire;
    let delay = |by, jitter| WireControl::Delay { to: Peer, by, jitter };
    let steps = [
        (
            r#"{"wire": {"segment": {"to": "peer", "bytes": "off"}}}"#,
            wire(WireControl::Segment(Peer, None)),
        ),
        (
            r#"{"wire": {"segment": {"to": "peer", "bytes": "2B"}}}"#,
            wire(WireControl::Segment(Peer, Some(2))),
        ),
        (r#"{"wire": {"stall": {"to": "subject"}}}"#, wire(WireControl::Stall(Subject))),
        (r#"{"wait": "1m 1s"}"#, StepKind::Wait(Duration::from_secs(61))),
        (r#"{"wire": {"resume": {"to": "subject"}}}"#, wire(WireControl::Resume(Subject))),
        (
            r#"{"wire": {"delay": {"to": "peer", "by": "1ms"}}}"#,
            wire(delay(Duration::from_millis(1), Duration::ZERO)),
        ),
        (
            r#"{"wire": {"delay": {"to": "peer", "by": "0s", "jitter": "2ms"}}}"#,
            wire(delay(Duration::ZERO, Duration::from_millis(2))),
        ),
        (
            r#"{"wire": {"rate": {"to": "peer", "per_second": "1KiB"}}}"#,
            wire(WireControl::Rate(Peer, Some(1024))),
        ),
        (
            r#"{"wire": {"rate": {"to": "peer", "per_second": "off"}}}"#,
            wire(WireControl::Rate(Peer, None)),
        ),
        (
            r#"{"wire": {"buffer": {"to": "subject", "bytes": 9}}}"#,
            wire(WireControl::Buffer(Subject, 9)),
        ),
        (r#"{"subject": {"ping": {}}}"#, plain(Subject, Action::Ping)),
        (r#"{"wire": {"end": {"to": "subject"}}}"#, wire(WireControl::End(Subject))),
        (r#"{"wire": {"cut": "eof"}}"#, wire(WireControl::Cut(TransportEnd::Eof))),
        (r#"{"wire": {"cut": "reset"}}"#, wire(WireControl::Cut(TransportEnd::Reset))),
    ];
    assert_steps("app", &steps);
}
