//! The vocabulary of mutants: which frames and calls, and what goes wrong with them. Pure.

pub(crate) mod calls;
pub(crate) mod charged;
pub(crate) mod conditions;
pub(crate) mod frames;
pub(crate) mod numbers;
pub(crate) mod outcomes;
pub(crate) mod shapes;
