//! `Flags`: SYN, ACK, FIN, RST. Pure.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};
use std::str::FromStr;

/// The sixteen flag bits of a header, unknown ones included. Spec, "Flag Field".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Opens a stream, or asks for a pong.
    pub const SYN: Self = Self(1);
    /// Acknowledges a stream, or answers a ping.
    pub const ACK: Self = Self(2);
    /// The sender will send no more data on the stream.
    pub const FIN: Self = Self(4);
    /// The stream ends at once, in both directions.
    pub const RST: Self = Self(8);

    /// Any sixteen bits.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The sixteen bits.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether no bit is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits the spec does not define.
    pub const fn unknown(self) -> u16 {
        self.0 & !0xF
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Display for Flags {
    /// `SYN+ACK`, `-` for none, unknown bits as one hexadecimal number: `FIN+0x10`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.pad("-");
        }
        let mut text = String::new();
        for (flag, name) in NAMES {
            if self.contains(flag) {
                if !text.is_empty() {
                    text.push('+');
                }
                text.push_str(name);
            }
        }
        if self.unknown() != 0 {
            if !text.is_empty() {
                text.push('+');
            }
            text.push_str(&format!("{:#x}", self.unknown()));
        }
        f.pad(&text)
    }
}

impl FromStr for Flags {
    type Err = String;

    /// Parses the form that `Display` writes.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::NONE);
        }
        let mut flags = Self::NONE;
        for part in text.split('+') {
            flags |= match NAMES.iter().find(|(_, name)| *name == part) {
                Some((flag, _)) => *flag,
                None => part
                    .strip_prefix("0x")
                    .and_then(|digits| u16::from_str_radix(digits, 16).ok())
                    .map(Self)
                    .ok_or_else(|| format!("expected flags such as SYN+ACK, found {text:?}"))?,
            };
        }
        Ok(flags)
    }
}

const NAMES: [(Flags, &str); 4] =
    [(Flags::SYN, "SYN"), (Flags::ACK, "ACK"), (Flags::FIN, "FIN"), (Flags::RST, "RST")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_known_bits_and_keeps_unknown_ones() {
        assert_eq!(Flags::NONE.to_string(), "-");
        assert_eq!((Flags::SYN | Flags::ACK).to_string(), "SYN+ACK");
        assert_eq!(Flags::SYN | Flags::SYN, Flags::SYN);
        assert_eq!(Flags::from_bits(0x8014).to_string(), "FIN+0x8010");
    }

    #[test]
    fn every_value_reads_back() {
        for bits in 0..=u16::MAX {
            let flags = Flags::from_bits(bits);
            assert_eq!(flags.to_string().parse(), Ok(flags));
        }
        assert!("SIN".parse::<Flags>().is_err());
    }
}
