//! The form of a fingerprint: two sequences of tokens, `write/success/524288 | stream-reset/458752`. Pure.

/// Whether a race's fingerprint covers this failure: it has `*` for a token that changes from run to run, or is `*` alone,
/// which covers every failure but a death.
pub(super) fn is_like(race: &str, found: &str) -> bool {
    if race == ANY {
        return !found.split_once(" | ").is_some_and(|(_, observed)| is_death(observed));
    }
    let tokens = |text: &str| {
        let rows = text.split(" | ").map(|row| row.split('/').map(str::to_owned).collect());
        rows.collect::<Vec<Vec<String>>>()
    };
    let is_one = |(one, other): (&String, &String)| one == other || one == ANY;
    let (race, found) = (tokens(race), tokens(found));
    race.len() == found.len()
        && race
            .iter()
            .zip(&found)
            .all(|(one, other)| one.len() == other.len() && one.iter().zip(other).all(is_one))
}

/// Whether it is the fingerprint of a race that may fail.
pub(super) fn is_tokens_of_race(text: &str) -> bool {
    if text == ANY {
        return true;
    }
    let is_known = |token: &str| token != ANY;
    let rows: Vec<&str> = text.split(" | ").collect();
    let has_known = rows.iter().all(|row| row.split('/').next().is_some_and(is_known));
    let filled: Vec<String> = rows
        .iter()
        .map(|row| row.split('/').map(|token| if token == ANY { "0" } else { token }))
        .map(|tokens| tokens.collect::<Vec<_>>().join("/"))
        .collect();
    has_known && is_tokens(&filled.join(" | "))
}

/// In a race, a token that changes from run to run; alone, any failure but a death.
pub(super) const ANY: &str = "*";

fn is_death(observed: &str) -> bool {
    matches!(observed.split('/').next(), Some("crashed" | "stuck"))
}

/// Whether it is the fingerprint of a failure.
pub(super) fn is_tokens(text: &str) -> bool {
    let is_row = |row: &str| !row.is_empty() && row.bytes().all(is_lawful);
    text.split_once(" | ").is_some_and(|(expected, observed)| is_row(expected) && is_row(observed))
}

const fn is_lawful(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_race_a_star_is_one_token() {
        let race = "read/success/200000 | transport/*";
        assert!(is_like(race, "read/success/200000 | transport/0") && is_tokens_of_race(race));
        for other in [
            "read/success/200000 | transport",
            "read/success/200000 | transport/1/2",
            "read/success/1 | transport/0",
            "read/success/200000 | eof/0",
        ] {
            assert!(!is_like(race, other), "{other}");
        }
        for wrong in
            ["* | transport/0", "read/success | *", "read/* | trans*", "read/*", "Read/* | a"]
        {
            assert!(!is_tokens_of_race(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_star_alone_is_any_failure_but_a_death() {
        assert!(is_tokens_of_race("*") && !is_tokens("*"));
        assert!(is_like("*", "read/success/100 | still-running"));
        for death in ["accept/success | crashed/signal-6", "accept/success | stuck"] {
            assert!(!is_like("*", death), "{death}");
        }
    }

    #[test]
    fn a_sentence_is_no_fingerprint() {
        for right in ["write/success/524288 | stream-reset/458752", "frame/data/fin+0x10 | a.1/b_c"]
        {
            assert!(is_tokens(right), "{right}");
        }
        for wrong in [
            "",
            "fin/s",
            "fin/s | ",
            " | no-fin",
            "fin/s|no-fin",
            "fin/s | no-fin | no-fin",
            "Fin/s | no-fin",
            "step 5: the session goes on | end of the transport",
        ] {
            assert!(!is_tokens(wrong), "{wrong}");
        }
    }
}
