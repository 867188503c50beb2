//! `Rule` and `Breach`: the rules of the model, and how one was broken. Pure.

use std::fmt;

use crate::model::{CallEnding, Debt, Unasked, flags_token, token};
use crate::scenario::{Action, Label};
use crate::yamux::frame::{Flags, FrameType, Side, StreamId};

/// A rule of the model. Those down to `FrameSize` hold in every scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The transport ends between two frames.
    WholeFrames,
    /// The version is 0.
    Version,
    /// The type is known.
    FrameType,
    /// The flags are known.
    KnownFlags,
    /// Session frames are on stream 0.
    SessionStream,
    /// Session frames have the flags of their type.
    SessionFlags,
    /// No frame follows a reset on its stream.
    AfterReset,
    /// A stream has one FIN.
    OneFin,
    /// No payload follows a FIN.
    AfterFin,
    /// Payload stays within the window.
    Window,
    /// Each side opens streams of its parity.
    Parity,
    /// A stream has one SYN.
    OneSyn,
    /// A stream's first frame has SYN.
    SynFirst,
    /// A SYN has one acknowledgement.
    OneAck,
    /// Credit stays within the window.
    Credit,
    /// A data frame is no larger than the configured maximum.
    FrameSize,
    /// Nothing is sent that neither the application nor the other end asked for.
    Asked,
    /// The success of a call is true, and its error has a cause.
    Result,
    /// The session does not end without a cause.
    GoesOn,
    /// Nothing is owed once nothing moves any more.
    Debts,
}

impl Rule {
    /// Its token, and what it demands in words.
    const fn token_and_words(self) -> (&'static str, &'static str) {
        match self {
            Self::WholeFrames => ("whole-frames", "every byte belongs to a whole frame"),
            Self::Version => ("version", "version 0 in every header"),
            Self::FrameType => ("frame-type", "a frame type from 0 to 3"),
            Self::KnownFlags => ("known-flags", "only the flags SYN, ACK, FIN and RST"),
            Self::SessionStream => ("session-stream", "ping and go away on stream 0"),
            Self::SessionFlags => ("session-flags", "SYN or ACK on a ping, no flag on a go away"),
            Self::AfterReset => ("after-reset", "nothing more on a stream that was reset"),
            Self::OneFin => ("one-fin", "one fin per stream"),
            Self::AfterFin => ("after-fin", "no data after the fin"),
            Self::Window => ("window", "no payload beyond the window"),
            Self::Parity => ("parity", "odd streams from the client, even ones from the server"),
            Self::OneSyn => ("one-syn", "one syn per stream"),
            Self::SynFirst => ("syn-first", "syn first on a new stream"),
            Self::OneAck => ("one-ack", "one acknowledgement for each syn of the peer"),
            Self::Credit => ("credit", "never more credit than the window"),
            Self::FrameSize => ("frame-size", "no data frame larger than max_frame_size"),
            Self::Asked => ("asked", "only what the application or the peer asked for"),
            Self::Result => ("result", "a success that is true, or an error that has a cause"),
            Self::GoesOn => ("goes-on", "the session goes on"),
            Self::Debts => ("debts", "everything that is due is done"),
        }
    }

    pub(crate) const fn token(self) -> &'static str {
        self.token_and_words().0
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token_and_words().1)
    }
}

