//! The wording of each expectation and observation, and the token that ledgers hold. Tokens never change.

use std::time::Duration;

use crate::engine::wire::budget::Limit;
use crate::engine::{
    self, Actual, CallDone, CallEnd, Corruption, Death, Due, Expected, Instead, NamedCall,
    Shortfall, StreamEvent, Unwanted,
};
use crate::model::{Breach, FrameName, NamedStream, Rule};
use crate::scenario::{
    Action, Amount, ErrorClass, ExpectFrame, ExpectedEvent, ForbiddenEvent, Label, ReadAmount,
};
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, Side, StreamId};
use crate::yamux::time::Time;

fn s() -> Label {
    Label::from("s")
}

fn at() -> Time {
    Time::ZERO + Duration::from_secs(2)
}

fn write() -> NamedCall {
    let action = Action::Write { stream: s(), bytes: 65_536, times: 8 };
    NamedCall { action, label: Some(Label::from("w")) }
}

const fn end(error: Option<ErrorClass>, done: CallDone) -> CallEnd {
    CallEnd { error, done, told: None }
}

#[track_caller]
fn assert_expected(expected: &Expected, words: &str, token: &str) {
    assert_eq!((&*expected.to_string(), &*expected.token()), (words, token), "{expected:?}");
}

#[track_caller]
fn assert_actual(actual: &Actual, words: &str, token: &str) {
    assert_eq!((&*actual.to_string(), &*actual.token()), (words, token), "{actual:?}");
}

#[test]
fn a_call_and_its_end() {
    let due = Due { not_before: Some(Time::ZERO), within: Some(at()) };
    let written = end(None, CallDone::Written(524_288));
    assert_expected(
        &Expected::CallEnd(write(), written, due),
        "write s 8 x 65536 bytes [w]: success, 524288 bytes written, from 0.000 to 2.000",
        "write/success/524288",
    );
    let amount = ReadAmount::ToEnd { chunk: 1 };
    let read = NamedCall { action: Action::Read { stream: s(), amount }, label: None };
    let any = end(Some(ErrorClass::Eof), CallDone::Uncounted);
    assert_expected(
        &Expected::CallEnd(read, any, Due::default()),
        "read s to its end: error eof",
        "read/eof",
    );
    assert_expected(
        &Expected::CallRuns(write()),
        "write s 8 x 65536 bytes [w] is still running",
        "write/still-running",
    );
    assert_expected(&Expected::Call(s()), "a running call s", "call/s");
    let reset = end(Some(ErrorClass::StreamReset), CallDone::Written(458_752));
    assert_actual(
        &Actual::CallEnd(reset, "gone".to_owned(), at()),
        "error stream_reset, 458752 bytes written (in its own words: gone) at 2.000",
        "stream-reset/458752",
    );
    let counted =
        |streams| Actual::CallEnd(end(None, CallDone::Streams(streams)), String::new(), at());
    assert_actual(&counted(Some(3)), "success, 3 streams at 2.000", "success/3");
    assert_actual(
        &counted(None),
        "success, an unknown number of streams at 2.000",
        "success/unknown",
    );
    assert_actual(&Actual::StillRunning(at()), "still running at 2.000", "still-running");
    assert_actual(&Actual::NoCall, "no such call", "no-call");
}

#[test]
fn payload_that_nobody_wrote() {
    let corrupt = |corruption| Actual::Corrupt(corruption, at());
    assert_actual(
        &corrupt(Corruption::NoChecksum(5)),
        "5 bytes read, without their checksum at 2.000",
        "no-checksum/5",
    );
    assert_actual(
        &corrupt(Corruption::TooMany(5)),
        "5 bytes read, more than any case moves at 2.000",
        "too-many/5",
    );
    let other = corrupt(Corruption::Checksum { bytes: 5, read: 1, written: 2 });
    assert!(other.to_string().starts_with("5 bytes read whose checksum 00000001 is not that of"));
    assert_eq!(other.token(), "corrupt/5/00000001");
    assert_expected(&Expected::Payload(s()), "the payload of s as it was written", "payload/s");
    assert_actual(&Actual::OtherByte(s(), 7), "another byte at offset 7 of s", "other-byte/s/7");
}

