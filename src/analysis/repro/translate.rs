//! Translates a scenario into stages, or lists what no test can express without the harness. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::analysis::repro::events::{ends_session, expected, forbidden};
use crate::analysis::repro::sent::{Sent, SentBody, SentFrame};
use crate::analysis::repro::stage::{PeerEvent, ReproStage, Span, StageKind, Ways};
use crate::analysis::repro::stream_numbers::StreamNumbers;
use crate::analysis::repro::{Foreign, Language, Shown};
use crate::scenario::{
    Action, Call, ErrorClass, Expect, ExpectedEvent, ExpectedResult, Label, Need, Origin, PeerKind,
    PingValue, RawBody, ReadAmount, Scenario, Send, SendFrame, Step, StepKind, TimePoint, Timing,
    WireControl,
};
use crate::trace::TransportEnd;
use crate::yamux::frame::Flags;

/// What a test cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untranslatable {
    /// The line of the scenario, from 1; `None` means the scenario as a whole.
    pub line: Option<u32>,
    /// The reason in words.
    pub words: String,
}

/// The steps of a test up to the one known to fail, or everything that it cannot express.
pub(super) fn translate(
    shown: Shown<'_>,
    library: &Foreign,
) -> Result<Vec<ReproStage>, Vec<Untranslatable>> {
    let scenario = shown.scenario;
    let mut untranslatable = as_a_whole(scenario, library);
    if scenario.peer == PeerKind::App {
        return Err(untranslatable);
    }
    let last = shown.sighted.and_then(|sighted| sighted.step).unwrap_or(scenario.steps.len());
    let mut translation = Translation {
        scenario,
        library,
        numbers: StreamNumbers::new(shown.side),
        began: BTreeMap::new(),
        is_over: false,
    };
    let mut stages = Vec::new();
    for (at, step) in scenario.steps.iter().take(last).enumerate() {
        match translation.stage(at, step) {
            Ok(kind) => {
                let (step, words) = (at + 1, words(step));
                stages.push(ReproStage { step, words, is_marked: false, kind });
            }
            Err(words) => {
                untranslatable.push(Untranslatable { line: Some(step.position.line), words });
            }
        }
    }
    if !untranslatable.is_empty() {
        return Err(untranslatable);
    }
    if !translation.is_over && shown.sighted.is_none_or(|sighted| sighted.step.is_none()) {
        stages.extend(last_pong(stages.len()));
    }
    mark(&mut stages);
    Ok(stages)
}

fn as_a_whole(scenario: &Scenario, library: &Foreign) -> Vec<Untranslatable> {
    let mut found = Vec::new();
    if scenario.peer == PeerKind::App {
        found
            .push("its peer is a yamux endpoint, which a test of one library does not have".into());
    }
    if !scenario.wire.is_empty() {
        found.push("the transport is held up from the first byte on".into());
    }
    let settings = &scenario.live_subject;
    for (name, need) in &settings.asked {
        if *need == Need::Needed && settings.asks_something(*name) && !library.has(*name) {
            found.push(format!("{} has no setting {name}", library.module().0));
        }
    }
    found.into_iter().map(|words| Untranslatable { line: None, words }).collect()
}

/// The session must still live at the end.
fn last_pong(steps: usize) -> [ReproStage; 2] {
    let frame = SentFrame::Ping { flags: Flags::SYN, value: LAST_PING };
    let pong = PeerEvent { what: "pong", stream: 0, number: LAST_PING };
    let stage = |step, words: &str, kind| ReproStage {
        step,
        words: words.to_owned(),
        is_marked: false,
        kind,
    };
    [
        stage(steps + 1, "a last ping", StageKind::Send(Sent { frame, times: 1 })),
        stage(
            steps + 2,
            "the session still answers",
            StageKind::Expect { events: vec![pong], span: Span::default() },
        ),
    ]
}

/// Marks the steps from which others count.
fn mark(stages: &mut [ReproStage]) {
    let counted: BTreeSet<usize> = stages.iter().flat_map(|stage| stage.kind.from()).collect();
    for stage in stages {
        stage.is_marked = counted.contains(&stage.step);
    }
}

/// The state of the translation.
struct Translation<'a> {
    scenario: &'a Scenario,
    library: &'a Foreign,
    numbers: StreamNumbers,
    /// The running calls: the step in which each began, and its action.
    began: BTreeMap<Label, (usize, Action)>,
    /// Whether the session may have ended.
    is_over: bool,
}