/// How an end broke a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// The transport ended inside a frame.
    EndInFrame,
    /// Another version than 0.
    Version(u8),
    /// An undefined type.
    FrameType(u8),
    /// Flags of which some are undefined.
    UnknownFlags(Flags),
    /// A session frame on a stream.
    SessionStream(StreamId),
    /// A session frame with flags that do not fit its type.
    SessionFlags(FrameName),
    /// A frame after a reset.
    AfterReset(FrameName, NamedStream),
    /// A second FIN.
    SecondFin(NamedStream),
    /// This many bytes after the FIN.
    AfterFin(u32, NamedStream),
    /// More payload than the window allows.
    BeyondWindow {
        /// All bytes so far.
        sent: u64,
        /// The bytes allowed.
        allowed: u64,
        /// The stream.
        stream: NamedStream,
    },
    /// A SYN on a stream that the subject's side does not open.
    Parity {
        /// The side the subject plays.
        subject: Side,
        /// Whether it was on stream 0, which nobody opens.
        is_session: bool,
        /// The stream.
        stream: NamedStream,
    },
    /// A second SYN.
    SecondSyn(NamedStream),
    /// A frame on a stream that nobody opened.
    Unopened(FrameName, NamedStream),
    /// More acknowledgements than SYNs.
    Acks {
        /// All acknowledgements so far.
        acks: u32,
        /// All SYNs of the peer.
        syns: u32,
        /// The stream.
        stream: NamedStream,
    },
    /// More credit than the window.
    Credit {
        /// The unused credit.
        outstanding: u64,
        /// The largest window.
        window: u32,
        /// The stream.
        stream: NamedStream,
    },
    /// A data frame whose body exceeds the configured maximum.
    LargeFrame {
        /// The size of its body.
        bytes: u32,
        /// The setting.
        most: u32,
        /// The stream.
        stream: NamedStream,
    },
    /// A frame that neither its application nor its peer asked for.
    Unasked(Unasked),
    /// A call whose success is not true, or whose error has no cause.
    Result {
        /// The call.
        action: Action,
        /// How it ended.
        ending: CallEnding,
        /// The clause that it breaks.
        clause: &'static str,
    },
    /// The end of the session without a cause.
    Ended {
        /// The clause that it breaks.
        clause: &'static str,
    },
    /// A debt.
    Owed(Debt),
}

