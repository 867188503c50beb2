//! Everything about shims: the protocol they speak, their processes, a session of one as an end that the engine
//! drives, the built-in yamux as a shim, and the check of a foreign one.

pub mod check;
pub(crate) mod endpoint;
pub(crate) mod process;
pub mod protocol;
pub mod serve;
