//! Valid steps: every construct, checked into exactly what the engine carries out.

use std::sync::Arc;
use std::time::Duration;

use pretty_assertions::assert_eq;
use yamux_conform::harness::scenario::{
    Action, Actor, Amount, Call, ErrorClass, Expect, ExpectFrame, ExpectNone, ExpectedEvent,
    ExpectedResult, ForbiddenEvent, Join, Label, Origin, PingValue, RawBody, ReadAmount, Send,
    SendFrame, StepKind, StreamRef, TimePoint, TimeoutName, Timing, WeakerResult,
};
use yamux_conform::yamux::frame::{Flags, FrameType, GoAwayCode};

use crate::scenario_support::{file, scenario};

#[test]
fn every_application_action_becomes_a_call() {
    let s = || label("s");
    let (subject, peer) = (Actor::Subject, Actor::Peer);
    let deadline = Action::SetDeadline {
        stream: s(),
        read: Some(Some(Duration::from_secs(1))),
        write: Some(None),
    };
    let counted = ExpectedResult { streams: Some(1), ..ExpectedResult::default() };
    let read = |amount| Action::Read { stream: s(), amount };
    let steps: [(&str, StepKind); 15] = [
        (
            r#"{"subject": {"open": {"stream": "s"}}}"#,
            plain(subject, Action::Open { stream: s(), deadline: None }),
        ),
        (
            r#"{"peer": {"accept": {"stream": "s"}}}"#,
            plain(peer, Action::Accept { stream: s(), deadline: None }),
        ),
        (
            r#"{"subject": {"write": {"stream": "s", "bytes": "64KiB", "times": 10}}}"#,
            plain(subject, Action::Write { stream: s(), bytes: 65536, times: 10 }),
        ),
        (
            r#"{"peer": {"read": {"stream": "s", "bytes": 7}}}"#,
            plain(peer, read(ReadAmount::Exactly { bytes: 7, times: 1 })),
        ),
        (
            r#"{"peer": {"read": {"stream": "s", "bytes": "1 KiB", "times": 5}}}"#,
            plain(peer, read(ReadAmount::Exactly { bytes: 1024, times: 5 })),
        ),
        (
            r#"{"peer": {"read": {"stream": "s", "to_end": true}}}"#,
            plain(peer, read(ReadAmount::ToEnd { chunk: 65536 })),
        ),
        (
            r#"{"peer": {"set_deadline": {"stream": "s", "read": "1s", "write": "none"}}}"#,
            plain(peer, deadline),
        ),
        (
            r#"{"peer": {"half_close": {"stream": "s"}}}"#,
            plain(peer, Action::HalfClose { stream: s() }),
        ),
        (r#"{"peer": {"close": {"stream": "s"}}}"#, plain(peer, Action::Close { stream: s() })),
        (
            r#"{"subject": {"reset": {"stream": "s"}}}"#,
            plain(subject, Action::Reset { stream: s(), code: None }),
        ),
        (r#"{"subject": {"drop": {"stream": "s"}}}"#, plain(subject, Action::Drop { stream: s() })),
        (r#"{"subject": {"ping": {}}}"#, plain(subject, Action::Ping)),
        (
            r#"{"subject": {"count_streams": {"is": 1}}}"#,
            call(subject, Action::CountStreams, None, counted),
        ),
        (r#"{"subject": {"go_away": {}}}"#, plain(subject, Action::GoAway { code: None })),
        (r#"{"peer": {"close_session": {}}}"#, plain(peer, Action::CloseSession { code: None })),
    ];
    assert_steps("app", &steps);
}

#[test]
fn a_labelled_call_is_joined_with_its_end() {
    let write = Action::Write { stream: label("s"), bytes: 1 << 20, times: 1 };
    let result = ExpectedResult {
        error: Some(ErrorClass::StreamReset),
        bytes: Some(524_288),
        streams: None,
        told: None,
        timing: at(point(Actor::Peer, TimeoutName::StreamCloseTimeout), Origin::Step(3)),
        weaker: vec![
            WeakerResult { error: None, bytes: None, because: "a".into() },
            WeakerResult { error: Some(ErrorClass::Eof), bytes: Some(3), because: "b".into() },
        ],
    };
    let steps = [
        (r#"{"subject": {"open": {"stream": "s"}}}"#, open("s")),
        (r#"{"peer": {"accept": {"stream": "s"}}}"#, accept("s")),
        (
            r#"{"subject": {"write": {"stream": "s", "bytes": "1MiB", "label": "w"}}}"#,
            call(Actor::Subject, write, Some("w"), ExpectedResult::default()),
        ),
        (
            r#"{"peer": {"close": {"stream": "s"}}}"#,
            plain(Actor::Peer, Action::Close { stream: label("s") }),
        ),
        (
            r#"{"still_blocked": {"label": "w", "for": "1m"}}"#,
            StepKind::StillBlocked { label: label("w"), duration: Duration::from_secs(60) },
        ),
        (
            r#"{"join": {"label": "w", "wrote": "512KiB", "error": "stream_reset", "at": "stream_close_timeout",
                "or": [{"ok": true, "because": "a"}, {"error": "eof", "wrote": 3, "because": "b"}]}}"#,
            StepKind::Join(Join { label: label("w"), result }),
        ),
    ];
    assert_steps("app", &steps);
}

#[test]
fn an_accept_may_wait_for_its_stream() {
    let accept = Action::Accept { stream: label("s"), deadline: None };
    let joined = Join { label: label("a"), result: ExpectedResult::default() };
    let steps = [
        (
            r#"{"peer": {"accept": {"stream": "s", "label": "a"}}}"#,
            call(Actor::Peer, accept, Some("a"), ExpectedResult::default()),
        ),
        (r#"{"subject": {"open": {"stream": "s"}}}"#, open("s")),
        (r#"{"join": {"label": "a"}}"#, StepKind::Join(joined)),
    ];
    assert_steps("app", &steps);
}

#[test]
fn a_timeout_counts_from_what_set_it_going() {
    let ping = |timing| {
        call(
            Actor::Subject,
            Action::Ping,
            None,
            ExpectedResult { timing, ..ExpectedResult::default() },
        )
    };
    let within = |point, from| Timing { not_before: None, within: Some(point), from };
    let close = |actor| plain(actor, Action::HalfClose { stream: label("s") });
    let subject = |name| point(Actor::Subject, name);
    let minus = TimePoint {
        minus: Duration::from_millis(1),
        ..point(Actor::Peer, TimeoutName::StreamCloseTimeout)
    };
    let plus =
        TimePoint { plus: Duration::from_millis(50), ..subject(TimeoutName::StreamOpenTimeout) };
    let named = Timing { not_before: Some(span(1)), within: Some(span(2)), from: Origin::Step(2) };
    let steps = [
        (r#"{"subject": {"open": {"stream": "s"}}, "note": "n", "name": "opening"}"#, open("s")),
        (r#"{"peer": {"accept": {"stream": "s"}}}"#, accept("s")),
        (r#"{"peer": {"half_close": {"stream": "s"}}, "name": "first-close"}"#, close(Actor::Peer)),
        (r#"{"subject": {"half_close": {"stream": "s"}}}"#, close(Actor::Subject)),
        (
            r#"{"subject": {"ping": {"at": "stream_close_timeout"}}}"#,
            ping(at(subject(TimeoutName::StreamCloseTimeout), Origin::Step(3))),
        ),
        (
            r#"{"subject": {"ping": {"at": "stream_close_timeout", "from": "first-close"}}}"#,
            ping(at(point(Actor::Peer, TimeoutName::StreamCloseTimeout), Origin::Step(2))),
        ),
        (
            r#"{"subject": {"ping": {"within": "peer.stream_close_timeout - 1ms"}}}"#,
            ping(within(minus, Origin::Step(2))),
        ),
        (
            r#"{"subject": {"ping": {"within": "stream_open_timeout + 50ms"}}}"#,
            ping(within(plus, Origin::Step(0))),
        ),
        (
            r#"{"subject": {"ping": {"within": "keep_alive_interval"}}}"#,
            ping(within(subject(TimeoutName::KeepAliveInterval), Origin::Session)),
        ),
        (
            r#"{"subject": {"ping": {"within": "connection_write_timeout"}}}"#,
            ping(within(subject(TimeoutName::ConnectionWriteTimeout), Origin::ThisStep)),
        ),
        (r#"{"subject": {"ping": {"at": "1s"}}}"#, ping(at(span(1), Origin::ThisStep))),
        (
            r#"{"subject": {"ping": {"at": "1s", "from": "session"}}}"#,
            ping(at(span(1), Origin::Session)),
        ),
        (
            r#"{"subject": {"ping": {"not_before": "1s", "within": "2s", "from": "first-close"}}}"#,
            ping(named),
        ),
    ];
    assert_steps("app", &steps);
}

#[test]
fn a_wire_peer_sends_frames_on_streams() {
    let s = || StreamRef::Label(label("s"));
    let update = |flags, credit| SendFrame::WindowUpdate { stream: s(), flags, credit };
    let numbered = StreamRef::Number { number: 99, label: Some(label("t")) };
    let data = |stream, flags| SendFrame::Data { stream, flags, bytes: 4, length: 4 };
    let steps = [
        (
            r#"{"peer": {"send": {"window_update": "s", "flags": ["SYN"]}}}"#,
            one(update(Flags::SYN, 0)),
        ),
        (
            r#"{"peer": {"send": {"window_update": "s", "credit": "64KiB", "times": 3}}}"#,
            StepKind::Send(Send { frame: update(Flags::NONE, 65536), times: 3 }),
        ),
        (
            r#"{"peer": {"send": {"data": "s", "bytes": 4, "flags": ["FIN", 32768]}}}"#,
            one(data(s(), Flags::from_bits(0x8004))),
        ),
        (
            r#"{"peer": {"send": {"data": "t", "bytes": 4, "id": 99}}}"#,
            one(data(numbered, Flags::NONE)),
        ),
        (
            r#"{"peer": {"send": {"data": "u", "bytes": 4, "id": "wrong_parity", "flags": ["SYN"]}}}"#,
            one(data(StreamRef::WrongParity(label("u")), Flags::SYN)),
        ),
    ];
    assert_steps("wire", &steps);
}

#[test]
fn a_wire_peer_sends_pings_go_aways_and_anything_raw() {
    let s = || StreamRef::Label(label("s"));
    let ping = |flags, value| SendFrame::Ping { flags, value };
    let raw = |stream, flags, body| SendFrame::Raw {
        version: 1,
        frame_type: 9,
        flags,
        stream,
        length: 4,
        body,
    };
    let steps = [
        (
            r#"{"peer": {"send": {"window_update": "s", "flags": ["SYN"]}}}"#,
            one(SendFrame::WindowUpdate { stream: s(), flags: Flags::SYN, credit: 0 }),
        ),
        (r#"{"peer": {"send": {"ping": 7}}}"#, one(ping(Flags::SYN, PingValue::Number(7)))),
        (
            r#"{"peer": {"send": {"ping": {"value": "latest", "answer": true}}}}"#,
            one(ping(Flags::ACK, PingValue::Latest)),
        ),
        (
            r#"{"peer": {"send": {"ping": {"value": 8}}}}"#,
            one(ping(Flags::SYN, PingValue::Number(8))),
        ),
        (
            r#"{"peer": {"send": {"raw": {"version": 1, "type": 9, "flags": ["RST"], "stream": "s", "length": 4, "body_hex": "00 fF"}}}}"#,
            one(raw(s(), Flags::RST, RawBody::Bytes(vec![0, 255]))),
        ),
        (
            r#"{"peer": {"send": {"raw": {"version": 1, "type": 9, "stream": 3, "length": 4, "body_bytes": 2}}}}"#,
            one(raw(StreamRef::Number { number: 3, label: None }, Flags::NONE, RawBody::Zeros(2))),
        ),
        (r#"{"peer": {"send_bytes": "0a0B"}}"#, StepKind::SendBytes(vec![10, 11])),
        (r#"{"peer": {"send_bytes": {"hex": "0c"}}}"#, StepKind::SendBytes(vec![12])),
        (
            r#"{"peer": {"send": {"go_away": "internal_error"}}}"#,
            one(SendFrame::GoAway { code: GoAwayCode::InternalError }),
        ),
        (
            r#"{"peer": {"send": {"go_away": 7}}}"#,
            one(SendFrame::GoAway { code: GoAwayCode::Other(7) }),
        ),
    ];
    assert_steps("wire", &steps);
}

#[test]
fn a_peer_expects_data_and_pongs_in_their_turn() {
    let behind = Some(4 << 20);
    let in_turn = |event| Expect { behind, ..Expect::of(event) };
    let steps = [
        (r#"{"subject": {"open": {"stream": "s"}}}"#, open("s")),
        (
            r#"{"peer": {"expect": {"data": "s", "bytes": 3, "behind": "4MiB"}}}"#,
            StepKind::Expect(in_turn(ExpectedEvent::Data(label("s"), Amount::Exactly(3)))),
        ),
        (
            r#"{"peer": {"expect": {"pong": 7, "behind": "4MiB"}}}"#,
            StepKind::Expect(in_turn(ExpectedEvent::Pong(7))),
        ),
    ];
    assert_steps("wire", &steps);
}

#[test]
fn a_peer_expects_events() {
    let s = || label("s");
    let expected = |event| StepKind::Expect(Expect::of(event));
    let weaker = Expect {
        timing: at(span(1), Origin::ThisStep),
        weaker: vec![
            (ExpectedEvent::SessionEnd, "a".into()),
            (ExpectedEvent::Data(s(), Amount::Exactly(3)), "b".into()),
        ],
        ..Expect::of(ExpectedEvent::GoAway(GoAwayCode::ProtocolError))
    };
    let p = || label("p");
    let steps = [
        (r#"{"subject": {"open": {"stream": "s"}}}"#, open("s")),
        (r#"{"peer": {"expect": {"opened": "s"}}}"#, expected(ExpectedEvent::Opened(s()))),
        (
            r#"{"peer": {"send": {"window_update": "p", "flags": ["SYN"]}}}"#,
            one(SendFrame::WindowUpdate {
                stream: StreamRef::Label(p()),
                flags: Flags::SYN,
                credit: 0,
            }),
        ),
        (r#"{"peer": {"expect": {"acked": "p"}}}"#, expected(ExpectedEvent::Acked(p()))),
        (
            r#"{"peer": {"expect": {"data": "s", "bytes": 5}}}"#,
            expected(ExpectedEvent::Data(s(), Amount::Exactly(5))),
        ),
        (r#"{"peer": {"expect": {"fin": "s"}}}"#, expected(ExpectedEvent::Fin(s()))),
        (r#"{"peer": {"expect": {"reset": "s"}}}"#, expected(ExpectedEvent::Reset(s()))),
        (
            r#"{"peer": {"expect": {"credit": "s", "bytes": 5}}}"#,
            expected(ExpectedEvent::Credit(s(), Amount::Exactly(5))),
        ),
        (
            r#"{"peer": {"expect": {"credit": "s", "at_least": "1KiB"}}}"#,
            expected(ExpectedEvent::Credit(s(), Amount::AtLeast(1024))),
        ),
        (r#"{"peer": {"expect": {"pong": 9}}}"#, expected(ExpectedEvent::Pong(9))),
        (r#"{"peer": {"expect": {"ping": true}}}"#, expected(ExpectedEvent::Ping)),
        (
            r#"{"peer": {"expect": {"go_away": 1}}}"#,
            expected(ExpectedEvent::GoAway(GoAwayCode::ProtocolError)),
        ),
        (r#"{"peer": {"expect": {"session_end": true}}}"#, expected(ExpectedEvent::SessionEnd)),
        (
            r#"{"peer": {"expect": {"go_away": "protocol_error", "at": "1s", "or": [
                {"session_end": true, "because": "a"}, {"data": "s", "bytes": 3, "because": "b"}]}}}"#,
            StepKind::Expect(weaker),
        ),
    ];
    assert_steps("wire", &steps);
}

#[test]
fn a_peer_expects_frames_and_silence() {
    let s = || label("s");
    let none = |event, millis| {
        StepKind::ExpectNone(ExpectNone { event, duration: Duration::from_millis(millis) })
    };
    let frame = |stream: Option<Label>, frame_type, flags, length| {
        StepKind::ExpectFrame(ExpectFrame { stream, frame_type, flags, length })
    };
    let p = || label("p");
    let steps = [
        (r#"{"subject": {"open": {"stream": "s"}}}"#, open("s")),
        (
            r#"{"peer": {"send": {"window_update": "p", "flags": ["SYN"]}}}"#,
            one(SendFrame::WindowUpdate {
                stream: StreamRef::Label(p()),
                flags: Flags::SYN,
                credit: 0,
            }),
        ),
        (r#"{"peer": {"expect_none": {"acked": "p"}}}"#, none(ForbiddenEvent::Acked(p()), 0)),
        (
            r#"{"peer": {"expect_none": {"anything": "s", "for": "5ms"}}}"#,
            none(ForbiddenEvent::Anything(s()), 5),
        ),
        (r#"{"peer": {"expect_none": {"credit": "s"}}}"#, none(ForbiddenEvent::Credit(s()), 0)),
        (r#"{"peer": {"expect_none": {"data": "s"}}}"#, none(ForbiddenEvent::Data(s()), 0)),
        (r#"{"peer": {"expect_none": {"fin": "s"}}}"#, none(ForbiddenEvent::Fin(s()), 0)),
        (r#"{"peer": {"expect_none": {"go_away": true}}}"#, none(ForbiddenEvent::GoAway, 0)),
        (r#"{"peer": {"expect_none": {"opened": true}}}"#, none(ForbiddenEvent::Opened, 0)),
        (r#"{"peer": {"expect_none": {"pong": 3}}}"#, none(ForbiddenEvent::Pong(3), 0)),
        (r#"{"peer": {"expect_none": {"reset": "s"}}}"#, none(ForbiddenEvent::Reset(s()), 0)),
        (
            r#"{"peer": {"expect_none": {"session_end": true}}}"#,
            none(ForbiddenEvent::SessionEnd, 0),
        ),
        (
            r#"{"peer": {"expect_frame": {"type": "window_update", "stream": "s", "flags": ["SYN"], "length": 0}}}"#,
            frame(Some(s()), FrameType::WindowUpdate, Flags::SYN, Some(0)),
        ),
        (
            r#"{"peer": {"expect_frame": {"type": "go_away"}}}"#,
            frame(None, FrameType::GoAway, Flags::NONE, None),
        ),
    ];
    assert_steps("wire", &steps);
}

#[test]
fn probes_are_spelled_out_and_do_not_meet_an_authors_labels() {
    let steps = |peer: &str, probes: &str| scenario(&file(peer, probes)).steps;
    let ping = steps("wire", r#"{"probe": "ping", "name": "p"}, {"probe": "ping"}"#);
    let frame = SendFrame::Ping { flags: Flags::SYN, value: PingValue::Number(0x5052_0001) };
    assert_eq!(ping.len(), 4);
    assert_eq!((ping[0].name.as_deref(), ping[1].name.as_deref()), (Some("p"), None));
    assert_eq!(ping[2].kind, one(frame));
    let StepKind::Expect(pong) = &ping[3].kind else { panic!("expected an expectation") };
    assert_eq!(pong.event, ExpectedEvent::Pong(0x5052_0001));
    assert_eq!(ping[3].position, ping[2].position);
    assert_eq!(steps("app", r#"{"probe": "ping"}"#)[0].kind, plain(Actor::Peer, Action::Ping));

    let app = steps("app", r#"{"probe": "stream"}"#);
    let opened = Action::Open { stream: label("probe.1"), deadline: None };
    assert_eq!((app.len(), &app[0].kind), (8, &plain(Actor::Peer, opened)));
    let wire = steps("wire", r#"{"probe": "stream"}, {"probe": "stream"}"#);
    let event = ExpectedEvent::Fin(label("probe.2"));
    let fin = StepKind::Expect(Expect::of(event));
    assert_eq!((wire.len(), &wire[19].kind), (20, &fin));
}

#[test]
fn a_name_after_a_probe_counts_every_step_of_it() {
    let steps = r#"{"probe": "ping"}, {"wait": "1s", "name": "n"}, {"subject": {"ping": {"within": "1s", "from": "n"}}}"#;
    let scenario = scenario(&file("wire", steps));
    let StepKind::Call(call) = &scenario.steps[3].kind else { panic!("expected a call") };
    assert_eq!(call.result.timing.from, Origin::Step(2));
}

/// Every step must be checked into what stands beside it; a probe at the end is not compared.
pub(crate) fn assert_steps(peer: &str, steps: &[(&str, StepKind)]) {
    let written: Vec<_> =
        steps.iter().map(|(text, _)| *text).chain([r#"{"probe": "ping"}"#]).collect();
    let scenario = scenario(&file(peer, &written.join(",\n")));
    for ((text, expected), step) in steps.iter().zip(&scenario.steps) {
        assert_eq!(step.kind, *expected, "{text}");
    }
}

pub(crate) fn label(text: &str) -> Label {
    Arc::from(text)
}

fn call(actor: Actor, action: Action, label: Option<&str>, result: ExpectedResult) -> StepKind {
    StepKind::Call(Call { actor, action, label: label.map(Arc::from), result })
}

pub(crate) fn plain(actor: Actor, action: Action) -> StepKind {
    call(actor, action, None, ExpectedResult::default())
}

pub(crate) fn open(stream: &str) -> StepKind {
    plain(Actor::Subject, Action::Open { stream: label(stream), deadline: None })
}

fn accept(stream: &str) -> StepKind {
    plain(Actor::Peer, Action::Accept { stream: label(stream), deadline: None })
}

pub(crate) fn one(frame: SendFrame) -> StepKind {
    StepKind::Send(Send { frame, times: 1 })
}

fn point(actor: Actor, name: TimeoutName) -> TimePoint {
    TimePoint { setting: Some((actor, name)), ..TimePoint::default() }
}

fn span(seconds: u64) -> TimePoint {
    TimePoint { plus: Duration::from_secs(seconds), ..TimePoint::default() }
}

fn at(point: TimePoint, from: Origin) -> Timing {
    Timing { not_before: Some(point.clone()), within: Some(point), from }
}
