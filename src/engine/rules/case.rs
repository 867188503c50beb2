//! `CaseRules`: the rules that a case runs under. Pure.

use std::sync::Arc;

use crate::engine::rules::subject::SubjectRules;
use crate::engine::step::timing::{ClockRules, InForce};
use crate::scenario::{Actor, Settings};
use crate::yamux::frame::Side;
use crate::yamux::payload::{Pattern, seed_of};

/// The fixed parameters of a case.
pub(crate) struct CaseRules {
    /// The side the subject plays.
    pub(crate) side: Side,
    pub(crate) clock: ClockRules,
    pub(crate) settings: InForce,
    pub(crate) subject: Arc<SubjectRules>,
    pub(crate) peer: Option<Arc<SubjectRules>>,
    /// The seed of the payload patterns.
    pub(crate) seed: u32,
}

impl CaseRules {
    /// The rules for an end; `None` for the harness's own peer.
    pub(crate) fn of(&self, end: Actor) -> Option<&SubjectRules> {
        match end {
            Actor::Subject => Some(&self.subject),
            Actor::Peer => self.peer.as_deref(),
        }
    }

    /// Whether the peer is also under test.
    pub(crate) const fn judges_peer(&self) -> bool {
        self.peer.is_some()
    }

    pub(crate) const fn settings_of(&self, end: Actor) -> &Settings {
        match end {
            Actor::Subject => &self.settings.subject,
            Actor::Peer => &self.settings.peer,
        }
    }

    /// The pattern of an application's payload on a stream.
    pub(crate) fn pattern(&self, writer: Actor, label: &str) -> Pattern {
        Pattern::new(seed_of(self.seed, label, writer == Actor::Peer))
    }
}
