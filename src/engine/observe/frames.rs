//! `Frames`: the subject's frames by stream and type, in the order `expect_frame` reads them. Pure.

use std::collections::{HashMap, VecDeque};

use crate::yamux::frame::RawHeader;
use crate::yamux::time::Time;

/// Every lawful frame of the subject that can still be expected, in order.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// The number of frames so far.
    count: usize,
    /// By stream number.
    walks: HashMap<u32, Walk>,
    /// By stream number and type.
    waiting: HashMap<(u32, u8), VecDeque<Numbered>>,
}

/// A frame with its number among all frames, and its arrival time.
type Numbered = (usize, Time, RawHeader);

/// How far expectations have read a stream.
#[derive(Debug)]
struct Walk {
    /// When its first frame arrived.
    first: Time,
    /// The number of the first frame that can still be expected.
    next: usize,
}

impl Frames {
    /// Adds the next frame.
    pub(crate) fn push(&mut self, now: Time, header: RawHeader) {
        let number = header.stream.0;
        self.walks.entry(number).or_insert(Walk { first: now, next: 0 });
        let row = self.waiting.entry((number, header.frame_type)).or_default();
        row.push_back((self.count, now, header));
        self.count += 1;
    }

    /// When the first frame with this stream number arrived.
    pub(crate) fn first(&self, number: u32) -> Option<Time> {
        self.walks.get(&number).map(|walk| walk.first)
    }

    /// The next frame of this stream and type after the one last taken from the stream.
    pub(crate) fn peek(&mut self, number: u32, frame_type: u8) -> Option<(Time, RawHeader)> {
        let next = self.walks.get(&number)?.next;
        let row = self.waiting.get_mut(&(number, frame_type))?;
        while row.front().is_some_and(|(index, ..)| *index < next) {
            row.pop_front();
        }
        row.front().map(|(_, time, header)| (*time, *header))
    }

    /// Takes the frame returned by `peek`.
    pub(crate) fn take(&mut self, number: u32, frame_type: u8) {
        if let Some((index, ..)) =
            self.waiting.get_mut(&(number, frame_type)).and_then(VecDeque::pop_front)
            && let Some(walk) = self.walks.get_mut(&number)
        {
            walk.next = index + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yamux::frame::{Flags, FrameType, StreamId};

    #[test]
    fn what_stands_before_a_taken_frame_of_its_stream_is_gone() {
        let mut frames = Frames::default();
        let (data, update) = (FrameType::Data, FrameType::WindowUpdate);
        let row = [(data, 1, 10), (update, 1, 11), (update, 3, 12), (data, 1, 13), (update, 1, 14)];
        for (kind, stream, length) in row {
            let header = RawHeader::new(kind, Flags::NONE, StreamId(stream), length);
            frames.push(Time::from_nanos(length.into()), header);
        }
        let mut next = |kind: FrameType, stream| {
            let kind = RawHeader::new(kind, Flags::NONE, StreamId(stream), 0).frame_type;
            let found = frames.peek(stream, kind).map(|(_, header)| header.length);
            frames.take(stream, kind);
            found
        };
        assert_eq!(next(update, 1), Some(11));
        assert_eq!(next(data, 1), Some(13), "the data before the update was passed over");
        assert_eq!(next(data, 1), None);
        assert_eq!((next(update, 3), next(update, 5)), (Some(12), None));
        assert_eq!(frames.first(1), Some(Time::from_nanos(10)));
        assert_eq!(frames.first(5), None);
    }
}
