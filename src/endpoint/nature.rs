//! `Habit` and `Death`: an implementation's lawful peculiarities, and how one dies. Pure.

use std::fmt;

/// What an implementation lawfully does and a harness must know, so that it waits for the right thing. None excuses
/// anything, and one that is not seen fails nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// A write ends before its bytes are sent, so that one which fails cannot say how many of them went out: they are
    /// counted on the wire.
    BufferedWrites,
    /// It pings when it wants to, whatever keep-alive is set to.
    OwnPings,
    /// A call that waits looks now and then whether it can go on, so that it does a little later: 100 ms at most.
    Polls,
}

/// How an implementation came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Death {
    /// Its process ended, or its session with an error that it did not see coming.
    Crashed,
    /// A call that the end of its session does not free, or nothing that goes on any more.
    Stuck,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.token())
    }
}

impl Death {
    /// What has become of it, in words.
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
