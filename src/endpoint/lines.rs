//! `CallLines`: the running calls, each queued for what it waits for. Pure.
//!
//! The calls of one queue proceed in the order in which they began: while the first is blocked, so are the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::yamux::frame::StreamId;
use crate::yamux::time::Time;

/// A queue of calls, by what they wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum CallLine {
    /// Room among the streams that are not acknowledged yet.
    Open,
    /// A stream of the other end.
    Accept,
    /// Bytes on a stream, or its end.
    Read(StreamId),
    /// Credit on a stream, or room in the output.
    Write(StreamId),
    /// The pong of this value.
    Pong(u32),
}

/// The place of a call among all: calls are tried in this order.
pub(super) type CallPlace = u64;

/// Running calls, each with what is left of it.
#[derive(Debug)]
pub(super) struct CallLines<T> {
    calls: BTreeMap<CallPlace, (CallLine, T)>,
    next: CallPlace,
    waiting: BTreeSet<(CallLine, CallPlace)>,
    /// Calls that may be able to go on.
    ready: BTreeSet<CallPlace>,
    /// The deadline of a queue's calls.
    deadlines: HashMap<CallLine, Time>,
    /// The deadlines of queues in which a call waits.
    due: BTreeSet<(Time, CallLine)>,
    /// The deadlines of single calls.
    limits: BTreeSet<(Time, CallPlace)>,
}

impl<T> Default for CallLines<T> {
    fn default() -> Self {
        Self {
            calls: BTreeMap::new(),
            next: 0,
            waiting: BTreeSet::new(),
            ready: BTreeSet::new(),
            deadlines: HashMap::new(),
            due: BTreeSet::new(),
            limits: BTreeSet::new(),
        }
    }
}

impl<T> CallLines<T> {
    /// Begins a call at the end of its queue. It is tried once, even if others wait before it. It waits no longer than its
    /// limit.
    pub(super) fn push(&mut self, line: CallLine, call: T, limit: Option<Time>) {
        let place = self.next;
        self.next += 1;
        self.calls.insert(place, (line, call));
        self.waiting.insert((line, place));
        self.ready.insert(place);
        self.limits.extend(limit.map(|limit| (limit, place)));
        if let Some(deadline) = self.deadlines.get(&line) {
            self.due.insert((*deadline, line));
        }
    }

    /// Marks the first call in this queue as ready.
    pub(super) fn wake(&mut self, line: CallLine) {
        self.ready.extend(self.first(line));
    }

    /// Marks the calls as ready that wait for something without a notification.
    pub(super) fn wake_for(&mut self, now: Time) {
        self.wake(CallLine::Open);
        self.wake(CallLine::Accept);
        let due: Vec<CallLine> =
            self.due.iter().take_while(|(due, _)| *due <= now).map(|(_, line)| *line).collect();
        for line in due {
            self.wake(line);
        }
    }

    /// How many calls are running.
    pub(super) fn count(&self) -> usize {
        self.calls.len()
    }

    /// Marks every call as ready.
    pub(super) fn wake_all(&mut self) {
        self.ready.extend(self.calls.keys());
    }

    /// Takes out the next ready call.
    pub(super) fn take_ready(&mut self) -> Option<(CallPlace, CallLine, T)> {
        loop {
            let place = self.ready.pop_first()?;
            if let Some((line, call)) = self.calls.remove(&place) {
                return Some((place, line, call));
            }
        }
    }

    /// Puts back a call that was taken out and is still blocked.
    pub(super) fn put_back(&mut self, place: CallPlace, line: CallLine, call: T) {
        self.calls.insert(place, (line, call));
    }

    /// Ends a call that was taken out: the next in its queue becomes ready.
    pub(super) fn end(&mut self, place: CallPlace, line: CallLine) {
        self.waiting.remove(&(line, place));
        self.limits.retain(|(_, limited)| *limited != place);
        match self.first(line) {
            Some(next) => _ = self.ready.insert(next),
            None => self.clear_due(line),
        }
    }

    /// Takes out a call whose limit has passed, and ends it.
    pub(super) fn take_overdue(&mut self, now: Time) -> Option<T> {
        let (_, place) = *self.limits.first().filter(|(limit, _)| *limit <= now)?;
        self.take_out(place)
    }

    /// Takes out the call that matches, and ends it.
    pub(super) fn take_where(&mut self, is_meant: impl Fn(&T) -> bool) -> Option<T> {
        let (place, _) = self.calls.iter().find(|(_, (_, call))| is_meant(call))?;
        self.take_out(*place)
    }

    fn take_out(&mut self, place: CallPlace) -> Option<T> {
        let (line, call) = self.calls.remove(&place)?;
        self.end(place, line);
        Some(call)
    }

    /// Takes out the call that waits for this pong and ends it.
    pub(super) fn end_ping(&mut self, value: u32) -> Option<T> {
        let place = self.first(CallLine::Pong(value))?;
        self.waiting.remove(&(CallLine::Pong(value), place));
        self.calls.remove(&place).map(|(_, call)| call)
    }

    /// The values of the pongs that calls wait for, in the order the calls began.
    pub(super) fn pings(&self) -> Vec<u32> {
        let value = |(line, _): &(CallLine, T)| match line {
            CallLine::Pong(value) => Some(*value),
            _ => None,
        };
        self.calls.values().filter_map(value).collect()
    }

