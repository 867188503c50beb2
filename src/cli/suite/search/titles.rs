//! The title of a bug that was reported in public leads to a scenario about it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::suite::search::Searched;
use crate::scenario::load;

/// A title, and the scenarios about it.
struct Title<'a> {
    text: &'a str,
    is_hard: bool,
    ids: Vec<&'a str>,
}

fn titles() -> Vec<Title<'static>> {
    let text = include_str!("../../../../tests/bug_titles.txt");
    let titles = text.split("\n\n").skip(1).map(|block| {
        let (title, ids) = block.split_once('\n').expect("scenarios stand below their title");
        let (is_hard, text) = match title.strip_prefix("hard: ") {
            Some(text) => (true, text),
            None => (false, title),
        };
        Title { text, is_hard, ids: ids.split_whitespace().collect() }
    });
    titles.collect()
}

/// Whether one of its scenarios is among the first.
fn is_found(all: &Searched, title: &Title<'_>) -> bool {
    for id in &title.ids {
        assert!(all.scenarios.iter().any(|one| *one.id == **id), "there is no scenario {id}");
    }
    let ranked = all.rank(title.text);
    ranked.iter().take(FIRST).any(|hit| title.ids.contains(&&*hit.scenario.id))
}

fn all() -> Searched {
    let library = load(&[PathBuf::from("scenarios")]).expect("right scenarios");
    let scenarios: Vec<_> = library.scenarios.into_iter().map(Arc::new).collect();
    Searched::of(&scenarios, &library.clauses)
}

#[test]
fn the_title_of_a_bug_leads_to_its_scenario() {
    let all = all();
    let titles = titles();
    let missed: Vec<_> = titles.iter().filter(|one| !one.is_hard && !is_found(&all, one)).collect();
    assert!(missed.is_empty(), "{:#?}", missed.iter().map(|title| title.text).collect::<Vec<_>>());
}

#[test]
fn of_all_titles_four_in_five_lead_to_their_scenario() {
    let all = all();
    let titles = titles();
    assert!(titles.len() > 80, "the list is read");
    let found = titles.iter().filter(|title| is_found(&all, title)).count();
    assert!(found * 5 >= titles.len() * 4, "{found}");
}

/// How many of the scenarios that were found count as the first.
const FIRST: usize = 10;
