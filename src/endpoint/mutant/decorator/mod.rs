//! The decorator around a right endpoint, and the parts from which wrong behaviour is made. Pure.

pub(crate) mod assembler;
pub(crate) mod carriers;
pub(crate) mod charged;
pub(crate) mod held;
pub(crate) mod tamper;
pub(crate) mod wrong;
