//! Registers of a few clauses, as `clauses.json` has them.

/// A register of these clauses, each written as JSON.
pub(crate) fn register(clauses: &str) -> String {
    format!(r#"{{ "texts": {TEXTS}, "clauses": [{clauses}] }}"#)
}

/// A clause that this harness alone demands, and so strongly; `more` goes on behind it.
pub(crate) fn clause(id: &str, level: &str, more: &str) -> String {
    format!(
        r#"{{ "id": "{id}", "statement": "s", "level": "{level}", "provenance": {{ "source": "opinion" }}{more} }}"#
    )
}

const TEXTS: &str = r#"{ "hashicorp-spec": { "url": "u", "revision": "r" }, "libp2p-spec": { "url": "u", "revision": "r" } }"#;