impl Translation<'_> {
    /// A step; the error is what cannot be expressed.
    fn stage(&mut self, at: usize, step: &Step) -> Result<StageKind, String> {
        match &step.kind {
            StepKind::Call(call) => self.call(at, call, step.is_optional),
            StepKind::Send(send) => self.send(send).map(StageKind::Send),
            StepKind::SendBytes(bytes) => {
                self.is_over = true;
                Ok(StageKind::SendBytes(bytes.clone()))
            }
            StepKind::Expect(expect) => self.expect(at, expect),
            StepKind::ExpectNone(none) => {
                let events = forbidden(&none.event, &self.numbers)?;
                Ok(StageKind::Never { events, during: bounded(none.duration.max(REST))? })
            }
            StepKind::Join(join) => {
                let (began, action) =
                    self.began.remove(&join.label).ok_or("a call that is not there")?;
                let ways = self.ways(began, &action, &join.result)?;
                Ok(StageKind::Join { call: Label::clone(&join.label), ways })
            }
            StepKind::StillBlocked { label, duration } => Ok(StageKind::Waits {
                call: Label::clone(label),
                during: bounded((*duration).max(REST))?,
            }),
            StepKind::Wait(duration) => bounded(*duration).map(StageKind::Sleep),
            StepKind::Wire(WireControl::Cut(TransportEnd::Reset))
                if self.library.language() == Language::Rust =>
            {
                Err("a transport that is torn down, for which Rust's library has no call"
                    .to_owned())
            }
            StepKind::Wire(WireControl::Cut(end)) => {
                self.is_over = true;
                Ok(StageKind::Cut(*end))
            }
            StepKind::ExpectFrame(_) => Err("exactly this frame".to_owned()),
            StepKind::Measure(_) => Err("a question that judges nothing".to_owned()),
            StepKind::Wire(_) => Err("a transport that is held up".to_owned()),
        }
    }

    fn call(&mut self, at: usize, call: &Call, is_optional: bool) -> Result<StageKind, String> {
        if let Some(label) = &call.label {
            self.began.insert(Label::clone(label), (at + 1, call.action.clone()));
        }
        if let Some(lack) = self.library.lacks(&call.action) {
            return if is_optional {
                Ok(StageKind::PassedOver(lack))
            } else {
                Err(lack.to_owned())
            };
        }
        self.is_over |= matches!(call.action, Action::CloseSession { .. });
        let ways = self.ways(at + 1, &call.action, &call.result)?;
        Ok(StageKind::Call { action: call.action.clone(), runs_as: call.label.clone(), ways })
    }

    fn expect(&mut self, at: usize, expect: &Expect) -> Result<StageKind, String> {
        if expect.times > 1 {
            return Err("an event that must come several times".to_owned());
        }
        if expect.is_optional {
            return Err("an event that may come or not".to_owned());
        }
        if expect.behind.is_some() {
            return Err("how much of other streams may come before it".to_owned());
        }
        let wanted = || expect.weaker.iter().map(|(event, _)| event);
        self.is_over |= ends_session(&expect.event) || wanted().any(ends_session);
        let is_ping = expect.event == ExpectedEvent::Ping;
        if is_ping && self.library.pings_by_itself() {
            return Err("a ping, where the library also pings by itself".to_owned());
        }
        let mut events = vec![expected(&expect.event, &mut self.numbers)?];
        for event in wanted() {
            events.push(expected(event, &mut self.numbers)?);
        }
        let span = self.span(at + 1, &expect.timing)?;
        Ok(StageKind::Expect { events, span })
    }

    fn ways(&self, began: usize, action: &Action, result: &ExpectedResult) -> Result<Ways, String> {
        let first = (result.error, result.bytes);
        let weaker = result.weaker.iter().map(|weaker| (weaker.error, weaker.bytes));
        let mut ends = Vec::new();
        for (error, bytes) in std::iter::once(first).chain(weaker) {
            let is_write = matches!(action, Action::Write { .. });
            let is_uncounted = error.is_some() && is_write && !self.library.counts_failed_writes();
            let bytes = match error {
                _ if is_uncounted => None,
                None => bytes.or_else(|| requested(action, result)),
                Some(_) => bytes,
            };
            let end = (how(error), bytes);
            if !ends.contains(&end) {
                ends.push(end);
            }
        }
        Ok(Ways { ends, span: self.span(began, &result.timing)? })
    }

    /// `own` is the step from which a time counts if it names no other.
    fn span(&self, own: usize, timing: &Timing) -> Result<Span, String> {
        let length = |point: &TimePoint| {
            let length = point.length(&self.scenario.live_subject, &self.scenario.live_peer);
            bounded(length.ok_or("a timeout that is off")?)
        };
        let from = match timing.from {
            Origin::ThisStep => None,
            Origin::Step(index) => Some(index + 1),
            Origin::Session => Some(0),
        };
        let within = timing.within.as_ref().map(length).transpose()?;
        let not_before = timing.not_before.as_ref().map(length).transpose()?;
        Ok(Span {
            within: within.map(|length| (from, length + SLACK)),
            not_before: not_before.map(|length| (from.unwrap_or(own), length)),
        })
    }

    fn send(&mut self, send: &Send) -> Result<Sent, String> {
        let frame = match &send.frame {
            SendFrame::Rest { .. } => return Err("the rest of a body".to_owned()),
            SendFrame::BeyondWindow { .. } => {
                return Err("as much as the window allows at that moment".to_owned());
            }
            SendFrame::Data { stream, flags, bytes, length } => SentFrame::Data {
                flags: *flags,
                stream: self.numbers.sent(stream, *flags)?,
                bytes: *bytes,
                length: *length,
            },
            SendFrame::WindowUpdate { stream, flags, credit } => SentFrame::WindowUpdate {
                flags: *flags,
                stream: self.numbers.sent(stream, *flags)?,
                credit: *credit,
            },
            SendFrame::Ping { value: PingValue::Latest, .. } => {
                return Err("a pong with the value of the latest ping".to_owned());
            }
            SendFrame::Ping { .. } if send.times > 1 => {
                return Err("many pings, each with a value of its own".to_owned());
            }
            SendFrame::Ping { flags, value: PingValue::Number(value) } => {
                SentFrame::Ping { flags: *flags, value: *value }
            }
            SendFrame::GoAway { code } => {
                self.is_over = true;
                SentFrame::GoAway(*code)
            }
            SendFrame::Raw { version, frame_type, flags, stream, length, body } => SentFrame::Raw {
                version: *version,
                kind: *frame_type,
                flags: *flags,
                stream: self.numbers.sent(stream, *flags)?,
                length: *length,
                body: match body {
                    RawBody::Bytes(bytes) => SentBody::Bytes(bytes.clone()),
                    RawBody::Zeros(zeros) => SentBody::Zeros(*zeros),
                },
            },
        };
        let sent = Sent { frame, times: send.times };
        self.is_over |= sent.is_cut_short();
        Ok(sent)
    }
}

