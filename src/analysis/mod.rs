//! Analyses over many cases: releases compared, implementations profiled and paired, scenarios measured.

pub(crate) mod compare;
pub(crate) mod coverage;
pub(crate) mod explore;
pub mod fuzzing;
pub(crate) mod interop;
pub(crate) mod profile;
pub(crate) mod repro;
pub(crate) mod story;
pub(crate) mod strength;