impl Breach {
    /// The rule that was broken.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::EndInFrame => Rule::WholeFrames,
            Self::Version(_) => Rule::Version,
            Self::FrameType(_) => Rule::FrameType,
            Self::UnknownFlags(_) => Rule::KnownFlags,
            Self::SessionStream(_) => Rule::SessionStream,
            Self::SessionFlags(_) => Rule::SessionFlags,
            Self::AfterReset(..) => Rule::AfterReset,
            Self::SecondFin(_) => Rule::OneFin,
            Self::AfterFin(..) => Rule::AfterFin,
            Self::BeyondWindow { .. } => Rule::Window,
            Self::Parity { .. } => Rule::Parity,
            Self::SecondSyn(_) => Rule::OneSyn,
            Self::Unopened(..) => Rule::SynFirst,
            Self::Acks { .. } => Rule::OneAck,
            Self::Credit { .. } => Rule::Credit,
            Self::LargeFrame { .. } => Rule::FrameSize,
            Self::Unasked(_) => Rule::Asked,
            Self::Result { .. } => Rule::Result,
            Self::Ended { .. } => Rule::GoesOn,
            Self::Owed(_) => Rule::Debts,
        }
    }

    /// The clause that contains the rule.
    pub const fn clause(&self) -> &'static str {
        match self {
            Self::EndInFrame => "FRM-01",
            Self::Version(_) => "FRM-02",
            Self::FrameType(_) => "FRM-03",
            Self::UnknownFlags(_) => "FRM-04",
            Self::SessionStream(_) => "SID-06",
            Self::SessionFlags(_) => "FRM-05",
            Self::AfterReset(..) => "RST-10",
            Self::SecondFin(_) => "FIN-04",
            Self::AfterFin(..) => "FIN-03",
            Self::BeyondWindow { .. } => "FLOW-01",
            Self::Parity { is_session: true, .. } => "SID-04",
            Self::Parity { subject: Side::Client, .. } => "SID-01",
            Self::Parity { subject: Side::Server, .. } => "SID-02",
            Self::SecondSyn(_) => "OPEN-02",
            Self::Unopened(..) => "OPEN-01",
            Self::Acks { .. } => "ACC-06",
            Self::Credit { .. } => "FLOW-17",
            Self::LargeFrame { .. } => "LIM-45",
            Self::Unasked(unasked) => unasked.clause(),
            Self::Result { clause, .. } | Self::Ended { clause } => clause,
            Self::Owed(debt) => debt.clause(),
        }
    }

    pub(crate) fn token(&self) -> String {
        match self {
            Self::EndInFrame => "end-in-frame".to_owned(),
            Self::Version(version) => format!("version/{version}"),
            Self::FrameType(frame_type) => format!("frame-type/{frame_type}"),
            Self::UnknownFlags(flags) => format!("flags/{}", flags_token(*flags)),
            Self::SessionStream(stream) => format!("stream/{stream}"),
            Self::SessionFlags(frame) => frame.token(),
            Self::AfterReset(frame, stream) | Self::Unopened(frame, stream) => {
                format!("{}/{}", frame.token(), stream.token())
            }
            Self::SecondFin(stream) => format!("second-fin/{}", stream.token()),
            Self::AfterFin(bytes, stream) => format!("data/{}/{bytes}", stream.token()),
            Self::BeyondWindow { sent, allowed, stream } => {
                format!("data/{}/{sent}/allowed/{allowed}", stream.token())
            }
            Self::Parity { stream, .. } => format!("syn/{}", stream.token()),
            Self::SecondSyn(stream) => format!("second-syn/{}", stream.token()),
            Self::Acks { acks, syns, stream } => {
                format!("acks/{}/{acks}/syns/{syns}", stream.token())
            }
            Self::Credit { outstanding, window, stream } => {
                format!("credit/{}/{outstanding}/window/{window}", stream.token())
            }
            Self::LargeFrame { bytes, most, stream } => {
                format!("data/{}/{bytes}/most/{most}", stream.token())
            }
            Self::Unasked(unasked) => unasked.token(),
            Self::Result { action, ending, .. } => {
                let action = action.to_string().replace([' ', '_'], "-");
                let class = ending.class.map_or_else(|| "success".to_owned(), token);
                format!("{action}/{class}/{}", ending.bytes)
            }
            Self::Ended { clause } => format!("ended/{}", clause.to_ascii_lowercase()),
            Self::Owed(debt) => debt.token(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndInFrame => f.write_str("the transport ends inside a frame"),
            Self::Version(version) => write!(f, "version {version}"),
            Self::FrameType(frame_type) => write!(f, "type {frame_type}"),
            Self::UnknownFlags(flags) => write!(f, "flags {flags}"),
            Self::SessionStream(stream) => write!(f, "stream {stream}"),
            Self::SessionFlags(frame) => {
                write!(f, "{} with flags {}", frame.frame_type, frame.flags)
            }
            Self::AfterReset(frame, stream) => write!(f, "{frame} on {stream} after its reset"),
            Self::SecondFin(stream) => write!(f, "a second fin on {stream}"),
            Self::AfterFin(bytes, stream) => write!(f, "{bytes} bytes after the fin of {stream}"),
            Self::BeyondWindow { sent, allowed, stream } => {
                write!(f, "{sent} bytes on {stream} where {allowed} were allowed")
            }
            Self::Parity { stream, .. } => write!(f, "syn on {stream}"),
            Self::SecondSyn(stream) => write!(f, "a second syn on {stream}"),
            Self::Unopened(frame, stream) => write!(f, "{frame} on {stream}, which nobody opened"),
            Self::Acks { acks, syns, stream } => {
                write!(f, "ack number {acks} on {stream}, syns of the peer: {syns}")
            }
            Self::Credit { outstanding, window, stream } => {
                write!(f, "{outstanding} bytes of credit on {stream} with a window of {window}")
            }
            Self::LargeFrame { bytes, most, stream } => {
                write!(f, "a data frame of {bytes} bytes on {stream} where {most} are the most")
            }
            Self::Unasked(unasked) => unasked.fmt(f),
            Self::Result { action, ending, .. } => match ending.class {
                Some(class) => {
                    write!(f, "{action} ended with {class} after {} bytes", ending.bytes)
                }
                None => write!(f, "{action} succeeded with {} bytes", ending.bytes),
            },
            Self::Ended { .. } => f.write_str("it ended the session"),
            Self::Owed(debt) => debt.fmt(f),
        }
    }
}

/// A frame by its type and flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameName {
    /// The type.
    pub frame_type: FrameType,
    /// The flags.
    pub flags: Flags,
}

impl fmt::Display for FrameName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame_type, flags } = self;
        if flags.is_empty() { frame_type.fmt(f) } else { write!(f, "{frame_type} {flags}") }
    }
}

impl FrameName {
    fn token(self) -> String {
        format!("{}/{}", token(self.frame_type), flags_token(self.flags))
    }
}

/// A stream as the script names it, so that failures of both sides read the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedStream {
    /// The script's label.
    Label(Label),
    /// The number of a stream without a label.
    Number(u32),
}

impl fmt::Display for NamedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => f.write_str(label),
            Self::Number(number) => write!(f, "stream {number}"),
        }
    }
}

impl NamedStream {
    /// A label begins with a letter, a number does not.
    pub(crate) fn token(&self) -> String {
        match self {
            Self::Label(label) => label.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}