#[test]
fn events_that_are_due() {
    let code = GoAwayCode::ProtocolError;
    for (event, words, token) in [
        (ExpectedEvent::Opened(s()), "the subject opens stream s", "open/s"),
        (ExpectedEvent::Acked(s()), "acknowledgement of s", "ack/s"),
        (ExpectedEvent::Data(s(), Amount::Exactly(5)), "5 bytes of data on s", "data/s/5"),
        (
            ExpectedEvent::Data(s(), Amount::AtLeast(5)),
            "at least 5 bytes of data on s",
            "data/s/5-or-more",
        ),
        (ExpectedEvent::Fin(s()), "fin on s", "fin/s"),
        (ExpectedEvent::Reset(s()), "reset of s", "reset/s"),
        (
            ExpectedEvent::Credit(s(), Amount::Exactly(5)),
            "credit of exactly 5 bytes on s",
            "credit/s/5",
        ),
        (
            ExpectedEvent::Credit(s(), Amount::AtLeast(5)),
            "credit of at least 5 bytes on s",
            "credit/s/5-or-more",
        ),
        (ExpectedEvent::Pong(7), "pong 7", "pong/7"),
        (ExpectedEvent::Ping, "a ping", "ping"),
        (ExpectedEvent::GoAway(code), "go away with code protocol_error", "go-away/protocol-error"),
        (ExpectedEvent::SessionEnd, "the subject ends the session", "session-end"),
    ] {
        assert_expected(&Expected::Event(event, Due::default()), words, token);
    }
    let frame = ExpectFrame {
        stream: Some(s()),
        frame_type: FrameType::WindowUpdate,
        flags: Flags::from_bits(Flags::SYN.bits() | Flags::ACK.bits()),
        length: Some(0),
    };
    assert_expected(
        &Expected::Frame(frame),
        "window_update with flags SYN+ACK and length 0",
        "frame/window-update/syn+ack/0",
    );
}

#[test]
fn events_that_do_not_come() {
    for (lack, words, token) in [
        (Shortfall::Ack, "no acknowledgement", "no-ack"),
        (Shortfall::Credit(5), "credit of 5 bytes", "credit/5"),
        (Shortfall::Data(5), "5 bytes of data", "data/5"),
        (Shortfall::Fin, "no fin", "no-fin"),
        (Shortfall::Frame(FrameType::Data), "no data frame", "no-frame/data"),
        (Shortfall::GoAway, "no go away", "no-go-away"),
        (Shortfall::Open, "no new stream", "no-open"),
        (Shortfall::OtherPong(8, Time::ZERO), "pong 8 at 0.000", "pong/8"),
        (Shortfall::Ping, "no ping", "no-ping"),
        (Shortfall::Pong, "no pong", "no-pong"),
        (Shortfall::Reset, "no reset", "no-reset"),
        (Shortfall::SessionEnd, "the session goes on", "no-session-end"),
        (Shortfall::Stream(s()), "no stream s on the wire", "no-stream/s"),
        (Shortfall::StreamYet(s()), "no stream s yet", "no-stream/s"),
    ] {
        assert_actual(&Actual::NotYet(lack, at()), &format!("{words} by 2.000"), token);
    }
    assert_actual(&Actual::TooEarly(at()), "it came at 2.000, too early", "too-early");
    assert_actual(&Actual::TooLate(at()), "it came at 2.000, too late", "too-late");
    let words = "it came behind 9 bytes of other streams";
    assert_actual(&Actual::Behind(9), words, "behind");
    assert_expected(
        &Expected::InTurn(ExpectedEvent::Pong(7), 5),
        "pong 7, behind at most 5 bytes of other streams",
        "pong/7/behind/5",
    );
}

