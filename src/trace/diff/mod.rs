//! `TraceDiff`: where two traces first differ, in words and side by side. Pure.
//!
//! Both walks are linear; only the lines around the first difference are ever aligned.

pub(crate) mod lanes;
pub(crate) mod one_column;
pub(crate) mod side_by_side;

use std::borrow::Cow;
use std::fmt;

use anstyle::Style;

use crate::trace::diff::side_by_side::Window;
use crate::trace::{
    Canonical, Direction, Entry, FlowMeaning, Item, MeaningEvent, SessionEvent, SessionMeaning,
    StreamMeaning, StreamName, Trace,
};

/// The first difference of two traces, and its surroundings. The first trace is the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceDiff {
    /// Where they first differ.
    pub place: DiffPlace,
    /// The difference, in one sentence that is the same in every run.
    pub sentence: String,
    expected: Window,
    observed: Window,
}

/// Where two traces first differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DiffPlace {
    /// At an entry of exact traces.
    Entry {
        /// Its index, from 0.
        index: usize,
        /// The step that was running, from 1.
        step: u32,
    },
    /// In one direction of the session.
    Session(Direction),
    /// In a stream; `None` if one trace has no such stream.
    Stream(StreamName, Option<Direction>),
}

/// The first difference of two traces in anything at all, times included.
pub(crate) fn diff_exact(expected: &Trace, observed: &Trace) -> Option<TraceDiff> {
    let (left, right) = (&expected.entries, &observed.entries);
    let index = first_difference(left, right)?;
    let settled = left[..index].iter().rev().find_map(|entry| match entry.item {
        Item::Step(number) => Some(number),
        _ => None,
    });
    let step = settled.unwrap_or(0) + 1;
    let sentence = format!(
        "entry {}, step {step}: {}",
        index + 1,
        entry_words(left.get(index), right.get(index))
    );
    Some(TraceDiff {
        place: DiffPlace::Entry { index, step },
        sentence,
        expected: Window::around(left, index, Entry::line),
        observed: Window::around(right, index, Entry::line),
    })
}

/// The difference of two lanes of traces at `index`, in words that begin with the lane's name.
pub(super) fn lane_difference(
    lane: &str,
    expected: &[Entry],
    observed: &[Entry],
    index: usize,
) -> TraceDiff {
    let words = entry_words(expected.get(index), observed.get(index));
    // The lane names the direction already.
    let words = ["subject to peer: ", "peer to subject: "]
        .iter()
        .find_map(|way| words.strip_prefix(way))
        .unwrap_or(&words);
    TraceDiff {
        place: DiffPlace::Entry { index, step: 0 },
        sentence: format!("{lane}: {words}"),
        expected: Window::around(expected, index, Entry::line),
        observed: Window::around(observed, index, Entry::line),
    }
}

/// The first difference of two meanings. A go-away right before the end that one of them lost is none (N13).
pub(crate) fn diff_meaning(expected: &Canonical, observed: &Canonical) -> Option<TraceDiff> {
    if expected == observed {
        return None;
    }
    let mut observed = Cow::Borrowed(observed);
    for direction in BOTH {
        let events = &expected.session(direction).events;
        let others = &observed.session(direction).events;
        if events != others && ends_agree(events, others) {
            observed.to_mut().session_mut(direction).events.clone_from(events);
        }
    }
    let (place, words) = stream_difference(expected, &observed)
        .or_else(|| session_difference(expected, &observed))?;
    let (left, right) = (expected.lines(), observed.lines());
    let index = first_difference(&left, &right)?;
    Some(TraceDiff {
        place,
        sentence: format!("{place}: {words}"),
        expected: Window::around(&left, index, String::clone),
        observed: Window::around(&right, index, String::clone),
    })
}

impl TraceDiff {
    /// Both traces from a few lines before the first difference on, in two columns that fit `width` characters,
    /// under these names (expected, observed); at most 40 rows, each with its colour.
    pub(crate) fn side_by_side(&self, width: usize, names: (&str, &str)) -> Vec<(Style, String)> {
        side_by_side::render(&self.expected, &self.observed, names, width)
    }

    /// The same in one column, which fits 80 characters: `-` before lines of the expected trace only, `+` before lines of the
    /// observed one only.
    pub(crate) fn in_one_column(&self, names: (&str, &str)) -> String {
        one_column::render(&self.expected, &self.observed, names)
    }
}

impl fmt::Display for TraceDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.sentence)
    }
}

impl fmt::Display for DiffPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { index, step } => write!(f, "entry {}, step {step}", index + 1),
            Self::Session(direction) => write!(f, "session, {}", direction.in_words()),
            Self::Stream(name, None) => write!(f, "stream {name}"),
            Self::Stream(name, Some(direction)) => {
                write!(f, "stream {name}, {}", direction.in_words())
            }
        }
    }
}

