//! `Target`: what a name on the command line stands for, and how it is made to run.

mod go;
mod name;

pub use go::{GoShim, Unavailable};
pub use name::Target;
