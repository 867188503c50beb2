//! Stories played on implementations: all short ones (`breadth`), many long ones (`fuzz`), and what surprises in them.

mod breadth;
mod fuzz;
mod stage;
mod surprise;

pub(crate) use breadth::{Exploration, explore};
pub(crate) use fuzz::{Draw, Found, Fuzzed, fuzz, smallest};
pub(crate) use stage::{Played, Stage};
pub(crate) use surprise::{Kind, Surprise};
