//! `Plot`: the features of a story, drawn before its first turn. Pure.

use std::time::Duration;

use fastrand::Rng;

use crate::analysis::story::{Story, StorySetting};
use crate::scenario::{Actor, PeerKind};
use crate::yamux::frame::Side;

/// The features of a story.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    /// How many turns it has.
    pub(super) turns: u32,
    /// How many streams it may have.
    pub(super) streams: u32,
    /// Whether it moves megabytes.
    pub(super) is_long: bool,
    /// Whether the wire has faults.
    pub(super) has_faults: bool,
    /// Whether calls have deadlines and are cancelled.
    pub(super) has_deadlines: bool,
    /// Whether streams, and the session, end in the middle.
    pub(super) has_closes: bool,
    /// Whether streams wait long to be accepted.
    pub(super) accepts_late: bool,
    /// The turn by which a wire peer breaks the protocol.
    pub(super) unlawful_at: Option<u32>,
}

impl Plot {
    /// Draws a plot, and a story without turns that has its peer, side and settings.
    pub(super) fn draw(rng: &mut Rng) -> (Self, Story) {
        let peer = if percent(rng, 60) { PeerKind::Wire } else { PeerKind::App };
        let mut story = Story::new(peer);
        story.side = Some(if rng.bool() { Side::Client } else { Side::Server });
        let is_long = percent(rng, 35);
        let turns = rng.u32(if is_long { 20 } else { 3 }..=MOST_TURNS);
        let breaks = peer == PeerKind::Wire && percent(rng, 30);
        let plot = Self {
            turns,
            streams: if percent(rng, 60) { rng.u32(1..=3) } else { rng.u32(4..=MOST_STREAMS) },
            is_long,
            has_faults: percent(rng, 25),
            has_deadlines: percent(rng, 30),
            has_closes: percent(rng, 40),
            accepts_late: percent(rng, 20),
            unlawful_at: breaks.then(|| turns - 1 - rng.u32(0..3).min(turns - 1)),
        };
        if percent(rng, 25) {
            let ends = if peer == PeerKind::App { 2 } else { 1 };
            for actor in [Actor::Subject, Actor::Peer].into_iter().take(ends) {
                story.settings.push((actor, setting(rng)));
            }
        }
        (plot, story)
    }

    /// How many bytes the ends may write and send.
    pub(super) const fn bytes(&self) -> u64 {
        if self.is_long { MOST_BYTES } else { 1 << 20 }
    }
}

fn setting(rng: &mut Rng) -> StorySetting {
    let seconds = |of: &[u64], rng: &mut Rng| Duration::from_secs(*one(rng, of));
    match rng.u32(0..5) {
        0 => StorySetting::MaxWindow(*one(rng, &[524_288, 1 << 20])),
        1 => StorySetting::KeepAliveInterval(seconds(&[5, 30], rng)),
        2 => StorySetting::ConnectionWriteTimeout(seconds(&[1, 10, 60], rng)),
        3 => StorySetting::StreamCloseTimeout(Some(seconds(&[1, 30, 300], rng))),
        _ => StorySetting::StreamOpenTimeout(Some(seconds(&[1, 30, 75], rng))),
    }
}

/// True in this percentage of draws.
pub(super) fn percent(rng: &mut Rng, chance: u32) -> bool {
    rng.u32(0..100) < chance
}

/// One of several things, each as likely as any other; there must be one.
pub(super) fn one<'a, T>(rng: &mut Rng, of: &'a [T]) -> &'a T {
    // Draws of a `usize` would differ between machines.
    &of[rng.u32(0..of.len() as u32) as usize]
}

/// The most turns of a story.
pub(super) const MOST_TURNS: u32 = 60;

/// The most streams of a story.
pub(super) const MOST_STREAMS: u32 = 40;

/// The most bytes that the ends of a story write and send.
pub(super) const MOST_BYTES: u64 = 8 << 20;

/// The most time that a story waits in all.
pub(super) const MOST_TIME: Duration = Duration::from_secs(600);
