//! The command line and the shell around it: words, mistakes, completions, manual pages, signals, output.

pub(crate) mod command_line;
pub(crate) mod complete;
pub(crate) mod completions;
pub(crate) mod man;
pub(crate) mod output;
pub(crate) mod signals;
pub(crate) mod slips;
