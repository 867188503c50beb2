//! Commands that analyse many cases at once, or read the reports of runs.

pub(crate) mod compare;
pub(crate) mod coverage;
pub(crate) mod diff;
pub(crate) mod goodput;
pub(crate) mod interop;
pub(crate) mod mutants;
pub(crate) mod profile;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod repro;
pub(crate) mod trace;
