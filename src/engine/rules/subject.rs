//! `SubjectRules`: what the subject of a case is judged by beyond its script. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::endpoint::Habit;
use crate::scenario::{Dialect, SettingName, Settings};

/// What the subject of a case is judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectRules {
    /// Its dialect.
    pub dialect: Dialect,
    /// Its habits.
    pub habits: BTreeSet<Habit>,
    /// The settings that it takes; `None` is: all of them.
    pub settings: Option<BTreeSet<SettingName>>,
    /// The clauses that do not bind it: a breach of a rule of theirs does not end the case.
    pub tolerated: BTreeSet<Arc<str>>,
}

impl SubjectRules {
    /// The largest receive window of its streams, if that is known: what the scenario asked for and it took. In the dialect of
    /// hashicorp/yamux the default is known too.
    pub(crate) fn max_window(&self, settings: &Settings) -> Option<u32> {
        let is_asked = settings.asked.contains_key(&SettingName::MaxWindow)
            && self.takes(SettingName::MaxWindow);
        (is_asked || self.is_exact()).then_some(settings.max_window)
    }

    /// The largest body of its data frames, where the scenario asked for one and it took that.
    pub(crate) fn max_frame(&self, settings: &Settings) -> Option<u32> {
        let is_asked = settings.asked.contains_key(&SettingName::MaxFrameSize)
            && self.takes(SettingName::MaxFrameSize);
        settings.max_frame_size.filter(|_| is_asked)
    }

    /// Whether errors and counts are those of hashicorp/yamux.
    pub(crate) fn is_exact(&self) -> bool {
        self.dialect == Dialect::Hashicorp
    }

    /// How much later than its time an event may come on a clock that is exact.
    pub(crate) fn polling(&self) -> Duration {
        let polls = self.habits.contains(&Habit::Polls) && !self.is_exact();
        if polls { Duration::from_millis(100) } else { Duration::ZERO }
    }

    /// Whether a breach of this clause is no fault of it.
    pub(crate) fn tolerates(&self, clause: &str) -> bool {
        self.tolerated.contains(clause)
    }

    /// Whether it takes this setting.
    pub fn takes(&self, name: SettingName) -> bool {
        self.settings.as_ref().is_none_or(|settings| settings.contains(&name))
    }

    /// Those of the built-in implementation.
    pub fn built_in() -> Self {
        Self { dialect: Dialect::Hashicorp, ..Self::default() }
    }
}