    /// Sets the deadline of the calls in this queue.
    pub(super) fn set_deadline(&mut self, line: CallLine, deadline: Option<Time>) {
        self.clear_due(line);
        self.deadlines.remove(&line);
        if let Some(deadline) = deadline {
            self.deadlines.insert(line, deadline);
            if self.first(line).is_some() {
                self.due.insert((deadline, line));
            }
        }
    }

    /// The deadline of the calls in this queue.
    pub(super) fn deadline(&self, line: CallLine) -> Option<Time> {
        self.deadlines.get(&line).copied()
    }

    /// The first deadline that a call waits for.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        let due = self.due.first().map(|(due, _)| *due);
        due.into_iter().chain(self.limits.first().map(|(limit, _)| *limit)).min()
    }

    /// Closes a queue that will never be served again: its calls never end.
    pub(super) fn close(&mut self, line: CallLine) {
        self.set_deadline(line, None);
        while let Some(place) = self.first(line) {
            self.waiting.remove(&(line, place));
            self.ready.remove(&place);
            self.calls.remove(&place);
        }
    }

    fn first(&self, line: CallLine) -> Option<CallPlace> {
        self.waiting.range((line, 0)..=(line, CallPlace::MAX)).next().map(|(_, place)| *place)
    }

    fn clear_due(&mut self, line: CallLine) {
        if let Some(deadline) = self.deadlines.get(&line) {
            self.due.remove(&(*deadline, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: CallLine = CallLine::Read(StreamId(1));

    /// Tries what is ready; calls in `able` end, the others keep waiting. Returns those tried.
    fn try_ready(lines: &mut CallLines<char>, able: &str) -> String {
        let mut tried = String::new();
        while let Some((place, line, call)) = lines.take_ready() {
            tried.push(call);
            if able.contains(call) {
                lines.end(place, line);
            } else {
                lines.put_back(place, line, call);
            }
        }
        tried
    }

    #[test]
    fn only_the_first_of_a_line_is_tried_again_and_the_next_once_it_has_ended() {
        let mut lines = CallLines::default();
        for call in ['a', 'b', 'c'] {
            lines.push(READ, call, None);
        }
        lines.push(CallLine::Open, 'o', None);
        assert_eq!(try_ready(&mut lines, ""), "abco", "each once");
        lines.wake(READ);
        assert_eq!(try_ready(&mut lines, ""), "a");
        lines.wake(READ);
        assert_eq!(try_ready(&mut lines, "ab"), "abc");
        lines.wake_for(Time::ZERO);
        assert_eq!(try_ready(&mut lines, ""), "o", "nothing tells when it may open");
        lines.wake_all();
        assert_eq!(try_ready(&mut lines, ""), "co");
    }

    #[test]
    fn a_deadline_is_due_only_while_a_call_waits_for_it() {
        let mut lines = CallLines::default();
        let at = Time::from_nanos(5);
        lines.set_deadline(READ, Some(at));
        assert_eq!((lines.next_deadline(), lines.deadline(READ)), (None, Some(at)));
        lines.push(READ, 'a', None);
        assert_eq!(lines.next_deadline(), Some(at));
        assert_eq!(try_ready(&mut lines, ""), "a");
        lines.wake_for(Time::from_nanos(4));
        assert_eq!(try_ready(&mut lines, ""), "");
        lines.wake_for(at);
        assert_eq!(try_ready(&mut lines, "a"), "a");
        assert_eq!(lines.next_deadline(), None);
        lines.push(READ, 'b', None);
        lines.set_deadline(READ, None);
        assert_eq!(lines.next_deadline(), None);
    }

    #[test]
    fn a_closed_line_is_never_tried_again_and_pongs_are_found_by_value() {
        let mut lines = CallLines::default();
        lines.push(READ, 'a', None);
        lines.push(CallLine::Pong(7), 'p', None);
        lines.push(CallLine::Pong(3), 'q', None);
        lines.close(READ);
        lines.wake_all();
        assert_eq!(try_ready(&mut lines, ""), "pq");
        assert_eq!(lines.pings(), [7, 3]);
        assert_eq!((lines.end_ping(3), lines.end_ping(3)), (Some('q'), None));
    }

    #[test]
    fn a_call_that_is_given_up_leaves_the_line_to_the_next() {
        let mut lines = CallLines::default();
        let at = Time::from_nanos(5);
        lines.push(CallLine::Accept, 'a', Some(at));
        lines.push(CallLine::Accept, 'b', None);
        assert_eq!(try_ready(&mut lines, ""), "ab");
        assert_eq!(lines.next_deadline(), Some(at));
        assert_eq!(lines.take_overdue(Time::from_nanos(4)), None);
        assert_eq!(lines.take_overdue(at), Some('a'));
        assert_eq!((lines.take_overdue(at), lines.next_deadline()), (None, None));
        assert_eq!(try_ready(&mut lines, ""), "b");
        assert_eq!(lines.take_where(|call| *call == 'b'), Some('b'));
        assert_eq!(lines.take_where(|call| *call == 'b'), None);
    }
}
