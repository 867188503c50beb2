//! `RawHeader`: any twelve bytes parsed as a header. Pure.

use crate::yamux::frame::{Flags, StreamId};

/// The length of every header, in bytes.
pub const HEADER_LEN: usize = 12;

/// The type of a frame. Spec, "Type Field".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum FrameType {
    /// 0: stream payload; the only type with a body.
    Data,
    /// 1: credit for a stream; the length is a delta.
    WindowUpdate,
    /// 2: the length is an opaque value to echo.
    Ping,
    /// 3: the length is a go-away code.
    GoAway,
}

impl FrameType {
    /// The type with that number; `None` beyond 3.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Data),
            1 => Some(Self::WindowUpdate),
            2 => Some(Self::Ping),
            3 => Some(Self::GoAway),
            _ => None,
        }
    }

    /// The number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::WindowUpdate => 1,
            Self::Ping => 2,
            Self::GoAway => 3,
        }
    }
}

/// Any twelve bytes parsed as a header; nothing is checked, so that the wire can be shown as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawHeader {
    /// 0 in every lawful frame.
    pub version: u8,
    /// 0 to 3 in every lawful frame.
    pub frame_type: u8,
    /// All sixteen bits.
    pub flags: Flags,
    /// 0 for the session.
    pub stream: StreamId,
    /// Body bytes, credit, opaque value or code, as the type says.
    pub length: u32,
}

impl RawHeader {
    /// A header with version 0.
    pub const fn new(frame_type: FrameType, flags: Flags, stream: StreamId, length: u32) -> Self {
        Self { version: 0, frame_type: frame_type.number(), flags, stream, length }
    }

    /// Parses twelve bytes, big-endian.
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Self {
        let [version, frame_type, f0, f1, s0, s1, s2, s3, l0, l1, l2, l3] = *bytes;
        Self {
            version,
            frame_type,
            flags: Flags::from_bits(u16::from_be_bytes([f0, f1])),
            stream: StreamId(u32::from_be_bytes([s0, s1, s2, s3])),
            length: u32::from_be_bytes([l0, l1, l2, l3]),
        }
    }

    /// Writes twelve bytes, big-endian.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let [f0, f1] = self.flags.bits().to_be_bytes();
        let [s0, s1, s2, s3] = self.stream.0.to_be_bytes();
        let [l0, l1, l2, l3] = self.length.to_be_bytes();
        [self.version, self.frame_type, f0, f1, s0, s1, s2, s3, l0, l1, l2, l3]
    }

    /// The frame type, if the version is 0 and the type is known, so that a receiver may go on.
    pub const fn lawful_type(&self) -> Option<FrameType> {
        match self.version {
            0 => FrameType::from_number(self.frame_type),
            _ => None,
        }
    }

    /// The number of body bytes that follow: the length of a Data frame, 0 for any other type. Spec, "Length Field".
    pub const fn body_len(&self) -> u32 {
        if self.frame_type == FrameType::Data.number() { self.length } else { 0 }
    }
}
