//! Application calls, joins and how they must end. Pure.

use std::sync::Arc;

use crate::scenario::check::Script;
use crate::scenario::read::document::{
    DeadlineCall, Ending, JoinBlock, MeasureBlock, PeerBlock, ReadCall, StillBlockedBlock,
    WrittenAction,
};
use crate::scenario::read::syntax::Place;
use crate::scenario::read::written::{LabelText, Size};
use crate::scenario::{
    Action, Actor, Call, ErrorClass, ExpectedResult, Join, Label, Measure, Origin, PeerKind,
    Position, ReadAmount, StepKind, WeakerResult,
};

/// A labelled call.
#[derive(Clone, Copy, Debug)]
pub(super) struct StartedCall {
    moves: Moves,
    pub(super) actor: Actor,
    /// Whether its caller can give it up.
    pub(super) may_be_cancelled: bool,
    position: Position,
    joined: Option<Position>,
}

/// What a call moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moves {
    /// No bytes.
    Nothing,
    /// It writes so many.
    Writes(u64),
    /// It reads so many; `None` is up to the end.
    Reads(Option<u64>),
}

impl Script<'_> {
    /// A step under `peer`.
    pub(super) fn peer_step(&mut self, block: &PeerBlock, place: Place<'_>) -> Option<StepKind> {
        if let Some(action) = block.action() {
            let place = place.get(action.key());
            if self.peer == PeerKind::Wire {
                let message = format!(
                    "a wire peer has no application to {}: it can send, send_bytes and expect, or make the peer \"app\"",
                    action.key()
                );
                self.report(place.key(), message);
            }
            return self.call(Actor::Peer, action, place).map(StepKind::Call);
        }
        for key in ["send", "send_bytes"] {
            if self.peer == PeerKind::App && place.has(key) {
                let message = format!("an application peer cannot {key}: make the peer \"wire\"");
                self.report(place.get(key).key(), message);
            }
        }
        if let Some(block) = &block.send {
            return self.send(block, place.get("send")).map(StepKind::Send);
        }
        if let Some(block) = &block.send_bytes {
            return self.send_bytes(block, place.get("send_bytes"));
        }
        if let Some(block) = &block.expect {
            return self.expect(block, place.get("expect")).map(StepKind::Expect);
        }
        self.expects = true;
        if let Some(block) = &block.expect_frame {
            return self.expect_frame(block, place.get("expect_frame")).map(StepKind::ExpectFrame);
        }
        let block = block.expect_none.as_ref()?;
        Some(StepKind::ExpectNone(self.expect_none(block, place.get("expect_none"))))
    }

    /// An application's call; `place` is the value of its action key.
    pub(super) fn call(
        &mut self,
        actor: Actor,
        written: WrittenAction<'_>,
        place: Place<'_>,
    ) -> Option<Call> {
        let (action, moves) = self.action(actor, written, place)?;
        let mut result = ExpectedResult::default();
        let (label, ending, bytes) = match written {
            WrittenAction::Open(call) | WrittenAction::Accept(call) => {
                (&call.label, call.ending(), None)
            }
            WrittenAction::HalfClose(call)
            | WrittenAction::CloseRead(call)
            | WrittenAction::Close(call)
            | WrittenAction::Drop(call)
            | WrittenAction::Forget(call) => (&call.label, call.ending(), None),
            WrittenAction::Reset(call) => (&call.label, call.ending(), None),
            WrittenAction::Ping(call) => (&call.label, call.ending(), None),
            WrittenAction::GoAway(call) | WrittenAction::CloseSession(call) => {
                (&call.label, call.ending(), None)
            }
            WrittenAction::Write(call) => (&call.label, call.ending(), call.wrote),
            WrittenAction::Read(call) => (&call.label, call.ending(), call.read),
            WrittenAction::SetDeadline(_) | WrittenAction::Cancel(_) => {
                return Some(Call { actor, action, label: None, result });
            }
            WrittenAction::CountStreams(call) => {
                self.expects = true;
                result.streams = Some(call.is);
                return Some(Call { actor, action, label: None, result });
            }
            WrittenAction::Stats(call) => {
                self.expects |= call.since.is_some();
                return Some(Call { actor, action, label: None, result });
            }
        };
        if let Some(LabelText(label)) = label {
            self.call_begins((actor, &action), label, moves, place);
        } else {
            self.expects |= ENDING_KEYS.iter().any(|key| place.has(key))
                || matches!(
                    written,
                    WrittenAction::Read(_) | WrittenAction::Ping(_) | WrittenAction::Accept(_)
                );
            result = self.result(ending, bytes, moves, place);
        }
        let label = label.as_ref().map(|label| Arc::clone(&label.0));
        Some(Call { actor, action, label, result })
    }

    fn action(
        &mut self,
        actor: Actor,
        written: WrittenAction<'_>,
        place: Place<'_>,
    ) -> Option<(Action, Moves)> {
        let step = self.steps.len();
        let at = place.get("stream").value();
        let action = match written {
            WrittenAction::Open(call) => {
                self.opens.push(actor, step);
                self.stream_opened(actor, &call.stream.0, at);
                let deadline = self.deadline(call.deadline.as_ref(), place);
                Action::Open { stream: Arc::clone(&call.stream.0), deadline }
            }
            WrittenAction::Accept(call) => {
                let may_wait =
                    call.label.is_some() || call.error.is_some() || call.deadline.is_some();
                self.stream_accepted(actor, &call.stream.0, may_wait, at);
                let deadline = self.deadline(call.deadline.as_ref(), place);
                Action::Accept { stream: Arc::clone(&call.stream.0), deadline }
            }
            WrittenAction::HalfClose(call) => {
                self.closes.push(actor, step);
                Action::HalfClose { stream: self.used(actor, &call.stream, at) }
            }
            WrittenAction::Close(call) => {
                self.closes.push(actor, step);
                Action::Close { stream: self.used(actor, &call.stream, at) }
            }
            WrittenAction::Reset(call) => {
                Action::Reset { stream: self.used(actor, &call.stream, at), code: call.code }
            }
            WrittenAction::CloseRead(call)
            | WrittenAction::Drop(call)
            | WrittenAction::Forget(call) => {
                let stream = self.used(actor, &call.stream, at);
                match written {
                    WrittenAction::CloseRead(_) => Action::CloseRead { stream },
                    WrittenAction::Drop(_) => Action::Drop { stream },
                    _ => Action::Forget { stream },
                }
            }
            WrittenAction::Write(call) => {
                let stream = self.used(actor, &call.stream, at);
                let bytes = call.bytes.0;
                let times = call.times.unwrap_or(1);
                self.sum_bytes(bytes, times, place);
                let moves = Moves::Writes(bytes.saturating_mul(times.into()));
                return Some((Action::Write { stream, bytes, times }, moves));
            }
            WrittenAction::Read(call) => return Some(self.read(actor, call, place)),
            WrittenAction::SetDeadline(call) => self.set_deadline(actor, call, place),
            WrittenAction::Ping(_) => Action::Ping,
            WrittenAction::GoAway(call) => Action::GoAway { code: call.code },
            WrittenAction::CloseSession(call) => Action::CloseSession { code: call.code },
            WrittenAction::CountStreams(_) => Action::CountStreams,
            WrittenAction::Cancel(call) => {
                self.check_cancel(actor, &call.label.0, place.get("label").value())?;
                Action::Cancel { label: Arc::clone(&call.label.0) }
            }
            WrittenAction::Stats(call) => Action::Stats(self.stats(actor, call, place)?),
        };
        Some((action, Moves::Nothing))
    }

    fn set_deadline(&mut self, actor: Actor, call: &DeadlineCall, place: Place<'_>) -> Action {
        if call.read.is_none() && call.write.is_none() {
            self.report(place.value(), "expected \"read\", \"write\" or both, found neither");
        }
        Action::SetDeadline {
            stream: self.used(actor, &call.stream, place.get("stream").value()),
            read: call.read.as_ref().map(|deadline| deadline.0),
            write: call.write.as_ref().map(|deadline| deadline.0),
        }
    }

    fn used(&mut self, actor: Actor, stream: &LabelText, position: Position) -> Label {
        self.stream_used(actor, &stream.0, position);
        Arc::clone(&stream.0)
    }

    fn read(&mut self, actor: Actor, call: &ReadCall, place: Place<'_>) -> (Action, Moves) {
        let stream = self.used(actor, &call.stream, place.get("stream").value());
        let (key, with) =
            if call.to_end.is_some() { ("times", "bytes") } else { ("chunk", "to_end") };
        if place.has(key) {
            self.report(place.get(key).key(), format!("{key:?} goes only with {with:?}"));
        }
        let (amount, moves) = if let Some(bytes) = call.bytes {
            let bytes = bytes.0;
            let times = call.times.unwrap_or(1);
            if times > 1 {
                self.sum_pieces(bytes, place.get("bytes").value());
            }
            let all = bytes.saturating_mul(times.into());
            (ReadAmount::Exactly { bytes, times }, Moves::Reads(Some(all)))
        } else {
            let chunk =
                call.chunk.map_or(CHUNK, |chunk| self.some_bytes(chunk, place.get("chunk")));
            if call.chunk.is_some() {
                self.sum_pieces(chunk, place.get("chunk").value());
            }
            (ReadAmount::ToEnd { chunk }, Moves::Reads(None))
        };
        (Action::Read { stream, amount }, moves)
    }

    /// A labelled call runs on: nothing about its end may stand here.
    fn call_begins(
        &mut self,
        (actor, action): (Actor, &Action),
        label: &Label,
        moves: Moves,
        place: Place<'_>,
    ) {
        for key in ENDING_KEYS {
            if place.has(key) {
                let message =
                    format!("move {key:?} to the join of {label:?}: a labelled call runs on");
                self.report(place.get(key).key(), message);
            }
        }
        let position = place.get("label").value();
        if let Some(earlier) = self.calls.get(label) {
            let message = format!("call label {label:?} is already at {}", earlier.position);
            return self.report(position, message);
        }
        let may_be_cancelled = matches!(
            action,
            Action::Open { .. }
                | Action::Accept { .. }
                | Action::Read { .. }
                | Action::Write { .. }
        );
        let call = StartedCall { moves, actor, may_be_cancelled, position, joined: None };
        self.calls.insert(Arc::clone(label), call);
    }

    /// A running call must end.
    pub(super) fn join(&mut self, block: &JoinBlock, place: Place<'_>) -> Option<Join> {
        self.expects = true;
        let moves = self.running(&block.label.0, place.get("label").value(), true)?;
        let bytes = match moves {
            Moves::Writes(_) => block.wrote,
            Moves::Reads(_) => block.read,
            Moves::Nothing => None,
        };
        self.check_bytes_key(moves, place);
        let result = self.result(block.ending(), bytes, moves, place);
        Some(Join { label: Arc::clone(&block.label.0), result })
    }

    /// A running call must go on.
    pub(super) fn still_blocked(
        &mut self,
        block: &StillBlockedBlock,
        place: Place<'_>,
    ) -> Option<StepKind> {
        self.expects = true;
        let duration = block.duration.0;
        if duration.is_zero() {
            self.report(place.get("for").value(), "expected more than no time");
        }
        self.sum_time(duration, place.get("for").value());
        self.running(&block.label.0, place.get("label").value(), false)?;
        Some(StepKind::StillBlocked { label: Arc::clone(&block.label.0), duration })
    }

    /// The end of a running call is measured.
    pub(super) fn measure(&mut self, block: &MeasureBlock, place: Place<'_>) -> Option<Measure> {
        if block.question.trim().is_empty() {
            let message = "say which question is answered so, found nothing";
            self.report(place.get("question").value(), message);
        }
        let duration = block.duration.0;
        self.sum_time(duration, place.get("for").value());
        self.running(&block.label.0, place.get("label").value(), true)?;
        let from = match &block.from {
            Some(name) => self.origin(&name.0, place.get("from"))?,
            None => Origin::ThisStep,
        };
        let (label, question) = (Arc::clone(&block.label.0), block.question.clone());
        Some(Measure { label, duration, from, question })
    }

    /// A call that was begun and not joined yet.
    pub(super) fn running(
        &mut self,
        label: &Label,
        position: Position,
        joins: bool,
    ) -> Option<Moves> {
        let Some(call) = self.calls.get_mut(label) else {
            let near = self.hints.suggestion(label, self.calls.keys().map(AsRef::as_ref));
            self.report(position, format!("no call has the label {label:?} here{near}"));
            return None;
        };
        let moves = call.moves;
        if let Some(earlier) = call.joined {
            self.report(position, format!("call {label:?} was joined at {earlier}"));
            return None;
        }
        if joins {
            call.joined = Some(position);
        }
        Some(moves)
    }

    /// Every labelled call must be joined, else nobody sees how it ended.
    pub(super) fn report_unjoined(&mut self) {
        let unjoined = self.calls.iter().filter(|(_, call)| call.joined.is_none());
        let mut unjoined: Vec<_> =
            unjoined.map(|(label, call)| (Arc::clone(label), call.position)).collect();
        // Those of several rounds have one place.
        unjoined.sort_by_key(|(_, position)| *position);
        unjoined.dedup_by_key(|(_, position)| *position);
        for (label, position) in unjoined {
            self.report(position, format!("no step joins {label:?}: say how the call must end"));
        }
    }

    fn result(
        &mut self,
        ending: Ending<'_>,
        bytes: Option<Size>,
        moves: Moves,
        place: Place<'_>,
    ) -> ExpectedResult {
        self.check_class(ending.error, place);
        if ending.told.is_some() && ending.error.is_none() {
            let message = "a call that succeeds is told no code: say its \"error\"";
            self.report(place.get("told").key(), message);
        }
        let key = bytes_key(moves);
        if let Some(Size(bytes)) = bytes {
            self.check_count(bytes, ending.error, moves, place.get(key));
        }
        let bytes = bytes.map(|size| size.0);
        let mut weaker = Vec::new();
        for (i, other) in ending.or.iter().enumerate() {
            let place = place.get("or").item(i);
            self.check_class(other.error, place);
            self.check_bytes_key(moves, place);
            self.check_because(&other.because, place);
            let count = if key == "wrote" { other.wrote } else { other.read };
            if let Some(Size(count)) = count {
                self.check_count(count, other.error, moves, place.get(key));
            }
            let count = count.map(|size| size.0);
            if other.error == ending.error && (count == bytes || bytes.is_none()) {
                self.report(place.value(), "this is already the primary outcome");
            }
            let because = other.because.clone();
            weaker.push(WeakerResult { error: other.error, bytes: count, because });
        }
        let timing = self.timing(ending.times, place);
        let (error, told) = (ending.error, ending.told);
        ExpectedResult { error, bytes, streams: None, told, timing, weaker }
    }

    fn check_class(&mut self, error: Option<ErrorClass>, place: Place<'_>) {
        if error == Some(ErrorClass::Unclassified) {
            let message = "\"unclassified\" is always a failure: no scenario can expect it";
            self.report(place.get("error").value(), message);
        }
    }

    /// `wrote` is for writes and `read` for reads.
    fn check_bytes_key(&mut self, moves: Moves, place: Place<'_>) {
        for (key, what) in [("wrote", "writes"), ("read", "reads")] {
            if place.has(key) && bytes_key(moves) != key {
                self.report(
                    place.get(key).key(),
                    format!("{key:?} is for {what}, and this call is none"),
                );
            }
        }
    }

    fn check_count(
        &mut self,
        bytes: u64,
        error: Option<ErrorClass>,
        moves: Moves,
        place: Place<'_>,
    ) {
        let (Moves::Writes(all) | Moves::Reads(Some(all))) = moves else { return };
        if bytes > all {
            self.report(place.value(), format!("the call asks for {all} bytes, found {bytes}"));
        } else if bytes < all && error.is_none() {
            let message = format!("a call that succeeds moves all {all} bytes, found {bytes}");
            self.report(place.value(), message);
        }
    }

    /// A weaker outcome needs a reason.
    pub(super) fn check_because(&mut self, because: &str, place: Place<'_>) {
        if because.trim().is_empty() {
            self.report(place.get("because").value(), "say why this is lawful, found nothing");
        }
    }

    /// A number of bytes that is not zero.
    pub(super) fn some_bytes(&mut self, size: Size, place: Place<'_>) -> u64 {
        if size.0 == 0 {
            self.report(place.value(), "expected at least 1 byte, found 0");
        }
        size.0
    }
}

const fn bytes_key(moves: Moves) -> &'static str {
    match moves {
        Moves::Nothing => "",
        Moves::Writes(_) => "wrote",
        Moves::Reads(_) => "read",
    }
}

/// What only a join may say of a labelled call.
const ENDING_KEYS: [&str; 9] =
    ["error", "told", "wrote", "at", "not_before", "within", "from", "or", "read"];

/// The buffer of a read to the end: the size of most writes in scenarios.
const CHUNK: u64 = 64 * 1024;
