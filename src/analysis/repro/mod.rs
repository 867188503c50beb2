//! `repro`: a case as a test of the library alone, in its own language. Takes a scenario, returns text. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod events;
mod go;
mod heading;
mod library;
mod rust;
mod sent;
mod stage;
mod stream_numbers;
mod translate;

pub(crate) use heading::Sighted;
pub(crate) use library::{Foreign, Language};
pub(crate) use translate::Untranslatable;

use crate::analysis::repro::heading::Heading;
use crate::scenario::{Clauses, Scenario};
use crate::yamux::frame::Side;

/// The case that a test shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The side that the library plays.
    pub side: Side,
    /// What the clauses say.
    pub clauses: &'a Clauses,
    /// The result of a run, if known: the test ends there.
    pub sighted: Option<&'a Sighted>,
}

/// A test as the files of a project that has nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reproduction {
    /// Where the test belongs.
    pub path: String,
    /// The test.
    pub test: String,
    /// The other files, for a new project: each with its path.
    pub project: Vec<(&'static str, String)>,
    /// The command that runs it there.
    pub command: String,
}

/// The test of a case, or everything in it that cannot be expressed without the harness.
pub(crate) fn reproduction(
    shown: Shown<'_>,
    library: &Foreign,
) -> Result<Reproduction, Vec<Untranslatable>> {
    let stages = translate::translate(shown, library)?;
    let heading = Heading::new(shown, library);
    Ok(match library.language() {
        Language::Go => go::write(&heading, &stages, library, shown),
        Language::Rust => rust::write(&heading, &stages, library, shown),
    })
}
