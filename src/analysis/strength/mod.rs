//! The strength of the scenarios: which peers that are wrong on purpose they tell from a correct one.

mod assessment;
mod case;
mod exceptions;
mod json;
mod markdown;
mod survey;
mod text;

pub use assessment::Assessment;
pub use case::behind;
pub use exceptions::Exceptions;
pub(crate) use exceptions::{MissedSource, SourceMutants, schema};
pub(crate) use json::{json, survey_schema};
pub use markdown::markdown;
pub(crate) use survey::{Cell, Unfit};
pub use survey::{Extent, Survey};
pub use text::text;
