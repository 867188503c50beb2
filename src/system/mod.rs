//! What touches the machine: files that are read, a suite of them, output that is written, processes that are started.

pub mod child;
pub mod input;
pub mod sink;
pub mod suite;
