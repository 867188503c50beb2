//! A conformance and regression harness for the yamux stream multiplexer.
#![warn(clippy::unwrap_used)]

pub mod analysis;
pub mod cli;
pub mod endpoint;
pub mod engine;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod shim;
pub mod system;
pub mod trace;
pub mod verdict;
pub mod yamux;
