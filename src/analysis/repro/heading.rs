//! The comment above a test: the scenario, its clauses, and what a run found. Pure.

use crate::analysis::repro::{Foreign, Shown};

/// The result of a run of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighted {
    /// The step that failed, from 1; `None` means the end of the scenario.
    pub step: Option<usize>,
    /// What was required.
    pub expected: String,
    /// What happened.
    pub observed: String,
    /// The clause that was broken.
    pub clause: String,
}

/// The comment at the top of a test, and its name.
#[derive(Debug)]
pub(super) struct Heading {
    /// Paragraphs, one a line.
    paragraphs: Vec<String>,
    /// The last part of the id.
    pub(super) name: String,
}

impl Heading {
    pub(super) fn new(shown: Shown<'_>, library: &Foreign) -> Self {
        let Shown { scenario, side, clauses, sighted } = shown;
        let (module, version) = library.module();
        let mut paragraphs = vec![
            format!("{}.", scenario.title.trim_end_matches('.')),
            String::new(),
            format!("{} as {side}, against {module} {version}.", scenario.id),
        ];
        paragraphs.extend(scenario.note.clone());
        let broken = sighted.map(|sighted| &*sighted.clause);
        let tested = scenario.clauses.iter().map(|id| &**id);
        for id in broken.into_iter().chain(tested.filter(|id| Some(*id) != broken)) {
            if let Some(clause) = clauses.find(id) {
                let said =
                    format!("{} ({}; {})", clause.statement, clause.level, clause.provenance);
                paragraphs.extend([String::new(), format!("{id}: {said}")]);
            }
        }
        if let Some(Sighted { step, expected, observed, .. }) = sighted {
            let place =
                step.map_or_else(|| "At the end".to_owned(), |step| format!("In step {step}"));
            paragraphs.push(String::new());
            paragraphs.push(format!("{place} it should be: {expected}."));
            paragraphs.push(format!("It was: {observed}."));
        }
        let name = scenario.id.rsplit('/').next().unwrap_or_default().to_owned();
        Self { paragraphs, name }
    }

    /// The comment, with each line after `mark` and none longer than `width`.
    pub(super) fn comment(&self, mark: &str, width: usize) -> String {
        let mut text = String::new();
        for paragraph in &self.paragraphs {
            let mut line = mark.to_owned();
            // Untrusted control characters end no line here.
            for word in paragraph.split(|c: char| c.is_whitespace() || c.is_control()) {
                if line.len() + 1 + word.chars().count() > width && line.len() > mark.len() {
                    text.push_str(&line);
                    text.push('\n');
                    line = mark.to_owned();
                }
                if !word.is_empty() {
                    line.push(' ');
                    line.push_str(word);
                }
            }
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

/// Whether a stream or call of that name would shadow a name that the test needs.
pub(super) fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name)
}

const TAKEN: [&str; 46] = [
    "ack", "begin", "break", "bytes", "call", "case", "config", "connect", "const", "data", "else",
    "end", "err", "event", "fin", "fn", "for", "go", "how", "if", "in", "io", "len", "let", "loop",
    "match", "min", "move", "mut", "net", "os", "ours", "p", "peer", "ping", "raw", "read", "ref",
    "rst", "self", "session", "settle", "syn", "t", "type", "write",
];
