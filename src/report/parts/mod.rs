//! Parts that several formats share: the failure in full, groups, areas, answers, deviations, counts.

pub(crate) mod answers;
pub(crate) mod areas;
pub(crate) mod deviations;
pub(crate) mod failure;
pub(crate) mod groups;
pub(crate) mod portion;
pub(crate) mod summary;
