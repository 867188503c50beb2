//! `SendHalf`, `RecvHalf`, `Reader`: the state of each direction of a stream. Pure.

/// Whether we may still send on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendHalf {
    /// Data may go out.
    Open,
    /// Our FIN went out; no data follows it.
    Finished,
    /// The stream was reset, by either end.
    Reset,
}

/// Whether the peer may still send on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecvHalf {
    /// Data may arrive.
    Open,
    /// The peer's FIN came, or our close timer gave up waiting for it: buffered data, then end of stream.
    Finished,
    /// The stream was reset, by either end: buffered data is gone.
    Reset,
}

/// What happens to incoming data; independent of the state on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The application reads: data is buffered for it.
    Reading,
    /// The application closed only its reading side: data is dropped and credited, so that the writer can finish.
    Discarding,
    /// The application closed the stream and will not read: data is answered with RST.
    Closed,
    /// The application released the stream without closing it: data is dropped but never credited, as if unread.
    Abandoned,
}
