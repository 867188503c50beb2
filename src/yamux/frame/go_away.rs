//! `GoAwayCode`: why a session ends. Pure.

use std::fmt;

/// Why a session ends. Spec, "Session termination"; other numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoAwayCode {
    /// 0: an orderly end.
    Normal,
    /// 1: the peer broke the protocol.
    ProtocolError,
    /// 2: the sender failed.
    InternalError,
    /// Any other number.
    Other(u32),
}

impl GoAwayCode {
    /// The code with that number.
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Normal,
            1 => Self::ProtocolError,
            2 => Self::InternalError,
            other => Self::Other(other),
        }
    }

    /// The number on the wire.
    pub const fn number(self) -> u32 {
        match self {
            Self::Normal => 0,
            Self::ProtocolError => 1,
            Self::InternalError => 2,
            Self::Other(number) => number,
        }
    }
}

impl fmt::Display for GoAwayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.pad("normal"),
            Self::ProtocolError => f.pad("protocol_error"),
            Self::InternalError => f.pad("internal_error"),
            Self::Other(number) => write!(f, "{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_prints_its_name_or_its_number() {
        let codes = [0, 1, 2, 77].map(|number| GoAwayCode::from_number(number).to_string());
        assert_eq!(codes, ["normal", "protocol_error", "internal_error", "77"]);
    }
}
