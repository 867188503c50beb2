//! A session of a shim as the engine drives it, on either clock.

mod live;
mod lockstep;

pub(crate) use live::{Link, LiveEndpoint};
pub(crate) use lockstep::LockstepEndpoint;
