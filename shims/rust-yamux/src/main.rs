//! Drives the crate `yamux` for yamux-conform.

mod error;
mod stream;

use std::task::{Context, Poll};

use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use yamux::{Config, Connection, Mode};
use yamux_shim::{About, Class, Failure, Library, Settings, Side, Socket};

use crate::stream::Substream;

fn main() {
    yamux_shim::serve::<Session>()
}

struct Session {
    connection: Connection<Compat<Socket>>,
    /// Whether the connection's end is our own doing.
    is_closing: bool,
    /// Why the connection ended, where it was an open that was told so.
    end: Option<Failure>,
}

impl Library for Session {
    const ABOUT: About = About {
        name: "rust-yamux",
        library: "yamux",
        version: env!("LIBRARY_VERSION"),
        language: env!("RUST_VERSION"),
        // It measures the round trip as the connection begins, whatever it is set to.
        habits: &["own_pings"],
        lockstep: true,
        lacks: &[
            (
                "accept_backlog",
                "yamux gives streams out as it is polled, and must be polled all the time: those not accepted wait in the shim",
            ),
            ("close_read", "yamux has no call that ends reading alone"),
            ("close_resets", "yamux ignores what comes for a stream that it has forgotten"),
            ("connection_write_timeout_us", "yamux waits for the transport for ever"),
            ("count_streams", "yamux does not tell how many streams it holds"),
            ("go_away", "yamux says go away only where it closes the connection"),
            ("keep_alive_interval_us", "yamux pings only to measure the round trip"),
            (
                "max_window",
                "yamux limits the windows of all streams together, and lets each grow as it measures",
            ),
            ("next_stream_id", "the number of the next stream is not public"),
            ("ping", "yamux has no call that pings"),
            ("set_deadline", "yamux has no deadlines"),
            ("stats_streams", "yamux does not tell how many streams it holds"),
            ("stats_tasks", "yamux is polled, and has no tasks"),
            ("stream_close_timeout_us", "yamux waits for the peer's FIN for ever"),
            ("stream_open_timeout_us", "yamux waits for the peer's ACK for ever"),
        ],
    };
    type Config = Config;
    type Stream = Substream;

    fn configure(settings: &Settings) -> Result<Config, String> {
        let mut config = Config::default();
        let size = |name| settings.get(name).and_then(|size| usize::try_from(size).ok());
        if let Some(most) = size("max_streams") {
            // Its own streams count too.
            config.set_max_num_streams(most);
        }
        if let Some(most) = size("max_frame_size") {
            config.set_split_send_size(most);
        }
        Ok(config)
    }

    fn start(socket: Socket, side: Side, config: Config) -> Self {
        let mode = match side {
            Side::Client => Mode::Client,
            Side::Server => Mode::Server,
        };
        let connection = Connection::new(socket.compat(), config, mode);
        Self { connection, is_closing: false, end: None }
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<Substream, Failure>> {
        self.connection.poll_new_outbound(cx).map(|opened| match opened {
            Ok(stream) => Ok(stream.into()),
            Err(error) => {
                // The library ends the connection by it, and tells nobody else.
                let failure = error::failure(&error);
                self.end = Some(failure.clone());
                Err(failure)
            }
        })
    }

    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Poll<Result<Substream, Failure>> {
        self.connection.poll_next_inbound(cx).map(|next| match next {
            Some(Ok(stream)) => Ok(stream.into()),
            Some(Err(error)) => Err(error::failure(&error)),
            // The end of the transport and a go-away are one to it.
            None => Err(self.end.take().unwrap_or_else(|| {
                let class = if self.is_closing { Class::SessionShutdown } else { Class::Eof };
                Failure::new(class, "the connection is closed")
            })),
        })
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.is_closing = true;
        self.connection.poll_close(cx).map_err(|error| error::failure(&error))
    }
}
