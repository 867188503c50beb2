//! Each rule of the model: the shortest session that breaks it, and the nearest one that does not. Pure.

mod debts;
mod results;
mod unasked;
mod violations;

use std::time::Duration;

use crate::model::{Breach, Call, CallEnding, Model, Sender};
use crate::scenario::{Action, Actor, ErrorClass, Label, ReadAmount};
use crate::yamux::frame::{Flags, FrameType, RawHeader, Side, StreamId};
use crate::yamux::time::Time;

/// A session of a client under test and a wire peer, with one event a second.
#[derive(Default)]
struct Exchange {
    model: Model,
    seconds: u64,
    calls: u32,
}

impl Exchange {
    /// The subject has opened `s`, stream 1, and the peer has acknowledged it.
    fn of_opened() -> Self {
        let mut exchange = Self::default();
        let open = exchange.begin(open("s"));
        assert_eq!(exchange.subject(update(Flags::SYN, 1, 0)), "");
        exchange.bind("s", 1);
        exchange.peer(update(Flags::ACK, 1, 0));
        assert_eq!(exchange.ends(open, None, 0), "");
        exchange
    }

    /// The peer has opened `s`, stream 2, and the subject has accepted it, but not acknowledged it.
    fn of_accepted() -> Self {
        let mut exchange = Self::default();
        exchange.peer(update(Flags::SYN, 2, 0));
        exchange.bind("s", 2);
        exchange.done(accept("s"));
        exchange
    }

    fn bind(&mut self, label: &str, number: u32) {
        self.model.bind(&Label::from(label), number);
    }

    fn now(&mut self) -> Time {
        self.seconds += 1;
        Time::ZERO + Duration::from_secs(self.seconds)
    }

    /// The subject's application begins a call.
    fn begin(&mut self, action: Action) -> u32 {
        let (now, id) = (self.now(), self.calls);
        self.calls += 1;
        self.model.begin_call(now, id, Call::new(Actor::Subject, action, None));
        id
    }

    /// The call ends. Returns the clause that its end breaks; empty for none.
    fn ends(&mut self, id: u32, class: Option<ErrorClass>, bytes: u64) -> &'static str {
        let (now, ending) = (self.now(), CallEnding { class, bytes });
        let judged = self.model.judge_result(now, id, ending);
        self.model.end_call(now, id, ending);
        clause(judged)
    }

    /// A call that moves all its bytes and breaks no clause.
    #[track_caller]
    fn done(&mut self, action: Action) {
        let bytes = action.requested().unwrap_or_default();
        let id = self.begin(action);
        assert_eq!(self.ends(id, None, bytes), "");
    }

    /// A call that fails before it moves anything. Returns the clause that its end breaks.
    fn fails(&mut self, action: Action, class: ErrorClass) -> &'static str {
        let id = self.begin(action);
        self.ends(id, Some(class), 0)
    }

    /// A frame of the subject. Returns the clause that it breaks.
    fn subject(&mut self, header: RawHeader) -> &'static str {
        let now = self.now();
        let sender = sender(Actor::Subject, Side::Client);
        let judged = self.model.judge_form(&header, sender);
        let judged = judged.and_then(|()| self.model.judge_purpose(now, &header, sender));
        let judged = judged.and_then(|()| match header.lawful_type() {
            Some(FrameType::GoAway) => self.model.judge_leaving(now, Actor::Subject),
            _ => Ok(()),
        });
        self.take(now, Actor::Subject, &header);
        clause(judged)
    }

    /// A frame of the peer.
    fn peer(&mut self, header: RawHeader) {
        let now = self.now();
        self.model.note_violations(&header, sender(Actor::Peer, Side::Server));
        self.take(now, Actor::Peer, &header);
    }

    fn take(&mut self, now: Time, from: Actor, header: &RawHeader) {
        if header.lawful_type().is_none() {
            return;
        }
        self.model.take_header(now, from, header);
        if header.lawful_type() == Some(FrameType::Data) {
            self.model.take_body(from, header.stream.0, header.body_len().into());
            self.model.take_body_end(from, header);
        }
    }

    /// The subject ends the transport. Returns the clause that this breaks.
    fn subject_leaves(&mut self) -> &'static str {
        let now = self.now();
        let judged = self.model.judge_leaving(now, Actor::Subject);
        self.model.take_end(now, Actor::Subject);
        clause(judged)
    }

    /// The peer ends the transport.
    fn peer_leaves(&mut self) {
        let now = self.now();
        self.model.take_end(now, Actor::Peer);
    }

    /// The clause by which the subject owes something; empty if it owes nothing.
    fn owed(&mut self) -> &'static str {
        let now = self.now();
        clause(self.model.owed(now, Actor::Subject))
    }
}

const fn sender(end: Actor, side: Side) -> Sender {
    Sender { end, side, max_window: None, max_frame: None }
}

fn clause(judged: Result<(), Breach>) -> &'static str {
    judged.err().map_or("", |breach| breach.clause())
}

const fn data(flags: Flags, stream: u32, length: u32) -> RawHeader {
    RawHeader::new(FrameType::Data, flags, StreamId(stream), length)
}

const fn update(flags: Flags, stream: u32, credit: u32) -> RawHeader {
    RawHeader::new(FrameType::WindowUpdate, flags, StreamId(stream), credit)
}

const fn ping(flags: Flags, value: u32) -> RawHeader {
    RawHeader::new(FrameType::Ping, flags, StreamId::SESSION, value)
}

const fn go_away(code: u32) -> RawHeader {
    RawHeader::new(FrameType::GoAway, Flags::NONE, StreamId::SESSION, code)
}

fn open(stream: &str) -> Action {
    Action::Open { stream: stream.into(), deadline: None }
}

fn accept(stream: &str) -> Action {
    Action::Accept { stream: stream.into(), deadline: None }
}

/// The calls of an application on `s`.
fn write(bytes: u64) -> Action {
    Action::Write { stream: "s".into(), bytes, times: 1 }
}

fn read(bytes: u64) -> Action {
    Action::Read { stream: "s".into(), amount: ReadAmount::Exactly { bytes, times: 1 } }
}

fn read_to_end() -> Action {
    Action::Read { stream: "s".into(), amount: ReadAmount::ToEnd { chunk: 1000 } }
}

fn half_close() -> Action {
    Action::HalfClose { stream: "s".into() }
}

fn close() -> Action {
    Action::Close { stream: "s".into() }
}

fn close_read() -> Action {
    Action::CloseRead { stream: "s".into() }
}

fn reset() -> Action {
    Action::Reset { stream: "s".into(), code: None }
}

fn drop_handle() -> Action {
    Action::Drop { stream: "s".into() }
}

fn cancel() -> Action {
    Action::Cancel { label: "call".into() }
}

/// The window of a new stream.
const WINDOW: u32 = 262_144;
