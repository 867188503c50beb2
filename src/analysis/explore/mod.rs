//! Stories played on implementations: all short ones (`breadth`), many long ones (`fuzz`), and what surprises in them, as
//! text (`told`), as events of a run (`events`) and as files (`kept`).

mod account;
mod breadth;
mod desk;
mod events;
mod finding;
mod fuzz;
mod hunt;
mod kept;
mod stage;
mod surprise;
mod table;
pub(crate) mod told;

pub(crate) use account::Account;
pub(crate) use breadth::{Breadth, explore};
pub(crate) use desk::Desk;
pub(crate) use events::StoryRun;
pub(crate) use finding::{StoryFinding, StoryOrigin};
pub(crate) use fuzz::{Draw, fuzz, smallest};
pub use hunt::found_by_stories;
pub(crate) use stage::Stage;
pub(crate) use surprise::Surprise;
pub(crate) use table::{symbols_markdown, symbols_text};
