//! The nearest valid name for a typo. Pure.

use strsim::osa_distance;

/// `, did you mean "x"?` for the name among `valid` that `found` most likely meant, else nothing.
pub(super) fn suggestion<'a>(found: &str, valid: impl IntoIterator<Item = &'a str>) -> String {
    nearest(found, valid).map_or_else(String::new, |name| format!(", did you mean {name:?}?"))
}

/// The name among `valid` that `found` most likely meant; names that differ in more than a third are not near.
pub(crate) fn nearest<'a>(
    found: &str,
    valid: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = fold(found);
    valid
        .into_iter()
        .map(|name| (osa_distance(&folded, &fold(name)), name))
        .filter(|(distance, name)| {
            let length = name.chars().count();
            *distance <= (length / 3).max(1) && *distance < length.max(found.chars().count())
        })
        // Of two that are equally near, the one with the same first letter: slips are rarer there.
        .min_by_key(|(distance, name)| (*distance, name.chars().next() != found.chars().next()))
        .map(|(_, name)| name)
}

/// `"a", "b", "c"`.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// Case and the choice between `-` and `_` are never what an author meant to say.
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
}
