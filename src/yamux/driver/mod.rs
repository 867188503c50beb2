//! A [`Session`](crate::yamux::session::Session) on a tokio transport: streams are `AsyncRead + AsyncWrite`.
//!
//! `connect` returns a [`Control`] for the application and a [`Driver`], the future that moves the bytes; spawn it or
//! poll it yourself. Both share the session behind one mutex, which is never held across a system call. Calls append
//! to the session's output; the driver takes about 64 KiB of it at a time and writes many frames with one vectored
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

/// Starts a session on a connected transport.
///
/// Nothing moves until the driver is polled, which must happen inside a tokio runtime with time enabled. The session
/// closes cleanly once every `Control` and every `StreamHandle` is dropped. If the driver is dropped, the session and
/// every call that waits for it end at once.
pub fn connect<T>(io: T, side: Side, config: Config) -> (Control, Driver<T>)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let shared = Arc::new(DriverState::new(side, config));
    (Control::new(Arc::clone(&shared)), Driver::new(io, shared))
}

/// Types that a task may move to another thread.
const fn assert_send<T: Send>() {}
const _: () = {
    assert_send::<Control>();
    assert_send::<StreamHandle>();
    assert_send::<Driver<tokio::io::DuplexStream>>();
};
