//! Stories as checked scenarios, without a detour through text. Pure.

use std::path::PathBuf;

use crate::analysis::story::Story;
use crate::scenario::{Actor, Clocks, Judge, Label, PeerKind, Scenario, Settings};
use crate::yamux::frame::Side;

impl Story {
    /// The scenario that plays it.
    pub(crate) fn script(&self) -> Scenario {
        let subject = self.settings_of(Actor::Subject);
        let peer_settings = self.settings_of(Actor::Peer);
        Scenario {
            id: Label::from("story"),
            path: PathBuf::from("story"),
            title: self.to_string(),
            note: None,
            clauses: Vec::new(),
            links: Vec::new(),
            tags: Vec::new(),
            sides: self.side.map_or_else(|| vec![Side::Client, Side::Server], |side| vec![side]),
            peer: self.peer,
            judge: Judge::Model,
            clocks: Clocks::Any,
            not_compared: None,
            live_subject: subject.clone(),
            live_peer: peer_settings.clone(),
            subject,
            peer_settings,
            wire: Vec::new(),
            varied: None,
            steps: self.steps(),
        }
    }

    fn settings_of(&self, end: Actor) -> Settings {
        let mut settings = Settings::default();
        if end == Actor::Subject || self.peer == PeerKind::App {
            for (_, setting) in self.settings.iter().filter(|(actor, _)| *actor == end) {
                setting.apply(&mut settings);
            }
        }
        settings
    }
}
