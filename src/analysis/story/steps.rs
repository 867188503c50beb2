//! The steps of a scenario that carry out a turn. Pure.

use std::collections::HashMap;

use crate::analysis::story::turn::{
    AppCall, Cancellable, PeerFrame, Turn, UnopenedFrame, WireFault,
};
use crate::scenario::{
    Action, Actor, Call, ExpectedResult, Label, PingValue, Position, RawBody, ReadAmount, Send,
    SendFrame, Step, StepKind, StreamRef, WireControl,
};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Flags, GoAwayCode};

/// The labels of a story's calls, and how many steps it has so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallLabels {
    steps: u32,
    /// How many calls have this name, without its number.
    taken: HashMap<String, u32>,
    /// The latest calls that can be cancelled.
    latest: HashMap<(Actor, Cancellable, Label), Label>,
}

impl CallLabels {
    /// A new label for a call: `read-a`, then `read-a-2`; those of the peer begin with `peer-`.
    fn label(&mut self, actor: Actor, action: &Action) -> Label {
        let (end, verb) = (if actor == Actor::Peer { "peer-" } else { "" }, verb(action));
        let name = match action.stream() {
            Some(stream) => format!("{end}{verb}-{stream}"),
            None => format!("{end}{verb}"),
        };
        let count = self.taken.entry(name.clone()).or_insert(0);
        *count += 1;
        let label = if *count == 1 { name.into() } else { Label::from(format!("{name}-{count}")) };
        if let (Some(kind), Some(stream)) = (Cancellable::of(action), action.stream()) {
            self.latest.insert((actor, kind, Label::clone(stream)), Label::clone(&label));
        }
        label
    }

    fn latest(&self, actor: Actor, kind: Cancellable, stream: &Label) -> Label {
        let found = self.latest.get(&(actor, kind, Label::clone(stream)));
        // There is none if a story cancels a call before it begins.
        found.cloned().unwrap_or_else(|| format!("{kind}-{stream}").into())
    }
}

impl Turn {
    /// The steps that carry it out; `names` is that of all turns before it. Calls get labels, so that the script does not wait
    /// for them, except `set_deadline` and `cancel`, which have no label in the format.
    pub(crate) fn steps(&self, names: &mut CallLabels) -> Vec<Step> {
        let mut is_optional = false;
        let kind = match self {
            Self::Call(actor, call) => {
                is_optional = *actor == Actor::Subject && call.may_be_missing();
                StepKind::Call(call.call(*actor, names))
            }
            Self::Frame(frame) => StepKind::Send(Send { frame: frame.frame(), times: 1 }),
            Self::Fault(fault) => StepKind::Wire(fault.control()),
            Self::Wait(time) => StepKind::Wait(*time),
        };
        names.steps += 1;
        let position = Position { line: names.steps, column: 1 };
        vec![Step { position, round: None, name: None, clause: None, is_optional, kind }]
    }
}

impl AppCall {
    /// Whether an implementation may lack the call: then the step is skipped.
    const fn may_be_missing(&self) -> bool {
        !matches!(
            self,
            Self::Open(_)
                | Self::Accept(_)
                | Self::Write(..)
                | Self::Read(..)
                | Self::ReadToEnd(_)
                | Self::Close(_)
                | Self::CloseSession
        )
    }

    fn call(&self, actor: Actor, names: &mut CallLabels) -> Call {
        let action = self.action(actor, names);
        let has_label = !matches!(self, Self::SetDeadline { .. } | Self::Cancel(..));
        let label = has_label.then(|| names.label(actor, &action));
        Call { actor, action, label, result: ExpectedResult::default() }
    }

    fn action(&self, actor: Actor, names: &CallLabels) -> Action {
        let owned = Label::clone;
        match self {
            Self::Open(stream) => Action::Open { stream: owned(stream), deadline: None },
            Self::Accept(stream) => Action::Accept { stream: owned(stream), deadline: None },
            Self::Write(stream, bytes) => {
                Action::Write { stream: owned(stream), bytes: *bytes, times: 1 }
            }
            Self::Read(stream, bytes) => {
                let amount = ReadAmount::Exactly { bytes: *bytes, times: 1 };
                Action::Read { stream: owned(stream), amount }
            }
            Self::ReadToEnd(stream) => {
                Action::Read { stream: owned(stream), amount: ReadAmount::ToEnd { chunk: CHUNK } }
            }
            Self::HalfClose(stream) => Action::HalfClose { stream: owned(stream) },
            Self::Close(stream) => Action::Close { stream: owned(stream) },
            Self::Reset(stream) => Action::Reset { stream: owned(stream), code: None },
            Self::Drop(stream) => Action::Drop { stream: owned(stream) },
            Self::CloseRead(stream) => Action::CloseRead { stream: owned(stream) },
            Self::SetDeadline { stream, is_for_writes, after } => {
                let given = |is_given: bool| is_given.then_some(*after);
                Action::SetDeadline {
                    stream: owned(stream),
                    read: given(!is_for_writes),
                    write: given(*is_for_writes),
                }
            }
            Self::Cancel(kind, stream) => {
                Action::Cancel { label: names.latest(actor, *kind, stream) }
            }
            Self::Ping => Action::Ping,
            Self::GoAway => Action::GoAway { code: None },
            Self::CloseSession => Action::CloseSession { code: None },
        }
    }
}

