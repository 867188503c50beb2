//! The checks, one file for each part of the protocol.

pub(crate) mod calls;
pub(crate) mod codes;
pub(crate) mod errors;
pub(crate) mod giving_up;
pub(crate) mod language;
pub(crate) mod leaving;
pub(crate) mod lockstep;
pub(crate) mod memory;
pub(crate) mod payload;
pub(crate) mod sessions;
