//! `Turns`: who writes next when writes wait for room in the output. Pure.
//!
//! Writers take turns of one frame each. Only as many are called as there is room for, so that a thousand of them do
//! not wake for sixteen places; a turn that is not taken passes on.

use std::collections::VecDeque;
use std::time::Duration;

use crate::yamux::frame::StreamId;
use crate::yamux::session::stream::{Stream, WriteWait};
use crate::yamux::session::{Event, Session};
use crate::yamux::time::Time;

/// The queue in front of the output. Entries of streams that now wait for something else are stale and skipped.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    waiting: VecDeque<StreamId>,
    /// Streams whose turn it is and that have not written yet.
    called: VecDeque<StreamId>,
    /// When the turns of the called streams pass on; `None` if no stream waits behind them.
    until: Option<Time>,
}

impl Turns {
    /// Whether any stream waits for room, or another one was called.
    pub(crate) fn has_others(&self, id: StreamId) -> bool {
        !self.waiting.is_empty() || self.called.iter().any(|called| *called != id)
    }

    pub(crate) fn join(&mut self, id: StreamId) {
        self.waiting.push_back(id);
    }

    /// A stream that was called has written.
    pub(crate) fn taken(&mut self, id: StreamId) {
        if let Some(place) = self.called.iter().position(|called| *called == id) {
            self.called.remove(place);
        }
    }

    /// When turns pass on.
    pub(crate) const fn next(&self) -> Option<Time> {
        self.until
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Session {
    /// Whether enough of the output has gone to call writers that wait for room: half, as a few bytes are too few.
    pub(crate) const fn has_half_of_its_room(&self) -> bool {
        self.outbox.output.len() <= self.config.send_buffer / 2
    }

    /// Calls as many writers as there is room for.
    pub(crate) fn give_turns(&mut self, now: Time) {
        if self.turns.waiting.is_empty() || !self.has_half_of_its_room() {
            return;
        }
        let mut called = std::mem::take(&mut self.turns.called);
        let is_called = |stream: &Stream| stream.write_wait == WriteWait::Turn;
        called.retain(|id| self.streams.held(*id).is_some_and(is_called));
        let room = self.config.send_buffer - self.outbox.output.len();
        let places = room.div_ceil(self.config.max_frame_size);
        while called.len() < places
            && let Some(id) = self.turns.waiting.pop_front()
        {
            if self.change_wait(id, WriteWait::Room, WriteWait::Turn) {
                called.push_back(id);
                self.outbox.tell(Event::Writable(id));
            }
        }
        self.turns.called = called;
        self.turns.until = (!self.turns.waiting.is_empty()).then(|| now + TURN);
    }

    /// Passes on the turns that were not taken.
    pub(crate) fn check_turns(&mut self, now: Time) {
        if self.turns.until.is_none_or(|until| until > now) {
            return;
        }
        self.turns.until = None;
        for id in std::mem::take(&mut self.turns.called) {
            self.change_wait(id, WriteWait::Turn, WriteWait::Nothing);
        }
        self.give_turns(now);
    }

    /// Calls every waiting stream, so that it learns of an error.
    pub(crate) fn call_all(&mut self) {
        let turns = std::mem::take(&mut self.turns);
        for id in turns.waiting {
            if self.change_wait(id, WriteWait::Room, WriteWait::Nothing) {
                self.outbox.tell(Event::Writable(id));
            }
        }
    }

    fn change_wait(&mut self, id: StreamId, from: WriteWait, to: WriteWait) -> bool {
        match self.streams.held_mut(id) {
            Ok((stream, _)) if stream.write_wait == from => {
                stream.write_wait = to;
                true
            }
            _ => false,
        }
    }
}

/// How long a turn may stay untaken while others wait: far longer than a task needs to wake.
const TURN: Duration = Duration::from_millis(100);
