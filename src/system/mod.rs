//! Access to the machine: reading files, a suite of them, writing output, starting processes.

pub(crate) mod child;
pub(crate) mod input;
pub(crate) mod sink;
pub(crate) mod suite;
