//! What touches the machine: files that are read, a suite of them, output that is written, processes that are started.

pub(crate) mod child;
pub(crate) mod input;
pub(crate) mod sink;
pub(crate) mod suite;