/// The key of the call in scenarios.
pub(crate) const fn verb(action: &Action) -> &'static str {
    match action {
        Action::Open { .. } => "open",
        Action::Accept { .. } => "accept",
        Action::Write { .. } => "write",
        Action::Read { .. } => "read",
        Action::HalfClose { .. } => "half_close",
        Action::CloseRead { .. } => "close_read",
        Action::Close { .. } => "close",
        Action::Reset { .. } => "reset",
        Action::Drop { .. } => "drop",
        Action::Forget { .. } => "forget",
        Action::SetDeadline { .. } => "set_deadline",
        Action::Ping => "ping",
        Action::GoAway { .. } => "go_away",
        Action::CloseSession { .. } => "close_session",
        Action::CountStreams => "count_streams",
        Action::Cancel { .. } => "cancel",
        Action::Stats(_) => "stats",
    }
}

impl PeerFrame {
    fn frame(&self) -> SendFrame {
        let labelled = |stream: &Label| StreamRef::Label(Label::clone(stream));
        let unopened = || StreamRef::Number { number: UNOPENED, label: None };
        let session = || StreamRef::Number { number: 0, label: None };
        match self {
            Self::Update { stream, flags, credit } => {
                SendFrame::WindowUpdate { stream: labelled(stream), flags: *flags, credit: *credit }
            }
            Self::Data { stream, flags, bytes } => {
                let (bytes, length) = (*bytes, *bytes);
                SendFrame::Data { stream: labelled(stream), flags: *flags, bytes, length }
            }
            Self::FillWindow { stream, beyond } => SendFrame::BeyondWindow {
                stream: labelled(stream),
                flags: Flags::NONE,
                bytes: *beyond,
            },
            Self::Ping(value) => {
                SendFrame::Ping { flags: Flags::SYN, value: PingValue::Number(*value) }
            }
            Self::Pong => SendFrame::Ping { flags: Flags::ACK, value: PingValue::Latest },
            Self::UnaskedPong(value) => {
                SendFrame::Ping { flags: Flags::ACK, value: PingValue::Number(*value) }
            }
            Self::GoAway(code) => SendFrame::GoAway { code: GoAwayCode::from_number(*code) },
            Self::WrongParity(stream) => SendFrame::WindowUpdate {
                stream: StreamRef::WrongParity(Label::clone(stream)),
                flags: Flags::SYN,
                credit: 0,
            },
            Self::Unopened(UnopenedFrame::Data) => raw((0, 0), Flags::NONE, unopened(), (4, 4)),
            Self::Unopened(UnopenedFrame::Fin) => raw((0, 1), Flags::FIN, unopened(), (0, 0)),
            Self::Unopened(UnopenedFrame::Rst) => raw((0, 1), Flags::RST, unopened(), (0, 0)),
            Self::Unopened(UnopenedFrame::Credit) => {
                raw((0, 1), Flags::NONE, unopened(), (1000, 0))
            }
            Self::WrongVersion => raw((1, 2), Flags::SYN, session(), (1, 0)),
            Self::UnknownType => raw((0, 4), Flags::NONE, session(), (0, 0)),
            Self::PingOnStream(stream) => raw((0, 2), Flags::SYN, labelled(stream), (1, 0)),
            Self::GoAwayOnStream(stream) => raw((0, 3), Flags::NONE, labelled(stream), (0, 0)),
        }
    }
}

fn raw(
    (version, frame_type): (u8, u8),
    flags: Flags,
    stream: StreamRef,
    (length, body): (u32, u32),
) -> SendFrame {
    SendFrame::Raw { version, frame_type, flags, stream, length, body: RawBody::Zeros(body) }
}

impl WireFault {
    fn control(&self) -> WireControl {
        match self {
            Self::Segment(to, bytes) => WireControl::Segment(*to, *bytes),
            Self::Stall(to) => WireControl::Stall(*to),
            Self::Resume(to) => WireControl::Resume(*to),
            Self::Delay { to, by, jitter } => {
                WireControl::Delay { to: *to, by: *by, jitter: *jitter }
            }
            Self::Rate(to, per_second) => WireControl::Rate(*to, *per_second),
            Self::Buffer(to, bytes) => WireControl::Buffer(*to, *bytes),
            Self::End(to) => WireControl::End(*to),
            Self::Cut { is_reset: false } => WireControl::Cut(TransportEnd::Eof),
            Self::Cut { is_reset: true } => WireControl::Cut(TransportEnd::Reset),
        }
    }
}

/// The number of a stream that nobody opens: a story has too few streams to get there.
const UNOPENED: u32 = 999;

/// The buffer of a read to the end, as in scenarios that name none.
const CHUNK: u64 = 64 * 1024;
