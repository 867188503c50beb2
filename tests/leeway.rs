//! Leeway for the subject: the clause of each step, classes of errors by situation, counts of writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use yamux_conform::harness::endpoint::mutant::{Tamper, Tampered, WholeFrame};
use yamux_conform::harness::endpoint::{
    BuiltInEndpoint, CallId, CallResult, Done, Habit, Request, WireEndpoint,
};
use yamux_conform::harness::engine::{CaseSetup, ClockRules, Outcome, SubjectRules};
use yamux_conform::harness::runner::{CaseRun, virtual_time};
use yamux_conform::harness::scenario::{Action, Dialect, ErrorClass, PeerKind};
use yamux_conform::harness::trace::{Direction, Item};
use yamux_conform::yamux::frame::{Flags, FrameType, RawHeader, Side, StreamId};
use yamux_conform::yamux::time::Time;

use crate::scenario_support::{file, scenario};

fn run_on_built_in(peer: &str, steps: &str) -> CaseRun {
    virtual_time::run(&Arc::new(scenario(&file(peer, steps))), Side::Client, 0)
}

#[test]
fn a_failed_step_breaks_its_clause_or_that_of_its_kind() {
    const OPENED: &str =
        r#"{"subject": {"open": {"stream": "s"}}}, {"peer": {"expect": {"opened": "s"}}}"#;
    const SYN: &str = r#"{"peer": {"send": {"window_update": "s", "flags": ["SYN"]}}}"#;
    const AWAY: &str = r#"{"peer": {"send": {"go_away": "normal"}}}"#;
    const NO_PONG: &str = r#"{"peer": {"expect": {"pong": 8}}}"#;
    let pinged =
        |clause: &str| format!(r#"{{"peer": {{"send": {{"ping": 7}}}}, "clause": "{clause}"}}"#);
    let subject = |call: &str| format!(r#"{{"subject": {{{call}}}}}"#);
    let expect = |event: &str| format!(r#"{{"peer": {{"expect": {{{event}}}}}}}"#);
    for (steps, clause) in [
        // What a scenario relies on.
        (vec![OPENED.into(), subject(r#""write": {"stream": "s", "bytes": "320KiB"}"#)], "DATA-01"),
        (vec![OPENED.into(), subject(r#""read": {"stream": "s", "bytes": 1}"#)], "DATA-01"),
        (vec![AWAY.into(), subject(r#""open": {"stream": "s"}"#)], "OPEN-27"),
        (vec![SYN.into(), CUT.into(), subject(r#""accept": {"stream": "s"}"#)], "ACC-19"),
        (vec![subject(r#""ping": {}"#)], "PING-13"),
        (vec![SYN.into(), expect(r#""acked": "s""#)], "ACC-01"),
        (vec![OPENED.into(), expect(r#""data": "s", "bytes": 1"#)], "DATA-01"),
        (vec![NO_PONG.into()], "PING-01"),
        // What it asks for.
        (vec![OPENED.into(), expect(r#""fin": "s""#)], "A-1"),
        (vec![OPENED.into(), expect(r#""reset": "s""#)], "A-1"),
        (vec![expect(r#""go_away": 0"#)], "A-1"),
        (vec![subject(r#""ping": {"error": "eof"}"#)], "A-1"),
        (
            vec![
                OPENED.into(),
                subject(r#""write": {"stream": "s", "bytes": "320KiB", "label": "w"}"#),
                r#"{"join": {"label": "w"}}"#.into(),
            ],
            "A-1",
        ),
        // That the session goes on, and that nothing else is done.
        (vec![r#"{"peer": {"send": {"go_away": "protocol_error"}}}"#.into()], "SES-09"),
        (
            vec![
                SYN.into(),
                subject(r#""accept": {"stream": "s"}"#),
                subject(r#""write": {"stream": "s", "bytes": 1}"#),
                pong(),
            ],
            "SES-10",
        ),
        // The step's own clause holds for it and for those behind it, until another is named.
        (vec![pinged("B-1"), NO_PONG.into()], "B-1"),
        (vec![pinged("B-1"), pinged("C-1"), NO_PONG.into()], "C-1"),
        (vec![pinged("B-1"), NO_PONG.replace("}}}", r#"}}, "clause": "C-1"}"#)], "C-1"),
        (vec![NO_PONG.into(), pinged("B-1")], "PING-01"),
    ] {
        let is_about_the_end = clause == "SES-10";
        let end = if is_about_the_end { "" } else { r#", {"probe": "ping"}"# };
        let outcome = run_on_built_in("wire", &(steps.join(",\n") + end)).outcome;
        let Outcome::Failed(failure) = outcome else { panic!("{steps:?}: {outcome:?}") };
        assert_eq!(&*failure.clause, clause, "{steps:?}: {failure:?}");
    }
}

/// Something to expect that comes.
fn pong() -> String {
    r#"{"peer": {"send": {"ping": 7}}}, {"peer": {"expect": {"pong": 7}}}"#.into()
}

/// Says this class where the call fails, and this count.
struct Says {
    class: Option<ErrorClass>,
    bytes: Option<u64>,
}

impl Tamper for Says {
    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        let is_asked =
            matches!(request.action, Action::Read { .. } | Action::Write { .. } | Action::Ping);
        Some(match result {
            CallResult::Failed { class, native, done } if is_asked => CallResult::Failed {
                class: self.class.unwrap_or(class),
                native,
                done: Done { bytes: self.bytes.unwrap_or(done.bytes), ..done },
            },
            other => other,
        })
    }
}

/// Whether the script is passed by the built-in yamux behind this tamper, judged by these rules.
fn passes(steps: &str, tamper: impl Tamper + 'static, judged_by: SubjectRules) -> bool {
    passes_file(&file("app", steps), tamper, judged_by)
}

fn passes_file(text: &str, tamper: impl Tamper + 'static, judged_by: SubjectRules) -> bool {
    let script = Arc::new(scenario(text));
    let subject = BuiltInEndpoint::new(Time::ZERO, Side::Client, &script.subject);
    let setup = CaseSetup {
        side: Side::Client,
        rules: ClockRules::Virtual,
        judged_by: Arc::new(judged_by),
        peer_judged_by: None,
        seed: 0,
        subject: Box::new(Tampered::new(subject, Box::new(tamper))),
        peer: match script.peer {
            PeerKind::App => {
                Box::new(BuiltInEndpoint::new(Time::ZERO, Side::Server, &script.peer_settings))
            }
            PeerKind::Wire => Box::new(WireEndpoint::default()),
        },
        script,
    };
    let outcome = virtual_time::run_with(setup).outcome;
    let is_judged = matches!(outcome, Outcome::Passed | Outcome::Failed(_));
    assert!(is_judged, "{text}: {outcome:?}");
    outcome == Outcome::Passed
}

fn dialect(dialect: Dialect) -> SubjectRules {
    SubjectRules { dialect, ..SubjectRules::default() }
}

/// A stream on which the subject reads, writes more than the window has room for, or does so later.
const STREAM: &str =
    r#"{"subject": {"open": {"stream": "s"}}}, {"peer": {"accept": {"stream": "s"}}}"#;
const READS: &str = r#"{"subject": {"read": {"stream": "s", "bytes": 1, "label": "c"}}}"#;
const WRITES: &str = r#"{"subject": {"write": {"stream": "s", "bytes": "320KiB", "label": "c"}}}"#;
const CUT: &str = r#"{"wire": {"cut": "eof"}}"#;
const PEER_RESETS: &str = r#"{"peer": {"reset": {"stream": "s"}}}"#;

#[test]
fn where_a_call_cannot_go_on_classes_say_the_same() {
    use ErrorClass::{
        Cancelled, Deadline, Eof, SessionShutdown, StreamClosed, StreamReset, Transport,
    };
    let joined = |error: &str, call: &str, end: &str| {
        let join = format!(r#"{{"join": {{"label": "c", "error": "{error}"}}}}"#);
        [STREAM, call, end, &join].join(",\n")
    };
    let after = |end: &str, call: &str| {
        [STREAM, &format!(r#"{{"subject": {{{end}}}}}, {{"subject": {{{call}}}}}"#)].join(",\n")
    };
    let over_reads = joined("session_shutdown", READS, CUT);
    let over_writes = joined("session_shutdown", WRITES, CUT);
    let reset_reads = joined("stream_reset", READS, PEER_RESETS);
    let reset_writes = joined("stream_reset", WRITES, PEER_RESETS);
    let own_reset = after(
        r#""reset": {"stream": "s"}"#,
        r#""read": {"stream": "s", "bytes": 1, "error": "stream_reset"}"#,
    );
    let own_close = after(
        r#""half_close": {"stream": "s"}"#,
        r#""write": {"stream": "s", "bytes": 1, "error": "stream_closed"}"#,
    );
    let in_time = after(
        r#""set_deadline": {"stream": "s", "read": "1s"}"#,
        r#""read": {"stream": "s", "bytes": 1, "error": "deadline"}"#,
    );
    for (steps, says, is_lawful) in [
        (&over_reads, SessionShutdown, true),
        (&over_reads, Transport, true),
        (&over_reads, StreamReset, true),
        (&over_reads, Eof, false),
        (&over_reads, Deadline, false),
        (&over_writes, Transport, true),
        (&over_writes, Eof, true),
        (&over_writes, Deadline, false),
        (&reset_reads, StreamReset, true),
        (&reset_reads, StreamClosed, false),
        (&reset_reads, Eof, false),
        (&reset_writes, StreamClosed, true),
        (&reset_writes, SessionShutdown, false),
        (&own_reset, Cancelled, true),
        (&own_reset, StreamClosed, true),
        (&own_reset, Eof, false),
        (&own_close, Cancelled, true),
        (&own_close, StreamReset, false),
        // Nothing has ended: only one class says so.
        (&in_time, Deadline, true),
        (&in_time, Cancelled, false),
    ] {
        let says = || Says { class: Some(says), bytes: None };
        let place = format!("{:?} in {steps}", says().class);
        for free in [Dialect::Spec, Dialect::Libp2p] {
            assert_eq!(passes(steps, says(), dialect(free)), is_lawful, "{free}: {place}");
        }
        // The reference says one thing in each situation.
        let class = says().class.expect("one");
        let is_exact = steps.contains(&format!(r#""error": "{class}""#));
        let hashicorp = passes(steps, says(), dialect(Dialect::Hashicorp));
        assert_eq!(hashicorp, is_exact, "hashicorp: {place}");
    }
}

#[test]
fn who_buffers_writes_counts_on_the_wire() {
    let joined = |call: &str, count: &str| {
        let join = format!(r#"{{"join": {{"label": "c", "error": "stream_reset", {count}}}}}"#);
        [STREAM, call, PEER_RESETS, &join].join(",\n")
    };
    let writes = joined(WRITES, r#""wrote": "256KiB""#);
    let reads = joined(READS, r#""read": 0"#);
    let buffers = || BTreeSet::from([Habit::BufferedWrites]);
    let rules = |dialect, habits| SubjectRules { dialect, habits, ..SubjectRules::default() };
    for (steps, bytes, habits, dialect, is_passed) in [
        (&writes, None, BTreeSet::new(), Dialect::Spec, true),
        (&writes, Some(0), BTreeSet::new(), Dialect::Spec, false),
        (&writes, Some(0), buffers(), Dialect::Spec, true),
        (&writes, Some(327_680), buffers(), Dialect::Spec, true),
        // Nobody buffers writes in the reference's dialect.
        (&writes, Some(0), buffers(), Dialect::Hashicorp, false),
        // Own pings excuse no count, and no habit excuses a wrong count of what was read.
        (&writes, Some(0), BTreeSet::from([Habit::OwnPings]), Dialect::Spec, false),
        (&reads, Some(0), buffers(), Dialect::Spec, true),
        (&reads, Some(1), buffers(), Dialect::Spec, false),
    ] {
        let place = format!("{bytes:?} bytes, {habits:?}, {dialect}: {steps}");
        let says = Says { class: None, bytes };
        assert_eq!(passes(steps, says, rules(dialect, habits)), is_passed, "{place}");
    }
}

#[test]
fn who_buffers_writes_goes_on_after_what_was_sent() {
    let steps = [
        STREAM,
        r#"{"subject": {"set_deadline": {"stream": "s", "write": "1s"}}}"#,
        r#"{"subject": {"write": {"stream": "s", "bytes": "320KiB", "wrote": "256KiB", "error": "deadline"}}}"#,
        r#"{"subject": {"set_deadline": {"stream": "s", "write": "none"}}}"#,
        r#"{"peer": {"read": {"stream": "s", "bytes": "256KiB"}}}"#,
        r#"{"subject": {"write": {"stream": "s", "bytes": 10}}}"#,
        r#"{"peer": {"read": {"stream": "s", "bytes": 10}}}"#,
    ];
    let habits = BTreeSet::from([Habit::BufferedWrites]);
    let rules = SubjectRules { habits, ..dialect(Dialect::Spec) };
    let says = Says { class: None, bytes: Some(0) };
    assert!(passes(&steps.join(",\n"), says, rules));
}

/// Pings once of its own accord, at the beginning.
struct PingsAtOnce {
    has_pinged: bool,
}

impl Tamper for PingsAtOnce {
    fn poll_frame(&mut self, _now: Time) -> Option<WholeFrame> {
        let is_due = !std::mem::replace(&mut self.has_pinged, true);
        let ping = RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, 9);
        is_due.then(|| WholeFrame::bare(ping))
    }
}

#[test]
fn own_pings_are_not_taken_for_those_that_are_due() {
    // The settings say so: it pings every thirty seconds.
    let due = r#"{"peer": {"expect": {"ping": true, "at": "30s"}}}, {"probe": "ping"}"#;
    let any = r#"{"peer": {"expect": {"ping": true}}}, {"probe": "ping"}"#;
    let none = BTreeSet::new;
    let own = || BTreeSet::from([Habit::OwnPings]);
    for (steps, pings, habits, is_passed) in [
        (due, false, none(), true),
        (due, false, own(), true),
        (due, true, own(), true),
        (due, true, none(), false),
        (any, true, none(), true),
        (any, true, own(), true),
    ] {
        let place = format!("{steps}, own pings: {pings}, {habits:?}");
        let tamper = PingsAtOnce { has_pinged: !pings };
        let rules = SubjectRules { habits, ..SubjectRules::default() };
        assert_eq!(passes(steps, tamper, rules), is_passed, "{place}");
    }
}

/// Looks whether a ping or an accept can go on at this moment only.
struct LooksAt {
    moment: Time,
    has_looked: bool,
}

impl LooksAt {
    fn millis(millis: u64) -> Self {
        Self { moment: Time::ZERO + Duration::from_millis(millis), has_looked: false }
    }
}

impl Tamper for LooksAt {
    fn holds(&mut self, now: Time, request: &Request, _running: &[(CallId, Request)]) -> bool {
        self.has_looked |= now >= self.moment;
        matches!(request.action, Action::Ping | Action::Accept { .. }) && !self.has_looked
    }

    fn poll_timeout(&self) -> Option<Time> {
        (!self.has_looked).then_some(self.moment)
    }
}

#[test]
fn who_polls_is_a_little_later() {
    let ping = r#"{"subject": {"ping": {"within": "0s"}}}"#;
    let polls = || BTreeSet::from([Habit::Polls]);
    for (millis, habits, is_passed) in [
        (0, BTreeSet::new(), true),
        (10, BTreeSet::new(), false),
        (10, polls(), true),
        (100, polls(), true),
        (101, polls(), false),
        (10, BTreeSet::from([Habit::OwnPings, Habit::BufferedWrites]), false),
    ] {
        let place = format!("{millis} ms, {habits:?}");
        let rules = SubjectRules { habits, ..SubjectRules::default() };
        assert_eq!(passes(ping, LooksAt::millis(millis), rules), is_passed, "{place}");
    }
}

#[test]
fn who_polls_is_a_little_later_than_what_arrives() {
    let steps = r#"{"wire": {"delay": {"to": "subject", "by": "100ms"}}},
        {"subject": {"accept": {"stream": "s", "label": "c"}}}, {"peer": {"open": {"stream": "s"}}}"#;
    let text = file("app", steps).replacen(r#""peer""#, r#""judge": "model", "peer""#, 1);
    for (millis, habits, is_passed) in [
        (0, BTreeSet::new(), true),
        (150, BTreeSet::new(), false),
        (150, BTreeSet::from([Habit::Polls]), true),
        (201, BTreeSet::from([Habit::Polls]), false),
    ] {
        let place = format!("{millis} ms, {habits:?}");
        let rules = SubjectRules { habits, ..SubjectRules::default() };
        assert_eq!(passes_file(&text, LooksAt::millis(millis), rules), is_passed, "{place}");
    }
}

#[test]
fn beyond_the_window_is_so_much_more_than_was_allowed_by_then() {
    const ACCEPTED: &str = r#"{"peer": {"send": {"window_update": "s", "flags": ["SYN"]}}},
        {"subject": {"accept": {"stream": "s"}}}, {"peer": {"expect": {"acked": "s"}}}"#;
    let beyond = |bytes: u32| {
        format!(r#"{{"peer": {{"send": {{"data": "s", "beyond_window": {bytes}}}}}}}"#)
    };
    let read = r#"{"subject": {"read": {"stream": "s", "bytes": "200KiB"}}}"#;
    let probe = r#"{"probe": "ping"}"#;
    let over = r#"{"peer": {"expect": {"go_away": "protocol_error"}}},
        {"peer": {"expect": {"session_end": true}}}"#;
    let send = r#"{"peer": {"send": {"data": "s", "bytes": 100}}}"#;
    for (steps, sent) in [
        (vec![beyond(0), probe.into()], vec![262_144]),
        (vec![send.into(), beyond(0), probe.into()], vec![100, 262_044]),
        // What was read has been allowed again.
        (vec![beyond(0), read.into(), beyond(0), probe.into()], vec![262_144, 204_800]),
    ] {
        let run = run_on_built_in("wire", &[&[ACCEPTED.to_owned()], &steps[..]].concat().join(","));
        assert_eq!(run.outcome, Outcome::Passed, "{steps:?}");
        assert_eq!(data_of_peer(&run), sent, "{steps:?}");
    }
    let steps = [ACCEPTED.to_owned(), beyond(0), probe.into(), beyond(1), over.into()];
    let run = run_on_built_in("wire", &steps.join(","));
    assert_eq!(data_of_peer(&run), [262_144, 1]);
    assert_eq!(run.outcome, Outcome::Passed);
}

/// The lengths of the peer's Data frames.
fn data_of_peer(run: &CaseRun) -> Vec<u32> {
    let length = |item: &Item| match item {
        Item::Frame { header, .. } if header.lawful_type() == Some(FrameType::Data) => {
            Some(header.length)
        }
        _ => None,
    };
    let of_peer = run.trace.entries.iter().filter(|e| e.direction == Direction::PeerToSubject);
    of_peer.filter_map(|entry| length(&entry.item)).collect()
}
