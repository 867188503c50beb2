//! The pages of a command and its subcommands, each with its name.

pub(crate) mod command_line;
pub(crate) mod complete;
pub(crate) mod completions;
pub(crate) mod man;
pub(crate) mod output;
pub(crate) mod signals;
pub(crate) mod slips;
