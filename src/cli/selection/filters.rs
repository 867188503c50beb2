//! `Filters`: which of the scenarios found a command works on.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::ArgValueCompleter;
use glob::Pattern;

use crate::cli::shell::complete;
use crate::runner::Filter;
use crate::scenario::Level;
use crate::yamux::frame::Side;

// Not a doc comment: clap would use it as the help of the command that has these arguments. All given filters must match; of
// several values for one filter, one.
#[derive(Args, Clone, Debug, Default)]
pub struct Filters {
    /// Only scenarios whose id matches; * matches / too. May be given several times
    #[arg(short = 'i', long = "id", value_name = "GLOB", value_parser = glob)]
    #[arg(help_heading = SELECTION, add = ArgValueCompleter::new(complete::id_globs))]
    pub ids: Vec<Pattern>,

    /// No scenarios whose id matches. May be given several times
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = SELECTION)]
    #[arg(add = ArgValueCompleter::new(complete::id_globs))]
    pub skip: Vec<Pattern>,

    /// Only scenarios with this tag. May be given several times
    #[arg(long = "tag", value_name = "TAG", help_heading = SELECTION)]
    #[arg(add = ArgValueCompleter::new(complete::tags))]
    pub tags: Vec<String>,

    /// Only scenarios of this area, the first part of their id. May be given several times
    #[arg(long = "area", value_name = "AREA", help_heading = SELECTION)]
    #[arg(add = ArgValueCompleter::new(complete::areas))]
    pub areas: Vec<String>,

    /// Only scenarios that name a clause whose id matches, such as 'FLOW-*'. May be given several times
    #[arg(long = "clause", value_name = "GLOB", value_parser = glob, help_heading = SELECTION)]
    #[arg(add = ArgValueCompleter::new(complete::clauses))]
    pub clauses: Vec<Pattern>,

    /// Only scenarios that name a clause of this level, as the register has it for every yamux. May be given several times
    #[arg(long = "level", value_parser = level(), help_heading = SELECTION)]
    pub levels: Vec<Level>,

    /// Only cases in which the subject plays this side
    #[arg(long, value_parser = side(), help_heading = SELECTION)]
    pub side: Option<Side>,
}

impl Filters {
    /// Whether nothing is left out.
    pub(crate) fn is_default(&self) -> bool {
        let Self { ids, skip, tags, areas, clauses, levels, side } = self;
        let are_globs = !ids.is_empty() || !skip.is_empty() || !clauses.is_empty();
        let are_words = !tags.is_empty() || !areas.is_empty() || !levels.is_empty();
        !are_globs && !are_words && side.is_none()
    }

    /// The same for the runner. Cases that were named are separate.
    pub(crate) fn filter(&self) -> Filter {
        let Self { ids, skip, tags, areas, clauses, levels, side } = self.clone();
        Filter { ids, skip, tags, areas, clauses, levels, side, ..Filter::default() }
    }
}

/// Reads a glob over ids of scenarios, clauses or mutants.
pub(crate) fn glob(text: &str) -> Result<Pattern, String> {
    if text.is_empty() {
        return Err("expected a glob such as 'half-close/*', found nothing".into());
    }
    Pattern::new(text)
        .map_err(|error| format!("{}; write a glob such as 'half-close/*'", error.msg))
}

/// Reads a level, with all values for help and completions.
fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(["must", "should", "may"]).map(|name| match name.as_str() {
        "must" => Level::Must,
        "should" => Level::Should,
        _ => Level::May,
    })
}

/// Reads a side, with both values for help and completions.
pub(crate) fn side() -> impl TypedValueParser<Value = Side> {
    PossibleValuesParser::new(["client", "server"]).map(|name| match name.as_str() {
        "client" => Side::Client,
        _ => Side::Server,
    })
}

const SELECTION: &str = "Selection";
