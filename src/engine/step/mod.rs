//! One step: beginning, watching, settling and ending, and how long each may take. Pure.

pub(crate) mod absence;
pub(crate) mod act;
pub(crate) mod barriers;
pub(crate) mod calls;
pub(crate) mod expect;
#[cfg(test)]
mod expect_rules;
#[cfg(test)]
mod haste_rules;
pub(crate) mod measure;
pub(crate) mod register;
pub(crate) mod settle;
pub(crate) mod timing;
pub(crate) mod watch;
