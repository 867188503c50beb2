//! `Problem`: what is wrong in a file, where, and what was expected instead. Pure.

use std::fmt;
use std::path::PathBuf;

use crate::scenario::Position;

/// Something an author has to put right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file (or folder), as it was named.
    pub path: PathBuf,
    /// Where in it; `None` if it could not be read at all.
    pub position: Option<Position>,
    /// What was expected and what was found; no path, no full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    /// `path:line:column: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some(position) = self.position {
            write!(f, "{position}:")?;
        }
        write!(f, " {}", self.message)
    }
}

/// A problem whose file is known from where it is collected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) position: Position,
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, message: message.into() }
    }
}
