//! `diff_lanes`: compares traces of the virtual clock, lane by lane with all times. Which of two things of the same instant
//! crossed first is an accident and no difference; everything else is. Pure.

use std::collections::BTreeMap;
use std::fmt;

use crc32fast::Hasher;

use crate::trace::diff::lane_difference;
use crate::trace::{Direction, Entry, Item, Trace, TraceDiff};
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};

/// A sequence whose order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum StreamLane {
    /// When the steps settled.
    Steps,
    /// One direction of the session: pings, go-aways, garbage, the end.
    Session(Direction),
    /// One direction of one stream, by number.
    Stream(u32, Direction),
}

impl fmt::Display for StreamLane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps => f.pad("the steps"),
            Self::Session(direction) => write!(f, "session, {}", direction.in_words()),
            Self::Stream(number, direction) => {
                write!(f, "stream number {number}, {}", direction.in_words())
            }
        }
    }
}

/// The first difference of two traces from the virtual clock, times included, except the order between lanes and of pongs of
/// the same instant. If several lanes differ, it is the earliest difference.
pub(crate) fn diff_lanes(expected: &Trace, observed: &Trace) -> Option<TraceDiff> {
    if expected == observed {
        return None;
    }
    difference(lanes(expected), lanes(observed))
}

/// Like `diff_lanes`, but ignores how payload of one instant is cut into frames: two implementations may have reasons of
/// their own for that.
pub(crate) fn diff_lanes_uncut(expected: &Trace, observed: &Trace) -> Option<TraceDiff> {
    let (mut left, mut right) = (lanes(expected), lanes(observed));
    for lane in left.values_mut().chain(right.values_mut()) {
        join_payload(lane);
    }
    difference(left, right)
}

fn difference(mut left: Lanes, mut right: Lanes) -> Option<TraceDiff> {
    for direction in [Direction::SubjectToPeer, Direction::PeerToSubject] {
        let lane = StreamLane::Session(direction);
        if let (Some(left), Some(right)) = (left.get_mut(&lane), right.get_mut(&lane)) {
            forgive_lost_go_away(left, right);
            forgive_lost_go_away(right, left);
        }
    }
    let none = Vec::new();
    let differences = left.keys().chain(right.keys()).filter_map(|lane| {
        let left = left.get(lane).unwrap_or(&none);
        let right = right.get(lane).unwrap_or(&none);
        let index = left.iter().zip(right).take_while(|(left, right)| left == right).count();
        let times = [left.get(index), right.get(index)].into_iter().flatten();
        let time = times.map(|entry| entry.time).min()?;
        Some((time, *lane, left, right, index))
    });
    let (_, lane, left, right, index) =
        differences.min_by_key(|(time, lane, ..)| (*time, *lane))?;
    Some(lane_difference(&lane.to_string(), left, right, index))
}

type Lanes = BTreeMap<StreamLane, Vec<Entry>>;

fn lanes(trace: &Trace) -> Lanes {
    let mut lanes = Lanes::new();
    for entry in &trace.entries {
        lanes.entry(lane_of(entry)).or_default().push(*entry);
    }
    for (lane, entries) in &mut lanes {
        if matches!(lane, StreamLane::Session(_)) {
            for pongs in entries
                .chunk_by_mut(|a, b| a.time == b.time && pong(a).is_some() && pong(b).is_some())
            {
                pongs.sort_by_key(pong);
            }
        }
    }
    lanes
}

/// N1: joins payload of one instant into one frame.
fn join_payload(lane: &mut Vec<Entry>) {
    lane.dedup_by(|next, entry| {
        let (
            Item::Frame { header: more, body_len: more_len, crc: more_crc },
            Item::Frame { header, body_len, crc },
        ) = (next.item, &mut entry.item)
        else {
            return false;
        };
        let plain = |header: &RawHeader| {
            header.lawful_type() == Some(FrameType::Data) && header.flags.is_empty()
        };
        let is_whole = header.length == *body_len && more.length == more_len;
        if next.time != entry.time || !plain(header) || !plain(&more) || !is_whole {
            return false;
        }
        let mut hasher = Hasher::new_with_initial_len(*crc, u64::from(*body_len));
        hasher.combine(&Hasher::new_with_initial_len(more_crc, u64::from(more_len)));
        *crc = hasher.finalize();
        *body_len += more_len;
        header.length = *body_len;
        true
    });
}

/// N13: removes a go-away right before the end of the transport if the other trace lacks it: it says no more than the end.
fn forgive_lost_go_away(lane: &mut Vec<Entry>, other: &[Entry]) {
    if let [.., go_away, end] = lane.as_slice()
        && is_go_away(go_away)
        && matches!(end.item, Item::End(_))
        && go_away.time == end.time
        && other.len() + 1 == lane.len()
    {
        lane.remove(lane.len() - 2);
    }
}

fn is_go_away(entry: &Entry) -> bool {
    matches!(entry.item, Item::Frame { header, .. } if header.lawful_type() == Some(FrameType::GoAway))
}

