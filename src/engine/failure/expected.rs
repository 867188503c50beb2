//! `Expected`: what should have happened when a case failed, as a value. Pure.

use std::fmt;

use crate::engine::failure::call::{CallEnd, NamedCall};
use crate::engine::wire::budget::Limit;
use crate::model::Rule;
use crate::model::{flags_token, token};
use crate::scenario::{Amount, ExpectFrame, ExpectedEvent, ForbiddenEvent, Label, WeakerResult};
use crate::yamux::time::Time;

/// What should have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A call ends like this.
    CallEnd(NamedCall, CallEnd, Due),
    /// A call is still running.
    CallRuns(NamedCall),
    /// A call with this label was begun.
    Call(Label),
    /// The peer sees this event.
    Event(ExpectedEvent, Due),
    /// One of several events of this kind, by number, at its time.
    Nth(ExpectedEvent, u32, u32, Due),
    /// The peer sees this event before more than this many bytes of other streams.
    InTurn(ExpectedEvent, u64),
    /// The next frame of this stream and type matches this one.
    Frame(ExpectFrame),
    /// No such event occurs.
    Absence(ForbiddenEvent),
    /// The wire has a stream for this label, which a frame must name.
    Stream(Label),
    /// The subject keeps a passive rule.
    Rule(Rule),
    /// The payload of this stream is what its application wrote.
    Payload(Label),
    /// The subject is alive.
    Alive,
    /// The session is alive before the first step.
    AliveAtStart,
    /// The session is alive after the last step.
    AliveAtEnd,
    /// The subject answers a ping after the last step.
    LastPong,
    /// The subject does nothing beyond the steps.
    NothingMore,
    /// The case stays within this limit.
    AtMost(Limit),
    /// An expectation read from a report: its wording and token.
    Told(String, String),
}

/// The time window for an event, in moments since the case began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Not earlier.
    pub not_before: Option<Time>,
    /// Not later.
    pub within: Option<Time>,
}

/// A weaker outcome that would have counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// Another end of the call.
    End(WeakerResult),
    /// Another event, and why it is lawful.
    Event(ExpectedEvent, String),
    /// An alternative read from a report.
    Told(String),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallEnd(call, end, due) => write!(f, "{call}: {end}{due}"),
            Self::CallRuns(call) => write!(f, "{call} is still running"),
            Self::Call(label) => write!(f, "a running call {label}"),
            Self::Event(event, due) => write!(f, "{event}{due}"),
            Self::Nth(event, nth, times, due) => write!(f, "{event}, {nth} of {times}{due}"),
            Self::InTurn(event, limit) => {
                write!(f, "{event}, behind at most {limit} bytes of other streams")
            }
            Self::Frame(frame) => frame.fmt(f),
            Self::Absence(event) => event.fmt(f),
            Self::Stream(label) => {
                write!(f, "stream {label} is open on the wire, so that a frame can name it")
            }
            Self::Rule(rule) => rule.fmt(f),
            Self::Payload(label) => write!(f, "the payload of {label} as it was written"),
            Self::Alive => f.write_str("the implementation goes on"),
            Self::AliveAtStart => f.write_str("a session that is alive before the first step"),
            Self::AliveAtEnd => f.write_str("a session that is alive once the script is over"),
            Self::LastPong => f.write_str("the subject answers a ping once the script is over"),
            Self::NothingMore => f.write_str("nothing beyond what the script expects"),
            Self::AtMost(limit) => write!(f, "at most {limit} in a case"),
            Self::Told(words, _) => f.write_str(words),
        }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.not_before, self.within) {
            (Some(a), Some(b)) if a == b => write!(f, ", at {a}"),
            (Some(a), Some(b)) => write!(f, ", from {a} to {b}"),
            (Some(a), None) => write!(f, ", not before {a}"),
            (None, Some(b)) => write!(f, ", by {b}"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event, because) => write!(f, "{event}: {because}"),
            Self::Told(words) => f.write_str(words),
            Self::End(WeakerResult { error, bytes, because }) => {
                match error {
                    Some(class) => write!(f, "error {class}")?,
                    None => f.write_str("success")?,
                }
                bytes.map_or(Ok(()), |bytes| write!(f, ", {bytes} bytes"))?;
                write!(f, ": {because}")
            }
        }
    }
}

