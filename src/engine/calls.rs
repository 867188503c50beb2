//! The calls of the applications: begun, running, ended, and whether they ended as they must. Pure.

use crate::endpoint::{CallResult, Done};
use crate::engine::budget::MAX_BYTES;
use crate::payload;
use crate::scenario::{Action, Actor, ErrorClass, ExpectedResult, Label, ReadAmount};
use crate::time::Time;

/// A call that has begun.
#[derive(Clone, Debug)]
pub(crate) struct RunningCall {
    /// Whose application.
    pub(crate) actor: Actor,
    /// The wish.
    pub(crate) action: Action,
    /// Under which name it is joined.
    pub(crate) label: Option<Label>,
    /// When it began.
    pub(crate) started: Time,
    /// The pattern of the payload it writes or reads, and where it begins.
    pub(crate) pattern: (u32, u64),
    /// Bytes of payload its stream and direction had carried when it began.
    pub(crate) carried_before: u64,
    /// Bytes moved so far, as the peer reported.
    pub(crate) progress: u64,
    /// When and how it ended.
    pub(crate) finished: Option<(Time, CallResult)>,
}

/// How a call's end compares to what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// As expected.
    Met,
    /// A weaker lawful end, and why it is lawful.
    Weaker(String),
    /// Neither: what was expected and what came, in words.
    Missed {
        /// In words.
        expected: String,
        /// In words.
        observed: String,
    },
}

impl RunningCall {
    /// How many bytes the call is to move; `None` where only the stream's end says so.
    pub(crate) fn requested(&self) -> Option<u64> {
        match &self.action {
            Action::Write { bytes, times, .. } => Some(bytes.saturating_mul(u64::from(*times))),
            Action::Read { amount: ReadAmount::Exactly { bytes, times }, .. } => {
                Some(bytes.saturating_mul(u64::from(*times)))
            }
            Action::Read { amount: ReadAmount::ToEnd { .. }, .. } => None,
            _ => Some(0),
        }
    }

    /// How many bytes it has moved, or will have if it is still running.
    pub(crate) fn moved(&self) -> u64 {
        match &self.finished {
            Some((_, CallResult::Done(done) | CallResult::Failed { done, .. })) => done.bytes,
            Some(_) => 0,
            None => self.requested().unwrap_or(self.progress),
        }
    }

    /// Holds the call's end against what was expected; timing is the caller's.
    pub(crate) fn judge(&self, result: &CallResult, expected: &ExpectedResult) -> Judgement {
        let (class, done, native) = match result {
            CallResult::Done(done) => (None, done, ""),
            CallResult::Failed { class, native, done } => (Some(*class), done, native.as_str()),
            // The engine turns these into a skip or a broken case before anything is judged.
            CallResult::Unsupported { reason } | CallResult::Fault { message: reason } => {
                return self.missed(expected, reason.clone());
            }
        };
        let mut observed = self.describe_end(class, done);
        if !native.is_empty() {
            observed.push_str(&format!(" (in its own words: {native})"));
        }
        if class == Some(ErrorClass::Unclassified) {
            return self.missed(expected, observed);
        }
        if let Some(corrupt) = self.corruption(done) {
            return self.missed(expected, corrupt);
        }
        if self.meets(class, done, expected.error, expected.bytes)
            && (expected.streams.is_none() || expected.streams == done.streams)
        {
            return Judgement::Met;
        }
        let weaker = expected
            .weaker
            .iter()
            .find(|weaker| self.meets(class, done, weaker.error, weaker.bytes));
        match weaker {
            Some(weaker) => Judgement::Weaker(weaker.because.clone()),
            None => self.missed(expected, observed),
        }
    }

    /// The call as a report names it.
    pub(crate) fn describe(&self) -> String {
        let words = describe_action(&self.action);
        match &self.label {
            Some(label) => format!("{words} [{label}]"),
            None => words,
        }
    }

    /// How the call ended, or must end, in words.
    pub(crate) fn describe_end(&self, class: Option<ErrorClass>, done: &Done) -> String {
        let mut words =
            class.map_or_else(|| "success".to_owned(), |class| format!("error {class}"));
        match &self.action {
            Action::Write { .. } => words.push_str(&format!(", {} bytes written", done.bytes)),
            Action::Read { .. } => words.push_str(&format!(", {} bytes read", done.bytes)),
            Action::CountStreams => {
                let streams = done
                    .streams
                    .map_or_else(|| "an unknown number of".to_owned(), |n| n.to_string());
                words.push_str(&format!(", {streams} streams"));
            }
            _ => {}
        }
        words
    }

