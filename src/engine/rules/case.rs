//! `CaseRules`: what a case is carried out and judged by. Pure.

use std::sync::Arc;

use crate::engine::rules::subject::SubjectRules;
use crate::engine::step::timing::{ClockRules, InForce};
use crate::scenario::{Actor, Settings};
use crate::yamux::frame::Side;
use crate::yamux::payload::{Pattern, seed_of};

/// What stays the same while a case runs.
pub(crate) struct CaseRules {
    /// The side the subject plays.
    pub(crate) side: Side,
    pub(crate) clock: ClockRules,
    pub(crate) settings: InForce,
    pub(crate) subject: Arc<SubjectRules>,
    pub(crate) peer: Option<Arc<SubjectRules>>,
    /// What payload patterns are made from.
    pub(crate) seed: u32,
}

impl CaseRules {
    /// What an end is judged by; `None` for a peer that is the harness's own.
    pub(crate) fn of(&self, end: Actor) -> Option<&SubjectRules> {
        match end {
            Actor::Subject => Some(&self.subject),
            Actor::Peer => self.peer.as_deref(),
        }
    }

    /// Whether the peer is an implementation under test too.
    pub(crate) const fn judges_peer(&self) -> bool {
        self.peer.is_some()
    }

    pub(crate) const fn settings_of(&self, end: Actor) -> &Settings {
        match end {
            Actor::Subject => &self.settings.subject,
            Actor::Peer => &self.settings.peer,
        }
    }

    /// The pattern an application's payload on a stream follows.
    pub(crate) fn pattern(&self, writer: Actor, label: &str) -> Pattern {
        Pattern::new(seed_of(self.seed, label, writer == Actor::Peer))
    }
}
