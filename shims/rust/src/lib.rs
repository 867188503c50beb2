//! The shim protocol for a yamux library in Rust. A library implements `Library` and `Stream`, and its program is
//! `fn main() -> ! { yamux_shim::serve::<MyLibrary>() }`.
//!
//! One task drives each session: it polls the library all the time, because the library moves only then. Streams that the
//! library hands out wait in that task until an `accept` asks for them. Each other call is a task of its own. A panic ends
//! the process, because the shims are built with `panic = "abort"`; no time limit gives a call up.
//!
//! On the live clock these tasks run on tokio's threads. In lockstep they run on one thread, the transport is in memory, and
//! time stands still but for what `step` lets pass, for the library's timers in tokio and for the clock of `std`.

mod clock;
mod dial;
mod driver;
mod failure;
mod far_ends;
mod giving_up;
mod handle;
mod hello;
mod library;
mod lockstep;
mod log;
mod memory;
mod output;
mod pattern;
mod pool;
mod request;
mod serve;
mod server;
mod session;
mod settings;
mod socket;
mod stats;
mod time;
mod transfer;
mod turn;

#[cfg(test)]
mod tests;

pub use crate::failure::{Class, Failure};
pub use crate::hello::About;
pub use crate::library::{Half, Library, Side, Stream};
pub use crate::serve::serve;
pub use crate::settings::Settings;
pub use crate::socket::Socket;
