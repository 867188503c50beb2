//! Commands that look for what no scenario says.

pub(crate) mod breadth;
pub(crate) mod fuzz;
