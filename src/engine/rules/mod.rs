//! Rules for an end under test in every scenario: passive rules, equivalent error classes, and who is to blame. Pure.

pub(crate) mod blame;
pub(crate) mod case;
pub(crate) mod classes;
pub(crate) mod clause;
pub(crate) mod death;
#[cfg(test)]
mod frame_rules;
pub(crate) mod subject;
pub(crate) mod watched;
