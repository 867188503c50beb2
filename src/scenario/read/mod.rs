//! Parses a file into a document in which every value has its position, or finds every problem. Pure except `load`.

pub(crate) mod document;
pub(crate) mod for_each;
pub(crate) mod load;
pub(crate) mod nearest;
pub(crate) mod place;
pub(crate) mod problem;
pub(crate) mod schema;
pub(crate) mod syntax;
pub(crate) mod validate;
pub(crate) mod written;