    /// What the expectation demands, in words.
    pub(crate) fn describe_expected(&self, expected: &ExpectedResult) -> String {
        let mut words =
            expected.error.map_or_else(|| "success".to_owned(), |class| format!("error {class}"));
        let bytes = expected
            .bytes
            .or_else(|| if expected.error.is_none() { self.requested() } else { None });
        match (&self.action, bytes) {
            (Action::Write { .. }, Some(bytes)) => {
                words.push_str(&format!(", {bytes} bytes written"));
            }
            (Action::Read { .. }, Some(bytes)) => words.push_str(&format!(", {bytes} bytes read")),
            _ => {}
        }
        if let Some(streams) = expected.streams {
            words.push_str(&format!(", {streams} streams"));
        }
        words
    }

    fn meets(
        &self,
        class: Option<ErrorClass>,
        done: &Done,
        wanted: Option<ErrorClass>,
        bytes: Option<u64>,
    ) -> bool {
        let moves_bytes = matches!(self.action, Action::Write { .. } | Action::Read { .. });
        let wanted_bytes =
            bytes.or_else(|| if wanted.is_none() && moves_bytes { self.requested() } else { None });
        class == wanted && wanted_bytes.is_none_or(|bytes| bytes == done.bytes)
    }

    /// Says so if what was read is not what was written.
    fn corruption(&self, done: &Done) -> Option<String> {
        if done.bytes == 0 || !matches!(self.action, Action::Read { .. }) {
            return None;
        }
        // Whoever says that it has read knows what.
        let Some(crc) = done.crc else {
            return Some(format!("{} bytes read, without their checksum", done.bytes));
        };
        // Nothing is made to compare with what nobody can have sent.
        if done.bytes > MAX_BYTES {
            return Some(format!("{} bytes read, more than any case moves", done.bytes));
        }
        let (seed, offset) = self.pattern;
        let expected = payload::checksum(seed, offset, done.bytes);
        (crc != expected).then(|| {
            format!(
                "{} bytes read whose checksum {crc:08x} is not that of what was written, {expected:08x}: bytes were lost, doubled, swapped or changed",
                done.bytes
            )
        })
    }

    fn missed(&self, expected: &ExpectedResult, observed: String) -> Judgement {
        let call = self.describe();
        Judgement::Missed {
            expected: format!("{call}: {}", self.describe_expected(expected)),
            observed,
        }
    }
}

/// The action as a report names it.
pub(crate) fn describe_action(action: &Action) -> String {
    match action {
        Action::Open { stream } => format!("open {stream}"),
        Action::Accept { stream } => format!("accept {stream}"),
        Action::Write { stream, bytes, times: 1 } => format!("write {stream} {bytes} bytes"),
        Action::Write { stream, bytes, times } => format!("write {stream} {times} x {bytes} bytes"),
        Action::Read { stream, amount: ReadAmount::Exactly { bytes, times: 1 } } => {
            format!("read {stream} {bytes} bytes")
        }
        Action::Read { stream, amount: ReadAmount::Exactly { bytes, times } } => {
            format!("read {stream} {times} x {bytes} bytes")
        }
        Action::Read { stream, amount: ReadAmount::ToEnd { .. } } => {
            format!("read {stream} to its end")
        }
        Action::HalfClose { stream } => format!("half_close {stream}"),
        Action::Close { stream } => format!("close {stream}"),
        Action::Reset { stream } => format!("reset {stream}"),
        Action::Drop { stream } => format!("drop {stream}"),
        Action::SetDeadline { stream, .. } => format!("set_deadline {stream}"),
        Action::Ping => "ping".to_owned(),
        Action::GoAway => "go_away".to_owned(),
        Action::CloseSession => "close_session".to_owned(),
        Action::CountStreams => "count_streams".to_owned(),
    }
}

/// The stream an action is about.
pub(crate) const fn stream_of(action: &Action) -> Option<&Label> {
    match action {
        Action::Open { stream }
        | Action::Accept { stream }
        | Action::Write { stream, .. }
        | Action::Read { stream, .. }
        | Action::HalfClose { stream }
        | Action::Close { stream }
        | Action::Reset { stream }
        | Action::Drop { stream }
        | Action::SetDeadline { stream, .. } => Some(stream),
        Action::Ping | Action::GoAway | Action::CloseSession | Action::CountStreams => None,
    }
}
