//! `write`: how much the window and the output take, and when it blocks. Pure.

use bytes::Bytes;

use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};
use crate::yamux::session::stream::WriteWait;
use crate::yamux::session::stream::half::SendHalf;
use crate::yamux::session::{Error, Session};
use crate::yamux::time::Time;

impl Session {
    /// Takes bytes from `data` and returns how many: as many as the window allows and the output has room for, up to a
    /// whole frame more; only one frame if other writers wait. 0 only for empty `data`, which sends nothing. The window
    /// is charged for the bytes taken, whatever happens to the transport later. `Blocked` while the window is empty or
    /// too much output waits.
    pub fn write(&mut self, now: Time, id: StreamId, data: &[u8]) -> Result<usize, Error> {
        let len = self.begin_write(now, id, data.len())?;
        for body in data[..len].chunks(self.config.max_frame_size) {
            self.outbox.output.push_copy(now, data_header(id, body.len()), body);
        }
        Ok(len)
    }

    /// Like `write`, without copying large `data`.
    pub fn write_bytes(&mut self, now: Time, id: StreamId, data: Bytes) -> Result<usize, Error> {
        let wanted = data.len();
        self.write_with(now, id, wanted, |len| data.slice(..len))
    }

    /// Like `write` for data of length `wanted`; `make` builds the part that is taken, once its length is known.
    pub fn write_with(
        &mut self,
        now: Time,
        id: StreamId,
        wanted: usize,
        make: impl FnOnce(usize) -> Bytes,
    ) -> Result<usize, Error> {
        let len = self.begin_write(now, id, wanted)?;
        if len > 0 {
            let mut data = make(len);
            let at_most = self.config.max_frame_size;
            while !data.is_empty() {
                let body = data.split_to(data.len().min(at_most));
                self.outbox.output.push_body(now, data_header(id, body.len()), body);
            }
        }
        Ok(len)
    }

    /// Takes up to `wanted` bytes off the window and returns how many.
    fn begin_write(&mut self, now: Time, id: StreamId, wanted: usize) -> Result<usize, Error> {
        let is_ended = self.is_ended();
        let is_stalled = self.outbox.output.is_stalled();
        let room = self.config.send_buffer.saturating_sub(self.outbox.output.len());
        let has_others = self.turns.has_others(id);
        let (stream, _) = self.streams.held_mut(id)?;
        if wanted == 0 {
            return Ok(0);
        }
        match stream.send {
            SendHalf::Reset => return Err(Error::StreamReset),
            SendHalf::Finished => return Err(Error::StreamClosed),
            SendHalf::Open if is_ended => return Err(Error::StreamClosed),
            SendHalf::Open => {}
        }
        if stream.send_window.available() == 0 {
            // A wait for room becomes a wait for the window; its queue entry goes stale, and its turn passes on.
            stream.write_wait = WriteWait::Window;
            self.give_turns(now);
            return Err(Error::Blocked);
        }
        if is_stalled {
            return Err(Error::ConnectionWriteTimeout);
        }
        let is_called = stream.write_wait == WriteWait::Turn;
        // Waiting writers go first, or a busy writer could starve them.
        if !is_called && (room == 0 || has_others) {
            if stream.write_wait != WriteWait::Room {
                stream.write_wait = WriteWait::Room;
                self.turns.join(id);
                self.give_turns(now);
            }
            return Err(Error::Blocked);
        }
        let at_most = self.config.max_frame_size;
        let frames = if has_others { 1 } else { room.div_ceil(at_most).max(1) };
        let len = stream.send_window.take(wanted.min(frames * at_most));
        if is_called {
            stream.write_wait = WriteWait::Nothing;
            self.turns.taken(id);
        }
        Ok(len as usize)
    }
}

fn data_header(id: StreamId, len: usize) -> RawHeader {
    let len = u32::try_from(len).expect("a frame is small");
    RawHeader::new(FrameType::Data, Flags::NONE, id, len)
}
