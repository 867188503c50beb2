//! The public bugs that mutants reproduce. Pure.

/// The publicly reported bug that this mutant reproduces, as project and number, if there is a clear one.
pub(crate) fn bug(mutant: &str) -> Option<&'static str> {
    BUGS.iter().find(|(name, _)| *name == mutant).map(|(_, bug)| *bug)
}

/// Bugs by mutant.
const BUGS: &[(&str, &str)] = &[
    ("buffer-read-after-the-write", "hashicorp/yamux #102"),
    ("close-keeps-the-slot", "hashicorp/yamux #26"),
    ("credit-overwrites-fin-that-waits", "hashicorp/yamux #103"),
    ("data-waits-for-the-ack", "dart_libp2p #29"),
    ("end-wakes-no-reader", "rust-yamux #189"),
    ("fin-on-window-update-ignored", "py-libp2p #931"),
    ("fin-overwrites-credit-that-waits", "hashicorp/yamux #103"),
    ("fin-taken-for-a-reset", "hashicorp/yamux #133, the obvious cure"),
    ("frame-beyond-the-window-awaited", "py-libp2p GHSA-hmj8-5xmh-5573"),
    ("go-away-cuts-streams-off", "go-yamux #121"),
    ("half-close-is-full-close", "hashicorp/yamux #131"),
    ("lost-session-is-end-of-stream", "hashicorp/yamux #92"),
    ("open-timeout-never", "hashicorp/yamux #96"),
    ("output-lost-at-the-end", "rust-yamux #194"),
    ("overrun-releases-no-reader", "hashicorp/yamux #104"),
    ("payload-for-an-unknown-stream-read-as-frames", "nim-libp2p #3090"),
    ("read-fails-over-its-credit", "hashicorp/yamux #95"),
    ("receive-window-of-256000", "nim-libp2p #2787"),
    ("refusal-keeps-the-slot", "go-yamux #29"),
    ("rst-on-window-update-ignored", "py-libp2p #931"),
    ("timed-out-write-not-charged", "hashicorp/yamux #142"),
    ("unknown-stream-ends-the-session", "nim-libp2p #1645"),
    ("update-with-body", "py-libp2p #1312"),
    ("version-ignored", "nim-libp2p #2787"),
    ("window-of-256000", "nim-libp2p #2787"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::mutant::all;

    #[test]
    fn every_bug_is_that_of_a_mutant() {
        let mutants = all();
        for (name, _) in BUGS {
            assert!(mutants.iter().any(|mutant| mutant.name == *name), "{name}");
        }
    }

    #[test]
    fn no_two_mutants_share_a_name() {
        let mut names: Vec<_> = all().iter().map(|mutant| mutant.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
