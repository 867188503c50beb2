//! `Portion`: the selected scenarios and the shard that a run covers, so that the reports of all shards can be joined.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part of the selected cases that a run covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portion {
    /// A hash of the selected scenarios, or of what decides which stories there are, the same for every shard; empty if not
    /// needed.
    pub selection: String,
    /// The shard, if it is one.
    pub shard: Option<Shard>,
}

impl Portion {
    /// The stories of a run that plays stories; `what` is what all shards have in common.
    pub(crate) fn of_stories(what: &str, shard: Option<Shard>) -> Self {
        let selection = format!("{STORIES}{:08x}", crc32fast::hash(what.as_bytes()));
        Self { selection, shard }
    }

    /// Whether it is one of stories, of which two shards may find the same.
    pub(crate) fn is_of_stories(&self) -> bool {
        self.selection.starts_with(STORIES)
    }
}

/// What the hash of scenarios never begins with.
const STORIES: &str = "stories-";

/// One of several parts of equal size, as `--shard` names it: `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Which one, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

impl Shard {
    /// Whether it has the item at this place in the order of all items: they are dealt out like cards.
    pub const fn has(self, place: usize) -> bool {
        place % self.of as usize == self.number as usize - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            Some(Self { number: number.parse().ok()?, of: of.parse().ok()? })
        });
        match numbers {
            Some(shard) if (1..=shard.of).contains(&shard.number) => Ok(shard),
            _ => Err(format!("expected K/N with K from 1 to N, such as 2/4, found {text:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thing_is_in_exactly_one_shard_and_no_shard_has_two_more_than_another() {
        for of in 1..=7 {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard { number, of }).collect();
            let mut sizes = vec![0; shards.len()];
            for place in 0..100 {
                let having: Vec<usize> =
                    (0..shards.len()).filter(|index| shards[*index].has(place)).collect();
                let [index] = having[..] else { panic!("{place} of {of}: {having:?}") };
                sizes[index] += 1;
            }
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
        }
    }

    #[test]
    fn a_shard_prints_as_it_is_read_and_nonsense_is_refused() {
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2/4");
        for text in ["", "2", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/2/3"] {
            let error = text.parse::<Shard>().unwrap_err();
            assert!(error.starts_with("expected K/N with K from 1 to N"), "{error}");
        }
    }
}
