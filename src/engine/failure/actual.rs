//! `Actual`: what happened when a case failed, as a value. Pure.

use std::fmt;

use crate::endpoint::Death;
use crate::engine::failure::call::CallEnd;
use crate::model::{Breach, NamedStream};
use crate::model::{flags_token, token};
use crate::scenario::Label;
use crate::yamux::frame::{FrameType, GoAwayCode, RawHeader};
use crate::yamux::time::Time;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actual {
    /// The expected event had not occurred by this time; the observed state.
    NotYet(Shortfall, Time),
    /// An event that rules out the expected one.
    Instead(Instead),
    /// An event that no step allows.
    Unwanted(Unwanted, Time),
    /// The expected event was too early.
    TooEarly(Time),
    /// The expected event was too late.
    TooLate(Time),
    /// The expected event came after this many bytes of other streams.
    Behind(u64),
    /// The call's actual end. The library's error text is empty if it has none.
    CallEnd(CallEnd, String, Time),
    /// The call read bytes that nobody wrote.
    Corrupt(Corruption, Time),
    /// The call was still running at this time.
    StillRunning(Time),
    /// There is no such call.
    NoCall,
    /// There is no such stream.
    NoStream,
    /// The subject ended the transport before the first step.
    EndedAtStart,
    /// The peer cannot send a ping.
    NoPing,
    /// The subject broke a passive rule.
    Breach(Breach),
    /// A payload byte at this offset differs from the one written.
    OtherByte(Label, u64),
    /// The case exceeded this limit.
    NoEnd,
    /// The subject crashed or got stuck, with the details known.
    Died(Death, String),
    /// An observation read from a report.
    Told(Retold),
}

/// An observation read from a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retold {
    /// Its wording.
    pub words: String,
    /// Its token.
    pub token: String,
    /// Whether it broke a passive rule.
    pub is_rule: bool,
}

/// The observed state while an expected event is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// No acknowledgement.
    Ack,
    /// Only this much credit.
    Credit(u64),
    /// Only this many bytes of payload.
    Data(u64),
    /// No FIN.
    Fin,
    /// No frame of this type.
    Frame(FrameType),
    /// No go-away.
    GoAway,
    /// No new stream.
    Open,
    /// Another pong.
    OtherPong(u32, Time),
    /// No ping.
    Ping,
    /// No pong.
    Pong,
    /// No reset.
    Reset,
    /// No end of the session.
    SessionEnd,
    /// No frame names the labelled stream.
    Stream(Label),
    /// The label is bound to no stream.
    StreamYet(Label),
}

/// An event that rules out the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The end of the transport.
    End(Time),
    /// A go-away with another code.
    GoAway(GoAwayCode),
    /// Another frame.
    Frame(FrameType, RawHeader, Time),
    /// Another event of the stream.
    Event(StreamEvent, Time),
    /// A reset with another code.
    ResetWith(u32, Time),
    /// Too few bytes of payload before another event of the stream.
    DataThen(u64, StreamEvent, Time),
    /// Too much credit.
    Credit(u64, Time),
    /// Too little credit before the stream was reset.
    CreditThenReset(u64, Time),
}

/// An event that no step allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwanted {
    /// An acknowledgement.
    Ack(Label),
    /// Credit.
    Credit(u64, Label),
    /// The end of the transport.
    End,
    /// An event of a stream.
    Event(StreamEvent, NamedStream),
    /// A go-away.
    GoAway(GoAwayCode),
    /// A new stream where none is allowed.
    NewStream(u32),
    /// A new stream that no step claimed.
    Opened(u32),
    /// A pong.
    Pong(u32),
}

/// An event of the subject on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Payload.
    Data(u64),
    /// FIN.
    Fin,
    /// RST.
    Reset,
}

/// Bytes that were read, and why they cannot be the bytes written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corruption {
    /// The shim reported no checksum for this many bytes.
    NoChecksum(u64),
    /// No case moves this many bytes.
    TooMany(u64),
    /// The checksum differs.
    Checksum {
        /// How many bytes were read.
        bytes: u64,
        /// The checksum of those bytes.
        read: u32,
        /// The checksum of the bytes written.
        written: u32,
    },
}

