//! A checked scenario: its steps, the calls, frames and events in them, its settings and times. Pure.

pub(crate) mod action;
pub(crate) mod error_class;
pub(crate) mod expect;
pub(crate) mod figures;
pub(crate) mod meant;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod step;
pub(crate) mod timing;
pub(crate) mod wire;
