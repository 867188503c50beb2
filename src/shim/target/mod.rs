//! `Target`: what a name on the command line means, and how it is made to run.

mod build;
mod content;
mod ledger_file;
mod manifest;
mod name;
mod sources;

pub(crate) use build::Unavailable;
pub use build::prepare;
pub(crate) use ledger_file::LedgerFile;
pub(crate) use manifest::{Manifest, schema};
pub(crate) use name::check_name;
pub use name::{Edition, Target};
