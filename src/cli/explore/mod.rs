//! Commands that play stories instead of scenarios: `explore` (`breadth`) and `fuzz`.

pub(crate) mod breadth;
pub(crate) mod fuzz;
mod progress;
pub(crate) mod stories;
