//! Everything about shims: the protocol they speak, their processes, a session of one as an end that the engine
//! drives, the built-in yamux as a shim, the check of a foreign one, and shims to begin with.

pub(crate) mod check;
pub(crate) mod endpoint;
pub(crate) mod init;
pub(crate) mod process;
pub(crate) mod protocol;
pub(crate) mod serve;
pub(crate) mod target;
