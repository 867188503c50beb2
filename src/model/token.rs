//! Tokens: the words of a fingerprint. They never change, and have no times in them, which differ from run to run. Pure.

use std::fmt;

use crate::yamux::frame::Flags;

/// Converts a protocol name to a token: `stream_reset` becomes `stream-reset`.
pub(crate) fn token(name: impl fmt::Display) -> String {
    name.to_string().to_ascii_lowercase().replace('_', "-")
}

/// Converts flags to a token: `syn+ack`.
pub(crate) fn flags_token(flags: Flags) -> String {
    if flags.is_empty() { "none".to_owned() } else { token(flags) }
}
