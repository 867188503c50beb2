//! A [`Session`](crate::yamux::session::Session) on a tokio transport: streams are `AsyncRead + AsyncWrite`.
//!
//! `connect` gives a [`Control`] for the application and a [`Driver`], the future that moves the bytes; spawn it or
//! poll it beside the rest. Both share the session behind one mutex, which nobody holds across a system call. Calls
//! append to the session's output; the driver takes some 64 KiB of it at a time and writes many frames with one vectored
//! write.
#![expect(clippy::disallowed_types, reason = "the driver does IO and brings the clock")]

mod control;
mod io_error;
mod line;
mod shared;
mod stream_handle;
mod transport;

#[cfg(test)]
mod tests;

pub use control::{Control, Holdings};
pub use stream_handle::StreamHandle;
pub use transport::Driver;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::yamux::driver::shared::DriverState;
use crate::yamux::frame::Side;
use crate::yamux::session::Config;

/// Begins a session on a transport that is up.
///
/// Nothing moves until the driver is polled, which must happen inside a tokio runtime with time enabled. The session
/// closes in order when the last `Control` and the last `StreamHandle` are gone; it ends at once, with everything that
/// waits for it, when the driver is dropped.
pub fn connect<T>(io: T, side: Side, config: Config) -> (Control, Driver<T>)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let shared = Arc::new(DriverState::new(side, config));
    (Control::new(Arc::clone(&shared)), Driver::new(io, shared))
}

/// What a task may take along to another thread.
const fn assert_send<T: Send>() {}
const _: () = {
    assert_send::<Control>();
    assert_send::<StreamHandle>();
    assert_send::<Driver<tokio::io::DuplexStream>>();
};
