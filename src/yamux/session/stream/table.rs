//! `StreamTable`: the streams of a session by number, those on the wire and the remains of others. Pure.

use std::collections::BTreeMap;

use crate::yamux::frame::StreamId;
use crate::yamux::session::Error;
use crate::yamux::session::stream::half::Reader;
use crate::yamux::session::stream::{Stream, Streams};

/// Every stream that the wire or the application may still refer to.
#[derive(Debug, Default)]
pub(crate) struct StreamTable {
    /// Streams still in use on the wire.
    pub(crate) live: Streams,
    /// Streams off the wire that the application still holds: their buffered data, then how they ended.
    pub(crate) remains: Streams,
    /// The codes of the peer's resets of streams in `remains`.
    pub(crate) reset_codes: BTreeMap<StreamId, u32>,
}

impl StreamTable {
    /// The stream that the application refers to by `id`: the live one it holds, else the remains of an earlier one.
    pub(crate) fn held(&self, id: StreamId) -> Option<&Stream> {
        match self.live.get(&id) {
            Some(stream) if stream.is_held => Some(stream),
            _ => self.remains.get(&id),
        }
    }

    /// Like `held`, and whether the stream is live.
    pub(crate) fn held_mut(&mut self, id: StreamId) -> Result<(&mut Stream, bool), Error> {
        match self.live.get_mut(&id) {
            Some(stream) if stream.is_held => Ok((stream, true)),
            _ => Ok((self.remains.get_mut(&id).ok_or(Error::UnknownStream)?, false)),
        }
    }

    /// Gives a waiting stream to the application; the number no longer refers to an earlier stream.
    pub(crate) fn adopt(&mut self, id: StreamId) -> &mut Stream {
        self.drop_remains(id);
        let stream = self.live.get_mut(&id).expect("every waiting stream is live");
        stream.is_held = true;
        stream
    }

    /// Keeps a stream that has left the wire, if the application holds it.
    pub(crate) fn retire(&mut self, id: StreamId, stream: Stream) {
        if stream.is_held {
            self.remains.insert(id, stream);
        }
    }

    /// Releases a stream that the application held.
    pub(crate) fn forget(&mut self, id: StreamId) {
        match self.live.get_mut(&id) {
            Some(stream) if stream.is_held => {
                stream.is_held = false;
                if stream.reader == Reader::Reading {
                    stream.reader = Reader::Abandoned;
                    stream.buffer.clear();
                }
            }
            _ => self.drop_remains(id),
        }
    }

    /// Takes all streams off the wire; returns those the application holds, sorted by number: a hash table has no
    /// order, but two runs must not differ.
    pub(crate) fn take_held(&mut self) -> Vec<(StreamId, Stream)> {
        let mut held: Vec<_> = self.live.drain().filter(|(_, stream)| stream.is_held).collect();
        held.sort_unstable_by_key(|(id, _)| *id);
        held
    }

    fn drop_remains(&mut self, id: StreamId) {
        self.remains.remove(&id);
        self.reset_codes.remove(&id);
    }
}
