//! The decorator around a correct endpoint, and the parts of a tamper. Pure.

pub(crate) mod assembler;
pub(crate) mod held;
pub(crate) mod tamper;
pub(crate) mod tampered;
pub(crate) mod wrong;
