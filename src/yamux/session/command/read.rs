//! `read`: returns buffered data, or the reason why there is none. Pure.

use bytes::{BufMut, Bytes};

use crate::yamux::frame::StreamId;
use crate::yamux::session::stream::Stream;
use crate::yamux::session::stream::half::{Reader, RecvHalf};
use crate::yamux::session::{Error, Session};
use crate::yamux::time::Time;

impl Session {
    /// Copies received bytes into `buf`, as many as fit, across frame boundaries; 0 only for an empty `buf`. `Blocked`
    /// while there are none, `Eof` once the peer has finished and everything is read.
    ///
    /// An end without the peer's FIN is not `Eof`: once everything is read, `StreamReset` after the close timeout, and
    /// the session's error after the session's end.
    pub fn read(&mut self, now: Time, id: StreamId, mut buf: &mut [u8]) -> Result<usize, Error> {
        self.read_into(now, id, &mut buf)
    }

    /// Like `read`, into any `BufMut`.
    pub fn read_into(
        &mut self,
        now: Time,
        id: StreamId,
        buf: &mut impl BufMut,
    ) -> Result<usize, Error> {
        if !buf.has_remaining_mut() {
            return Ok(0);
        }
        self.read_from(now, id, |stream| stream.buffer.read(buf))
    }

    /// Like `read`, without a copy: the next contiguous bytes, at most `max`; empty only if `max` is 0.
    pub fn read_bytes(&mut self, now: Time, id: StreamId, max: usize) -> Result<Bytes, Error> {
        if max == 0 {
            return Ok(Bytes::new());
        }
        self.read_from(now, id, |stream| stream.buffer.read_bytes(max))
    }

    fn read_from<T>(
        &mut self,
        now: Time,
        id: StreamId,
        take: impl FnOnce(&mut Stream) -> T,
    ) -> Result<T, Error> {
        let end = self.end_reason();
        let (stream, is_live) = self.streams.held_mut(id)?;
        if stream.reader != Reader::Reading {
            return Err(Error::StreamClosed);
        }
        if stream.recv == RecvHalf::Reset {
            return Err(Error::StreamReset);
        }
        if stream.buffer.len() == 0 {
            if stream.recv == RecvHalf::Finished {
                return Err(Error::Eof);
            }
            if let Some(reason) = end {
                return Err(reason.stream_error());
            }
            if !is_live {
                return Err(Error::StreamReset);
            }
            stream.is_read_blocked = true;
            return Err(Error::Blocked);
        }
        let taken = take(stream);
        if is_live {
            self.outbox.credit(now, id, stream, self.config.max_window);
        }
        Ok(taken)
    }
}
