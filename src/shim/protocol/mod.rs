//! The shim protocol, version 1: the types of its lines for both directions. `docs/writing-a-shim.md` describes it. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod ability;
mod capabilities;
mod names;
mod operation;
mod reply;
mod request;
mod schema;
mod settings;
mod step;
mod text;

pub(crate) use ability::Ability;
pub use capabilities::Capabilities;
pub(crate) use capabilities::{Implementation, ShimClock};
pub(crate) use names::Names;
pub(crate) use operation::SessionRequest;
pub use operation::{Operation, OperationName};
pub(crate) use reply::{Connected, ErrFields, FaultFields, OkFields, Reason};
pub use reply::{ShimAnswer, ShimEvent, ShimLine, ShimReply};
pub(crate) use request::BadRequest;
pub use request::ShimRequest;
pub(crate) use schema::schema;
pub use settings::ShimSettings;
pub(crate) use settings::micros;
pub(crate) use step::ShimStep;
pub use step::Stepped;
pub(crate) use text::brief;

/// The version of the protocol spoken here.
pub(crate) const PROTOCOL: u32 = 1;
