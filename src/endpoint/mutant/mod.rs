//! Peers with exactly one defect: a correct peer behind a decorator that changes its frames and calls.
//! They show that a scenario can fail. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod bugs;
pub(crate) mod decorator;
mod dying;
mod impostor;
mod registry;
pub(crate) mod sessions;
pub(crate) mod streams;
pub(crate) mod transfer;
pub(crate) mod vocabulary;

pub(crate) use crate::endpoint::mutant::decorator::tamper::Demise;
pub use crate::endpoint::mutant::decorator::tamper::{Tamper, WholeFrame};
pub use crate::endpoint::mutant::decorator::tampered::Tampered;
pub(crate) use bugs::bug;
pub use dying::dying;
pub use impostor::impostors;
pub(crate) use impostor::{Impostor, ReadyAnswer};
pub use registry::all;

/// A peer with one defect.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Its name: `no-credit-after-local-close`.
    pub name: &'static str,
    /// The clause it breaks.
    pub clause: &'static str,
    /// Its defect, in a sentence.
    pub wrong: &'static str,
    /// Creates one for a case.
    pub make: fn() -> Box<dyn Tamper>,
}
