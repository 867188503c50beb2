//! Scenarios, checked when they are loaded, so that no other module checks them again. Pure except `load`.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod case_id;
mod check;
mod clauses;
pub(crate) mod model;
pub(crate) mod read;
mod variation;

pub use crate::scenario::model::action::{Action, Call, ExpectedResult, ReadAmount, WeakerResult};
pub use crate::scenario::model::error_class::ErrorClass;
pub use crate::scenario::model::expect::{
    Amount, Expect, ExpectFrame, ExpectNone, ExpectedEvent, ForbiddenEvent,
};
pub(crate) use crate::scenario::model::figures::{FigureName, Figures, StatsUse};
pub(crate) use crate::scenario::model::meant::{areas, meant};
pub use crate::scenario::model::send::{PingValue, RawBody, Send, SendFrame, StreamRef};
pub use crate::scenario::model::settings::{Need, SettingName, Settings};
pub use crate::scenario::model::step::{Actor, Join, Label, StepKind};
pub(crate) use crate::scenario::model::step::{Measure, Position, Step};
pub use crate::scenario::model::timing::{Origin, TimePoint, TimeoutName, Timing};
pub(crate) use crate::scenario::model::wire::Pieces;
pub use crate::scenario::model::wire::WireControl;
pub use crate::scenario::read::load::{Library, load};
pub(crate) use crate::scenario::read::load::{
    REGISTER, UPSTREAM_TESTS, input_text, load_text, read_file, read_text,
};
pub(crate) use crate::scenario::read::nearest::{Hints, nearest};
pub(crate) use crate::scenario::read::place::Place;
pub(crate) use crate::scenario::read::problem::Finding;
pub use crate::scenario::read::problem::Problem;
pub(crate) use crate::scenario::read::schema::{clauses_schema, generate, scenario_schema};
pub use case_id::CaseId;
pub(crate) use clauses::{Clause, Dialects, Provenance};
pub use clauses::{Clauses, Dialect, Level};
pub use variation::Variation;
pub(crate) use variation::Varied;

use std::path::PathBuf;
use std::sync::Arc;

use crate::yamux::frame::Side;

/// A checked scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The path below the scenario root without `.json`, with `/`: the only name a scenario has.
    pub id: Arc<str>,
    /// The file it was read from, for messages.
    pub path: PathBuf,
    /// One sentence: what an implementation must do.
    pub title: String,
    /// Why this is required, for readers of a failure.
    pub note: Option<String>,
    /// The clauses it tests; each is in the register.
    pub clauses: Vec<Arc<str>>,
    /// Links to issues and texts.
    pub links: Vec<String>,
    /// Free-form words to select by.
    pub tags: Vec<String>,
    /// The sides the subject plays, in the order client, server; never empty.
    pub sides: Vec<Side>,
    /// Who provokes the subject.
    pub peer: PeerKind,
    /// What decides.
    pub judge: Judge,
    /// Which clocks it may run on.
    pub clocks: Clocks,
    /// Why its traces mean nothing on the live clock; `None` if they are compared.
    pub not_compared: Option<String>,
    /// The subject's settings.
    pub subject: Settings,
    /// The settings of an application peer.
    pub peer_settings: Settings,
    /// The subject's settings on the live clock.
    pub live_subject: Settings,
    /// The peer's settings on the live clock.
    pub live_peer: Settings,
    /// Faults that apply from the first byte on.
    pub wire: Vec<WireControl>,
    /// Which variation of which scenario it is; `None` if it is a scenario as written.
    pub varied: Option<Arc<Varied>>,
    /// The script; never empty. Probes are already expanded.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Whether it asks an end for its resource figures, most of which count for a whole process.
    pub fn asks_for_figures(&self) -> bool {
        self.steps.iter().any(|step| {
            matches!(&step.kind, StepKind::Call(call) if matches!(call.action, Action::Stats(_)))
        })
    }
}

/// Who provokes the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeerKind {
    /// A real yamux endpoint, driven by the same actions as the subject.
    App,
    /// Raw frames and bytes.
    Wire,
}

/// What decides about the subject of a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// Its steps say what must happen.
    #[default]
    Script,
    /// Its steps only act; what a session may, must and must not do is judged in every moment. Calls run on and need not be
    /// joined, and what an implementation cannot do, or has no stream for, is passed over.
    Model,
}

/// Which clocks a scenario may run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clocks {
    /// Virtual and live.
    Any,
    /// Virtual only, and why.
    VirtualOnly(String),
}
