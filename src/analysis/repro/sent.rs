//! `Sent`: what the peer of a test sends, with every number resolved. Pure.

use crate::yamux::frame::{Flags, GoAwayCode};

/// A frame, sent once or several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) frame: SentFrame,
    pub(super) times: u32,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SentFrame {
    Data { flags: Flags, stream: u32, bytes: u32, length: u32 },
    WindowUpdate { flags: Flags, stream: u32, credit: u32 },
    Ping { flags: Flags, value: u32 },
    GoAway(GoAwayCode),
    Raw { version: u8, kind: u8, flags: Flags, stream: u32, length: u32, body: SentBody },
}

/// What follows a header that is written out in the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SentBody {
    Bytes(Vec<u8>),
    Zeros(u32),
}

impl Sent {
    /// Whether less follows than the header says, so that nothing can be sent after it.
    pub(super) const fn is_cut_short(&self) -> bool {
        match &self.frame {
            SentFrame::Data { bytes, length, .. } => *bytes < *length,
            SentFrame::Raw { kind: 0, length, body: SentBody::Bytes(bytes), .. } => {
                bytes.len() < *length as usize
            }
            SentFrame::Raw { kind: 0, length, body: SentBody::Zeros(bytes), .. } => {
                *bytes < *length
            }
            _ => false,
        }
    }
}

impl SentFrame {
    /// The frame as both languages write it, but for two names, the flags, and how a header gets its body.
    pub(super) fn written(
        &self,
        [window_update, go_away]: [&str; 2],
        flags: impl Fn(Flags) -> String,
        with_body: impl Fn(String, &SentBody) -> String,
    ) -> String {
        let behind = |header: String, body: &SentBody| match body {
            SentBody::Zeros(0) => header,
            SentBody::Bytes(bytes) if bytes.is_empty() => header,
            body => with_body(header, body),
        };
        match self {
            Self::Data { flags: set, stream, bytes, length } if bytes == length => {
                format!("data({}, {stream}, {bytes})", flags(*set))
            }
            Self::Data { flags: set, stream, bytes, length } => behind(
                format!("raw(0, 0, {}, {stream}, {length})", flags(*set)),
                &SentBody::Zeros(*bytes),
            ),
            Self::WindowUpdate { flags: set, stream, credit } => {
                format!("{window_update}({}, {stream}, {credit})", flags(*set))
            }
            Self::Ping { flags: set, value } => format!("ping({}, {value})", flags(*set)),
            Self::GoAway(code) => format!("{go_away}({})", code.number()),
            Self::Raw { version, kind, flags: set, stream, length, body } => {
                behind(format!("raw({version}, {kind}, {}, {stream}, {length})", flags(*set)), body)
            }
        }
    }
}

/// Flags as both languages write them: the names that `name` gives, joined by `|`.
pub(super) fn flags(flags: Flags, name: impl Fn(&str) -> String, between: &str) -> String {
    let known =
        [(Flags::SYN, "syn"), (Flags::ACK, "ack"), (Flags::FIN, "fin"), (Flags::RST, "rst")];
    let mut parts: Vec<String> = known
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, word)| name(word))
        .collect();
    if flags.unknown() != 0 || parts.is_empty() {
        let rest = flags.unknown();
        parts.push(if rest == 0 { "0".to_owned() } else { format!("{rest:#x}") });
    }
    parts.join(between)
}
