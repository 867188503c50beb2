//! What all turns are held against: which are possible and lawful, and that the format can say them.

pub(crate) mod lab;
pub(crate) mod text_rules;
mod turn_rules;
