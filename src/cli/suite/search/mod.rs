//! `list --search`: scenarios by words, the best hits first.

mod indexed;
mod stem;
#[cfg(test)]
mod titles;
mod trade;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cli::selection::Selected;
use crate::cli::suite::search::indexed::Indexed;
use crate::cli::suite::search::trade::{same, words};
use crate::scenario::{Clauses, Scenario};

/// Keeps the scenarios that a text is most likely about, the best first, and returns how many there are; `None` if none of
/// the words occurs anywhere.
pub(crate) fn search(selected: &mut Selected, text: &str) -> Option<String> {
    let ranked = Searched::of(&selected.scenarios, &selected.clauses).rank(text);
    let best = ranked.first().map_or(0.0, |hit| hit.score);
    if best <= 0.0 {
        return None;
    }
    let near = ranked.iter().take_while(|hit| hit.score * 2.0 >= best);
    let kept: Vec<&Hit> = near
        .enumerate()
        .filter(|(place, hit)| hit.has_all || *place < NEAREST)
        .map(|(_, hit)| hit)
        .collect();
    let (count, all) = (kept.len(), kept.iter().filter(|hit| hit.has_all).count());
    let plural = if count == 1 { "scenario" } else { "scenarios" };
    let told = format!("{count} {plural}, the best first; every word or its like stands in {all}");
    selected.scenarios = kept.iter().map(|hit| Arc::clone(&hit.scenario)).collect();
    Some(told)
}

/// Scenarios with their words, to be searched repeatedly.
struct Searched {
    scenarios: Vec<Arc<Scenario>>,
    /// The words of each.
    own: Vec<Indexed>,
}

/// A scenario, and how likely it is meant.
struct Hit {
    scenario: Arc<Scenario>,
    score: f64,
    /// Whether it has each word, or a synonym.
    has_all: bool,
}

impl Searched {
    fn of(scenarios: &[Arc<Scenario>], register: &Clauses) -> Self {
        let own = scenarios.iter().map(|scenario| Indexed::of(scenario, register)).collect();
        Self { scenarios: scenarios.to_vec(), own }
    }

    /// All scenarios, the most likely first; equals stay in the order of their ids.
    ///
    /// A word counts by its rarity and by the most significant place where it occurs; a synonym counts half.
    fn rank(&self, text: &str) -> Vec<Hit> {
        let mut wanted: Vec<String> = Vec::new();
        for word in words(text) {
            if !wanted.contains(&word) {
                wanted.push(word);
            }
        }
        let mut rarity: BTreeMap<&str, f64> = BTreeMap::new();
        for word in &wanted {
            rarity.entry(word).or_insert_with(|| self.rarity(word));
            for other in same(word) {
                rarity.entry(other).or_insert_with(|| self.rarity(other));
            }
        }
        let mut hits: Vec<Hit> = Vec::new();
        for (scenario, own) in self.scenarios.iter().zip(&self.own) {
            let worth = wanted.iter().map(|word| worth(word, own, &rarity));
            let worth: Vec<f64> = worth.collect();
            let has_all = worth.iter().all(|worth| *worth > 0.0);
            hits.push(Hit { scenario: Arc::clone(scenario), score: worth.iter().sum(), has_all });
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits
    }

    /// The rarity of a word: the fewer scenarios have it, the higher.
    #[expect(clippy::cast_precision_loss, reason = "a float can count all scenarios")]
    fn rarity(&self, word: &str) -> f64 {
        let having = self.own.iter().filter(|one| one.worth(word) > 0.0).count().max(1);
        (self.own.len() as f64 / having as f64).ln_1p()
    }
}

/// The weight of a word in a scenario: its own best place, or half that of a synonym.
fn worth(word: &str, own: &Indexed, rarity: &BTreeMap<&str, f64>) -> f64 {
    let exact = rarity[word] * own.worth(word);
    let alike = same(word).filter(|other| *other != word);
    let alike = alike.map(|other| 0.5 * rarity[other].min(rarity[word]) * own.worth(other));
    alike.fold(exact, f64::max)
}

/// How many are listed if none has every word.
const NEAREST: usize = 20;
