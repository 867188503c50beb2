//! Turns in words: a compact form for titles and test messages. Pure.

use std::fmt;

use crate::analysis::story::turn::{AppCall, PeerFrame, Turn, WireFault, span};
use crate::scenario::Actor;
use crate::yamux::frame::Flags;

impl fmt::Display for Turn {
    /// `accept a`, `peer data a 1000`, `wire stall subject`, `wait 1s`; a call without an actor is the subject's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(Actor::Subject, call) => call.fmt(f),
            Self::Call(Actor::Peer, call) => write!(f, "peer {call}"),
            Self::Frame(frame) => write!(f, "peer {frame}"),
            Self::Fault(fault) => write!(f, "wire {fault}"),
            Self::Wait(time) => write!(f, "wait {}", span(*time)),
        }
    }
}

impl fmt::Display for AppCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(stream) => write!(f, "open {stream}"),
            Self::Accept(stream) => write!(f, "accept {stream}"),
            Self::Write(stream, bytes) => write!(f, "write {stream} {bytes}"),
            Self::Read(stream, bytes) => write!(f, "read {stream} {bytes}"),
            Self::ReadToEnd(stream) => write!(f, "read {stream} to end"),
            Self::HalfClose(stream) => write!(f, "half_close {stream}"),
            Self::Close(stream) => write!(f, "close {stream}"),
            Self::Reset(stream) => write!(f, "reset {stream}"),
            Self::Drop(stream) => write!(f, "drop {stream}"),
            Self::CloseRead(stream) => write!(f, "close_read {stream}"),
            Self::SetDeadline { stream, is_for_writes, after } => {
                let direction = if *is_for_writes { "write" } else { "read" };
                write!(f, "set_deadline {stream} {direction} ")?;
                match after {
                    None => f.write_str("none"),
                    Some(after) => span(*after).fmt(f),
                }
            }
            Self::Cancel(kind, stream) => write!(f, "cancel {kind} {stream}"),
            Self::Ping => f.write_str("ping"),
            Self::GoAway => f.write_str("go_away"),
            Self::CloseSession => f.write_str("close_session"),
        }
    }
}

impl fmt::Display for PeerFrame {
    /// A window update that only says one thing is named by that: `syn a`, `fin a`, `credit a 1000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update { stream, flags, credit } if flags.is_empty() => {
                write!(f, "credit {stream} {credit}")
            }
            Self::Update { stream, flags, credit: 0 } => write!(f, "{} {stream}", small(*flags)),
            Self::Update { stream, flags, credit } => {
                write!(f, "{} {stream} credit {credit}", small(*flags))
            }
            Self::Data { stream, flags, bytes } if flags.is_empty() => {
                write!(f, "data {stream} {bytes}")
            }
            Self::Data { stream, flags, bytes } => {
                write!(f, "data+{} {stream} {bytes}", small(*flags))
            }
            Self::FillWindow { stream, beyond: 0 } => write!(f, "fill {stream}"),
            Self::FillWindow { stream, beyond } => write!(f, "fill {stream} and {beyond}"),
            Self::Ping(value) => write!(f, "ping {value}"),
            Self::Pong => f.write_str("pong"),
            Self::UnaskedPong(value) => write!(f, "unasked pong {value}"),
            Self::GoAway(code) => write!(f, "go_away {code}"),
            Self::WrongParity(stream) => write!(f, "syn {stream} with wrong parity"),
            Self::Unopened(frame) => write!(f, "{frame} on an unopened stream"),
            Self::WrongVersion => f.write_str("ping of version 1"),
            Self::UnknownType => f.write_str("frame of type 4"),
            Self::PingOnStream(stream) => write!(f, "ping on {stream}"),
            Self::GoAwayOnStream(stream) => write!(f, "go_away on {stream}"),
        }
    }
}

impl fmt::Display for WireFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = |bytes: Option<u32>| bytes.map_or_else(|| "off".to_owned(), |n| n.to_string());
        match self {
            Self::Segment(to, bytes) => write!(f, "segment {to} {}", limit(*bytes)),
            Self::Stall(to) => write!(f, "stall {to}"),
            Self::Resume(to) => write!(f, "resume {to}"),
            Self::Delay { to, by, jitter } if jitter.is_zero() => {
                write!(f, "delay {to} {}", span(*by))
            }
            Self::Delay { to, by, jitter } => {
                write!(f, "delay {to} {} to {}", span(*by), span(*by + *jitter))
            }
            Self::Rate(to, per_second) => write!(f, "rate {to} {}", limit(*per_second)),
            Self::Buffer(to, bytes) => write!(f, "buffer {to} {bytes}"),
            Self::End(to) => write!(f, "end {to}"),
            Self::Cut { is_reset: false } => f.write_str("cut eof"),
            Self::Cut { is_reset: true } => f.write_str("cut reset"),
        }
    }
}

fn small(flags: Flags) -> String {
    flags.to_string().to_lowercase()
}
