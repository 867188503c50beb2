//! Mutants that open, acknowledge, close and reset streams wrongly. Pure.

pub(crate) mod accepting;
pub(crate) mod close;
pub(crate) mod codes;
pub(crate) mod half_close;
pub(crate) mod letting_go;
pub(crate) mod opening;
pub(crate) mod reset;
pub(crate) mod reuse;
pub(crate) mod under_way;