#[test]
fn events_that_come_instead() {
    let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 5);
    for (instead, words, token) in [
        (Instead::End(at()), "the subject ended the transport at 2.000", "ended"),
        (Instead::GoAway(GoAwayCode::Other(9)), "go away with code 9", "go-away/9"),
        (
            Instead::Frame(FrameType::Data, header, at()),
            "data with flags - and length 5 at 2.000",
            "frame/data/none/5",
        ),
        (Instead::Event(StreamEvent::Data(5), at()), "5 bytes of data at 2.000", "data/5"),
        (
            Instead::DataThen(5, StreamEvent::Fin, at()),
            "5 bytes of data, then fin at 2.000",
            "data/5/then/fin",
        ),
        (Instead::Credit(5, at()), "credit of 5 bytes at 2.000", "credit/5"),
        (
            Instead::CreditThenReset(5, at()),
            "credit of 5 bytes, then reset at 2.000",
            "credit/5/then/reset",
        ),
    ] {
        assert_actual(&Actual::Instead(instead), words, token);
    }
}

#[test]
fn events_that_nobody_wants() {
    for (event, words, token) in [
        (ForbiddenEvent::Acked(s()), "no acknowledgement of s", "no-ack/s"),
        (ForbiddenEvent::Anything(s()), "nothing on s", "nothing/s"),
        (ForbiddenEvent::Credit(s()), "no credit on s", "no-credit/s"),
        (ForbiddenEvent::Data(s()), "no data on s", "no-data/s"),
        (ForbiddenEvent::Fin(s()), "no fin on s", "no-fin/s"),
        (ForbiddenEvent::GoAway, "no go away", "no-go-away"),
        (ForbiddenEvent::Opened, "no new stream", "no-open"),
        (ForbiddenEvent::Pong(7), "no pong 7", "no-pong/7"),
        (ForbiddenEvent::Reset(s()), "no reset of s", "no-reset/s"),
        (ForbiddenEvent::SessionEnd, "the session goes on", "no-session-end"),
    ] {
        assert_expected(&Expected::Absence(event), words, token);
    }
    let on_s = |event| Unwanted::Event(event, NamedStream::Label(s()));
    for (unwanted, words, token) in [
        (Unwanted::Ack(s()), "acknowledgement of s", "ack/s"),
        (Unwanted::Credit(5, s()), "credit of 5 bytes on s", "credit/s/5"),
        (Unwanted::End, "end of the transport", "ended"),
        (on_s(StreamEvent::Data(5)), "5 bytes of data on s", "data/s/5"),
        (on_s(StreamEvent::Fin), "fin on s", "fin/s"),
        (
            Unwanted::Event(StreamEvent::Reset, NamedStream::Number(3)),
            "reset on stream 3",
            "reset/3",
        ),
        (Unwanted::GoAway(GoAwayCode::Normal), "go away with code normal", "go-away/normal"),
        (Unwanted::NewStream(3), "new stream 3", "open/3"),
        (Unwanted::Opened(3), "stream 3 opened", "open/3"),
        (Unwanted::Pong(7), "pong 7", "pong/7"),
    ] {
        assert_actual(&Actual::Unwanted(unwanted, at()), &format!("{words} at 2.000"), token);
    }
}

