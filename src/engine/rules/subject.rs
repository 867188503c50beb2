//! `SubjectRules`: the rules for the subject of a case beyond its script. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::endpoint::Habit;
use crate::scenario::{Dialect, SettingName, Settings};

/// The rules for the subject of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectRules {
    /// Its dialect.
    pub dialect: Dialect,
    /// Its habits.
    pub habits: BTreeSet<Habit>,
    /// The settings it accepts; `None` means all of them.
    pub settings: Option<BTreeSet<SettingName>>,
    /// The clauses that do not bind it: breaking one of their rules does not end the case.
    pub tolerated: BTreeSet<Arc<str>>,
}

impl SubjectRules {
    /// The largest receive window of its streams, if known: the one the scenario asked for, if the subject accepted it.
    /// In the dialect of hashicorp/yamux the default is known too.
    pub(crate) fn max_window(&self, settings: &Settings) -> Option<u32> {
        let is_asked = settings.asked.contains_key(&SettingName::MaxWindow)
            && self.takes(SettingName::MaxWindow);
        (is_asked || self.is_exact()).then_some(settings.max_window)
    }

    /// The largest body of its data frames, if the scenario asked for one and the subject accepted it.
    pub(crate) fn max_frame(&self, settings: &Settings) -> Option<u32> {
        let is_asked = settings.asked.contains_key(&SettingName::MaxFrameSize)
            && self.takes(SettingName::MaxFrameSize);
        settings.max_frame_size.filter(|_| is_asked)
    }

    /// Whether its errors and counts must be those of hashicorp/yamux.
    pub(crate) fn is_exact(&self) -> bool {
        self.dialect == Dialect::Hashicorp
    }

    /// How late an event may be on the virtual clock.
    pub(crate) fn polling(&self) -> Duration {
        let polls = self.habits.contains(&Habit::Polls) && !self.is_exact();
        if polls { Duration::from_millis(100) } else { Duration::ZERO }
    }

    /// Whether breaking this clause is not held against it.
    pub(crate) fn tolerates(&self, clause: &str) -> bool {
        self.tolerated.contains(clause)
    }

    /// Whether it accepts this setting.
    pub fn takes(&self, name: SettingName) -> bool {
        self.settings.as_ref().is_none_or(|settings| settings.contains(&name))
    }

    /// The rules for the built-in implementation.
    pub fn built_in() -> Self {
        Self { dialect: Dialect::Hashicorp, ..Self::default() }
    }
}
