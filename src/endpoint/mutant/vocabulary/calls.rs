//! Predicates on calls and results, and made-up results. Pure.

use std::time::Duration;

use crate::endpoint::{CallResult, Done};
use crate::scenario::{Action, ErrorClass};

/// The smallest error of a timer.
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

/// The default close timeout.
pub(crate) const FIVE_MINUTES: Duration = Duration::from_secs(300);

pub(crate) const fn is_read(action: &Action) -> bool {
    matches!(action, Action::Read { .. })
}

pub(crate) const fn is_write(action: &Action) -> bool {
    matches!(action, Action::Write { .. })
}

pub(crate) const fn is_open(action: &Action) -> bool {
    matches!(action, Action::Open { .. })
}

pub(crate) const fn is_accept(action: &Action) -> bool {
    matches!(action, Action::Accept { .. })
}

pub(crate) const fn is_half_close(action: &Action) -> bool {
    matches!(action, Action::HalfClose { .. })
}

pub(crate) const fn is_close(action: &Action) -> bool {
    matches!(action, Action::Close { .. })
}

pub(crate) const fn is_reset(action: &Action) -> bool {
    matches!(action, Action::Reset { .. })
}

pub(crate) const fn is_ping(action: &Action) -> bool {
    matches!(action, Action::Ping)
}

pub(crate) const fn is_go_away(action: &Action) -> bool {
    matches!(action, Action::GoAway { .. })
}

pub(crate) const fn is_session_close(action: &Action) -> bool {
    matches!(action, Action::CloseSession { .. })
}

/// Whether a call has failed with this error.
pub(crate) fn fails_with(result: &CallResult, error: ErrorClass) -> bool {
    matches!(result, CallResult::Failed { class, .. } if *class == error)
}

/// A call that has done everything requested.
pub(crate) fn done() -> CallResult {
    CallResult::Done(Done::default())
}

/// A call that has failed before it did anything.
pub(crate) fn failed(class: ErrorClass) -> CallResult {
    CallResult::Failed { class, native: class.to_string(), done: Done::default() }
}
