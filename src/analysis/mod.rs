//! What is asked of many cases at once: releases compared, implementations profiled and paired, scenarios measured.

pub mod compare;
pub mod coverage;
#[doc(hidden)]
pub mod fuzzing;
pub mod interop;
pub mod profile;
pub mod repro;
pub mod strength;
