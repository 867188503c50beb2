//! How strong the scenarios are: which peers that are wrong on purpose they tell from a right one.

mod assessment;
mod case;
mod exceptions;
mod json;
mod markdown;
mod survey;
mod text;

pub use assessment::Assessment;
pub use case::behind;
pub use exceptions::{
    Exceptions, IdleScenario, MissedMutant, MissedSource, PassedScenarios, SourceMutants, schema,
};
pub use json::json;
pub use markdown::markdown;
pub use survey::{Cell, Extent, ImpostorRow, Survey, Unfit};
pub use text::text;
