//! `Ability`: the parts of an action that a shim may lack. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::{Action, FigureName, StatsUse};
use crate::shim::protocol::OperationName;

/// What of an action a library may have or not, where the action alone does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(Serialize, Deserialize, JsonSchema, strum::Display, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Ability {
    /// `cancel` gives up an `accept`.
    CancelAccept,
    /// `cancel` gives up an `open`.
    CancelOpen,
    /// `cancel` gives up a `read`.
    CancelRead,
    /// `cancel` gives up a `write`.
    CancelWrite,
    /// `close_session` takes a code.
    CodeCloseSession,
    /// `go_away` takes a code.
    CodeGoAway,
    /// `reset` takes a code.
    CodeReset,
    /// `accept` takes a deadline.
    DeadlineAccept,
    /// `open` takes a deadline.
    DeadlineOpen,
    /// `stats` tells the open files and sockets of the process.
    StatsDescriptors,
    /// `stats` tells the memory in use of the process.
    StatsHeap,
    /// `stats` tells the streams of the session.
    StatsStreams,
    /// `stats` tells the tasks, threads or goroutines of the process.
    StatsTasks,
    /// A call that the peer's reset or go-away ends is told its code.
    ToldCodes,
}

impl Ability {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        <Self as strum::IntoEnumIterator>::iter()
    }

    /// The ability needed to cancel such a call.
    pub const fn to_cancel(action: &Action) -> Option<Self> {
        match action {
            Action::Open { .. } => Some(Self::CancelOpen),
            Action::Accept { .. } => Some(Self::CancelAccept),
            Action::Read { .. } => Some(Self::CancelRead),
            Action::Write { .. } => Some(Self::CancelWrite),
            _ => None,
        }
    }

    /// The abilities that an action needs, except for the call that a cancel abandons.
    pub fn of(action: &Action) -> Vec<Self> {
        match action {
            Action::Open { deadline: Some(_), .. } => vec![Self::DeadlineOpen],
            Action::Accept { deadline: Some(_), .. } => vec![Self::DeadlineAccept],
            Action::Reset { code: Some(_), .. } => vec![Self::CodeReset],
            Action::GoAway { code: Some(_) } => vec![Self::CodeGoAway],
            Action::CloseSession { code: Some(_) } => vec![Self::CodeCloseSession],
            Action::Stats(StatsUse::Since { growth, .. }) => {
                growth.given().map(Self::to_tell).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The action it belongs to.
    pub const fn action(self) -> OperationName {
        match self {
            Self::CancelAccept | Self::CancelOpen | Self::CancelRead | Self::CancelWrite => {
                OperationName::Cancel
            }
            Self::CodeCloseSession => OperationName::CloseSession,
            Self::CodeGoAway => OperationName::GoAway,
            Self::CodeReset => OperationName::Reset,
            Self::DeadlineAccept => OperationName::Accept,
            Self::DeadlineOpen => OperationName::Open,
            Self::StatsDescriptors | Self::StatsHeap | Self::StatsStreams | Self::StatsTasks => {
                OperationName::Stats
            }
            Self::ToldCodes => OperationName::Read,
        }
    }

    const fn to_tell(figure: FigureName) -> Self {
        match figure {
            FigureName::Streams => Self::StatsStreams,
            FigureName::Tasks => Self::StatsTasks,
            FigureName::Heap => Self::StatsHeap,
            FigureName::Descriptors => Self::StatsDescriptors,
        }
    }
}
