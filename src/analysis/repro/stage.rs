//! `ReproStage`: a step of a scenario as a test in any language carries it out. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::analysis::repro::sent::Sent;
use crate::scenario::{Action, Label};
use crate::trace::TransportEnd;

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReproStage {
    /// From 1, as reports count.
    pub(super) step: usize,
    /// Its subject, for messages.
    pub(super) words: String,
    /// Whether a later step counts its time from this one.
    pub(super) is_marked: bool,
    pub(super) kind: StageKind,
}

impl ReproStage {
    /// Its name in messages.
    pub(super) fn name(&self) -> String {
        format!("{}: {}", self.step, self.words)
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StageKind {
    /// A call that is waited for, or keeps running under a name if it has one.
    Call {
        action: Action,
        runs_as: Option<Label>,
        ways: Ways,
    },
    /// A running call must end.
    Join {
        call: Label,
        ways: Ways,
    },
    /// A running call must not end.
    Waits {
        call: Label,
        during: Duration,
    },
    Send(Sent),
    SendBytes(Vec<u8>),
    /// One of these events must occur.
    Expect {
        events: Vec<PeerEvent>,
        span: Span,
    },
    /// None of these events may occur.
    Never {
        events: Vec<PeerEvent>,
        during: Duration,
    },
    Sleep(Duration),
    Cut(TransportEnd),
    /// Not translated, and why.
    PassedOver(&'static str),
}

/// How a call may end, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ways {
    /// `ok`, `eof`, `deadline` or `error`, and how many bytes; `None` means any number.
    pub(super) ends: Vec<(&'static str, Option<u64>)>,
    pub(super) span: Span,
}

/// When something must happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// At most this long after the step with that number, or after this one; `None` means the test's default limit.
    pub(super) within: Option<(Option<usize>, Duration)>,
    /// At least this long after the step with that number.
    pub(super) not_before: Option<(usize, Duration)>,
}

/// An event that the peer sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PeerEvent {
    pub(super) what: &'static str,
    pub(super) stream: u32,
    pub(super) number: u32,
}

/// The streams that a later call uses.
pub(super) fn used_streams(stages: &[ReproStage]) -> BTreeSet<&Label> {
    let used = stages.iter().filter_map(|stage| match &stage.kind {
        StageKind::Call { action: Action::Open { .. } | Action::Accept { .. }, .. } => None,
        StageKind::Call { action, .. } => action.stream(),
        _ => None,
    });
    used.collect()
}

/// Whether a later stage refers to a running call.
pub(super) fn is_met(label: &Label, stages: &[ReproStage]) -> bool {
    stages.iter().any(|stage| match &stage.kind {
        StageKind::Join { call, .. } | StageKind::Waits { call, .. } => call == label,
        _ => false,
    })
}

/// Whether a time counts from the beginning of the session.
pub(super) fn is_from_start(stages: &[ReproStage]) -> bool {
    stages.iter().flat_map(|stage| stage.kind.from()).any(|step| step == 0)
}

impl StageKind {
    /// The steps from which its times count.
    pub(super) fn from(&self) -> impl Iterator<Item = usize> {
        let span = match self {
            Self::Call { ways, .. } | Self::Join { ways, .. } => ways.span,
            Self::Expect { span, .. } => *span,
            _ => Span::default(),
        };
        let within = span.within.and_then(|(from, _)| from);
        within.into_iter().chain(span.not_before.map(|(from, _)| from))
    }
}
