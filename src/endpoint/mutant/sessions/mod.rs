//! Mutants that ping, keep time, end sessions or answer calls wrongly. Pure.

pub(crate) mod calls;
pub(crate) mod deadlines;
pub(crate) mod giving_up;
pub(crate) mod ping;
pub(crate) mod session;
