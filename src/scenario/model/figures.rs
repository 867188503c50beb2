//! `Figures`: the resources in use, as reported by an implementation. Pure.

use std::fmt;

use crate::scenario::Label;

/// What an implementation takes up. `None` is what it does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Figures {
    /// Streams that the session holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<u64>,
    /// Tasks, threads or goroutines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
    /// Bytes of memory that are in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heap: Option<u64>,
    /// Open files and sockets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<u32>,
}

/// The name of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FigureName {
    /// `streams`
    Streams,
    /// `tasks`
    Tasks,
    /// `heap`
    Heap,
    /// `descriptors`
    Descriptors,
}

/// What a `stats` step does with the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatsUse {
    /// Keep them under this name.
    Remember(Label),
    /// Compare them with those kept earlier.
    Since {
        /// Their name.
        before: Label,
        /// How much each may have grown; `None` is not checked.
        growth: Figures,
    },
}

impl Figures {
    /// The figure with this name.
    pub fn get(&self, name: FigureName) -> Option<u64> {
        match name {
            FigureName::Streams => self.streams,
            FigureName::Tasks => self.tasks,
            FigureName::Heap => self.heap,
            FigureName::Descriptors => self.descriptors.map(u64::from),
        }
    }

    /// The names of the figures that are given.
    pub fn given(&self) -> impl Iterator<Item = FigureName> {
        FigureName::ALL.iter().copied().filter(|name| self.get(*name).is_some())
    }
}

impl FigureName {
    /// All of them.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name that scenarios and shims use.
    pub fn key(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Heap => "bytes of heap",
            name => name.key(),
        })
    }
}
