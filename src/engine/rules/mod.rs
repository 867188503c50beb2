//! What an end under test may do in any scenario: the passive rules, the error classes that mean the same, and who is to blame. Pure.

pub(crate) mod blame;
pub(crate) mod case;
pub(crate) mod classes;
pub(crate) mod clause;
pub(crate) mod death;
pub(crate) mod referee;
#[cfg(test)]
mod referee_rules;
pub(crate) mod subject;
pub(crate) mod watched;
