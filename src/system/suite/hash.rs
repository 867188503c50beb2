//! The hash that identifies a suite. Also compiled into the build script, which hashes the suite it packs.

use sha2::{Digest, Sha256};

/// The first 12 hexadecimal digits of a SHA-256 over names and contents, in this order; each pair is a path below the
/// folder `scenarios`, with `/`, and the bytes of the file.
pub(crate) fn suite_hash<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hasher = Sha256::new();
    for (name, content) in files {
        for part in [name.as_bytes(), content] {
            // With its length, so that no two lists of files give the same bytes.
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// A file of the folder `scenarios` that is not hashed: no verdict depends on it.
pub(crate) const UPSTREAM_TESTS: &str = "upstream-tests.json";