#[test]
fn what_must_hold_around_the_script() {
    for (expected, words, token) in [
        (Expected::AliveAtStart, "a session that is alive before the first step", "alive-at-start"),
        (Expected::AliveAtEnd, "a session that is alive once the script is over", "alive-at-end"),
        (Expected::LastPong, "the subject answers a ping once the script is over", "last-pong"),
        (Expected::Alive, "the implementation goes on", "alive"),
        (Expected::NothingMore, "nothing beyond what the script expects", "nothing-more"),
        (
            Expected::Stream(s()),
            "stream s is open on the wire, so that a frame can name it",
            "stream/s",
        ),
        (Expected::AtMost(Limit::Frames), "at most 400000 frames in a case", "limit/frames"),
        (Expected::AtMost(Limit::Bytes), "at most 512 MiB on the wire in a case", "limit/bytes"),
        (
            Expected::AtMost(Limit::Effort),
            "at most 16000000 pieces, timers and running calls to look at in a case",
            "limit/effort",
        ),
    ] {
        assert_expected(&expected, words, token);
    }
    assert_actual(&Actual::NoStream, "no such stream", "no-stream");
    assert_actual(&Actual::EndedAtStart, "the subject has ended the transport", "ended");
    assert!(Actual::NoPing.to_string().starts_with("the peer can send no ping: its session is"));
    assert_eq!(Actual::NoPing.token(), "no-ping");
    assert_actual(&Actual::NoEnd, "more than that, and no end", "no-end");
    for (death, words, token) in [
        (Death::Crashed, "it crashed: signal: 6", "crashed"),
        (Death::Stuck, "it is stuck: signal: 6", "stuck"),
    ] {
        assert_actual(&Actual::Died(death, "signal: 6".to_owned()), words, token);
    }
}

#[test]
fn rules_and_what_breaks_them() {
    let stream = || NamedStream::Label(s());
    let frame = FrameName { frame_type: FrameType::WindowUpdate, flags: Flags::FIN };
    let parity = Breach::Parity { subject: Side::Client, is_session: false, stream: stream() };
    for (breach, rule, words, token) in [
        (Breach::EndInFrame, "whole-frames", "the transport ends inside a frame", "end-in-frame"),
        (Breach::Version(1), "version", "version 1", "version/1"),
        (Breach::FrameType(4), "frame-type", "type 4", "frame-type/4"),
        (Breach::UnknownFlags(Flags::from_bits(16)), "known-flags", "flags 0x10", "flags/0x10"),
        (Breach::SessionStream(StreamId(1)), "session-stream", "stream 1", "stream/1"),
        (
            Breach::SessionFlags(frame),
            "session-flags",
            "window_update with flags FIN",
            "window-update/fin",
        ),
        (
            Breach::AfterReset(frame, stream()),
            "after-reset",
            "window_update FIN on s after its reset",
            "window-update/fin/s",
        ),
        (Breach::SecondFin(stream()), "one-fin", "a second fin on s", "second-fin/s"),
        (Breach::AfterFin(5, stream()), "after-fin", "5 bytes after the fin of s", "data/s/5"),
        (
            Breach::BeyondWindow { sent: 6, allowed: 5, stream: stream() },
            "window",
            "6 bytes on s where 5 were allowed",
            "data/s/6/allowed/5",
        ),
        (parity, "parity", "syn on s", "syn/s"),
        (Breach::SecondSyn(stream()), "one-syn", "a second syn on s", "second-syn/s"),
        (
            Breach::Unopened(FrameName { flags: Flags::NONE, ..frame }, NamedStream::Number(3)),
            "syn-first",
            "window_update on stream 3, which nobody opened",
            "window-update/none/3",
        ),
        (
            Breach::Acks { acks: 2, syns: 1, stream: stream() },
            "one-ack",
            "ack number 2 on s, syns of the peer: 1",
            "acks/s/2/syns/1",
        ),
        (
            Breach::Credit { outstanding: 6, window: 5, stream: stream() },
            "credit",
            "6 bytes of credit on s with a window of 5",
            "credit/s/6/window/5",
        ),
        (
            Breach::LargeFrame { bytes: 6, most: 5, stream: stream() },
            "frame-size",
            "a data frame of 6 bytes on s where 5 are the most",
            "data/s/6/most/5",
        ),
    ] {
        assert_breach(breach, rule, words, token);
    }
    assert_eq!(Rule::OneFin.to_string(), "one fin per stream");
}

#[track_caller]
fn assert_breach(breach: Breach, rule: &str, words: &str, token: &str) {
    assert_eq!(Expected::Rule(breach.rule()).token(), format!("rule/{rule}"));
    let watched = (breach.clause(), breach.rule().to_string());
    assert!(engine::watched().any(|one| one == watched), "{watched:?}");
    assert_actual(&Actual::Breach(breach), words, token);
}
