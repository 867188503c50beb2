//! The built-in yamux: frames, a session that does no IO, and a driver that runs it on a tokio transport.

pub mod driver;
pub mod frame;
pub(crate) mod payload;
pub mod session;
pub mod time;
