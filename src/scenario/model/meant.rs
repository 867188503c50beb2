//! Suggests what a word that matches no scenario's id may have meant. Pure.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use crate::scenario::{Scenario, nearest};

/// What to do instead, as the end of a sentence; `None` if nothing is similar.
pub(crate) fn meant(word: &str, scenarios: &[impl Borrow<Scenario>]) -> Option<String> {
    let all = || scenarios.iter().map(Borrow::borrow);
    let ids = || all().map(|scenario| &*scenario.id);
    let clauses: BTreeSet<&str> =
        all().flat_map(|scenario| &scenario.clauses).map(|clause| &**clause).collect();
    let explained =
        |clause: &str| format!("yamux-conform explain {clause} names the scenarios of that clause");
    if clauses.contains(word) {
        return Some(explained(word));
    }
    let bare = word.strip_suffix(".json").unwrap_or(word);
    let bare = bare.strip_prefix("./").unwrap_or(bare);
    let bare = bare.strip_prefix("scenarios/").unwrap_or(bare).trim_matches('/');
    if bare != word && ids().any(|id| id == bare) {
        return Some(format!("the id is {bare}"));
    }
    let areas = areas(scenarios);
    if areas.contains(bare) {
        return Some(format!("that is an area: yamux-conform list --area {bare}"));
    }
    if let Some((area, rest)) = bare.split_once('/')
        && bare.contains('*')
    {
        let near = nearest(area, areas.iter().copied())?;
        return (near != area || bare != word).then(|| did_you_mean(&format!("'{near}/{rest}'")));
    }
    let part = bare.trim_matches('*');
    let within = ids().filter(|id| !part.is_empty() && id.contains(part)).count();
    if within > 0 && !part.contains('*') {
        return Some(did_you_mean(&format!("-i '*{part}*' ({within} of {})", scenarios.len())));
    }
    if let Some(near) = nearest(bare, ids()) {
        return Some(did_you_mean(near));
    }
    if let Some(near) = nearest(word, clauses.iter().copied()) {
        return Some(format!("did you mean the clause {near}? {}", explained(near)));
    }
    let ends = ids().filter_map(|id| id.rsplit('/').next());
    let end = nearest(bare.rsplit('/').next().unwrap_or(bare), ends)?;
    ids().find(|id| id.rsplit('/').next() == Some(end)).map(did_you_mean)
}

/// The areas of these scenarios: the first parts of their ids.
pub(crate) fn areas(scenarios: &[impl Borrow<Scenario>]) -> BTreeSet<&str> {
    scenarios
        .iter()
        .filter_map(|scenario| scenario.borrow().id.split_once('/'))
        .map(|(area, _)| area)
        .collect()
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}?")
}
