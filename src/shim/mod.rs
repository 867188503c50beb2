//! Everything about shims: the protocol they speak, their processes, a shim's session as an end that the engine drives, the
//! built-in yamux as a shim, the check of other shims, and shims to start from.

pub(crate) mod check;
pub(crate) mod endpoint;
pub(crate) mod init;
pub(crate) mod process;
pub(crate) mod protocol;
pub(crate) mod serve;
pub(crate) mod target;
