//! `SendHalf`, `RecvHalf`, `Reader`: how far each direction of a stream has come. Pure.

/// What we may still send on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendHalf {
    /// Data may go out.
    Open,
    /// Our FIN went out; no data follows it.
    Finished,
    /// The stream was reset, by either end.
    Reset,
}

/// What the peer may still send on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecvHalf {
    /// Data may come in.
    Open,
    /// The peer's FIN came, or our close timer gave up waiting for it: buffered data, then end of stream.
    Finished,
    /// The stream was reset, by either end: buffered data is gone.
    Reset,
}

/// What happens to data that comes in; says nothing about the wire's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The application reads: data is kept for it.
    Reading,
    /// The application closed its reading side alone: data is dropped and credited, so that the writer can finish.
    Discarding,
    /// The application closed the stream and will not read: data is answered with RST.
    Closed,
    /// The application let go of the stream without a word: data is dropped but never credited, as if unread.
    Abandoned,
}
