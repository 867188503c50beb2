//! Commands about the files of a suite: written, checked, blessed, listed, explained.

pub(crate) mod belongings;
pub(crate) mod bless;
pub(crate) mod bless_known;
pub(crate) mod check;
pub(crate) mod deviations;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod schema;
pub(crate) mod script;
pub(crate) mod search;