impl fmt::Display for Actual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet(lack, by) => write!(f, "{lack} by {by}"),
            Self::Instead(instead) => instead.fmt(f),
            Self::Unwanted(unwanted, at) => write!(f, "{unwanted} at {at}"),
            Self::TooEarly(came) => write!(f, "it came at {came}, too early"),
            Self::TooLate(came) => write!(f, "it came at {came}, too late"),
            Self::Behind(bytes) => write!(f, "it came behind {bytes} bytes of other streams"),
            Self::CallEnd(end, native, at) if native.is_empty() => write!(f, "{end} at {at}"),
            Self::CallEnd(end, native, at) => {
                write!(f, "{end} (in its own words: {native}) at {at}")
            }
            Self::Corrupt(corruption, at) => write!(f, "{corruption} at {at}"),
            Self::StillRunning(at) => write!(f, "still running at {at}"),
            Self::NoCall => f.write_str("no such call"),
            Self::NoStream => f.write_str("no such stream"),
            Self::EndedAtStart => f.write_str("the subject has ended the transport"),
            Self::NoPing => f.write_str(
                "the peer can send no ping: its session is over, or the script ends inside a frame",
            ),
            Self::Breach(breach) => breach.fmt(f),
            Self::OtherByte(label, offset) => {
                write!(f, "another byte at offset {offset} of {label}")
            }
            Self::NoEnd => f.write_str("more than that, and no end"),
            Self::Died(death, message) => write!(f, "it {}: {message}", death.words()),
            Self::Told(told) => f.write_str(&told.words),
        }
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ack => f.write_str("no acknowledgement"),
            Self::Credit(bytes) => write!(f, "credit of {bytes} bytes"),
            Self::Data(bytes) => StreamEvent::Data(*bytes).fmt(f),
            Self::Fin => f.write_str("no fin"),
            Self::Frame(frame_type) => write!(f, "no {frame_type} frame"),
            Self::GoAway => f.write_str("no go away"),
            Self::Open => f.write_str("no new stream"),
            Self::OtherPong(value, at) => write!(f, "pong {value} at {at}"),
            Self::Ping => f.write_str("no ping"),
            Self::Pong => f.write_str("no pong"),
            Self::Reset => f.write_str("no reset"),
            Self::SessionEnd => f.write_str("the session goes on"),
            Self::Stream(label) => write!(f, "no stream {label} on the wire"),
            Self::StreamYet(label) => write!(f, "no stream {label} yet"),
        }
    }
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(at) => write!(f, "the subject ended the transport at {at}"),
            Self::GoAway(code) => write!(f, "go away with code {code}"),
            Self::Frame(frame_type, header, at) => {
                let RawHeader { flags, length, .. } = header;
                write!(f, "{frame_type} with flags {flags} and length {length} at {at}")
            }
            Self::Event(event, at) => write!(f, "{event} at {at}"),
            Self::DataThen(bytes, event, at) => {
                write!(f, "{}, then {event} at {at}", StreamEvent::Data(*bytes))
            }
            Self::ResetWith(code, at) => write!(f, "reset with code {code} at {at}"),
            Self::Credit(bytes, at) => write!(f, "credit of {bytes} bytes at {at}"),
            Self::CreditThenReset(bytes, at) => {
                write!(f, "credit of {bytes} bytes, then reset at {at}")
            }
        }
    }
}

impl fmt::Display for Unwanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ack(label) => write!(f, "acknowledgement of {label}"),
            Self::Credit(bytes, label) => write!(f, "credit of {bytes} bytes on {label}"),
            Self::End => f.write_str("end of the transport"),
            Self::Event(event, stream) => write!(f, "{event} on {stream}"),
            Self::GoAway(code) => write!(f, "go away with code {code}"),
            Self::NewStream(number) => write!(f, "new stream {number}"),
            Self::Opened(number) => write!(f, "stream {number} opened"),
            Self::Pong(value) => write!(f, "pong {value}"),
        }
    }
}

impl fmt::Display for StreamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(bytes) => write!(f, "{bytes} bytes of data"),
            Self::Fin => f.write_str("fin"),
            Self::Reset => f.write_str("reset"),
        }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChecksum(bytes) => write!(f, "{bytes} bytes read, without their checksum"),
            Self::TooMany(bytes) => write!(f, "{bytes} bytes read, more than any case moves"),
            Self::Checksum { bytes, read, written } => write!(
                f,
                "{bytes} bytes read whose checksum {read:08x} is not that of what was written, {written:08x}: bytes were lost, doubled, swapped or changed"
            ),
        }
    }
}