fn lane_of(entry: &Entry) -> StreamLane {
    match entry.item {
        Item::Step(_) => StreamLane::Steps,
        Item::Frame { header, .. } if header.stream != StreamId::SESSION => {
            StreamLane::Stream(header.stream.0, entry.direction)
        }
        Item::Frame { .. } | Item::Garbage { .. } | Item::End(_) => {
            StreamLane::Session(entry.direction)
        }
    }
}

/// The value of a pong.
fn pong(entry: &Entry) -> Option<u32> {
    match entry.item {
        Item::Frame { header, .. }
            if header.lawful_type() == Some(FrameType::Ping)
                && header.flags.contains(Flags::ACK) =>
        {
            Some(header.length)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trace from lines of the exact form.
    fn trace(text: &str) -> Trace {
        let lines: Vec<_> = (1..).zip(text.lines().map(str::trim)).collect();
        let lines: Vec<_> = lines.into_iter().filter(|(_, line)| !line.is_empty()).collect();
        Trace::read(&lines).expect("a right trace")
    }

    fn difference(left: &str, right: &str) -> Option<String> {
        diff_lanes(&trace(left), &trace(right)).map(|diff| diff.sentence)
    }

    const SYN: &str = "0.000 S>P window_update SYN s1 +0";
    const RST: &str = "300.000 S>P window_update RST s1 +0";

    #[test]
    fn order_between_lanes_is_an_accident_and_order_inside_one_is_not() {
        let (ack, ping) = ("0.000 P>S window_update ACK s1 +0", "0.000 S>P ping SYN #1");
        let in_order = |lines: &[&str]| lines.join("\n");
        let one = in_order(&[SYN, ack, ping]);
        assert_eq!(difference(&one, &in_order(&[ping, ack, SYN])), None);
        let fin = "0.000 S>P window_update FIN s1 +0";
        assert!(difference(&in_order(&[SYN, fin]), &in_order(&[fin, SYN])).is_some());
    }

    #[test]
    fn a_millisecond_is_a_difference_and_both_times_are_named() {
        let late = RST.replace("300.000", "300.001");
        assert_eq!(
            difference(&format!("{SYN}\n{RST}"), &format!("{SYN}\n{late}")).as_deref(),
            Some(
                "stream number 1, subject to peer: expected window_update RST s1 +0 at 300.000, observed it at 300.001"
            )
        );
    }

    #[test]
    fn of_several_differences_the_earliest_is_told() {
        let other = "1.000 S>P window_update SYN s3 +0\n";
        let told = difference(&format!("{other}{RST}"), SYN).unwrap();
        assert!(
            told.starts_with("stream number 1, subject to peer: expected window_update RST"),
            "{told}"
        );
        let told = difference(&format!("{SYN}\n{other}{RST}"), SYN).unwrap();
        assert!(told.starts_with("stream number 3, subject to peer: expected"), "{told}");
    }

    #[test]
    fn a_go_away_lost_right_before_the_end_is_no_difference() {
        let (go_away, end) = ("9.000 S>P go_away - code=1", "9.000 S>P end eof");
        let said = format!("{go_away}\n{end}");
        assert_eq!(difference(&said, end), None);
        assert_eq!(difference(end, &said), None);
        assert!(difference(&said, "").is_some());
        assert!(difference(&said.replace("code=1", "code=2"), &said).is_some());
        let earlier = go_away.replace("9.000", "8.000");
        assert!(difference(&format!("{earlier}\n{end}"), end).is_some());
    }

    #[test]
    fn how_payload_of_one_instant_is_cut_is_a_difference_inside_one_implementation_only() {
        let data = |time: &str, body: &[u8]| {
            let crc = crc32fast::hash(body);
            format!("{time} S>P data - s1 len={} crc={crc:08x}", body.len())
        };
        let lines = |lines: &[String]| trace(&lines.join("\n"));
        let whole = lines(&[data("1.000", b"abcdef")]);
        let cut = lines(&[data("1.000", b"ab"), data("1.000", b"cdef")]);
        assert!(diff_lanes(&whole, &cut).is_some());
        assert_eq!(diff_lanes_uncut(&whole, &cut), None);
        let late = lines(&[data("1.000", b"ab"), data("1.001", b"cdef")]);
        let other = lines(&[data("1.000", b"ab"), data("1.000", b"cdeg")]);
        let short = lines(&[data("1.000", b"ab"), data("1.000", b"cde")]);
        let fin = data("1.000", b"cdef").replace("data -", "data FIN");
        for wrong in [late, other, short, lines(&[data("1.000", b"ab"), fin])] {
            assert!(diff_lanes_uncut(&whole, &wrong).is_some());
        }
    }

    #[test]
    fn pongs_of_one_instant_have_no_order() {
        let pongs = |times: [&str; 2], values: [u32; 2]| {
            format!(
                "{} S>P ping ACK #{}\n{} S>P ping ACK #{}",
                times[0], values[0], times[1], values[1]
            )
        };
        let at_once = ["1.000", "1.000"];
        assert_eq!(difference(&pongs(at_once, [1, 2]), &pongs(at_once, [2, 1])), None);
        assert!(difference(&pongs(at_once, [1, 2]), &pongs(at_once, [1, 3])).is_some());
        let apart = ["1.000", "2.000"];
        assert!(difference(&pongs(apart, [1, 2]), &pongs(apart, [2, 1])).is_some());
    }
}