impl Expected {
    /// The stable form: `write/success/524288`.
    pub fn token(&self) -> String {
        match self {
            Self::CallEnd(call, end, _) => format!("{}/{}", call.token(), end.token()),
            Self::CallRuns(call) => format!("{}/still-running", call.token()),
            Self::Call(label) => format!("call/{label}"),
            Self::Event(event, _) => event_token(event),
            Self::Nth(event, _, times, _) => format!("{}/times/{times}", event_token(event)),
            Self::InTurn(event, limit) => format!("{}/behind/{limit}", event_token(event)),
            Self::Frame(frame) => frame_token(frame),
            Self::Absence(event) => forbidden_token(event),
            Self::Stream(label) => format!("stream/{label}"),
            Self::Rule(rule) => format!("rule/{}", rule.token()),
            Self::Payload(label) => format!("payload/{label}"),
            Self::Alive => "alive".to_owned(),
            Self::AliveAtStart => "alive-at-start".to_owned(),
            Self::AliveAtEnd => "alive-at-end".to_owned(),
            Self::LastPong => "last-pong".to_owned(),
            Self::NothingMore => "nothing-more".to_owned(),
            Self::AtMost(limit) => format!("limit/{}", limit.token()),
            Self::Told(_, token) => token.clone(),
        }
    }
}

fn event_token(event: &ExpectedEvent) -> String {
    match event {
        ExpectedEvent::Opened(label) => format!("open/{label}"),
        ExpectedEvent::Acked(label) => format!("ack/{label}"),
        ExpectedEvent::Data(label, Amount::Exactly(bytes)) => format!("data/{label}/{bytes}"),
        ExpectedEvent::Data(label, Amount::AtLeast(bytes)) => {
            format!("data/{label}/{bytes}-or-more")
        }
        ExpectedEvent::Fin(label) => format!("fin/{label}"),
        ExpectedEvent::Reset(label) => format!("reset/{label}"),
        ExpectedEvent::ResetWith(label, code) => format!("reset/{label}/code/{code}"),
        ExpectedEvent::Credit(label, Amount::Exactly(bytes)) => {
            format!("credit/{label}/{bytes}")
        }
        ExpectedEvent::Credit(label, Amount::AtLeast(bytes)) => {
            format!("credit/{label}/{bytes}-or-more")
        }
        ExpectedEvent::Pong(value) => format!("pong/{value}"),
        ExpectedEvent::Ping => "ping".to_owned(),
        ExpectedEvent::GoAway(code) => format!("go-away/{}", token(code)),
        ExpectedEvent::SessionEnd => "session-end".to_owned(),
    }
}

fn frame_token(frame: &ExpectFrame) -> String {
    let length = frame.length.map_or_else(String::new, |length| format!("/{length}"));
    format!("frame/{}/{}{length}", token(frame.frame_type), flags_token(frame.flags))
}

fn forbidden_token(event: &ForbiddenEvent) -> String {
    match event {
        ForbiddenEvent::Acked(label) => format!("no-ack/{label}"),
        ForbiddenEvent::Anything(label) => format!("nothing/{label}"),
        ForbiddenEvent::Credit(label) => format!("no-credit/{label}"),
        ForbiddenEvent::Data(label) => format!("no-data/{label}"),
        ForbiddenEvent::Fin(label) => format!("no-fin/{label}"),
        ForbiddenEvent::GoAway => "no-go-away".to_owned(),
        ForbiddenEvent::Opened => "no-open".to_owned(),
        ForbiddenEvent::Pong(value) => format!("no-pong/{value}"),
        ForbiddenEvent::Reset(label) => format!("no-reset/{label}"),
        ForbiddenEvent::SessionEnd => "no-session-end".to_owned(),
    }
}
