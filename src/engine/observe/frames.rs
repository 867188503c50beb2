//! `Frames`: the frames of the subject by stream and type, for `expect_frame` to walk along. Pure.

use std::collections::{HashMap, VecDeque};

use crate::yamux::frame::RawHeader;
use crate::yamux::time::Time;

/// Every lawful frame of the subject, in order, but for those that can no longer be asked for.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// How many there were.
    count: usize,
    /// By stream number.
    walks: HashMap<u32, Walk>,
    /// By stream number and type.
    waiting: HashMap<(u32, u8), VecDeque<Numbered>>,
}

/// A frame with its number among all frames, and when it came.
type Numbered = (usize, Time, RawHeader);

/// How far a stream's frames were walked along.
#[derive(Debug)]
struct Walk {
    /// When its first frame came.
    first: Time,
    /// The number of the first frame that may still be asked for.
    next: usize,
}

impl Frames {
    /// The next frame has come.
    pub(crate) fn push(&mut self, now: Time, header: RawHeader) {
        let number = header.stream.0;
        self.walks.entry(number).or_insert(Walk { first: now, next: 0 });
        let row = self.waiting.entry((number, header.frame_type)).or_default();
        row.push_back((self.count, now, header));
        self.count += 1;
    }

    /// When the first frame with this stream number came.
    pub(crate) fn first(&self, number: u32) -> Option<Time> {
        self.walks.get(&number).map(|walk| walk.first)
    }

    /// The next frame of this stream and type behind the one that was last taken of the stream.
    pub(crate) fn peek(&mut self, number: u32, frame_type: u8) -> Option<(Time, RawHeader)> {
        let next = self.walks.get(&number)?.next;
        let row = self.waiting.get_mut(&(number, frame_type))?;
        while row.front().is_some_and(|(index, ..)| *index < next) {
            row.pop_front();
        }
        row.front().map(|(_, time, header)| (*time, *header))
    }

    /// Takes what `peek` gave.
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
