//! `list --search`: scenarios by words, the best hits first.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::cli::selection::Selected;
use crate::scenario::{Clauses, Scenario};

/// Keeps the scenarios in which every word occurs, whatever its case, and puts first those where the words stand in the most
/// telling places: the id, then the title and the tags, then the clauses, then the note.
pub(super) fn search(selected: &mut Selected, text: &[String]) {
    let words: Vec<String> =
        text.iter().flat_map(|text| text.split_whitespace()).map(str::to_lowercase).collect();
    let mut found: Vec<(u32, Arc<Scenario>)> = Vec::new();
    for scenario in &selected.scenarios {
        if let Some(score) = score(scenario, &selected.clauses, &words) {
            found.push((score, Arc::clone(scenario)));
        }
    }
    // Equals stay in the order of their ids.
    found.sort_by_key(|(score, _)| Reverse(*score));
    selected.scenarios = found.into_iter().map(|(_, scenario)| scenario).collect();
}

/// The sum of what the best place of each word is worth; `None` if one of them is nowhere.
fn score(scenario: &Scenario, register: &Clauses, words: &[String]) -> Option<u32> {
    let mut places: Vec<(u32, String)> = vec![
        (8, scenario.id.to_lowercase()),
        (4, scenario.title.to_lowercase()),
        (4, scenario.tags.join(" ").to_lowercase()),
    ];
    for id in &scenario.clauses {
        places.push((2, id.to_lowercase()));
        places.extend(register.find(id).map(|clause| (2, clause.statement.to_lowercase())));
    }
    places.extend(scenario.note.as_ref().map(|note| (1, note.to_lowercase())));
    let worth = |word: &String| {
        let holding = places.iter().filter(|(_, text)| text.contains(word.as_str()));
        holding.map(|(worth, _)| *worth).max()
    };
    words.iter().map(worth).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    #[test]
    fn every_word_must_occur_and_the_id_counts_most() {
        let library = load(&["scenarios/ping".into()]).unwrap();
        let value = |id: &str, words: &str| {
            let scenario = library.scenarios.iter().find(|one| *one.id == *id).unwrap();
            let words: Vec<String> = words.split(' ').map(str::to_lowercase).collect();
            score(scenario, &library.clauses, &words)
        };
        assert_eq!(value("ping/burst", "burst"), Some(8));
        assert_eq!(value("ping/burst", "BURST Ping"), Some(16));
        assert_eq!(value("ping/burst", "burst nowhere-to-be-found"), None);
        assert!(value("ping/burst", "ping-01").is_none_or(|worth| worth == 2));
    }
}
