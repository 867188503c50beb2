//! The decorator around a right endpoint, and what a tamper is put together from. Pure.

pub(crate) mod assembler;
pub(crate) mod held;
pub(crate) mod tamper;
pub(crate) mod tampered;
pub(crate) mod wrong;
