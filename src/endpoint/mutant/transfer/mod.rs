//! Mutants that move data wrongly: windows, credit, bodies, order, and stalled transports. Pure.

pub(crate) mod carriers;
pub(crate) mod data;
pub(crate) mod fairness;
pub(crate) mod flow;
pub(crate) mod framing;
pub(crate) mod limits;
pub(crate) mod stalled;
pub(crate) mod stuck;
