//! `Surprise`: a story that broke a clause, or in which the implementation died. Pure.

use std::fmt;
use std::sync::Arc;

use crate::analysis::story::Story;
use crate::engine::{Death, Failure};
use crate::yamux::frame::Side;

/// A story and what went wrong in it.
#[derive(Clone, Debug)]
pub(crate) struct Surprise {
    /// Its kind.
    pub(crate) kind: Kind,
    /// The story.
    pub(crate) story: Story,
    /// The side that the implementation played.
    pub(crate) side: Side,
    /// The clause that was broken.
    pub(crate) clause: Arc<str>,
    /// What should have happened, in words.
    pub(crate) expected: String,
    /// What happened, in words.
    pub(crate) observed: String,
    /// The failure in tokens.
    pub(crate) fingerprint: String,
    /// The failure; `None` for a mere difference.
    pub(crate) failure: Option<Box<Failure>>,
}

/// The kinds of surprises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A clause was broken.
    Broke,
    /// The implementation crashed or got stuck.
    Died(Death),
    /// The implementation did not do the same as another one.
    Differed,
}

/// What two surprises that are alike have in common: the kind, the clause, and the failure without numbers and names of
/// streams.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Likeness {
    kind: Kind,
    clause: Arc<str>,
    tokens: String,
}

impl Surprise {
    pub(crate) fn new(kind: Kind, story: Story, side: Side, failure: &Failure) -> Self {
        Self {
            kind,
            story,
            side,
            clause: Arc::clone(&failure.clause),
            expected: failure.expected.to_string(),
            observed: failure.observed.to_string(),
            fingerprint: failure.fingerprint(),
            failure: Some(Box::new(failure.clone())),
        }
    }

    /// What it has in common with surprises that are alike.
    pub(crate) fn likeness(&self) -> Likeness {
        let tokens = match self.kind {
            Kind::Broke => without_details(&self.fingerprint),
            // The message of a crash has addresses, line numbers and sizes.
            Kind::Died(_) => String::new(),
            Kind::Differed => without_details(&self.observed),
        };
        Likeness { kind: self.kind, clause: Arc::clone(&self.clause), tokens }
    }

    /// Whether a failure with this fingerprint is alike.
    pub(crate) fn is_alike(&self, fingerprint: &str) -> bool {
        without_details(&self.fingerprint) == without_details(fingerprint)
    }

    /// The clause and the failure in lower case, digits and `-`, the same for all that are alike: `fin-01-debts-fin`.
    pub(crate) fn name(&self) -> String {
        let what = match self.kind {
            Kind::Broke => without_details(&self.fingerprint),
            Kind::Died(death) => death.words().to_owned(),
            Kind::Differed => "differs".to_owned(),
        };
        let words = what.split(|c: char| !c.is_ascii_alphanumeric());
        // Nearly every fingerprint begins with `rule`.
        let words = words.filter(|word| !word.is_empty() && *word != "rule");
        let mut name = self.clause.to_ascii_lowercase();
        for word in words {
            if name.len() + word.len() >= LONGEST_NAME {
                break;
            }
            name += "-";
            name += &word.to_ascii_lowercase();
        }
        name
    }
}

/// A fingerprint without sizes, checksums and the names of streams.
fn without_details(fingerprint: &str) -> String {
    let is_break = |letter: char| !letter.is_ascii_alphanumeric();
    let mut kept = String::new();
    for word in fingerprint.split_inclusive(is_break) {
        let (name, rest) = match word.char_indices().last() {
            Some((at, last)) if is_break(last) => word.split_at(at),
            _ => (word, ""),
        };
        let is_checksum = name.len() == 8
            && name.bytes().all(|byte| byte.is_ascii_hexdigit())
            && name.bytes().any(|byte| byte.is_ascii_digit());
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let is_detail = is_stream(name) || is_checksum || is_number;
        kept += if is_detail && !name.is_empty() { "_" } else { name };
        kept += rest;
    }
    kept
}

/// Whether a stream may have this name: `a` to `z`, then `aa` to `az`.
fn is_stream(name: &str) -> bool {
    match name.as_bytes() {
        [_] => true,
        [first, second] => *first == b'a' && second.is_ascii_lowercase(),
        _ => false,
    }
}

/// In bytes.
const LONGEST_NAME: usize = 60;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broke => "broke",
            Self::Died(death) => death.words(),
            Self::Differed => "differs",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::without_details;

    #[test]
    fn sizes_and_names_of_streams_make_no_difference() {
        let kept = without_details("rule/debts | data/a/100/due/2000");
        assert_eq!(kept, "rule/debts | data/_/_/due/_");
        assert_eq!(kept, without_details("rule/debts | data/b/1/due/9"));
        assert_eq!(kept, without_details("rule/debts | data/ab/1/due/9"));
        assert_ne!(kept, without_details("rule/debts | fin/b"));
        assert_eq!(without_details("payload | corrupt/8df4d046"), "payload | corrupt/_");
    }
}
