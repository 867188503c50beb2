//! The calls of the applications: begun, running or ended, and whether they ended as expected. Pure.

use crate::endpoint::{CallResult, Done};
use crate::engine::rules::classes::Situation;
use crate::engine::wire::budget::MAX_BYTES;
use crate::engine::{Actual, CallDone, CallEnd, Corruption, NamedCall, Outcome};
use crate::scenario::{
    Action, Actor, ErrorClass, ExpectedResult, FigureName, Figures, Label, StatsUse,
};
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

/// A call that has begun.
#[derive(Clone, Debug)]
pub(crate) struct RunningCall {
    /// The application that made it.
    pub(crate) actor: Actor,
    /// The action.
    pub(crate) action: Action,
    /// The label under which it is joined.
    pub(crate) label: Option<Label>,
    /// Whether the step is skipped if the subject has no such call.
    pub(crate) is_optional: bool,
    /// When it began.
    pub(crate) started: Time,
    /// The pattern of the payload it writes or reads, from its first byte.
    pub(crate) pattern: Pattern,
    /// Payload bytes its stream had carried in its direction when it began.
    pub(crate) carried_before: u64,
    /// Bytes moved so far, as the peer reported.
    pub(crate) progress: u64,
    /// The figures that its own are compared with.
    pub(crate) before: Figures,
    /// When and how it ended.
    pub(crate) finished: Option<(Time, CallResult)>,
}

/// A figure that has grown by more than allowed.
struct Grown {
    figure: FigureName,
    by: u64,
    most: u64,
}

/// How a call's end compares with the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// As expected.
    Met,
    /// A weaker lawful end, and why it is lawful.
    Weaker(String),
    /// Neither; the actual end.
    Missed(Actual),
}

/// How a result may lawfully differ from the expected one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leeway {
    /// Why the call cannot continue, if it cannot and other error classes are then equivalent.
    pub(crate) situation: Option<Situation>,
    /// Whether a failed write cannot report how many bytes were sent.
    pub(crate) counts_on_the_wire: bool,
}

/// The end of a call, as its peer reported it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    class: Option<ErrorClass>,
    done: &'a Done,
    native: &'a str,
    at: Time,
}

impl Told<'_> {
    /// Without the library's error text.
    pub(crate) const fn without_words(self) -> Self {
        Self { native: "", ..self }
    }
}

impl RunningCall {
    /// How many bytes the call should move; `None` if it reads to the end of the stream.
    pub(crate) const fn requested(&self) -> Option<u64> {
        self.action.requested()
    }

    /// How many bytes it has moved, or will have moved if it is still running.
    pub(crate) fn moved(&self) -> u64 {
        match &self.finished {
            Some((_, CallResult::Done(done) | CallResult::Failed { done, .. })) => done.bytes,
            Some(_) => 0,
            None => self.requested().unwrap_or(self.progress),
        }
    }

