//! `Author`: draws long stories. A story depends on its seed, its number and the snapshots of the session. Pure.

mod calls;
mod draft;
mod faults;
mod frames;
mod plot;
#[cfg(test)]
mod rules;

use fastrand::Rng;

use crate::analysis::story::Story;
use crate::analysis::story::author::draft::{Draft, Reserve, has_live_stream};
use crate::analysis::story::author::plot::{MOST_TIME, Plot};
use crate::analysis::story::rules::{find, label};
use crate::analysis::story::turn::{AppCall, PeerFrame, Turn, WireFault};
use crate::model::Snapshot;
use crate::scenario::{Actor, PeerKind};

/// Draws one story, turn by turn.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    rng: Rng,
    plot: Plot,
    reserve: Reserve,
    story: Story,
    /// How many turns it has drawn since the session was over, or had neither streams nor a way to open one.
    since_end: u32,
}

impl Author {
    /// The author of the story with this number among those of the seed.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(SPREAD));
        // Neighbouring numbers have similar first states.
        let mut rng = Rng::with_seed(rng.u64(..));
        let (plot, story) = Plot::draw(&mut rng);
        let (bytes, time) = (plot.bytes(), MOST_TIME);
        let reserve = Reserve { bytes, time, named: 0, stalled: Vec::new() };
        Self { rng, plot, reserve, story, since_end: 0 }
    }

    /// The story so far: its peer, its settings, and the turns drawn so far.
    pub(crate) const fn story(&self) -> &Story {
        &self.story
    }

    /// Draws the next turn, which is possible at this point of the session; `None` at the end of the story.
    ///
    /// All its turns are lawful, except for at most one near the end of a story with a wire peer.
    pub(crate) fn next(&mut self, snapshot: &Snapshot) -> Option<Turn> {
        let at = self.story.turns.len() as u32;
        let is_left = snapshot.said_go_away != [false; 2] && !has_live_stream(snapshot);
        self.since_end += u32::from(snapshot.is_over || is_left);
        if at >= self.plot.turns || self.since_end > TURNS_AFTER_END {
            return None;
        }
        let turn = self.draw(snapshot, at)?;
        self.account(snapshot, &turn);
        self.story.turns.push(turn.clone());
        Some(turn)
    }

    fn draw(&mut self, snapshot: &Snapshot, at: u32) -> Option<Turn> {
        // At the end all bytes must arrive, so that the model can judge the debts.
        let resume = self.reserve.stalled.last().map(|to| Turn::Fault(WireFault::Resume(*to)));
        if let Some(resume) = resume.filter(|resume| resume.is_possible(snapshot))
            && at + self.reserve.stalled.len() as u32 >= self.plot.turns
        {
            return Some(resume);
        }
        let is_late = at >= self.plot.turns - self.plot.turns / 4;
        let Self { rng, plot, reserve, .. } = self;
        if plot.unlawful_at == Some(at) {
            let mut draft = Draft::new((snapshot, plot), reserve, rng, is_late);
            draft.add_breaches();
            if let Some(turn) = draft.pick() {
                return Some(turn);
            }
        }
        let mut draft = Draft::new((snapshot, plot), reserve, rng, is_late);
        let focus = draft.focus();
        draft.add_calls(Actor::Subject, &focus);
        match self.story.peer {
            PeerKind::App => draft.add_calls(Actor::Peer, &focus),
            PeerKind::Wire => draft.add_frames(&focus),
        }
        draft.add_waits();
        if plot.has_faults {
            draft.add_faults();
        }
        draft.pick()
    }

    /// Subtracts what the turn uses up.
    fn account(&mut self, snapshot: &Snapshot, turn: &Turn) {
        let reserve = &mut self.reserve;
        let credit = |stream| find(snapshot, stream).map_or(0, |stream| stream.credit[1]);
        let bytes = match turn {
            Turn::Call(_, AppCall::Write(_, bytes)) => *bytes,
            Turn::Frame(PeerFrame::Data { bytes, .. }) => u64::from(*bytes),
            Turn::Frame(PeerFrame::FillWindow { stream, beyond }) => {
                credit(stream) + u64::from(*beyond)
            }
            _ => 0,
        };
        reserve.bytes = reserve.bytes.saturating_sub(bytes);
        match turn {
            Turn::Wait(time) => reserve.time = reserve.time.saturating_sub(*time),
            Turn::Fault(WireFault::Stall(to)) => reserve.stalled.push(*to),
            Turn::Fault(WireFault::Resume(to)) => reserve.stalled.retain(|stalled| stalled != to),
            Turn::Fault(WireFault::Segment(_, Some(bytes)) | WireFault::Buffer(_, bytes))
                if *bytes < 1000 =>
            {
                reserve.bytes = reserve.bytes.min(MOST_BYTES_IN_PIECES);
            }
            _ => {}
        }
        // A label is used once, even if its accept was cancelled.
        let given = turn.stream().and_then(|stream| {
            (reserve.named..reserve.named + 2).find(|number| label(*number) == *stream)
        });
        reserve.named = given.map_or(reserve.named, |number| number + 1);
    }
}

/// How many turns a story may still have after `since_end` begins to count.
const TURNS_AFTER_END: u32 = 3;

/// How many more bytes a story may move once they arrive in small pieces.
const MOST_BYTES_IN_PIECES: u64 = 64 * 1024;

/// An odd number with irregular bits (2^64 divided by the golden ratio), which spreads the numbers of a seed.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
