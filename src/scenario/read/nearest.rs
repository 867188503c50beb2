//! The nearest valid name for a typo. Pure.

use strsim::osa_distance;

/// Finds the names that typos meant. It compares a limited number of names in total, so that thousands of typos among
/// thousands of names cost no more than reading them: typos beyond the limit get no suggestion.
#[derive(Debug)]
pub(crate) struct Hints {
    looks: usize,
}

impl Default for Hints {
    fn default() -> Self {
        Self { looks: MOST_LOOKS }
    }
}

impl Hints {
    /// Like `suggestion`, as long as looks are left.
    pub(crate) fn suggestion<'a>(
        &mut self,
        found: &str,
        valid: impl IntoIterator<Item = &'a str>,
    ) -> String {
        self.nearest(found, valid).map_or_else(String::new, did_you_mean)
    }

    /// Like `nearest`, as long as looks are left.
    pub(crate) fn nearest<'a>(
        &mut self,
        found: &str,
        valid: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let mut valid = valid.into_iter();
        let near = nearest(found, valid.by_ref().take(self.looks).inspect(|_| self.looks -= 1));
        // If not all names were compared, a nearer one may exist.
        near.filter(|_| valid.next().is_none())
    }
}

/// `, did you mean "x"?` for the name among `valid`, which are few, that `found` most likely meant, else nothing.
pub(crate) fn suggestion<'a>(found: &str, valid: impl IntoIterator<Item = &'a str>) -> String {
    nearest(found, valid).map_or_else(String::new, did_you_mean)
}

fn did_you_mean(name: &str) -> String {
    format!(", did you mean {name:?}?")
}

/// The name among `valid`, which are few, that `found` most likely meant; names that differ in more than a third do not
/// count.
pub(crate) fn nearest<'a>(
    found: &str,
    valid: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Comparing takes time proportional to the product of both lengths.
    if found.len() > LONGEST {
        return None;
    }
    let folded = fold(found);
    let (found_len, folded_len) = (found.chars().count(), folded.chars().count());
    valid
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .filter_map(|name| {
            let length = name.chars().count();
            let most = (length / 3).max(1).min(length.max(found_len).saturating_sub(1));
            let other = fold(name);
            // Two words differ by at least the difference of their lengths.
            let may_be_near = other.chars().count().abs_diff(folded_len) <= most;
            let distance = may_be_near.then(|| osa_distance(&folded, &other))?;
            (distance <= most).then_some((distance, name))
        })
        // Of two equally near names, the one with the same first letter: typos are rarer there.
        .min_by_key(|(distance, name)| (*distance, name.chars().next() != found.chars().next()))
        .map(|(_, name)| name)
}

/// Names longer than this, in bytes, get no suggestion.
const LONGEST: usize = 200;

/// A few hundred typos among all scenarios or clauses of a large suite.
const MOST_LOOKS: usize = 200_000;

/// `"a", "b", "c"`.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// Case, and the choice between `-` and `_`, never carry meaning.
fn fold(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_word_does_not() {
        let names = ["stream", "bytes", "stream_reset"];
        assert_eq!(nearest("streem", names), Some("stream"));
        assert_eq!(nearest("Stream-Reset", names), Some("stream_reset"));
        assert_eq!(nearest("byets", names), Some("bytes"));
        assert_eq!(nearest("elephant", names), None);
        assert_eq!(nearest("t", ["s"]), None);
        assert_eq!(nearest("SIN", ["FIN", "SYN"]), Some("SYN"));
        assert_eq!(suggestion("byte", names), ", did you mean \"bytes\"?");
    }
    #[test]
    fn thousands_of_typos_among_thousands_of_names_cost_no_more_than_a_few() {
        let names: Vec<String> = (0..MOST_LOOKS / 2).map(|n| format!("name-{n}")).collect();
        let mut hints = Hints::default();
        let mut told = 0;
        for _ in 0..5 {
            let valid = names.iter().map(String::as_str).chain(["streams"]);
            told += usize::from(hints.nearest("stream", valid) == Some("streams"));
        }
        assert_eq!(told, 1, "the second time a look is missing");
        assert_eq!(hints.looks, 0);
    }

    #[test]
    fn what_is_very_long_is_near_to_nothing() {
        let long = "x".repeat(1 << 20);
        assert_eq!(nearest(&long, [&*long, &long[1..], "x"]), None);
        assert_eq!(nearest("xy", [&*long, "xyz"]), Some("xyz"));
        let (lawful, other) = ("x".repeat(LONGEST), "x".repeat(LONGEST - 1));
        assert_eq!(nearest(&lawful, [&*other]), Some(&*other));
    }
}
