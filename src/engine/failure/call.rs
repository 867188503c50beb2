//! `NamedCall` and `CallEnd`: a call and its end, as shown in a failure. Pure.

use std::fmt;

use crate::model::token;
use crate::scenario::{Action, ErrorClass, FigureName, Label};

/// A call of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCall {
    /// The action.
    pub action: Action,
    /// The label under which it is joined.
    pub label: Option<Label>,
}

impl fmt::Display for NamedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            Some(label) => write!(f, "{} [{label}]", self.action),
            None => write!(f, "{}", self.action),
        }
    }
}

impl NamedCall {
    /// The operation; the step identifies the call.
    pub(crate) const fn token(&self) -> &'static str {
        match self.action {
            Action::Open { .. } => "open",
            Action::Accept { .. } => "accept",
            Action::Write { .. } => "write",
            Action::Read { .. } => "read",
            Action::HalfClose { .. } => "half-close",
            Action::CloseRead { .. } => "close-read",
            Action::Close { .. } => "close",
            Action::Reset { .. } => "reset",
            Action::Drop { .. } => "drop",
            Action::Forget { .. } => "forget",
            Action::SetDeadline { .. } => "set-deadline",
            Action::Ping => "ping",
            Action::GoAway { .. } => "go-away",
            Action::CloseSession { .. } => "close-session",
            Action::CountStreams => "count-streams",
            Action::Cancel { .. } => "cancel",
            Action::Stats(_) => "stats",
        }
    }
}

/// How a call ends: its error, and what it has done by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallEnd {
    /// The error; `None` is success.
    pub error: Option<ErrorClass>,
    /// What the call has done.
    pub done: CallDone,
    /// The code reported to the caller, if checked; the inner `None` means that no code was reported.
    pub told: Option<Option<u32>>,
}

/// What a call has done, if that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallDone {
    /// Nothing counted.
    Uncounted,
    /// Bytes were written.
    Written(u64),
    /// Bytes were read.
    Read(u64),
    /// The number of streams; `None` if none was reported.
    Streams(Option<u32>),
    /// A figure has grown.
    Grown {
        /// The figure.
        figure: FigureName,
        /// The increase.
        by: u64,
        /// Whether that is the maximum allowed.
        is_most: bool,
    },
}

impl fmt::Display for CallEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error {
            Some(class) => write!(f, "error {class}")?,
            None => f.write_str("success")?,
        }
        match self.done {
            CallDone::Uncounted => Ok(()),
            CallDone::Written(bytes) => write!(f, ", {bytes} bytes written"),
            CallDone::Read(bytes) => write!(f, ", {bytes} bytes read"),
            CallDone::Streams(Some(streams)) => write!(f, ", {streams} streams"),
            CallDone::Streams(None) => f.write_str(", an unknown number of streams"),
            CallDone::Grown { figure, by, is_most: true } => {
                write!(f, ", at most {by} {figure} more")
            }
            CallDone::Grown { figure, by, is_most: false } => write!(f, ", {by} {figure} more"),
        }?;
        match self.told {
            None => Ok(()),
            Some(Some(code)) => write!(f, ", told code {code}"),
            Some(None) => f.write_str(", told no code"),
        }
    }
}

impl CallEnd {
    /// `stream-reset/458752`.
    pub(crate) fn token(self) -> String {
        let class = self.error.map_or_else(|| "success".to_owned(), token);
        let end = match self.done {
            CallDone::Uncounted => class,
            CallDone::Written(bytes) | CallDone::Read(bytes) => format!("{class}/{bytes}"),
            CallDone::Streams(Some(streams)) => format!("{class}/{streams}"),
            CallDone::Streams(None) => format!("{class}/unknown"),
            CallDone::Grown { figure, by, is_most: true } => {
                format!("{class}/{}/at-most/{by}", figure.key())
            }
            // The amount differs from run to run.
            CallDone::Grown { figure, .. } => format!("{class}/{}/more", figure.key()),
        };
        match self.told {
            None => end,
            Some(Some(code)) => format!("{end}/told/{code}"),
            Some(None) => format!("{end}/told/none"),
        }
    }
}
