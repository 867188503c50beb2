//! Processes that this program starts: their groups, the tail of their stderr, and waiting for their exit.

mod dialogue;
mod group;
mod reap;
mod stderr;

pub(crate) use dialogue::{Dialogue, Silence};
pub(crate) use group::{ProcessGroup, end_children, kill_children};
pub(crate) use reap::reap;
pub(crate) use stderr::LastWords;
