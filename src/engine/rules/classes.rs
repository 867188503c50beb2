//! Which error classes are equivalent: the errors a call may return once it cannot continue. Pure.
//!
//! hashicorp/yamux returns exactly one class in each situation, and its dialect requires it. Others may return any of
//! these: no text names errors, and each tells the caller that the call failed and that no data was lost unnoticed.

use crate::scenario::{Action, ErrorClass};

/// Why a call cannot continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Situation {
    /// The session is over, whichever end closed it.
    SessionOver,
    /// The peer has reset the stream.
    PeerReset,
    /// The application at this end has reset or dropped the stream.
    OwnReset,
    /// The application at this end has closed or half-closed the stream.
    OwnClose,
}

impl Situation {
    /// The classes that a call may end with here. A read never returns `eof` if bytes may be missing.
    pub(crate) const fn classes(self, action: &Action) -> &'static [ErrorClass] {
        match (self, action) {
            (Self::SessionOver, Action::Read { .. }) => OVER_FOR_READS,
            (Self::SessionOver, _) => OVER,
            (Self::PeerReset, Action::Read { .. }) => &[ErrorClass::StreamReset],
            (Self::PeerReset, _) => &[ErrorClass::StreamReset, ErrorClass::StreamClosed],
            (Self::OwnReset, _) => OWN_RESET,
            (Self::OwnClose, Action::Read { .. }) => OWN_CLOSE_FOR_READS,
            (Self::OwnClose, _) => OWN_CLOSE,
        }
    }

    /// Whether `seen` is equivalent to `wanted`.
    pub(crate) fn is_same(self, action: &Action, wanted: ErrorClass, seen: ErrorClass) -> bool {
        let classes = self.classes(action);
        classes.contains(&wanted) && classes.contains(&seen)
    }
}

const OVER_FOR_READS: &[ErrorClass] = &[
    ErrorClass::SessionShutdown,
    ErrorClass::Transport,
    ErrorClass::RemoteGoAway,
    ErrorClass::Protocol,
    ErrorClass::WindowExceeded,
    ErrorClass::KeepaliveTimeout,
    ErrorClass::ConnectionWriteTimeout,
    ErrorClass::StreamReset,
    ErrorClass::StreamClosed,
    ErrorClass::Cancelled,
];

const OVER: &[ErrorClass] = &[
    ErrorClass::SessionShutdown,
    ErrorClass::Transport,
    ErrorClass::RemoteGoAway,
    ErrorClass::Protocol,
    ErrorClass::WindowExceeded,
    ErrorClass::KeepaliveTimeout,
    ErrorClass::ConnectionWriteTimeout,
    ErrorClass::StreamReset,
    ErrorClass::StreamClosed,
    ErrorClass::Cancelled,
    ErrorClass::Eof,
];

const OWN_RESET: &[ErrorClass] =
    &[ErrorClass::StreamReset, ErrorClass::StreamClosed, ErrorClass::Cancelled];

const OWN_CLOSE: &[ErrorClass] = &[ErrorClass::StreamClosed, ErrorClass::Cancelled];

const OWN_CLOSE_FOR_READS: &[ErrorClass] =
    &[ErrorClass::StreamClosed, ErrorClass::Cancelled, ErrorClass::Eof];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Label, ReadAmount};

    #[test]
    fn a_read_is_never_told_an_end_of_stream_by_the_end_of_the_session() {
        let stream = || Label::from("s");
        let amount = ReadAmount::Exactly { bytes: 1, times: 1 };
        let read = Action::Read { stream: stream(), amount };
        let write = Action::Write { stream: stream(), bytes: 1, times: 1 };
        let (over, shut) = (Situation::SessionOver, ErrorClass::SessionShutdown);
        assert!(over.is_same(&write, shut, ErrorClass::Eof));
        assert!(!over.is_same(&read, shut, ErrorClass::Eof));
        assert!(over.is_same(&read, shut, ErrorClass::Transport));
        assert!(!over.is_same(&read, shut, ErrorClass::Deadline));
        assert!(!Situation::PeerReset.is_same(
            &read,
            ErrorClass::StreamReset,
            ErrorClass::StreamClosed
        ));
        assert!(!Situation::OwnClose.is_same(
            &write,
            ErrorClass::StreamReset,
            ErrorClass::StreamClosed
        ));
    }
}
