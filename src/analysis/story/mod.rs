//! Stories: sequences of turns of two ends, drawn or enumerated, which become scenarios that the model judges. Pure.
//!
//! A story says only what is done: it has no expectations and no joins. `alphabet` has the symbols of short stories, `author`
//! draws long ones, `shrink` makes a story smaller.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod alphabet;
mod author;
mod rules;
mod scenario;
mod script;
mod settings;
mod shrink;
mod steps;
#[cfg(test)]
mod trials;
mod turn;
mod words;

pub(crate) use alphabet::Symbol;
pub(crate) use author::Author;
pub(crate) use scenario::StoryHead;
pub(crate) use settings::StorySetting;
pub(crate) use shrink::shrink;
pub(crate) use steps::CallLabels;
pub(crate) use turn::Turn;

use std::fmt;

use crate::scenario::{Actor, PeerKind, Step};
use crate::yamux::frame::Side;

/// What two ends do, turn by turn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Story {
    /// What the peer is.
    pub(crate) peer: PeerKind,
    /// The side that the subject plays; `None` means either.
    pub(crate) side: Option<Side>,
    /// The settings that differ from the defaults: each at most once for an end, and none for a wire peer.
    pub(crate) settings: Vec<(Actor, StorySetting)>,
    /// The turns.
    pub(crate) turns: Vec<Turn>,
}

impl Story {
    /// A story without turns, for either side, with the default settings.
    pub(crate) const fn new(peer: PeerKind) -> Self {
        Self { peer, side: None, settings: Vec::new(), turns: Vec::new() }
    }

    /// The steps of all its turns.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut names = CallLabels::default();
        self.turns.iter().flat_map(|turn| turn.steps(&mut names)).collect()
    }
}

impl fmt::Display for Story {
    /// One line: `wire, client, subject max_window 524288: peer syn a; accept a; peer data a 1000; read a to end`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.peer {
            PeerKind::App => "app",
            PeerKind::Wire => "wire",
        })?;
        if let Some(side) = self.side {
            write!(f, ", {side}")?;
        }
        for (actor, setting) in &self.settings {
            write!(f, ", {actor} {setting}")?;
        }
        for (i, turn) in self.turns.iter().enumerate() {
            write!(f, "{}{turn}", if i == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}