    /// Its end at that moment; the error is a broken case: the result does not say what the call did.
    pub(crate) fn told<'a>(&self, result: &'a CallResult, at: Time) -> Result<Told<'a>, Outcome> {
        let broken = |message| Outcome::Broken { message, stderr: Vec::new() };
        match result {
            CallResult::Done(done) => Ok(Told { class: None, done, native: "", at }),
            CallResult::Failed { class, native, done } => {
                Ok(Told { class: Some(*class), done, native, at })
            }
            CallResult::Unsupported { reason } => {
                let call = self.named();
                Err(broken(format!("{call}: unsupported although it was declared: {reason}")))
            }
            CallResult::Fault { message } => Err(broken(message.clone())),
        }
    }

    /// Compares the call's end with the expected one; the caller checks timing. Other classes may be equivalent to the
    /// expected one in the call's situation.
    pub(crate) fn judge(
        &self,
        told: Told<'_>,
        expected: &ExpectedResult,
        leeway: Leeway,
    ) -> Judgement {
        let Told { class, done, at, .. } = told;
        if class == Some(ErrorClass::Unclassified) {
            return Judgement::Missed(self.observed(told));
        }
        if let Some(corruption) = self.corruption(done) {
            return Judgement::Missed(Actual::Corrupt(corruption, at));
        }
        if class.is_none() && self.grown(done).is_some() {
            return Judgement::Missed(self.observed(told));
        }
        let meets = |error, bytes| self.meets((class, done), (error, bytes), leeway);
        if meets(expected.error, expected.bytes)
            && (expected.streams.is_none() || expected.streams == done.streams)
            && (expected.told.is_none() || expected.told == done.told)
        {
            return Judgement::Met;
        }
        let weaker = expected.weaker.iter().find(|weaker| meets(weaker.error, weaker.bytes));
        match weaker {
            Some(weaker) => Judgement::Weaker(weaker.because.clone()),
            None => {
                let mut end = self.end(class, done);
                // Shown only if the step checks it.
                if expected.told.is_some() {
                    end.told = Some(done.told);
                }
                Judgement::Missed(Actual::CallEnd(end, told.native.to_owned(), at))
            }
        }
    }

    /// The end as shown in a failure.
    pub(crate) fn observed(&self, told: Told<'_>) -> Actual {
        Actual::CallEnd(self.end(told.class, told.done), told.native.to_owned(), told.at)
    }

    /// The call as shown in a failure.
    pub(crate) fn named(&self) -> NamedCall {
        NamedCall { action: self.action.clone(), label: self.label.clone() }
    }

    /// How the call ended.
    pub(crate) fn end(&self, error: Option<ErrorClass>, done: &Done) -> CallEnd {
        let done = match &self.action {
            Action::Write { .. } => CallDone::Written(done.bytes),
            Action::Read { .. } => CallDone::Read(done.bytes),
            Action::CountStreams => CallDone::Streams(done.streams),
            Action::Stats(_) => self.grown(done).map_or(CallDone::Uncounted, |grown| {
                CallDone::Grown { figure: grown.figure, by: grown.by, is_most: false }
            }),
            _ => CallDone::Uncounted,
        };
        CallEnd { error, done, told: None }
    }

    /// How the call must end.
    pub(crate) fn expected_end(&self, expected: &ExpectedResult) -> CallEnd {
        let error = expected.error;
        let bytes =
            expected.bytes.or_else(|| if error.is_none() { self.requested() } else { None });
        let done = match (&self.action, bytes, expected.streams) {
            (Action::Write { .. }, Some(bytes), _) => CallDone::Written(bytes),
            (Action::Read { .. }, Some(bytes), _) => CallDone::Read(bytes),
            (Action::CountStreams, _, Some(streams)) => CallDone::Streams(Some(streams)),
            (Action::Stats(_), ..) => match &self.finished {
                Some((_, CallResult::Done(done))) => {
                    self.grown(done).map_or(CallDone::Uncounted, |grown| CallDone::Grown {
                        figure: grown.figure,
                        by: grown.most,
                        is_most: true,
                    })
                }
                _ => CallDone::Uncounted,
            },
            _ => CallDone::Uncounted,
        };
        CallEnd { error, done, told: expected.told.map(Some) }
    }

    /// The first figure that has grown by more than allowed.
    fn grown(&self, done: &Done) -> Option<Grown> {
        let Action::Stats(StatsUse::Since { growth, .. }) = &self.action else { return None };
        FigureName::ALL.iter().copied().find_map(|figure| {
            let (most, before) = (growth.get(figure)?, self.before.get(figure)?);
            let by = done.figures.get(figure)?.saturating_sub(before);
            (by > most).then_some(Grown { figure, by, most })
        })
    }

    /// A figure that the call must compare and that was not reported, now or before.
    pub(crate) fn untold_figure(&self, done: &Done) -> Option<FigureName> {
        let Action::Stats(StatsUse::Since { growth, .. }) = &self.action else { return None };
        let is_told =
            |figure| self.before.get(figure).is_some() && done.figures.get(figure).is_some();
        growth.given().find(|figure| !is_told(*figure))
    }

    fn meets(
        &self,
        (class, done): (Option<ErrorClass>, &Done),
        (wanted, bytes): (Option<ErrorClass>, Option<u64>),
        leeway: Leeway,
    ) -> bool {
        let moves_bytes = matches!(self.action, Action::Write { .. } | Action::Read { .. });
        let wanted_bytes =
            bytes.or_else(|| if wanted.is_none() && moves_bytes { self.requested() } else { None });
        let is_uncounted = leeway.counts_on_the_wire
            && class.is_some()
            && matches!(self.action, Action::Write { .. });
        let is_same = match (leeway.situation, wanted, class) {
            _ if class == wanted => true,
            (Some(situation), Some(wanted), Some(seen)) => {
                situation.is_same(&self.action, wanted, seen)
            }
            _ => false,
        };
        is_same && (is_uncounted || wanted_bytes.is_none_or(|bytes| bytes == done.bytes))
    }

    /// How the bytes read differ from those written, if they do.
    pub(crate) fn corruption(&self, done: &Done) -> Option<Corruption> {
        let bytes = done.bytes;
        if bytes == 0 || !matches!(self.action, Action::Read { .. }) {
            return None;
        }
        // Bytes that were read have a checksum.
        let Some(read) = done.crc else { return Some(Corruption::NoChecksum(bytes)) };
        // No pattern is computed for more bytes than anyone can have sent.
        if bytes > MAX_BYTES {
            return Some(Corruption::TooMany(bytes));
        }
        let written = self.pattern.crc(bytes);
        (read != written).then_some(Corruption::Checksum { bytes, read, written })
    }
}
