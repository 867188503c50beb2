//! A comparison in each format.

pub(crate) mod full;
pub(crate) mod grouped;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod text;
pub(crate) mod words;
