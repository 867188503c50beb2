//! A conformance and regression harness for the yamux stream multiplexer.
#![warn(clippy::unwrap_used)]

pub mod child;
pub mod cli;
pub mod compare;
pub mod coverage;
pub mod driver;
pub mod endpoint;
pub mod engine;
pub mod frame;
#[doc(hidden)]
pub mod fuzzing;
pub mod golden;
pub mod input;
pub mod interop;
pub mod known;
pub mod mutant;
pub mod payload;
pub mod pcap;
pub mod profile;
pub mod report;
pub mod repro;
pub mod runner;
pub mod scenario;
pub mod session;
pub mod shim;
pub mod sink;
pub mod strength;
pub mod suite;
pub mod target;
pub mod time;
pub mod trace;
pub mod verdict;
