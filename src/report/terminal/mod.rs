//! The report for people at a terminal.

pub(crate) mod failures;
pub(crate) mod human;
pub(crate) mod progress;
pub(crate) mod table;
