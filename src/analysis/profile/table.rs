//! `Profile`: the answers of several implementations, and the table of them as text, Markdown and JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::analysis::profile::{Probed, TRAITS};
use crate::engine::Outcome;
use crate::yamux::frame::Side;

/// What several implementations do where yamux leaves them free.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Profile {
    /// The implementations, in the order of the table's columns.
    pub implementations: Vec<Profiled>,
    /// One for each trait, in the order of the table.
    pub traits: Vec<TraitRow>,
}

/// An implementation in a profile.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Profiled {
    /// What `--target` takes for it.
    pub name: String,
    /// What it is, with its version.
    pub description: String,
    /// Whether time was virtual: then its times are exact.
    pub is_virtual: bool,
}

/// A trait, and what each implementation shows of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TraitRow {
    /// What it is called.
    pub name: String,
    /// For each implementation what it does; `null` where nothing was seen.
    pub seen: Vec<Option<String>>,
}

/// The traits seen on each side, before both sides are merged.
type SeenOnSides = BTreeMap<(usize, usize), BTreeMap<&'static str, String>>;

/// Collects the results of probes into a profile.
#[derive(Debug, Default)]
pub(crate) struct Profiler {
    seen: SeenOnSides,
}

impl Profiler {
    /// Records the result of a probe of the implementation with this number.
    pub(crate) fn note(
        &mut self,
        implementation: usize,
        probe: &str,
        side: Side,
        probed: &Probed<'_>,
    ) {
        for (index, one) in TRAITS.iter().enumerate().filter(|(_, one)| one.probe == probe) {
            let told = match probed.outcome {
                Outcome::Skipped { reason } => Some(format!("not asked: {reason}")),
                Outcome::Broken { .. } => None,
                _ => (one.read)(probed),
            };
            if let Some(told) = told {
                self.seen.entry((index, implementation)).or_default().insert(word(side), told);
            }
        }
    }

    /// The profile of these implementations.
    pub(crate) fn finish(mut self, implementations: Vec<Profiled>) -> Profile {
        let rows = TRAITS.iter().enumerate().map(|(index, one)| TraitRow {
            name: one.name.to_owned(),
            seen: (0..implementations.len())
                .map(|number| self.seen.remove(&(index, number)).map(both))
                .collect(),
        });
        let traits = rows.collect();
        Profile { implementations, traits }
    }
}

const fn word(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}

/// The behaviour of both sides, once if it is the same.
fn both(sides: BTreeMap<&'static str, String>) -> String {
    let mut told = sides.values();
    let first = told.next().cloned().unwrap_or_default();
    if told.all(|other| *other == first) {
        return first;
    }
    sides.iter().map(|(side, told)| format!("{told} (as {side})")).collect::<Vec<_>>().join("; ")
}

/// The profile for a terminal: a paragraph for each trait, a line for each implementation.
pub(crate) fn text(profile: &Profile) -> String {
    let names = profile.implementations.iter().map(|one| one.name.chars().count());
    let width = names.max().unwrap_or(0);
    let mut out = String::new();
    for row in &profile.traits {
        let _ = writeln!(out, "{}", row.name);
        for (one, seen) in profile.implementations.iter().zip(&row.seen) {
            let _ = writeln!(out, "  {:width$}  {}", one.name, shown(seen));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The profile as one Markdown table: a row for each trait, a column for each implementation.
pub(crate) fn markdown(profile: &Profile) -> String {
    let line = |cells: &mut dyn Iterator<Item = String>| {
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let names = profile.implementations.iter().map(|one| one.name.clone());
    let mut out = line(&mut std::iter::once(String::new()).chain(names));
    out += &format!("|{}\n", "---|".repeat(profile.implementations.len() + 1));
    for row in &profile.traits {
        let seen = row.seen.iter().map(|seen| shown(seen).replace('|', "\\|"));
        out += &line(&mut std::iter::once(row.name.clone()).chain(seen));
    }
    out
}

fn shown(seen: &Option<String>) -> &str {
    seen.as_deref().unwrap_or("not seen")
}

/// The schema of a profile as JSON.
pub(crate) fn json_schema() -> Schema {
    schema_for!(Profile)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn profile() -> Profile {
        let one = |name: &str| Profiled {
            name: name.to_owned(),
            description: format!("{name} 1.0"),
            is_virtual: true,
        };
        let sides = BTreeMap::from([("client", "a|b".to_owned()), ("server", "c".to_owned())]);
        let row = |name: &str, seen: [Option<&str>; 2]| TraitRow {
            name: name.to_owned(),
            seen: seen.map(|seen| seen.map(str::to_owned)).to_vec(),
        };
        Profile {
            implementations: vec![one("mine"), one("yours")],
            traits: vec![
                row("SYN", [Some("x"), None]),
                row("FIN", [Some(&both(sides)), Some("y")]),
            ],
        }
    }

    #[test]
    fn a_table_has_a_cell_for_every_implementation_and_trait() {
        assert_eq!(
            text(&profile()),
            "SYN\n  mine   x\n  yours  not seen\n\nFIN\n  mine   a|b (as client); c (as server)\n  yours  y\n"
        );
        assert_eq!(
            markdown(&profile()),
            "|  | mine | yours |\n|---|---|---|\n| SYN | x | not seen |\n| FIN | a\\|b (as client); c (as server) | y |\n"
        );
    }

    #[test]
    fn what_both_sides_do_is_told_once() {
        let same = BTreeMap::from([("client", "x".to_owned()), ("server", "x".to_owned())]);
        assert_eq!(both(same), "x");
    }
}