/// The index of the first element that differs.
fn first_difference<T: PartialEq>(left: &[T], right: &[T]) -> Option<usize> {
    let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    (same < left.len().max(right.len())).then_some(same)
}

fn entry_words(expected: Option<&Entry>, observed: Option<&Entry>) -> String {
    let (Some(left), Some(right)) = (expected, observed) else {
        let words = |entry: Option<&Entry>| entry.map_or_else(nothing, directed_words);
        return format!("expected {}, observed {}", words(expected), words(observed));
    };
    if left.direction != right.direction {
        return format!("expected {}, observed {}", directed_words(left), directed_words(right));
    }
    let way = match left.item {
        Item::Step(_) => String::new(),
        _ => format!("{}: ", left.direction.in_words()),
    };
    let (words, other) = (item_words(&left.item), item_words(&right.item));
    if words == other {
        format!("{way}expected {words} at {}, observed it at {}", left.time, right.time)
    } else {
        format!("{way}expected {words}, observed {other}")
    }
}

fn directed_words(entry: &Entry) -> String {
    match entry.item {
        Item::Step(_) => item_words(&entry.item),
        _ => format!("{} ({})", item_words(&entry.item), entry.direction.in_words()),
    }
}

/// The item on one line without columns.
fn item_words(item: &Item) -> String {
    match item {
        Item::Step(number) => format!("the end of step {number}"),
        _ => item.to_text().split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// N13: whether two directions of a session differ in nothing but a go-away before the end that one of them lost.
fn ends_agree(left: &[SessionEvent], right: &[SessionEvent]) -> bool {
    let (Some((SessionEvent::End(code), before)), Some((SessionEvent::End(other), others))) =
        (left.split_last(), right.split_last())
    else {
        return false;
    };
    match (code, other) {
        (Some(code), Some(other)) => code == other && before == others,
        (None, None) => before == others,
        (None, Some(other)) => before == others || is_followed_by(before, others, *other),
        (Some(code), None) => before == others || is_followed_by(others, before, *code),
    }
}

/// Whether `events` is `others` and then a go-away with this code: its step settled before the transport ended.
fn is_followed_by(events: &[SessionEvent], others: &[SessionEvent], code: u32) -> bool {
    events.split_last() == Some((&SessionEvent::GoAway(code), others))
}

fn stream_difference(left: &Canonical, right: &Canonical) -> Option<(DiffPlace, String)> {
    let names = left.streams.keys().chain(right.streams.keys());
    let name = *names.filter(|name| left.streams.get(name) != right.streams.get(name)).min()?;
    let nowhere = DiffPlace::Stream(name, None);
    match (left.streams.get(&name), right.streams.get(&name)) {
        (Some(left), Some(right)) => BOTH.into_iter().find_map(|direction| {
            let words = flow_difference(left.flow(direction), right.flow(direction))?;
            Some((DiffPlace::Stream(name, Some(direction)), words))
        }),
        (Some(left), None) => {
            Some((nowhere, format!("expected {}, observed no such stream", gist(left))))
        }
        (None, right) => {
            let gist = right.map_or(String::new(), gist);
            Some((nowhere, format!("expected no such stream, observed {gist}")))
        }
    }
}

/// The first events of a stream, in words.
fn gist(stream: &StreamMeaning) -> String {
    let events = BOTH.into_iter().flat_map(|direction| &stream.flow(direction).events);
    let words: Vec<_> = events.take(3).map(stream_words).collect();
    if words.is_empty() { "one without events".to_owned() } else { words.join(", ") }
}

fn flow_difference(left: &FlowMeaning, right: &FlowMeaning) -> Option<String> {
    if let Some(index) = first_difference(&left.events, &right.events) {
        let bytes = left.events[..index].iter().map(|event| match event {
            MeaningEvent::Bytes { len, .. } => *len,
            _ => 0,
        });
        let after = match bytes.sum() {
            0u64 => String::new(),
            bytes => format!(" after {bytes} bytes"),
        };
        let (expected, observed) = event_words(left.events.get(index), right.events.get(index));
        return Some(format!("expected {expected}{after}, observed {observed}"));
    }
    if left.is_acked != right.is_acked {
        let words = |is_acked| if is_acked { "an ack" } else { "no ack" };
        let (left, right) = (words(left.is_acked), words(right.is_acked));
        return Some(format!("expected {left}, observed {right}"));
    }
    let index = first_difference(&left.credit, &right.credit)?;
    let words = |flow: &FlowMeaning| match flow.credit.get(index) {
        None => "no more credit".to_owned(),
        Some(credit) => match credit.step {
            Some(step) => format!("credit of {} bytes in sum by step {step}", credit.total),
            None => format!("credit of {} bytes in sum by the end", credit.total),
        },
    };
    Some(format!("expected {}, observed {}", words(left), words(right)))
}

/// Two different events in words that differ.
fn event_words(left: Option<&MeaningEvent>, right: Option<&MeaningEvent>) -> (String, String) {
    let words = |event: Option<&MeaningEvent>| event.map_or_else(nothing, stream_words);
    let (expected, observed) = (words(left), words(right));
    match (left, right) {
        (Some(MeaningEvent::Bytes { crc, .. }), Some(MeaningEvent::Bytes { crc: other, .. }))
            if expected == observed =>
        {
            let with = |words, crc: &u32| format!("{words} with checksum {crc:08x}");
            (with(expected, crc), with(observed, other))
        }
        _ => (expected, observed),
    }
}

fn stream_words(event: &MeaningEvent) -> String {
    match event {
        MeaningEvent::Bytes { len, .. } => format!("{len} bytes"),
        MeaningEvent::Cut => "a body cut short".to_owned(),
        MeaningEvent::Reset { code } if *code > 0 => format!("reset with code {code}"),
        event => event.to_string(),
    }
}

fn session_difference(left: &Canonical, right: &Canonical) -> Option<(DiffPlace, String)> {
    BOTH.into_iter().find_map(|direction| {
        let words = session_words(left.session(direction), right.session(direction))?;
        Some((DiffPlace::Session(direction), words))
    })
}

fn session_words(left: &SessionMeaning, right: &SessionMeaning) -> Option<String> {
    if let Some(index) = first_difference(&left.events, &right.events) {
        let words = |session: &SessionMeaning| {
            session.events.get(index).map_or_else(nothing, |event| match event {
                SessionEvent::End(_) => format!("the {event} of the transport"),
                event => event.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
            })
        };
        return Some(format!("expected {}, observed {}", words(left), words(right)));
    }
    if let Some(index) = first_difference(&left.pongs, &right.pongs) {
        let words = |session: &SessionMeaning| {
            session.pongs.get(index).map_or_else(nothing, |number| format!("pong {number}"))
        };
        return Some(format!("expected {}, observed {}", words(left), words(right)));
    }
    let (expected, observed) = (left.unasked_pongs, right.unasked_pongs);
    (expected != observed)
        .then(|| format!("expected {expected} unasked pongs, observed {observed}"))
}

/// The placeholder where one trace has nothing.
fn nothing() -> String {
    "nothing more".to_owned()
}

const BOTH: [Direction; 2] = [Direction::SubjectToPeer, Direction::PeerToSubject];

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::trace::samples::{self, Builder, TO_PEER, TO_SUBJECT, diff_canonical};
    use crate::trace::{TransportEnd, canonical};
    use crate::yamux::frame::Flags;
    use crate::yamux::time::Time;

    fn opened() -> Builder {
        Builder::default().window(TO_PEER, Flags::SYN, 1, 0).step(1)
    }

    fn exact(left: Builder, right: Builder) -> String {
        diff_exact(&left.build(), &right.build()).expect("two different traces").to_string()
    }

    fn meaning(left: Builder, right: Builder) -> String {
        diff_canonical(&left.build(), &right.build()).expect("two different traces").to_string()
    }

    #[test]
    fn an_exact_difference_is_said_in_words() {
        let data = || opened().data(TO_PEER, Flags::NONE, 1, b"x");
        assert_eq!(
            exact(data(), opened().window(TO_PEER, Flags::FIN, 1, 0)),
            "entry 3, step 2: subject to peer: expected data - s1 len=1 crc=8cdc1683, \
             observed window_update FIN s1 +0"
        );
        assert_eq!(
            exact(data(), opened()),
            "entry 3, step 2: expected data - s1 len=1 crc=8cdc1683 (subject to peer), \
             observed nothing more"
        );
        assert_eq!(
            exact(opened(), Builder::default().window(TO_SUBJECT, Flags::SYN, 1, 0)),
            "entry 1, step 1: expected window_update SYN s1 +0 (subject to peer), \
             observed window_update SYN s1 +0 (peer to subject)"
        );
        let mut late = data().build();
        late.entries[2].time = Time::from_nanos(300_000_000_000);
        let diff = diff_exact(&data().build(), &late).expect("two different traces");
        assert_eq!(
            diff.sentence,
            "entry 3, step 2: subject to peer: expected data - s1 len=1 crc=8cdc1683 at 0.000000002, \
             observed it at 300.000"
        );
        assert_eq!(diff.place, DiffPlace::Entry { index: 2, step: 2 });
    }

    #[test]
    fn a_difference_in_a_stream_is_said_in_words() {
        let data = || opened().data(TO_PEER, Flags::NONE, 1, b"hello");
        let fin = || data().window(TO_PEER, Flags::FIN, 1, 0);
        let reset = |code| data().window(TO_PEER, Flags::RST, 1, code);
        let begin = "stream subject#1, subject to peer: expected";
        assert_eq!(meaning(fin(), reset(0)), format!("{begin} fin after 5 bytes, observed reset"));
        assert_eq!(
            meaning(fin(), reset(4)),
            format!("{begin} fin after 5 bytes, observed reset with code 4")
        );
        assert_eq!(
            meaning(fin(), data()),
            format!("{begin} fin after 5 bytes, observed nothing more")
        );
        let other = |body| opened().data(TO_PEER, Flags::NONE, 1, body);
        assert_eq!(meaning(data(), other(b"hell")), format!("{begin} 5 bytes, observed 4 bytes"));
        assert_eq!(
            meaning(data(), other(b"jelly")),
            format!(
                "{begin} 5 bytes with checksum 3610a686, observed 5 bytes with checksum b80440b7"
            )
        );
        assert_eq!(
            meaning(data(), data().window(TO_SUBJECT, Flags::ACK, 1, 0)),
            "stream subject#1, peer to subject: expected no ack, observed an ack"
        );
        let credit = |credit| opened().window(TO_SUBJECT, Flags::NONE, 1, credit).step(2);
        assert_eq!(
            meaning(credit(8), credit(9)),
            "stream subject#1, peer to subject: expected credit of 8 bytes in sum by step 2, \
             observed credit of 9 bytes in sum by step 2"
        );
        assert_eq!(
            meaning(data(), Builder::default()),
            "stream subject#1: expected open, 5 bytes, observed no such stream"
        );
    }

    #[test]
    fn a_difference_in_the_session_is_said_in_words() {
        let begin = Builder::default;
        assert_eq!(
            meaning(begin().go_away(TO_PEER, 1), begin().end(TO_PEER, TransportEnd::Eof)),
            "session, subject to peer: expected go_away code=1, observed the end of the transport"
        );
        assert_eq!(
            meaning(
                begin().ping(TO_SUBJECT, Flags::SYN, 7).ping(TO_PEER, Flags::ACK, 7),
                begin().ping(TO_SUBJECT, Flags::SYN, 7),
            ),
            "session, subject to peer: expected pong 1, observed nothing more"
        );
        assert_eq!(
            meaning(begin(), begin().ping(TO_PEER, Flags::ACK, 7)),
            "session, subject to peer: expected 0 unasked pongs, observed 1"
        );
    }

    proptest! {
        #[test]
        fn a_trace_does_not_differ_from_itself(trace in samples::any_trace(60)) {
            prop_assert_eq!(diff_exact(&trace, &trace.clone()), None);
            prop_assert_eq!(diff_canonical(&trace, &trace.clone()), None);
        }

        #[test]
        fn one_changed_entry_is_found_where_it_is(
            trace in samples::any_trace(60),
            place: prop::sample::Index,
            step in 100u32..200,
        ) {
            prop_assume!(!trace.entries.is_empty());
            let index = place.index(trace.entries.len());
            let mut changed = trace.clone();
            changed.entries[index].item = Item::Step(step);
            let diff = diff_exact(&trace, &changed).expect("a changed entry");
            let is_there = matches!(diff.place, DiffPlace::Entry { index: found, .. } if found == index);
            prop_assert!(is_there, "{:?}", diff.place);
            changed.entries.truncate(index);
            prop_assert!(diff_exact(&trace, &changed).is_some());
        }

        #[test]
        fn a_difference_in_meaning_is_found_both_ways(
            left in samples::any_trace(12),
            right in samples::any_trace(12),
        ) {
            let found = diff_canonical(&left, &right);
            prop_assert_eq!(found.is_some(), diff_canonical(&right, &left).is_some());
            if let Some(diff) = found {
                prop_assert!(canonical(&left) != canonical(&right));
                prop_assert!(diff.side_by_side(80, ("left", "right")).len() <= 43);
            }
        }

        #[test]
        fn one_more_byte_or_a_lost_fin_is_always_found(
            trace in samples::any_trace(30),
            body in prop::collection::vec(any::<u8>(), 1..20),
        ) {
            let behind = |flags, body: &[u8]| {
                let tail = Builder::default()
                    .window(TO_PEER, Flags::SYN, 77, 0)
                    .data(TO_PEER, flags, 77, body)
                    .build();
                Trace { entries: [&trace.entries[..], &tail.entries].concat() }
            };
            let whole = behind(Flags::FIN, &body);
            prop_assert!(diff_canonical(&whole, &behind(Flags::NONE, &body)).is_some());
            prop_assert!(diff_canonical(&whole, &behind(Flags::FIN, &body[1..])).is_some());
        }
    }
}
