//! `run --sweep`: the scenarios again, on wires that carry the same bytes in other ways.

use std::fmt::Write;
use std::sync::Arc;

use crate::runner::{Refused, Swept};
use crate::scenario::{Scenario, Variation, nearest};

/// The variations that the values of `--sweep` name, each once and in the order of reports.
pub(crate) fn variations(names: &[String]) -> Result<Vec<Variation>, Refused> {
    if names.iter().all(String::is_empty) {
        return Ok(Variation::usual());
    }
    let mut wanted = Vec::new();
    for name in names {
        let named = Variation::named(name);
        if named.is_empty() {
            return Err(Refused::usage([unknown(name)]));
        }
        wanted.extend(named);
    }
    Ok(Variation::all().into_iter().filter(|one| wanted.contains(one)).collect())
}

fn unknown(name: &str) -> String {
    let names: Vec<String> = Variation::GROUPS
        .iter()
        .map(ToString::to_string)
        .chain(Variation::all().iter().map(ToString::to_string))
        .collect();
    let mut message = format!("--sweep: expected {}, found {name:?}", names.join(", "));
    if let Some(near) = nearest(name, names.iter().map(String::as_str)) {
        let _ = write!(message, "; did you mean {near}?");
    }
    message
}

/// Each scenario, followed by its variations.
pub(crate) fn swept(scenarios: &[Arc<Scenario>], variations: &[Variation]) -> Vec<Swept> {
    let vary = |scenario: &Arc<Scenario>| {
        let varied = variations.iter().map(|one| Arc::new(one.of(scenario))).collect();
        (Arc::clone(scenario), varied)
    };
    scenarios.iter().map(vary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ExitCode;

    fn named(names: &str) -> Result<Vec<String>, String> {
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        match variations(&names) {
            Ok(variations) => Ok(variations.iter().map(ToString::to_string).collect()),
            Err(refused) => {
                assert_eq!(refused.exit_code(), ExitCode::Usage);
                Err(refused.messages().join("\n"))
            }
        }
    }

    #[test]
    fn names_stand_for_variations_and_nothing_for_the_usual_ones() {
        assert_eq!(named("merged,bytewise,merged").unwrap(), ["bytewise", "merged"]);
        assert_eq!(named("split-header").unwrap().len(), 11);
        assert_eq!(named("all").unwrap().len(), Variation::all().len());
        let usual: Vec<_> = Variation::usual().iter().map(ToString::to_string).collect();
        assert_eq!(named("").unwrap(), usual);
        assert!(named("split").unwrap_err().contains("found \"split\"; did you mean split-"));
    }
}
