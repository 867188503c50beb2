//! `Step`: one step of a script, and who does it. Pure.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::scenario::{
    Call, Expect, ExpectFrame, ExpectNone, ExpectedResult, Origin, Send, WireControl,
};

/// The name a script gives a stream, a running call or a step.
pub type Label = Arc<str>;

/// A position in a scenario file; both numbers count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One step: it begins once the step before it has settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where its object begins in the file.
    pub position: Position,
    /// The round of the `for_each` that contains it.
    pub round: Option<u32>,
    /// A name, so that times of later steps may count from it.
    pub name: Option<Label>,
    /// The clause broken if it fails: its own, or that of an earlier step; `None` means the clause of its kind.
    pub clause: Option<Arc<str>>,
    /// Whether a subject without such a call may skip it.
    pub is_optional: bool,
    /// What happens.
    pub kind: StepKind,
}

/// An end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "End")]
pub enum Actor {
    /// The implementation under test.
    Subject,
    /// What provokes it.
    Peer,
}

impl Actor {
    /// The other end.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Subject => Self::Peer,
            Self::Peer => Self::Subject,
        }
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// An application calls its yamux endpoint.
    Call(Call),
    /// A wire peer sends frames.
    Send(Send),
    /// A wire peer sends bytes.
    SendBytes(Vec<u8>),
    /// The peer must have seen this event on the wire.
    Expect(Expect),
    /// The next frame of its stream and type must be exactly this one.
    ExpectFrame(ExpectFrame),
    /// No such event may have come when the time is over.
    ExpectNone(ExpectNone),
    /// A running call must end, with this result.
    Join(Join),
    /// A running call must still be running.
    StillBlocked {
        /// The call.
        label: Label,
        /// How long to watch it.
        duration: Duration,
    },
    /// Reports at the end of the run how and when a running call ends, if it does. It cannot fail.
    Measure(Measure),
    /// Time passes.
    Wait(Duration),
    /// The wire changes.
    Wire(WireControl),
}

/// A running call whose end is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The call.
    pub label: Label,
    /// How long to wait for its end.
    pub duration: Duration,
    /// What its time counts from.
    pub from: Origin,
    /// The question that the measurement answers.
    pub question: String,
}

/// A running call must end, with this result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The call.
    pub label: Label,
    /// The result.
    pub result: ExpectedResult,
}
