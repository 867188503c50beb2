//! `Indexed`: the words of a scenario, and how significant the place of each is.

use std::collections::{BTreeSet, HashMap};

use crate::cli::suite::script::script;
use crate::cli::suite::search::trade::words;
use crate::scenario::{Clauses, Scenario};

/// The words of a scenario.
pub(super) struct Indexed(HashMap<String, f64>);

impl Indexed {
    /// The words of all its text, including the register, and the calls and events of its steps.
    pub(super) fn of(scenario: &Scenario, register: &Clauses) -> Self {
        let mut own = Self(HashMap::new());
        let (area, name) = scenario.id.split_once('/').unwrap_or(("", &scenario.id));
        own.add(name, 4.0);
        own.add(&scenario.title, 4.0);
        scenario.tags.iter().for_each(|tag| own.add(tag, 4.0));
        own.add(area, 1.5);
        for id in &scenario.clauses {
            own.add(id, 2.0);
            if let Some(clause) = register.find(id) {
                own.add(&clause.statement, 2.0);
                clause.provenance.because.iter().for_each(|because| own.add(because, 2.0));
            }
        }
        scenario.note.iter().chain(&scenario.links).for_each(|text| own.add(text, 1.0));
        own.add(&script(scenario), 0.3);
        own
    }

    fn add(&mut self, text: &str, worth: f64) {
        let words: BTreeSet<String> = words(text).into_iter().collect();
        for word in words {
            let found = self.0.entry(word).or_insert(worth);
            *found = found.max(worth);
        }
    }

    /// The weight of the most significant place of a word; 0 if it is absent.
    pub(super) fn worth(&self, word: &str) -> f64 {
        self.0.get(word).copied().unwrap_or(0.0)
    }
}
