//! `Habit` and `Death`: an implementation's lawful peculiarities, and how one dies. Pure.

use std::fmt;

/// A lawful peculiarity that a harness must know, so that it waits for the right thing. None excuses a failure, and one that
/// does not show is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// A write ends before its bytes are sent, so that a failing one cannot say how many of them were sent: they are counted
    /// on the wire.
    BufferedWrites,
    /// It sends pings of its own, whatever keep-alive is set to.
    OwnPings,
    /// A waiting call polls whether it can proceed, so that it does so up to 100 ms later.
    Polls,
}

/// How an implementation died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Death {
    /// Its process ended, or its session ended with an error of the implementation itself.
    Crashed,
    /// A call that the end of its session does not free, or no more progress.
    Stuck,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.token())
    }
}

impl Death {
    /// The death in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::Stuck => "is stuck",
        }
    }

    pub(crate) const fn token(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::Stuck => "stuck",
        }
    }
}
