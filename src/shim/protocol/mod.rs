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

pub use ability::Ability;
pub use capabilities::{Capabilities, Implementation, Lack, ShimClock};
pub use names::Names;
pub use operation::{Operation, OperationName, SessionRequest};
pub use reply::{
    Connected, ErrFields, FaultFields, OkFields, Reason, ShimAnswer, ShimEvent, ShimLine, ShimReply,
};
pub use request::{BadRequest, ShimRequest};
pub use schema::schema;
pub use settings::ShimSettings;
pub use step::{ShimStep, Stepped};
pub(crate) use text::brief;

/// The version of the protocol spoken here.
pub const PROTOCOL: u32 = 1;
