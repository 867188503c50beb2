//! Stories played on implementations: all short ones (`breadth`) and many long ones (`fuzz`). Their surprises are reported
//! as text (`text`) and as the events of a run (`events`), and saved as scenarios (`save`).

mod breadth;
mod events;
mod finding;
mod fuzz;
mod mutants;
mod player;
mod save;
mod surprise;
mod table;
pub(crate) mod text;
mod totals;
mod triage;

pub(crate) use breadth::{Breadth, explore};
pub(crate) use events::StoryRun;
pub(crate) use finding::{StoryFinding, StoryOrigin};
pub(crate) use fuzz::{Draw, fuzz, smallest};
pub use mutants::found_by_stories;
pub(crate) use player::Player;
pub(crate) use surprise::Surprise;
pub(crate) use table::{symbols_markdown, symbols_text};
pub(crate) use totals::Totals;
pub(crate) use triage::Triage;
