//! The words of a text, and which of them are synonyms to people who work with yamux.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::cli::suite::search::stem::stem;

/// The stems of a text's words in their order, without stop words. `StreamCloseTimeout` is three words, `close-write` one.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut plain = String::from(" ");
    let mut before = ' ';
    for c in text.replace("'s", "").chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            plain.push(' ');
        }
        before = c;
        match c.is_alphanumeric() || c == '^' {
            true => plain.extend(c.to_lowercase()),
            false if plain.ends_with(' ') => {}
            false => plain.push(' '),
        }
    }
    plain.push(' ');
    for (phrase, word) in PHRASES {
        if plain.contains(phrase) {
            plain = plain.replace(&format!(" {phrase} "), &format!(" {word} "));
        }
    }
    let telling = plain.split_whitespace().filter(|word| {
        !SILENT_WORDS.contains(word) && (word.len() > 1 || word.bytes().all(|b| b.is_ascii_digit()))
    });
    telling.map(stem).collect()
}

/// The synonyms of this stem, itself included.
pub(super) fn same(word: &str) -> impl Iterator<Item = &'static str> {
    SAME.get(word).into_iter().flatten().map(String::as_str)
}

/// Each stem with all that share a group with it.
static SAME: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut same: HashMap<String, Vec<String>> = HashMap::new();
    for group in GROUPS {
        let stems: Vec<String> = group.split(' ').map(stem).collect();
        for word in &stems {
            same.entry(word.clone()).or_default().extend(stems.iter().cloned());
        }
    }
    same
});

static SILENT_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| SILENT.split_whitespace().collect());

/// Several words that count as one. Each is looked for after those before it.
const PHRASES: [(&str, &str); 42] = [
    ("half close", "halfclose"),
    ("half closes", "halfclose"),
    ("half closed", "halfclose"),
    ("close write", "halfclose"),
    ("closewrite", "halfclose"),
    ("go away", "goaway"),
    ("go aways", "goaway"),
    ("keep alive", "keepalive"),
    ("no end of stream", "eof"),
    ("end of stream", "eof"),
    ("end of a stream", "eof"),
    ("end of the stream", "eof"),
    ("clean eof", "eof"),
    ("read as eof", "eof"),
    ("window update", "windowupdate"),
    ("window updates", "windowupdate"),
    ("flow control", "flowcontrol"),
    ("time out", "timeout"),
    ("timed out", "timeout"),
    ("let go", "letgo"),
    ("wake up", "wake"),
    ("for ever", "forever"),
    ("nobody opened", "unknown"),
    ("never seen", "unknown"),
    ("nobody asked", "unsolicited"),
    ("answers no ping", "unsolicited"),
    ("answer to nothing", "unsolicited"),
    ("32 bits", "overflow"),
    ("2^32", "overflow"),
    ("one by one", "order"),
    ("un acked", "unacknowledged"),
    ("un ack", "unacknowledged"),
    ("not acked", "unacknowledged"),
    ("not acknowledged", "unacknowledged"),
    ("nobody acknowledges", "unacknowledged"),
    // The codes of a go-away.
    ("goaway 0", "goaway normal"),
    ("goaway 1", "goaway violation"),
    ("goaway 2", "goaway internal"),
    ("protocol error", "violation"),
    ("buffered data", "earlier data"),
    ("at the same time", "both"),
    ("sid 0", "number zero"),
];

/// Synonyms, group by group. A word may be in several.
const GROUPS: [&str; 45] = [
    "fin halfclose finish",
    "rst reset abort refuse",
    "credit window windowupdate winupd flowcontrol",
    "stall hang stick block deadlock wait forever freeze park pending",
    "wake release unblock letgo notify",
    "leak forget leave goroutine memory slot keep behind registered",
    "goaway goodbye",
    "session connection conn",
    "transport link tcp socket network",
    "stream substream sibling",
    "ack acknowledge acknowledgement",
    "open opener dial syn inflight",
    "number id sid parity",
    "ping pong",
    "keepalive heartbeat",
    "timeout deadline timer",
    "panic crash sigsegv",
    "cut lose truncate break drop",
    "drop letgo handle discard skip throw",
    "body payload",
    "header frame framing garbage",
    "unsolicited unexpected",
    "second duplicate extra twice again repeat",
    "flood many burst unbounded",
    "beyond exceed overflow overrun oversized larger above large",
    "peer remote",
    "own local",
    "backlog limit max bound",
    "slow congestion busy live",
    "order overtake earlier behind later",
    "kill end die fatal close",
    "ignore skip nothing",
    "queue pending buffer wait",
    "validate wrong check unchecked",
    "violation error",
    "announce assume",
    "charge account count",
    "withhold body",
    "accept inbound incoming",
    "both mutual neither side end",
    "reuse overwrite",
    "growth grow long transfer",
    "whole everything all",
    "unknown missing",
    "zero 0",
];

/// Stop words.
const SILENT: &str = "\
    a an the of is are was were be been being to in on at by it its and or for with as that this these those has have had
    not no nor so but than then there which who whom whose what when while where do does did can cannot could may might
    must will would from into out up off after before only also all any each every one own same other others another if
    else us per plus versus via";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart_and_phrases_put_together() {
        assert_eq!(
            words("StreamCloseTimeout cuts a stream"),
            ["stream", "clos", "timeout", "cut", "stream"]
        );
        assert_eq!(words("CloseWrite, half-closed"), ["halfclos", "halfclos"]);
        assert_eq!(words("GoAway(1) is not sent"), ["goaway", "violation", "send"]);
    }

    #[test]
    fn what_means_the_same_is_found_from_each_side() {
        for (one, other) in [
            ("fin", "half-close"),
            ("RST", "aborted"),
            ("deadlock", "hung"),
            ("leak", "goroutines"),
        ] {
            let (one, other) = (words(one).remove(0), words(other).remove(0));
            assert!(same(&one).any(|word| word == other), "{one} {other}");
            assert!(same(&other).any(|word| word == one), "{other} {one}");
        }
        assert_eq!(same("yamux").count(), 0);
    }
}
