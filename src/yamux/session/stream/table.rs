//! `StreamTable`: the streams of a session by number, those on the wire and what remains of others. Pure.

use std::collections::BTreeMap;

use crate::yamux::frame::StreamId;
use crate::yamux::session::Error;
use crate::yamux::session::stream::half::Reader;
use crate::yamux::session::stream::{Stream, Streams};

/// Every stream that the wire or the application may still mean.
#[derive(Debug, Default)]
pub(crate) struct StreamTable {
    /// Streams that mean something on the wire.
    pub(crate) live: Streams,
    /// Streams off the wire that the application still holds: what was buffered, then how it ended.
    pub(crate) remains: Streams,
    /// The codes of the peer's resets, of streams in `remains`.
    pub(crate) reset_codes: BTreeMap<StreamId, u32>,
}

impl StreamTable {
    /// The stream an application means by `id`: the live one it holds, else what remains of an earlier one.
    pub(crate) fn held(&self, id: StreamId) -> Option<&Stream> {
        match self.live.get(&id) {
            Some(stream) if stream.is_held => Some(stream),
            _ => self.remains.get(&id),
        }
    }

    /// As `held`, and whether it is live.
    pub(crate) fn held_mut(&mut self, id: StreamId) -> Result<(&mut Stream, bool), Error> {
        match self.live.get_mut(&id) {
            Some(stream) if stream.is_held => Ok((stream, true)),
            _ => Ok((self.remains.get_mut(&id).ok_or(Error::UnknownStream)?, false)),
        }
    }

    /// Gives a waiting stream to the application; the number no longer means an earlier stream.
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

    /// The application lets go of a stream.
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

    /// Takes all streams off the wire; returns those the application holds, by number: a table has no order, but two
    /// runs must not differ.
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
