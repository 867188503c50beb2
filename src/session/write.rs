//! `write`: how much the window and the output take, and what blocks. Pure.

use bytes::Bytes;

use crate::frame::{Flags, FrameType, RawHeader, StreamId};
use crate::session::half::SendHalf;
use crate::session::stream::WriteWait;
use crate::session::{Error, Session, held_mut};
use crate::time::Time;

impl Session {
    /// Takes bytes from `data` as one Data frame, as many as the window allows, and says how many; 0 only for empty
    /// `data`, which sends nothing. Bytes taken are charged to the window whatever happens to the transport later.
    /// `Blocked` while the window is empty or too much output waits.
    pub fn write(&mut self, now: Time, id: StreamId, data: &[u8]) -> Result<usize, Error> {
        let header = self.begin_write(id, data.len())?;
        let len = header.length as usize;
        if len > 0 {
            self.output.push_copy(now, header, &data[..len]);
        }
        Ok(len)
    }

    /// As `write`, without a copy of a large `data`.
    pub fn write_bytes(&mut self, now: Time, id: StreamId, data: Bytes) -> Result<usize, Error> {
        let wanted = data.len();
        self.write_with(now, id, wanted, |len| data.slice(..len))
    }

    /// As `write` for data of length `wanted`, of which `make` makes the beginning once it is known how much is taken.
    pub fn write_with(
        &mut self,
        now: Time,
        id: StreamId,
        wanted: usize,
        make: impl FnOnce(usize) -> Bytes,
    ) -> Result<usize, Error> {
        let header = self.begin_write(id, wanted)?;
        let len = header.length as usize;
        if len > 0 {
            self.output.push_body(now, header, make(len));
        }
        Ok(len)
    }

    /// Takes up to `wanted` bytes off the window; the header is that of the frame to send.
    fn begin_write(&mut self, id: StreamId, wanted: usize) -> Result<RawHeader, Error> {
        let is_ended = self.is_ended();
        let is_stalled = self.output.is_stalled();
        // Whoever waits already goes first, or a busy writer could keep it waiting for ever.
        let has_room = self.output.len() < self.config.send_buffer && self.room_waiters.is_empty();
        let (stream, _) =
            held_mut(&mut self.streams, &mut self.remains, id).ok_or(Error::UnknownStream)?;
        if wanted > 0 {
            match stream.send {
                SendHalf::Reset => return Err(Error::StreamReset),
                SendHalf::Finished => return Err(Error::StreamClosed),
                SendHalf::Open if is_ended => return Err(Error::StreamClosed),
                SendHalf::Open => {}
            }
            if stream.send_window.available() == 0 {
                // A wait for room turns into one for the window; its entry among the waiters goes stale.
                stream.write_wait = WriteWait::Window;
                return Err(Error::Blocked);
            }
            if is_stalled {
                return Err(Error::ConnectionWriteTimeout);
            }
            if !has_room {
                let waits_already =
                    std::mem::replace(&mut stream.write_wait, WriteWait::Room) == WriteWait::Room;
                if !waits_already {
                    self.room_waiters.push_back(id);
                }
                return Err(Error::Blocked);
            }
        }
        let len = stream.send_window.take(wanted);
        Ok(RawHeader::new(FrameType::Data, Flags::NONE, id, len))
    }
}
