//! `Problem`: an error in a file, its position, and what was expected instead. Pure.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::scenario::Position;
use crate::system::sink::path_name;

/// An error that an author must correct.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file (or folder), as it was named.
    pub path: PathBuf,
    /// The position in it; `None` if it could not be read at all.
    pub position: Option<Position>,
    /// What was expected and what was found; no path, no full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    /// `path:line:column: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", path_name(&self.path))?;
        if let Some(position) = self.position {
            write!(f, "{position}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl Problem {
    /// The problems of one file in the order of their positions: the first [`MOST_PROBLEMS`], and the number of all
    /// others, at the position of the first that is left out.
    pub(crate) fn of_file(path: &Path, mut findings: Vec<Finding>) -> Vec<Self> {
        findings.sort();
        if findings.len() > MOST_PROBLEMS + 1 {
            let position = findings[MOST_PROBLEMS].position;
            let message = format!("{} more problems from here on", findings.len() - MOST_PROBLEMS);
            findings.truncate(MOST_PROBLEMS);
            findings.push(Finding { position, message });
        }
        let locate = |Finding { position, message }| Self {
            path: path.to_owned(),
            position: Some(position),
            message,
        };
        findings.into_iter().map(locate).collect()
    }
}

/// A problem whose file is known to the code that collects it.
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

/// How many problems of one file are reported: more than anyone reads at a time.
pub(crate) const MOST_PROBLEMS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_problems_the_first_are_told_and_the_others_counted() {
        let finding = |line| Finding::new(Position { line, column: 1 }, "wrong");
        let told =
            |count: u32| Problem::of_file(Path::new("a"), (1..=count).rev().map(finding).collect());
        assert_eq!(told(101).last().map(ToString::to_string), Some("a:101:1: wrong".to_owned()));
        let problems = told(5000);
        assert_eq!(problems.len(), MOST_PROBLEMS + 1);
        assert_eq!(problems[0].to_string(), "a:1:1: wrong");
        assert_eq!(problems[100].to_string(), "a:101:1: 4900 more problems from here on");
    }
}
