//! Probes, which check that the subject is alive, expanded into ordinary steps. Pure.

use std::sync::Arc;

use crate::scenario::check::Script;
use crate::scenario::check::frames::PROBE_PINGS;
use crate::scenario::read::document::ProbeName;
use crate::scenario::{
    Action, Actor, Amount, Call, Expect, ExpectedEvent, ExpectedResult, Label, PeerKind, PingValue,
    Position, ReadAmount, Send, SendFrame, Step, StepKind, StreamRef,
};
use crate::yamux::frame::Flags;

impl Script<'_> {
    /// Adds the steps of a probe; the first gets its name, all get its position.
    pub(super) fn probe(&mut self, probe: ProbeName, position: Position, name: Option<Label>) {
        self.expects = true;
        self.cut_short = None;
        let number = self.probes;
        self.probes += 1;
        // An author's label cannot contain a dot.
        let stream: Label = Arc::from(format!("probe.{}", number + 1));
        let kinds = match (probe, self.peer) {
            (ProbeName::Ping, PeerKind::App) => vec![call(Actor::Peer, Action::Ping)],
            (ProbeName::Ping, PeerKind::Wire) => ping(PROBE_PINGS.start() + number),
            (ProbeName::Stream, PeerKind::App) => app_stream(&stream),
            (ProbeName::Stream, PeerKind::Wire) => wire_stream(&stream),
        };
        let clause = self.clause.clone().unwrap_or_else(|| Arc::from(ALIVE));
        let (mut name, round) = (name, self.round);
        self.steps.extend(kinds.into_iter().map(|kind| Step {
            position,
            round,
            name: name.take(),
            clause: Some(Arc::clone(&clause)),
            // If the peer cannot be asked to ping, the harness pings at the end of the script.
            is_optional: probe == ProbeName::Ping && self.peer == PeerKind::App,
            kind,
        }));
    }
}

fn ping(value: u32) -> Vec<StepKind> {
    let frame = SendFrame::Ping { flags: Flags::SYN, value: PingValue::Number(value) };
    vec![send(frame), expect(ExpectedEvent::Pong(value))]
}

fn app_stream(label: &Label) -> Vec<StepKind> {
    let (subject, peer) = (Actor::Subject, Actor::Peer);
    let stream = || Arc::clone(label);
    vec![
        call(peer, Action::Open { stream: stream(), deadline: None }),
        call(subject, Action::Accept { stream: stream(), deadline: None }),
        call(peer, write(label)),
        call(subject, read(label)),
        call(subject, write(label)),
        call(peer, read(label)),
        call(peer, Action::HalfClose { stream: stream() }),
        call(subject, Action::HalfClose { stream: stream() }),
    ]
}

fn wire_stream(label: &Label) -> Vec<StepKind> {
    let subject = Actor::Subject;
    let stream = || Arc::clone(label);
    let update = |flags| {
        send(SendFrame::WindowUpdate { stream: StreamRef::Label(stream()), flags, credit: 0 })
    };
    vec![
        update(Flags::SYN),
        call(subject, Action::Accept { stream: stream(), deadline: None }),
        send(SendFrame::Data {
            stream: StreamRef::Label(stream()),
            flags: Flags::NONE,
            bytes: ECHO as u32,
            length: ECHO as u32,
        }),
        call(subject, read(label)),
        call(subject, write(label)),
        // Not earlier: an implementation may lawfully acknowledge with its first data.
        expect(ExpectedEvent::Acked(stream())),
        expect(ExpectedEvent::Data(stream(), Amount::Exactly(ECHO))),
        update(Flags::FIN),
        call(subject, Action::HalfClose { stream: stream() }),
        expect(ExpectedEvent::Fin(stream())),
    ]
}

fn write(stream: &Label) -> Action {
    Action::Write { stream: Arc::clone(stream), bytes: ECHO, times: 1 }
}

fn read(stream: &Label) -> Action {
    let amount = ReadAmount::Exactly { bytes: ECHO, times: 1 };
    Action::Read { stream: Arc::clone(stream), amount }
}

fn call(actor: Actor, action: Action) -> StepKind {
    StepKind::Call(Call { actor, action, label: None, result: ExpectedResult::default() })
}

const fn send(frame: SendFrame) -> StepKind {
    StepKind::Send(Send { frame, times: 1 })
}

fn expect(event: ExpectedEvent) -> StepKind {
    StepKind::Expect(Expect::of(event))
}

/// Enough to detect, too little to affect a window.
const ECHO: u64 = 16;

/// The clause that a probe tests: the session goes on.
const ALIVE: &str = "SES-09";
