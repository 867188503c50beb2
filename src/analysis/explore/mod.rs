//! Stories played on implementations: all short ones (`breadth`), many long ones (`fuzz`), and what surprises in them.

mod breadth;
mod stage;
mod surprise;

pub(crate) use breadth::{Exploration, explore};
pub(crate) use stage::{Played, Stage};
pub(crate) use surprise::{Kind, Surprise};
