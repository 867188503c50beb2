//! `Target`: what a name on the command line stands for, and how it is made to run.

mod build;
mod content;
mod ledger_file;
mod manifest;
mod name;
mod sources;

pub use build::{Prepared, Unavailable, prepare};
pub use ledger_file::LedgerFile;
pub use manifest::{Manifest, ShimProgram, Toolchain, schema};
pub(crate) use name::check_name;
pub use name::{Edition, Target};