/// The groups of errors that a test distinguishes.
const fn how(error: Option<ErrorClass>) -> &'static str {
    match error {
        None => "ok",
        Some(ErrorClass::Eof) => "eof",
        Some(ErrorClass::Deadline) => "deadline",
        Some(_) => "error",
    }
}

/// How many bytes a successful call has moved, or streams it has counted.
fn requested(action: &Action, result: &ExpectedResult) -> Option<u64> {
    match action {
        Action::Write { bytes, times, .. }
        | Action::Read { amount: ReadAmount::Exactly { bytes, times }, .. } => {
            Some(bytes * u64::from(*times))
        }
        Action::Read { amount: ReadAmount::ToEnd { .. }, .. } => None,
        Action::CountStreams => result.streams.map(u64::from),
        _ => Some(0),
    }
}

/// The step's subject in words.
fn words(step: &Step) -> String {
    match &step.kind {
        StepKind::Call(Call { action, .. }) => action.to_string(),
        StepKind::Expect(expect) => expect.event.to_string(),
        StepKind::ExpectNone(none) => none.event.to_string(),
        StepKind::Join(join) => format!("{} ends", join.label),
        StepKind::StillBlocked { label, .. } => format!("{label} waits"),
        _ => String::new(),
    }
}

/// The duration, if a test can wait that long in real time.
fn bounded(duration: Duration) -> Result<Duration, String> {
    if duration > LONGEST {
        return Err(format!("{} of real time", humantime::format_duration(duration)));
    }
    Ok(duration)
}

/// How long a step waits for a thing that must not occur, where the scenario says "once everything has settled".
const REST: Duration = Duration::from_millis(100);

/// How late a machine may be.
const SLACK: Duration = Duration::from_secs(1);

/// The longest that a test may wait.
const LONGEST: Duration = Duration::from_secs(60);

/// A value that no scenario uses.
const LAST_PING: u32 = 909_090;
