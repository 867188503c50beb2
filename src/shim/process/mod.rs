//! Shims as processes: one form serves many sessions on the live clock, the other takes turns with the harness.

mod dump;
mod hold;
mod live;
mod lockstep;
mod spawned;

pub(crate) use hold::hold_each;
pub(crate) use live::{SessionNews, ShimProcess};
pub(crate) use lockstep::{ProcessTrouble, StepProcess};
pub(crate) use spawned::{Said, Spawned};
