//! `Send`: frames that a wire peer sends. Pure.

use crate::scenario::Label;
use crate::yamux::frame::{Flags, GoAwayCode, HEADER_LEN, INITIAL_WINDOW};

/// Frames that a wire peer sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The frame.
    pub frame: SendFrame,
    /// How many of them, one after another.
    pub times: u32,
}

/// A frame that a wire peer sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendFrame {
    /// Payload from the stream's pattern, exceeding what the subject has allowed by then.
    BeyondWindow {
        /// The stream.
        stream: StreamRef,
        /// The flags.
        flags: Flags,
        /// By how many bytes.
        bytes: u32,
    },
    /// Payload from the stream's pattern.
    Data {
        /// The stream.
        stream: StreamRef,
        /// The flags.
        flags: Flags,
        /// Body bytes.
        bytes: u32,
        /// The length field: `bytes`, unless the frame is to be cut short.
        length: u32,
    },
    /// The rest of the previous frame's body, or a part of it, without a header.
    Rest {
        /// The stream whose pattern continues.
        stream: Label,
        /// How many bytes.
        bytes: u32,
    },
    /// Credit and flags.
    WindowUpdate {
        /// The stream.
        stream: StreamRef,
        /// The flags.
        flags: Flags,
        /// The delta.
        credit: u32,
    },
    /// A ping or a pong.
    Ping {
        /// The flags.
        flags: Flags,
        /// The opaque value.
        value: PingValue,
    },
    /// The end of the session.
    GoAway {
        /// The code.
        code: GoAwayCode,
    },
    /// Any header, and a body of any length.
    Raw {
        /// Version.
        version: u8,
        /// Type.
        frame_type: u8,
        /// Flags.
        flags: Flags,
        /// Stream.
        stream: StreamRef,
        /// Length field.
        length: u32,
        /// The bytes after the header; need not agree with `length`.
        body: RawBody,
    },
}

impl SendFrame {
    /// The stream it is for, if it names one, and its flags.
    pub(crate) const fn stream(&self) -> Option<(&StreamRef, Flags)> {
        match self {
            Self::BeyondWindow { stream, flags, .. }
            | Self::Data { stream, flags, .. }
            | Self::WindowUpdate { stream, flags, .. }
            | Self::Raw { stream, flags, .. } => Some((stream, *flags)),
            Self::Rest { .. } | Self::Ping { .. } | Self::GoAway { .. } => None,
        }
    }

    /// How many bytes it takes on the wire, header and body, as far as known in advance: the subject decides on any
    /// credit beyond the initial window.
    pub(crate) fn wire_len(&self) -> u64 {
        let body = match self {
            Self::Rest { bytes, .. } => return u64::from(*bytes),
            Self::Data { bytes, .. } => u64::from(*bytes),
            Self::BeyondWindow { bytes, .. } => u64::from(INITIAL_WINDOW) + u64::from(*bytes),
            Self::Raw { body: RawBody::Zeros(len), .. } => u64::from(*len),
            Self::Raw { body: RawBody::Bytes(bytes), .. } => bytes.len() as u64,
            Self::WindowUpdate { .. } | Self::Ping { .. } | Self::GoAway { .. } => 0,
        };
        HEADER_LEN as u64 + body
    }
}

/// The bytes after a header that the script spells out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawBody {
    /// These bytes.
    Bytes(Vec<u8>),
    /// This many zeros.
    Zeros(u32),
}

/// The value of a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PingValue {
    /// This number; in a burst, this one and the numbers after it.
    Number(u32),
    /// The value of the subject's latest ping: what a pong must carry.
    Latest,
}

/// The stream that a wire peer refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamRef {
    /// The stream with this label; a new stream if the flags have SYN and the label is not in use.
    Label(Label),
    /// A new stream with this label whose number belongs to the subject's side.
    WrongParity(Label),
    /// This number, and the label (if any) for it from now on.
    Number {
        /// The number on the wire.
        number: u32,
        /// The stream's label.
        label: Option<Label>,
    },
}
