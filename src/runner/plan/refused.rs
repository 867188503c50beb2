//! `Refused`: why there is nothing to carry out.

use crate::verdict::ExitCode;

/// Why there is nothing to carry out: how the program ends, and what is wrong, all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub ExitCode, pub Vec<String>);
