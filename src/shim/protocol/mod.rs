//! The shim protocol, version 1; `docs/writing-a-shim.md` describes it. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod lockstep;
mod message;

pub use lockstep::{LOCKSTEP, Step, Stepped, lockstep_settings};
pub use message::{
    Answer, Capabilities, Implementation, Line, Missing, Operation, PROTOCOL, parse_line,
    session_settings,
};
