//! Commands that look for what no scenario says: `breadth` is `explore`, `depth` is `fuzz`.

pub(crate) mod breadth;
pub(crate) mod fuzz;
mod progress;
pub(crate) mod stories;
