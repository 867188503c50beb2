//! The built-in yamux: frames, a session that does no IO, and a driver that runs one on a tokio socket.

pub mod driver;
pub mod frame;
pub mod payload;
pub mod session;
pub mod time;
