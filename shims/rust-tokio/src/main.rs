//! Drives the crate `tokio-yamux` for yamux-conform.

mod error;
mod stream;
mod transport;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_core::Stream as _;
use tokio_yamux::Config;
use tokio_yamux::config::INITIAL_STREAM_WINDOW;
use yamux_shim::{About, Class, Failure, Library, Settings, Side, Socket};

use crate::stream::Substream;
use crate::transport::{Blocked, Transport};

fn main() {
    yamux_shim::serve::<Session>()
}

struct Session {
    session: tokio_yamux::Session<Transport>,
    /// Whether the session's end is our own doing.
    is_closing: bool,
    /// Whether the transport has not taken what the library wanted to write.
    is_blocked: Blocked,
}

impl Library for Session {
    const ABOUT: About = About {
        name: "rust-tokio",
        library: "tokio-yamux",
        version: env!("LIBRARY_VERSION"),
        language: env!("RUST_VERSION"),
        habits: &[],
        lockstep: true,
        lacks: &[
            (
                "accept_backlog",
                "tokio-yamux gives streams out as it is polled, and must be polled all the time: those not accepted wait in the shim",
            ),
            ("close_read", "tokio-yamux has no call that ends reading alone"),
            ("close_resets", "tokio-yamux takes what comes for a closed stream"),
            ("count_streams", "tokio-yamux does not tell how many streams it holds"),
            ("max_frame_size", "tokio-yamux writes a frame as long as the window allows"),
            ("next_stream_id", "the number of the next stream is not public"),
            ("ping", "tokio-yamux has no call that pings"),
            ("set_deadline", "tokio-yamux has no deadlines"),
            ("stats_streams", "tokio-yamux does not tell how many streams it holds"),
            ("stats_tasks", "tokio-yamux is polled, and has no tasks"),
            ("stream_close_timeout_us", "tokio-yamux waits for the peer's FIN for ever"),
            ("stream_open_timeout_us", "tokio-yamux waits for the peer's ACK for ever"),
        ],
    };
    type Config = Config;
    type Stream = Substream;

    fn configure(settings: &Settings) -> Result<Config, String> {
        let mut config = Config { enable_keepalive: false, ..Config::default() };
        if let Some(interval) = settings.get("keep_alive_interval_us").filter(|us| *us > 0) {
            config.enable_keepalive = true;
            config.keepalive_interval = Duration::from_micros(interval);
        }
        if let Some(timeout) = settings.get("connection_write_timeout_us") {
            if timeout == 0 {
                return Err("tokio-yamux cannot be without a connection write timeout".to_owned());
            }
            config.connection_write_timeout = Duration::from_micros(timeout);
        }
        if let Some(most) = settings.get("max_streams") {
            // Its own streams count too.
            config.max_stream_count = usize::try_from(most).unwrap_or(usize::MAX);
        }
        if let Some(window) = settings.get("max_window") {
            config.max_stream_window_size = u32::try_from(window)
                .ok()
                .filter(|window| *window >= INITIAL_STREAM_WINDOW)
                .ok_or_else(|| {
                    let most = u32::MAX;
                    format!("tokio-yamux takes a max_window of {INITIAL_STREAM_WINDOW} to {most}")
                })?;
        }
        Ok(config)
    }

    fn start(socket: Socket, side: Side, config: Config) -> Self {
        let (socket, is_blocked) = Transport::new(socket);
        let session = match side {
            Side::Client => tokio_yamux::Session::new_client(socket, config),
            Side::Server => tokio_yamux::Session::new_server(socket, config),
        };
        Self { session, is_closing: false, is_blocked }
    }

    fn poll_open(&mut self, _: &mut Context<'_>) -> Poll<Result<Substream, Failure>> {
        let opened = self.session.open_stream();
        Poll::Ready(opened.map(Substream::from).map_err(|error| error::of_open(&error)))
    }

    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Poll<Result<Substream, Failure>> {
        Pin::new(&mut self.session).poll_next(cx).map(|next| match next {
            Some(Ok(stream)) => Ok(stream.into()),
            Some(Err(error)) => Err(error::of_session(&error)),
            // The end of the transport and a go-away are one to it.
            None => {
                let class = if self.is_closing { Class::SessionShutdown } else { Class::Eof };
                Err(Failure::new(class, "the session gives no more streams"))
            }
        })
    }

    fn poll_go_away(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(self.session.send_go_away(cx).map_err(|error| error::of_session(&error)))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.is_closing = true;
        Poll::Ready(self.session.shutdown(cx).map_err(|error| error::of_session(&error)))
    }

    /// A session that was shut down goes on until the peer says go away too. Whoever leaves does not wait for that, and drops
    /// it; but a poll does a part of the work only, so it is polled until it does not wake itself.
    fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let woken = Arc::new(Woken { task: cx.waker().clone(), is_woken: AtomicBool::new(true) });
        let waker = Waker::from(woken.clone());
        while woken.is_woken.swap(false, Ordering::Relaxed) {
            match self.poll_inbound(&mut Context::from_waker(&waker)) {
                // Nobody will ask for it.
                Poll::Ready(Ok(stream)) => drop(stream),
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => continue,
            }
            woken.is_woken.store(true, Ordering::Relaxed);
        }
        if self.is_blocked.get() { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// Wakes the task, and remembers it.
struct Woken {
    task: Waker,
    is_woken: AtomicBool,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        self.task.wake_by_ref();
    }
}