impl Actual {
    /// The stable form, without moments or the library's error text: `stream-reset/458752`.
    pub fn token(&self) -> String {
        match self {
            Self::NotYet(lack, _) => lack.token(),
            Self::Instead(instead) => instead.token(),
            Self::Unwanted(unwanted, _) => unwanted.token(),
            Self::TooEarly(_) => "too-early".to_owned(),
            Self::TooLate(_) => "too-late".to_owned(),
            // The byte count may depend on buffer sizes.
            Self::Behind(_) => "behind".to_owned(),
            Self::CallEnd(end, ..) => end.token(),
            Self::Corrupt(corruption, _) => corruption.token(),
            Self::StillRunning(_) => "still-running".to_owned(),
            Self::NoCall => "no-call".to_owned(),
            Self::NoStream => "no-stream".to_owned(),
            Self::EndedAtStart => "ended".to_owned(),
            Self::NoPing => "no-ping".to_owned(),
            Self::Breach(breach) => breach.token(),
            Self::OtherByte(label, offset) => format!("other-byte/{label}/{offset}"),
            Self::NoEnd => "no-end".to_owned(),
            Self::Died(death, _) => death.token().to_owned(),
            Self::Told(told) => told.token.clone(),
        }
    }
}

impl Shortfall {
    fn token(&self) -> String {
        match self {
            Self::Ack => "no-ack".to_owned(),
            Self::Credit(bytes) => format!("credit/{bytes}"),
            Self::Data(bytes) => StreamEvent::Data(*bytes).token(),
            Self::Fin => "no-fin".to_owned(),
            Self::Frame(frame_type) => format!("no-frame/{}", token(frame_type)),
            Self::GoAway => "no-go-away".to_owned(),
            Self::Open => "no-open".to_owned(),
            Self::OtherPong(value, _) => format!("pong/{value}"),
            Self::Ping => "no-ping".to_owned(),
            Self::Pong => "no-pong".to_owned(),
            Self::Reset => "no-reset".to_owned(),
            Self::SessionEnd => "no-session-end".to_owned(),
            Self::Stream(label) | Self::StreamYet(label) => format!("no-stream/{label}"),
        }
    }
}

impl Instead {
    fn token(self) -> String {
        match self {
            Self::End(_) => "ended".to_owned(),
            Self::GoAway(code) => format!("go-away/{}", token(code)),
            Self::Frame(frame_type, header, _) => {
                let flags = flags_token(header.flags);
                format!("frame/{}/{flags}/{}", token(frame_type), header.length)
            }
            Self::Event(event, _) => event.token(),
            Self::DataThen(bytes, event, _) => {
                format!("{}/then/{}", StreamEvent::Data(bytes).token(), event.token())
            }
            Self::Credit(bytes, _) => format!("credit/{bytes}"),
            Self::ResetWith(code, _) => format!("reset/code/{code}"),
            Self::CreditThenReset(bytes, _) => format!("credit/{bytes}/then/reset"),
        }
    }
}

impl Unwanted {
    fn token(&self) -> String {
        match self {
            Self::Ack(label) => format!("ack/{label}"),
            Self::Credit(bytes, label) => format!("credit/{label}/{bytes}"),
            Self::End => "ended".to_owned(),
            Self::Event(StreamEvent::Data(bytes), stream) => {
                format!("data/{}/{bytes}", stream.token())
            }
            Self::Event(event, stream) => format!("{}/{}", event.token(), stream.token()),
            Self::GoAway(code) => format!("go-away/{}", token(code)),
            Self::NewStream(number) | Self::Opened(number) => format!("open/{number}"),
            Self::Pong(value) => format!("pong/{value}"),
        }
    }
}

impl StreamEvent {
    fn token(self) -> String {
        match self {
            Self::Data(bytes) => format!("data/{bytes}"),
            Self::Fin => "fin".to_owned(),
            Self::Reset => "reset".to_owned(),
        }
    }
}

impl Corruption {
    fn token(self) -> String {
        match self {
            Self::NoChecksum(bytes) => format!("no-checksum/{bytes}"),
            Self::TooMany(bytes) => format!("too-many/{bytes}"),
            Self::Checksum { bytes, read, .. } => format!("corrupt/{bytes}/{read:08x}"),
        }
    }
}
